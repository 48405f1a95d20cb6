//! The protocols that are understood, in one list: adding one touches its file and [`REGISTRY`]. An entry is data,
//! with function pointers where data does not do; what a protocol means stands in its file and nowhere else.

use super::json::{Kind, Value};
use super::refusal::Refusals;
use super::shape::Field;
use super::{
    a2a, anthropic_messages, bedrock, bedrock_families, cohere_chat, generic, google_generate_content,
    graphql, mcp, ollama, openai_audio, openai_chat, openai_completions, openai_embeddings, openai_files,
    openai_moderations, openai_responses,
};

/// Every protocol, in the order in which they are asked whether a path or a shape is theirs. The last is the generic
/// one, which takes anything.
pub(crate) static REGISTRY: &[&Entry] = &[
    &bedrock::CONVERSE,
    &bedrock::INVOKE,
    &a2a::RPC,
    &mcp::ENTRY,
    &a2a::REST,
    &graphql::ENTRY,
    &anthropic_messages::ENTRY,
    &openai_chat::ENTRY,
    &openai_responses::ENTRY,
    &openai_completions::FIM,
    &openai_completions::ENTRY,
    &openai_embeddings::ENTRY,
    &openai_moderations::ENTRY,
    &openai_audio::ENTRY,
    &openai_files::ENTRY,
    &google_generate_content::ENTRY,
    &cohere_chat::ENTRY,
    &cohere_chat::V1,
    &ollama::CHAT,
    &ollama::GENERATE,
    &generic::ENTRY,
];

/// What is known of one protocol.
pub(crate) struct Entry {
    /// Name in events and in `tests/golden`: the vendor's, a dot, the operation's.
    pub name: &'static str,
    /// How the paths of its requests end, without their query; a segment `*` stands for any one.
    pub paths: &'static [&'static str],
    /// Whether a request body on a path of no protocol is one of its.
    pub is_shape: fn(Value<'_, '_>) -> bool,
    /// How a request asks for a stream.
    pub streams: Streams,
    /// How a stream comes, unless it comes as events.
    pub framing: Framing,
    /// A request body.
    pub request: Field,
    /// A response body.
    pub response: Field,
    /// What one event of a streamed response carries.
    pub event: Field,
    /// How it says no.
    pub refusals: Refusals,
}

/// How a request asks for a stream.
#[derive(Clone, Copy)]
pub(crate) enum Streams {
    /// With `"stream": true`.
    Flag,
    /// With anything but `"stream": false`.
    UnlessOff,
    /// By a path that ends so.
    Path(&'static str),
    /// Never.
    Never,
}

/// How the events of a stream are told apart. Whatever a protocol's own way is, server-sent events are read as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    #[default]
    Events,
    /// A JSON document a line.
    Lines,
    /// The elements of one JSON array.
    Array,
    /// Binary frames, each with its event's name and a checksum.
    Frames,
}

