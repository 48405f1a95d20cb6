//! The texts of a stream in flight: what stands at one path is one text, whatever events it arrives in. A field keeps what
//! is not settled, with its way back to the bytes, and a window of what has left. It never decides what is settled.

use std::borrow::Cow;

use super::address::Address;
use super::arguments::{Arguments, Leaf};
use super::{Frame, Known};
use crate::limits::{MAX_SILENT_TURNS, MAX_STREAM_FIELDS, STREAM_CONTEXT_BYTES};
use crate::protocol::json::looks_like_json;
use crate::protocol::reader::{FieldPiece, Join, NOBODY};
use crate::protocol::{Coverage, Framing, Protocol, Unscannable};
use crate::segment::{Provenance, Role, Segment, SourceMap};

/// All fields of a stream that are followed.
#[derive(Debug, Default)]
pub struct Fields {
    protocol: Protocol,
    framing: Framing,
    /// Each with its path, in order of appearance; few enough to be looked through.
    fields: Vec<(String, Field)>,
    /// Readers of the fields that hold JSON, by path.
    arguments: Vec<(String, Arguments)>,
    known: Known,
    /// Fields so far.
    created: u32,
    /// Events so far.
    events: u64,
}

/// One field. Positions count from the beginning of its text.
/// INVARIANT: `base <= settled <= end()`, `scanned <= end()`, and `map` is that of the text from `settled` on.
#[derive(Debug)]
pub struct Field {
    /// Its number, in order of appearance.
    pub id: u32,
    role: Role,
    provenance: Provenance,
    quote: &'static str,
    text: String,
    base: usize,
    map: SourceMap,
    /// What stands before it is decided.
    pub settled: usize,
    /// What stands before it has been looked at.
    pub scanned: usize,
    /// Whether no more is expected.
    pub is_ended: bool,
    /// Whether anything in it was replaced.
    pub is_edited: bool,
    /// Where something begins that may become a finding and is longer than a word.
    pub suspect: Option<usize>,
    /// Whether it is a text in the arguments of a tool call.
    is_leaf: bool,
    /// The last value of a field that every event repeats.
    repeated: Option<String>,
    /// The last two events that had a piece of it.
    events: [u64; 2],
    /// How often others have gone on since.
    turns: u32,
    fence: Fence,
    /// Whether what comes next behind `settled` stands in an address, as far as anybody asks.
    pub(crate) address: Address,
    /// Whether the text began like JSON; `None` while its beginning is still there.
    began_like_json: Option<bool>,
}

/// A code fence of Markdown that was open where the window begins.
#[derive(Debug, Default)]
struct Fence {
    ticks: usize,
    in_line: bool,
}

/// Who speaks a piece.
type Voice = (Role, Provenance);

impl Fields {
    /// The fields of a stream of `protocol`, in frames of this kind.
    pub fn new(protocol: Protocol, framing: Framing) -> Self {
        Self { protocol, framing, ..Self::default() }
    }

    /// Reads the frame at the address `base`; that of the first is 0. How many addresses behind it stand for what it carries
    /// encoded.
    ///
    /// # Errors
    /// Why it cannot be inspected.
    pub fn read(&mut self, bytes: &[u8], base: usize) -> Result<usize, Unscannable> {
        let frame = Frame { protocol: self.protocol, framing: self.framing, bytes, base };
        let mut known = std::mem::take(&mut self.known);
        let mut take = |pieces: Vec<FieldPiece<'_>>, ends: Vec<String>| self.take(pieces, &ends);
        let read = super::read_frame(&frame, &mut known, &mut take);
        self.known = known;
        let decoded_bytes = read?;
        let open = self.fields.iter().filter(|(_, field)| !field.is_leaf).count();
        if open + self.arguments.len() > MAX_STREAM_FIELDS || self.known.tally.len() > MAX_STREAM_FIELDS {
            return Err(Unscannable::TooMany);
        }
        Ok(decoded_bytes)
    }

    /// The id that the stream gives the answer; empty before it does.
    pub fn answer_id(&self) -> &str {
        &self.known.names.answer_id
    }

    /// Whether the array has ended in which the stream comes.
    pub fn is_over(&self) -> bool {
        self.known.is_over
    }

