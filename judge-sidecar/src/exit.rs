//! How a command ends: a message for standard error and an exit code operators' scripts can tell apart
//! (sysexits.h where it has a code). Never holds content of traffic.

use std::fmt;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    /// What kind.
    pub kind: Kind,
    /// What happened, for the operator.
    pub message: String,
}

/// Kinds of failures, one exit code each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line, a configuration or a policy is wrong: 64.
    Usage,
    /// Some of the input is wrong; the rest was done: 65.
    Data,
    /// Something needed cannot be reached or bound: 69.
    Unavailable,
    /// Anything else, a broken audit log too: 1.
    Other,
}

impl Failure {
    /// The operator's input is at fault.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { kind: Kind::Usage, message: message.to_string() }
    }

    /// Some of the data is at fault.
    pub fn data(message: impl fmt::Display) -> Self {
        Self { kind: Kind::Data, message: message.to_string() }
    }

    /// The surroundings are at fault.
    pub fn unavailable(message: impl fmt::Display) -> Self {
        Self { kind: Kind::Unavailable, message: message.to_string() }
    }

    /// Anything else.
    pub fn other(message: impl fmt::Display) -> Self {
        Self { kind: Kind::Other, message: message.to_string() }
    }

    /// The process's exit code.
    pub fn code(&self) -> u8 {
        match self.kind {
            Kind::Usage => 64,
            Kind::Data => 65,
            Kind::Unavailable => 69,
            Kind::Other => 1,
        }
    }
}