/// A protocol of the registry; by default the generic one, of which nothing is known.
#[derive(Clone, Copy)]
pub struct Protocol(&'static Entry);

impl Protocol {
    /// The protocol a request path belongs to by its suffix, query cut; generic when it is not known.
    pub fn of_path(path: &str) -> Self {
        let path = without_query(path);
        Self::first(|entry| entry.paths.iter().any(|pattern| ends_as(path, pattern)))
    }

    /// The protocol a request body looks like, whatever its path.
    pub(crate) fn of_shape(root: Value<'_, '_>) -> Self {
        Self::first(|entry| (entry.is_shape)(root))
    }

    /// The protocol of this name; `None` when there is none.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|protocol| protocol.name() == name)
    }

    /// The Model Context Protocol.
    pub(crate) fn mcp() -> Self {
        Self(&mcp::ENTRY)
    }

    /// Every protocol.
    pub fn all() -> impl Iterator<Item = Self> {
        REGISTRY.iter().copied().map(Self)
    }

    /// Name in events: `openai.chat_completions`, `anthropic.messages`, `generic`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// How the paths of its requests end; a segment `*` stands for any one.
    pub fn paths(self) -> &'static [&'static str] {
        self.0.paths
    }

    /// How a stream that answers a request of this path is framed: Google's are arrays unless events are asked for.
    pub fn framing(self, path: &str) -> Framing {
        match self.0.framing {
            Framing::Array if path.contains("alt=sse") => Framing::Events,
            framing => framing,
        }
    }

    /// Whether a request of this path, and with this body, asks for a stream.
    pub(crate) fn asks_for_stream(self, path: &str, root: Value<'_, '_>) -> bool {
        let flag = || root.get("stream").map(Value::kind);
        match self.0.streams {
            Streams::Flag => flag() == Some(Kind::True),
            Streams::UnlessOff => flag() != Some(Kind::False),
            Streams::Path(ending) => without_query(path).ends_with(ending),
            Streams::Never => false,
        }
    }

    /// The model, or the deployment of one, that a path names: what follows `models` before the operation.
    pub(crate) fn model_in_path(self, path: &str) -> Option<&str> {
        let mut segments = without_query(path).split('/');
        segments.find(|segment| matches!(*segment, "models" | "model" | "deployments"))?;
        let model = segments.next()?;
        let operations = self.0.paths.iter().filter_map(|pattern| pattern.get(pattern.rfind(':')?..));
        Some(operations.filter_map(|operation| model.strip_suffix(operation)).next().unwrap_or(model))
    }

    /// The same protocol as the model of this request speaks it.
    pub(crate) fn spoken_to(self, root: Value<'_, '_>, model: &str) -> Self {
        let family =
            if self.name() == bedrock::INVOKE.name { bedrock_families::family(root, model) } else { None };
        family.map_or(self, Self)
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

fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}

/// Whether a path ends as `pattern` says.
fn ends_as(path: &str, pattern: &str) -> bool {
    let Some((beginning, ending)) = pattern.rsplit_once('*') else { return path.ends_with(pattern) };
    let any = path.strip_suffix(ending).and_then(|path| path.rsplit_once('/'));
    any.is_some_and(|(path, _)| path.ends_with(beginning.trim_end_matches('/')))
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

    /// The table people read, and the census walks, is complete: every name that the protocols' tables know is in it,
    /// among the protocol's fields or, where tables are shared, among those of its vendor or of OpenAI.
    #[test]
    fn every_field_the_protocols_know_is_in_the_table_of_fields() {
        let table = include_str!("../../../../tests/golden/fields.txt");
        for entry in REGISTRY.iter().filter(|entry| entry.name != Protocol::default().name()) {
            let vendor = entry.name.split('.').next().unwrap();
            let sections = table.split("\n## ").filter(|s| s.starts_with(vendor) || s.starts_with("openai."));
            let written: BTreeSet<&str> =
                sections.flat_map(|s| s.split([' ', '.', '|', '[', ']', '<', '>', '=', ',', '\n'])).collect();
            let mut found = BTreeSet::new();
            for field in [&entry.request, &entry.response, &entry.event] {
                names(field, &mut BTreeSet::new(), &mut found);
            }
            let missing: Vec<_> =
                found.iter().filter(|n| !written.contains(n.trim_end_matches("[]"))).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", entry.name);
        }
    }

    fn names(field: &Field, seen: &mut BTreeSet<usize>, found: &mut BTreeSet<&'static str>) {
        match *field {
            Field::One(_, shape)
            | Field::Each(_, shape)
            | Field::Content(_, shape)
            | Field::Parts(_, shape)
            | Field::Media(_, shape)
                if seen.insert(std::ptr::from_ref(shape).addr()) =>
            {
                for (row, field) in shape.fields {
                    found.extend(row.split(' '));
                    names(field, seen, found);
                }
            }
            Field::Whole(field) => names(field, seen, found),
            _ => {}
        }
    }

    #[test]
    fn every_path_is_its_own_protocols_and_no_earlier_ones() {
        for protocol in Protocol::all() {
            for path in protocol.entry().paths {
                let path = format!("/x{}/?a=/v1/messages#b", path.replace('*', "any"));
                assert_eq!(Protocol::of_path(&path), protocol, "{path}");
            }
        }
        for path in ["/", "/files/a/b/content", "/chat", "/v1/batches/x/results", ""] {
            assert_eq!(Protocol::of_path(path), Protocol::default(), "{path}");
        }
    }
}
