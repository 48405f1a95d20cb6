//! One direction of an exchange, as far as the plugin has to remember it: whether its headers can still be changed
//! and what happens to its body.

/// One direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Half {
    /// Whether the headers can still be edited.
    pub headers: Headers,
    /// What happens to the body.
    pub body: Body,
}

/// Where the headers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// Not here yet, or held.
    Ours,
    /// On their way; the status of a response can no longer change.
    Gone,
}

/// What happens to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// It passes, unseen.
    Passing,
    /// It passes, and the engine is shown copies.
    Observed,
    /// It passes piece by piece, and what the engine makes of a piece takes its place.
    Flowing,
    /// The engine has ended it. What still comes is thrown away, so many bytes of it, and then the upstream is cut off.
    Ended(usize),
    /// Envoy keeps it; so many bytes so far.
    Collecting(usize),
    /// It is complete, the engine has seen it and has not let it go.
    Judged,
    /// The proxy's own words: when they come, ours take their place.
    Reworded,
    /// What comes is thrown away: something else has taken its place.
    Discarded,
}

impl Half {
    /// Before anything has come.
    pub const NEW: Self = Self { headers: Headers::Ours, body: Body::Passing };

    /// Whether the stream must not go on.
    pub fn is_held(self) -> bool {
        matches!(self.body, Body::Collecting(_) | Body::Judged)
    }

    /// Starts keeping the body, unless it is being kept.
    pub fn hold(&mut self) {
        if !self.is_held() {
            self.body = Body::Collecting(0);
        }
    }
}
