//! The noun every protocol is read into: a piece of text with its role, its provenance and a map back to the
//! bytes it came from. After this module nobody knows which protocol the text was in.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Who the text speaks as (design: section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// System or developer instructions.
    System,
    /// The end user.
    User,
    /// Text the model wrote, in a response or as history in a request.
    Assistant,
    /// Reasoning or thinking the model wrote.
    Reasoning,
    /// A tool's name, description or schema.
    ToolDefinition,
    /// A tool call's name or arguments, written by the model.
    ToolCall,
    /// What a tool answered.
    ToolResult,
    /// Any other text: retrieved documents, unknown fields, bodies of no known protocol.
    Document,
    /// A message from another agent.
    AgentMessage,
}

/// Where the text came from, as far as the wire shows (AIS-CTX-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// The application: system text, tool definitions.
    Operator,
    /// The end user.
    User,
    /// The model.
    Model,
    /// A tool or another system, outside the trust of the application.
    External,
    /// The wire does not say.
    Unknown,
}

/// A half-open byte range of the inspected body. INVARIANT: `start <= end <= body.len()`.
pub type Span = Range<usize>;

/// One piece of text of a body.
#[derive(Clone, Debug)]
pub struct Segment<'b> {
    /// Who speaks.
    pub role: Role,
    /// Where it came from.
    pub provenance: Provenance,
    /// Where it stands, as a JSON pointer (`/messages/0/content`); for streams the field the deltas add up to
    /// (`/choices/0/delta/content`).
    pub path: String,
    /// The decoded text: escapes resolved, deltas joined.
    pub text: Cow<'b, str>,
    /// Maps `text` back to the body.
    pub map: SourceMap,
    /// What must stand around a replacement for it to be valid where it is written: empty inside strings, a
    /// quotation mark (escaped as deep as the value is embedded) where the source is a bare number.
    pub quote: &'static str,
    /// Whether it says once more what other segments say, put together at the cuts between them.
    pub is_seam: bool,
}

impl Segment<'_> {
    /// Whether a finding at `range` counts: what a seam shows and no cut is in, another segment shows.
    pub(crate) fn counts(&self, range: Range<usize>) -> bool {
        !self.is_seam || self.map.spans(range).len() > 1
    }

    /// The same segment without the body it was read from.
    pub(crate) fn into_owned(self) -> Segment<'static> {
        let text = Cow::Owned(self.text.into_owned());
        let Self { role, provenance, path, map, quote, is_seam, .. } = self;
        Segment { role, provenance, path, text, map, quote, is_seam }
    }
}

/// Maps ranges of a segment's text to byte spans of the body. Runs are in text order and cover the text. A run of
/// bytes maps byte by byte, any other run (an escape, a number) only as a whole. A run without text continues the
/// one before it: what it maps goes with that one (an escape that two deltas of a stream share).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    runs: Vec<Run>,
    escaping: Escaping,
}

/// How new text must be written where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escaping {
    /// Escaped for JSON so many times: once for each string that the text stands in.
    Times(u8),
    /// Nobody can say: only what needs no escape may be written.
    Unknown,
}

