//! The protocols that are understood, in one list: adding one touches its file and [`REGISTRY`]. An entry is data,
//! with function pointers where data does not do; what a protocol means stands in its file and nowhere else.

use super::json::Value;
use super::refusal::Refusals;
use super::shape::Field;
use super::{anthropic_messages, generic, openai_chat};

/// Every protocol, in the order in which they are asked whether a path or a shape is theirs. The last is the generic
/// one, which takes anything.
pub(crate) static REGISTRY: &[&Entry] = &[&anthropic_messages::ENTRY, &openai_chat::ENTRY, &generic::ENTRY];

/// What is known of one protocol.
pub(crate) struct Entry {
    /// Name in events and in `tests/golden`: the vendor's, a dot, the operation's.
    pub name: &'static str,
    /// How the paths of its requests end, without their query.
    pub paths: &'static [&'static str],
    /// Whether a request body on a path of no protocol is one of its.
    pub is_shape: fn(Value<'_, '_>) -> bool,
    /// A request body.
    pub request: Field,
    /// A response body.
    pub response: Field,
    /// What one event of a streamed response carries.
    pub event: Field,
    /// How it says no.
    pub refusals: Refusals,
}

/// A protocol of the registry; by default the generic one, of which nothing is known.
#[derive(Clone, Copy)]
pub struct Protocol(&'static Entry);

impl Protocol {
    /// The protocol a request path belongs to by its suffix, query cut; generic when it is not known.
    pub fn of_path(path: &str) -> Self {
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        Self::first(|entry| entry.paths.iter().any(|suffix| path.ends_with(suffix)))
    }

    /// The protocol a request body looks like, whatever its path.
    pub(crate) fn of_shape(root: Value<'_, '_>) -> Self {
        Self::first(|entry| (entry.is_shape)(root))
    }

    /// The protocol of this name; `None` when there is none.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|protocol| protocol.name() == name)
    }

    /// Every protocol.
    pub fn all() -> impl Iterator<Item = Self> {
        REGISTRY.iter().copied().map(Self)
    }

    /// Name in events: `openai.chat_completions`, `anthropic.messages`, `generic`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What is known of it.
    pub(crate) fn entry(self) -> &'static Entry {
        self.0
    }

    fn first(is_it: impl Fn(&Entry) -> bool) -> Self {
        REGISTRY.iter().find(|entry| is_it(entry)).map_or_else(Self::default, |entry| Self(entry))
    }
}

impl Default for Protocol {
    fn default() -> Self {
        Self(&generic::ENTRY)
    }
}

impl PartialEq for Protocol {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Protocol {}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_the_generic_protocol_is_last() {
        let names: BTreeSet<_> = Protocol::all().map(Protocol::name).collect();
        assert_eq!(names.len(), REGISTRY.len());
        assert_eq!(REGISTRY.last().map(|entry| entry.name), Some(Protocol::default().name()));
        assert!(Protocol::all().all(|protocol| Protocol::named(protocol.name()) == Some(protocol)));
    }

    #[test]
    fn every_path_is_its_own_protocols_and_no_earlier_ones() {
        for protocol in Protocol::all() {
            for path in protocol.entry().paths {
                assert_eq!(Protocol::of_path(&format!("/x{path}/?a=/v1/messages#b")), protocol, "{path}");
            }
        }
        assert_eq!(Protocol::of_path("/"), Protocol::default());
    }
}