    /// The stream is over.
    ///
    /// # Errors
    /// When it is an array that has not ended.
    pub fn end(&mut self) -> Result<(), Unscannable> {
        self.close("");
        if self.framing == Framing::Array && !self.is_over() { Err(Unscannable::Malformed) } else { Ok(()) }
    }

    /// Every field with its path.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Field)> {
        self.fields.iter_mut().map(|(path, field)| (path.as_str(), field))
    }

    /// Forgets the texts of arguments that are over. Other fields are kept while there is room, so that what goes on after
    /// its end is still read with what it had.
    pub fn forget_ended(&mut self) {
        let is_crowded = self.fields.len() > MAX_STREAM_FIELDS / 2;
        let events = self.events;
        self.fields.retain(|(_, field)| {
            let is_over = field.is_ended && field.scanned == field.end();
            let is_old = is_crowded && field.events[0] < events;
            !(is_over && (field.is_leaf || is_old))
        });
    }

    /// The first byte of the stream that is not settled.
    pub fn unsettled(&self) -> Option<usize> {
        let held = self.fields.iter().filter_map(|(_, field)| field.map.first_source());
        held.chain(self.arguments.iter().filter_map(|(_, reader)| reader.unread())).min()
    }

    /// What has been looked at.
    pub fn coverage(&self) -> Coverage {
        Coverage { scanned: self.created, ..self.known.tally.coverage.clone() }
    }

    fn take(&mut self, pieces: Vec<FieldPiece<'_>>, ends: &[String]) -> Result<(), Unscannable> {
        self.events += 1;
        for FieldPiece { segment, join } in pieces {
            let Segment { role, provenance, path, text, map, quote, .. } = segment;
            let voice = (role, provenance);
            let is_first = || {
                self.find(&path, "", role).is_none()
                    && !self.arguments.iter().any(|(known, _)| *known == path)
            };
            if role == Role::ToolCall && text.trim_ascii().is_empty() && is_first() {
                // A blank says nothing of what follows, which may be JSON.
                continue;
            }
            let is_json = role == Role::ToolCall && join == Join::Delta && self.holds_json(&path, &text);
            if is_json {
                self.open(voice, path, &text, &map)?;
                continue;
            }
            if role == Role::ToolCall && join == Join::Line && Arguments::begin(&text) {
                self.open_whole(voice, &path, &text, &map)?;
                continue;
            }
            let is_unknown = voice == (NOBODY.0, NOBODY.1) && join == Join::Delta;
            if is_unknown {
                // Two whole values can hide each other when they are joined, so each is also a line of its own, from the first on.
                self.append(voice, format!("{path}\n"), quote, &text, &map, Join::Line);
            }
            self.append(voice, path, quote, &text, &map, join);
        }
        for path in ends {
            self.close(path);
        }
        self.end_silent();
        Ok(())
    }

    /// Whether the field at `path` is JSON in pieces, of which `text` may be the first.
    fn holds_json(&self, path: &str, text: &str) -> bool {
        let is_new = || self.find(path, "", Role::ToolCall).is_none();
        self.arguments.iter().any(|(known, _)| known == path) || (is_new() && Arguments::begin(text))
    }

    fn open(&mut self, voice: Voice, path: String, text: &str, map: &SourceMap) -> Result<(), Unscannable> {
        let mut leaves = Vec::new();
        if let Some((_, reader)) = self.arguments.iter_mut().find(|(known, _)| *known == path) {
            reader.push(text, map, &mut leaves)?;
        } else if self.arguments.len() < MAX_STREAM_FIELDS {
            let mut reader = Arguments::new(&path, 1);
            reader.push(text, map, &mut leaves)?;
            self.arguments.push((path, reader));
        } else {
            return Err(Unscannable::TooMany);
        }
        self.leaves(voice, leaves);
        Ok(())
    }

    /// Reads JSON that came whole, as it does once more behind its pieces: its texts are the same, and so are their places.
    fn open_whole(
        &mut self,
        voice: Voice,
        path: &str,
        text: &str,
        map: &SourceMap,
    ) -> Result<(), Unscannable> {
        let (mut reader, mut leaves) = (Arguments::new(path, 1), Vec::new());
        reader.push(text, map, &mut leaves)?;
        reader.finish(&mut leaves);
        for leaf in leaves.iter_mut().filter(|leaf| leaf.join == Join::Delta) {
            leaf.join = Join::Line;
        }
        self.leaves(voice, leaves);
        Ok(())
    }

    fn leaves(&mut self, voice: Voice, leaves: Vec<Leaf>) {
        for leaf in leaves {
            let Leaf { path, text, map, quote, join, ends } = leaf;
            self.append(voice, path.clone(), quote, &text, &map, join);
            let place = self.find(&path, quote, voice.0);
            if let Some((_, field)) = place.and_then(|place| self.fields.get_mut(place)) {
                (field.is_ended, field.is_leaf, field.repeated) = (ends, true, None);
            }
        }
    }

    /// Where the field is. Quotation and speaker belong to its name: a number and a string at one path are two texts, and
    /// so are thoughts and answers.
    fn find(&self, path: &str, quote: &str, role: Role) -> Option<usize> {
        self.fields.iter().position(|(at, field)| field.role == role && field.quote == quote && at == path)
    }

    /// Goes on with a field, or begins it.
    fn append(
        &mut self,
        (role, provenance): Voice,
        path: String,
        quote: &'static str,
        text: &str,
        map: &SourceMap,
        join: Join,
    ) {
        if text.is_empty() {
            return;
        }
        let place = self.find(&path, quote, role).unwrap_or(self.fields.len());
        if place == self.fields.len() {
            self.created += 1;
            self.fields.push((path, Field::new(self.created, role, provenance, quote)));
        }
        let Some((_, field)) = self.fields.get_mut(place) else { return };
        field.append(text, map, join);
        if field.events[0] != self.events {
            field.events = [self.events, field.events[0]];
        }
        field.turns = 0;
    }

    /// Ends the fields at `path` and below.
    fn close(&mut self, path: &str) {
        let is_below = |other: &str| {
            other
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || path.is_empty() || rest.starts_with('/'))
        };
        for (_, mut reader) in self.arguments.extract_if(.., |(name, _)| is_below(name)).collect::<Vec<_>>() {
            let mut leaves = Vec::new();
            reader.finish(&mut leaves);
            self.leaves((Role::ToolCall, Provenance::Model), leaves);
        }
        let below = self.fields.iter_mut().filter(|(name, _)| is_below(name));
        below.for_each(|(_, field)| field.is_ended = true);
    }

    /// Ends fields that have fallen silent while others went on, so that what they hold stops nobody for long.
    fn end_silent(&mut self) {
        let events = self.events;
        let going = self
            .fields
            .iter()
            .filter(|(_, field)| field.events[0] == events && !field.is_ended)
            .map(|(_, field)| field.events[1]);
        let Some(latest) = going.max() else { return };
        for (_, field) in &mut self.fields {
            let is_silent = field.events[0] != events && latest > field.events[0];
            if is_silent && !field.is_ended && field.settled < field.end() {
                field.turns += 1;
                field.is_ended = field.turns >= MAX_SILENT_TURNS;
            }
        }
    }
}

