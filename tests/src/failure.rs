//! The one error of the test tools: a sentence for the person at the terminal. Never a type to match on: whoever
//! gets one can only show it.

use std::fmt;

/// What went wrong, in words.
pub struct Failure(String);

/// Result of a test tool.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Puts what was being done before what went wrong.
pub trait During<T> {
    /// `doing` in the gerund: "reading `a.yaml`"; for an `Option`, what should be there: "the wasm filter".
    ///
    /// # Errors
    /// The same error, with `doing` in front.
    fn during(self, doing: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> During<T> for std::result::Result<T, E> {
    fn during(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Failure(format!("{doing}: {error}")))
    }
}

impl<T> During<T> for Option<T> {
    fn during(self, doing: impl fmt::Display) -> Result<T> {
        self.ok_or_else(|| Failure(format!("{doing} is missing")))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tests show errors with `Debug`; a sentence reads better there than a struct.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
