//! A decided body -> the body that goes on: what is to be replaced is replaced, and a response gets back what its own
//! request lost. A body that would not be one of its protocol any more never goes on.

use std::rc::Rc;

use super::exchange::Exchange;
use super::{Inspected, reread};
use crate::act::edit::{self, Placeholders};
use crate::act::restore;
use crate::act::token::Tokens;
use crate::detect::Prompt;
use crate::event::Direction;
use crate::policy::decide;
use crate::wire::decision::Action;

/// What an exchange remembers of its request, for its response.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Hashes of the system prompt.
    pub prompt: Rc<Prompt>,
    /// The placeholders that the request got.
    pub tokens: Tokens,
}

/// The edited body would not be one of its protocol any more, or a value could not have its placeholder.
#[derive(Debug)]
pub(super) struct EditFailed;

impl Exchange {
    /// The body that goes on under `action`; `None` when it is the one that came.
    pub(super) fn rewritten(
        &mut self,
        seen: &Inspected<'_>,
        action: Action,
    ) -> Result<Option<Vec<u8>>, EditFailed> {
        let segments = &seen.document.segments;
        let mut edits = match seen.direction {
            Direction::Response if !self.known.tokens.is_empty() && action < Action::Block => {
                restore::restored(segments, &self.known.tokens)
            }
            _ => Vec::new(),
        };
        if matches!(action, Action::Mask | Action::Tokenise | Action::Redact | Action::RequireApproval) {
            let settings = &self.settings;
            let action_on = |finding: &_| decide::action_on(settings, seen.direction, finding);
            let (placeholders, tokens) = (&mut Placeholders::default(), &mut self.known.tokens);
            let replaced = edit::replacements(segments, &seen.findings, &action_on, placeholders, tokens);
            edits.extend(replaced.map_err(|_| EditFailed)?);
        }
        if edits.is_empty() {
            return Ok(None);
        }
        if seen.direction == Direction::Request && !self.known.tokens.is_empty() {
            segments.iter().for_each(|segment| self.known.tokens.forget(&segment.text));
        }
        let hints = self.hints(seen.direction);
        if hints.copies_arguments() {
            return Err(EditFailed);
        }
        let edited = seen.document.carrier.apply(seen.body, edits);
        match reread(self.protocol, seen.direction, &hints, &edited) {
            Ok(_) => Ok(Some(edited)),
            Err(_) => Err(EditFailed),
        }
    }
}