impl Field {
    fn new(id: u32, role: Role, provenance: Provenance, quote: &'static str) -> Self {
        Self {
            id,
            role,
            provenance,
            quote,
            text: String::new(),
            base: 0,
            map: SourceMap::default(),
            settled: 0,
            scanned: 0,
            is_ended: false,
            is_edited: false,
            suspect: None,
            is_leaf: false,
            repeated: None,
            events: [0; 2],
            turns: 0,
            fence: Fence::default(),
            address: Address::default(),
            began_like_json: None,
        }
    }

    fn append(&mut self, text: &str, map: &SourceMap, join: Join) {
        match join {
            Join::Delta => self.is_ended = false,
            Join::Line => {
                if !self.text.is_empty() {
                    self.text.push('\n');
                    self.map.push_whole(1, 0..0);
                }
                self.is_ended = true;
            }
            Join::Repeat => {
                self.is_ended = true;
                if !self.is_edited && self.repeated.as_deref() == Some(text) {
                    return;
                }
                // What nobody has looked at yet is not forgotten.
                if self.scanned < self.end() {
                    self.text.push('\n');
                    self.map.push_whole(1, 0..0);
                } else {
                    self.restart();
                }
                self.repeated = Some(text.to_owned());
            }
        }
        self.text.push_str(text);
        self.map.append(map);
    }