impl Default for Escaping {
    fn default() -> Self {
        Self::Times(0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    text: usize,
    text_len: usize,
    source: usize,
    source_len: usize,
    grain: Grain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grain {
    /// Maps byte by byte. INVARIANT: `text_len == source_len`.
    Byte,
    /// Maps only as a whole.
    Whole,
}

impl Escaping {
    fn and(self, inner: Self) -> Self {
        match (self, inner) {
            (Self::Times(outer), Self::Times(inner)) => Self::Times(outer.saturating_add(inner)),
            _ => Self::Unknown,
        }
    }
}

impl SourceMap {
    /// The map of a text that stands in the body as it is, at `source`.
    pub fn identity(source: usize, len: usize) -> Self {
        let mut map = Self::default();
        map.push(len, source..source + len);
        map
    }

    /// Appends the next `text_len` bytes of text, which came from `source`: byte by byte where the lengths are
    /// equal, otherwise as a whole.
    pub fn push(&mut self, text_len: usize, source: Span) {
        let grain = if text_len == source.len() { Grain::Byte } else { Grain::Whole };
        if let Some(last) = self.runs.last_mut() {
            let adjoins = last.source + last.source_len == source.start;
            if adjoins && last.grain == Grain::Byte && grain == Grain::Byte {
                last.text_len += text_len;
                last.source_len += text_len;
                return;
            }
        }
        self.add(text_len, source, grain);
    }

    /// Appends the next `text_len` bytes of text, which came from `source` and can only be replaced together.
    pub fn push_whole(&mut self, text_len: usize, source: Span) {
        self.add(text_len, source, Grain::Whole);
    }

    /// How new text must be written where this one stands.
    pub fn escaping(&self) -> Escaping {
        self.escaping
    }

    /// The same map of a text that is written so.
    #[must_use]
    pub fn written(self, escaping: Escaping) -> Self {
        Self { escaping, ..self }
    }

    /// Appends the map of a text that follows this one, and is written as this one is.
    pub fn append(&mut self, next: &SourceMap) {
        if self.runs.is_empty() {
            self.escaping = next.escaping;
        }
        for run in &next.runs {
            let source = run.source..run.source + run.source_len;
            match run.grain {
                Grain::Byte => self.push(run.text_len, source),
                Grain::Whole => self.push_whole(run.text_len, source),
            }
        }
    }

    fn add(&mut self, text_len: usize, source: Span, grain: Grain) {
        let text = self.text_len();
        let source_len = source.len();
        self.runs.push(Run { text, text_len, source: source.start, source_len, grain });
    }

    /// Drops the map of the first `text` bytes: what follows is mapped from 0 on. A run that can only be replaced as a whole
    /// stays with what is left of its text.
    pub fn forget(&mut self, text: usize) {
        self.runs.retain(|run| run.text + run.text_len > text);
        for run in &mut self.runs {
            let gone = text.saturating_sub(run.text);
            run.text = run.text.saturating_sub(text);
            run.text_len = run.text_len.saturating_sub(gone);
            if run.grain == Grain::Byte {
                run.source += gone;
                run.source_len = run.source_len.saturating_sub(gone);
            }
        }
    }

    /// Where the first byte of the body stands that this maps to.
    pub fn first_source(&self) -> Option<usize> {
        self.runs.iter().find(|run| run.source_len > 0).map(|run| run.source)
    }

    /// Length of the mapped text, in bytes.
    pub fn text_len(&self) -> usize {
        self.runs.last().map_or(0, |r| r.text + r.text_len)
    }

    /// The spans of the body that `text` came from, in text order, adjoining spans joined. Never empty spans.
    pub fn spans(&self, text: Range<usize>) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for run in self.overlapping(&text) {
            let span = run.span_of(&text);
            match spans.last_mut() {
                Some(last) if last.end == span.start => last.end = span.end,
                _ if span.is_empty() => {}
                _ => spans.push(span),
            }
        }
        spans
    }

    /// This map seen through `inner`, which maps another text into this map's text (JSON inside a JSON string).
    pub fn compose(&self, inner: &SourceMap) -> SourceMap {
        let mut out = SourceMap::default().written(self.escaping.and(inner.escaping));
        for run in &inner.runs {
            out.push_composed(self, run);
        }
        out
    }

    fn push_composed(&mut self, outer: &SourceMap, run: &Run) {
        let range = run.source..run.source + run.source_len;
        if run.grain == Grain::Whole {
            let mut text_len = run.text_len;
            for span in outer.spans(range) {
                self.push_whole(std::mem::take(&mut text_len), span);
            }
            // Text of which nothing is left in the body (a line break between two `data:` lines) keeps its place.
            if text_len > 0 {
                self.push_whole(text_len, 0..0);
            }
            return;
        }
        for o in outer.overlapping(&range) {
            let start = range.start.max(o.text);
            let end = range.end.min(o.text + o.text_len).max(start);
            let span = o.span_of(&(start..end));
            match o.grain {
                Grain::Byte => self.push(end - start, span),
                Grain::Whole => self.push_whole(end - start, span),
            }
        }
    }

    /// The runs that `text` touches, with what continues them.
    fn overlapping(&self, text: &Range<usize>) -> impl Iterator<Item = &Run> {
        let Range { start, end } = *text;
        let first = self.runs.partition_point(|r| r.text + r.text_len <= start);
        let rest = self.runs.iter().skip(first);
        rest.take_while(move |r| r.text < end || (r.text == end && r.text_len == 0 && start < end))
    }
}

impl Run {
    /// The part of this run's source that `text` overlaps.
    fn span_of(&self, text: &Range<usize>) -> Span {
        if self.grain == Grain::Whole {
            return self.source..self.source + self.source_len;
        }
        let start = text.start.max(self.text) - self.text;
        let end = text.end.min(self.text + self.text_len) - self.text;
        self.source + start..self.source + end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_runs_map_byte_by_byte_and_escapes_as_a_whole() {
        let mut map = SourceMap::identity(10, 3);
        map.push(1, 13..19); // one character from a six-byte escape
        map.push(2, 19..21);
        assert_eq!(map.spans(1..2), vec![11..12]);
        assert_eq!(map.spans(2..5), vec![12..20]);
        assert_eq!(map.spans(3..4), vec![13..19]);
        assert_eq!(map.text_len(), 6);
    }

    #[test]
    fn spans_of_deltas_stay_apart() {
        let mut map = SourceMap::identity(5, 4);
        map.push(4, 50..54);
        assert_eq!(map.spans(2..6), vec![7..9, 50..52]);
    }

    #[test]
    fn maps_compose() {
        let mut outer = SourceMap::identity(100, 2); // {\  ...
        outer.push(1, 102..104); // \" -> "
        outer.push(3, 104..107); // abc
        let inner = SourceMap::identity(2, 4); // "abc of the outer text
        let both = outer.compose(&inner);
        assert_eq!(both.spans(0..4), vec![102..107]);
        assert_eq!(both.spans(1..2), vec![104..105]);
    }

    #[test]
    fn whole_runs_are_never_split() {
        let mut map = SourceMap::default();
        map.push_whole(4, 10..14);
        map.push(2, 14..16);
        assert_eq!(map.spans(1..2), vec![10..14]);
        assert_eq!(map.spans(3..5), vec![10..15]);
    }

    #[test]
    fn an_escape_over_two_deltas_takes_both_parts_and_nothing_between() {
        let mut outer = SourceMap::identity(10, 4); // abc
        outer.push(4, 50..54); // "def, where the inner escape is the last byte of one and the first of the other
        let mut inner = SourceMap::identity(0, 3);
        inner.push(1, 3..5);
        inner.push(3, 5..8);
        let both = outer.compose(&inner);
        assert_eq!(both.spans(2..4), vec![12..14, 50..51]);
        assert_eq!(both.spans(3..4), vec![13..14, 50..51]);
        assert_eq!(both.spans(4..5), vec![51..52], "what follows the escape does not take its parts");
        assert_eq!(both.spans(0..3), vec![10..13]);
        assert_eq!(both.text_len(), 7);
        let again = both.compose(&SourceMap::identity(0, 7));
        assert_eq!(again, both, "parts survive another composition");
    }
}