    /// What comes has nothing to do with what was there.
    fn restart(&mut self) {
        self.base = self.end();
        self.text.clear();
        (self.address, self.began_like_json) = (Address::default(), None);
        self.map = SourceMap::default();
        (self.settled, self.scanned) = (self.base, self.base);
    }

    /// Where its text ends.
    pub fn end(&self) -> usize {
        self.base + self.text.len()
    }

    /// Where its window begins.
    pub fn base(&self) -> usize {
        self.base
    }

    /// The text from `at` on, as far as it is still there.
    pub fn text_from(&self, at: usize) -> &str {
        self.text.get(at.saturating_sub(self.base)..).unwrap_or_default()
    }

    /// The window as detectors see it, and how many bytes stand before it there.
    pub fn window<'f>(&'f self, path: &str) -> (Segment<'f>, usize) {
        let opening = if self.fence.ticks > 0 { "`".repeat(self.fence.ticks) + "\n" } else { String::new() };
        let text = match opening.len() {
            0 => Cow::Borrowed(self.text.as_str()),
            _ => Cow::Owned([opening.as_str(), &self.text].concat()),
        };
        (self.segment(path, text, SourceMap::default()), opening.len())
    }

    /// What is not settled, with its way back to the bytes.
    pub fn open_part<'f>(&'f self, path: &str) -> Segment<'f> {
        self.segment(path, Cow::Borrowed(self.text_from(self.settled)), self.map.clone())
    }

    fn segment<'f>(&self, path: &str, text: Cow<'f, str>, map: SourceMap) -> Segment<'f> {
        let (role, provenance, quote) = (self.role, self.provenance, self.quote);
        let path = path.trim_end_matches('\n').to_owned();
        Segment { role, provenance, path, text, map, quote, is_seam: false }
    }

    /// Whether the text may be JSON itself, as its beginning says.
    pub fn may_be_json(&self) -> bool {
        self.began_like_json.unwrap_or_else(|| looks_like_json(self.text.as_bytes()))
    }

    /// Whether this may be the last of what is not settled: a boundary of characters.
    pub fn floor(&self, at: usize) -> usize {
        self.base + self.text.floor_char_boundary(at.saturating_sub(self.base))
    }

    /// Everything before `to` is decided; a window of it stays.
    pub fn settle(&mut self, to: usize) {
        self.map.forget(to.saturating_sub(self.settled));
        self.settled = to.max(self.settled);
        let known = self.settled.min(self.scanned).saturating_sub(self.base);
        if known > 2 * STREAM_CONTEXT_BYTES {
            self.evict(known - STREAM_CONTEXT_BYTES);
        }
    }

    /// Drops text before `to`, at the end of a line or a word if one is near.
    fn evict(&mut self, to: usize) {
        self.began_like_json = Some(self.may_be_json());
        let to = self.text.floor_char_boundary(to);
        let head = self.text.get(..to).unwrap_or_default();
        let near = |at: &usize| to - at <= STREAM_CONTEXT_BYTES / 2;
        let line = head.rfind('\n').map(|at| at + 1).filter(near);
        let at = line.or_else(|| head.rfind(' ').filter(near)).unwrap_or(to);
        let gone: String = self.text.drain(..at).collect();
        self.base += at;
        self.fence.see(&gone);
    }
}

impl Fence {
    fn see(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            let content = line.trim_start_matches([' ', '\t', '>']);
            let ticks = content.bytes().take_while(|b| *b == b'`').count();
            let rest = content.get(ticks..).unwrap_or_default();
            if ticks >= 3 && !self.in_line {
                self.ticks = match self.ticks {
                    0 => ticks,
                    open if ticks >= open && rest.trim().is_empty() => 0,
                    open => open,
                };
            }
            self.in_line = !line.ends_with('\n');
        }
    }
}
