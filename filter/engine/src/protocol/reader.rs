//! Collects segments while a protocol walks a body, and keeps the count of what was looked at. Every protocol reads
//! through this, so that nothing can be left out without being counted. It knows no field names.
//!
//! The same walk reads a plain body and the events of a stream; in a stream, what stands at the same path is one
//! text, whatever events it arrives in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::binary::{MIN_BINARY_BYTES, carries_base64, is_base64};
use super::json::{Duplicates, Json, Kind, Mapped, Place, Value, looks_like_json, unescaped};
use super::path::Path;
use super::seam::seams;
use super::words::{is_schema_word, is_word};
use super::{Document, Protocol, Unscannable};
use crate::limits::{MAX_EMBEDDED_JSON, MAX_SEGMENTS};
use crate::segment::{Provenance, Role, Segment, SourceMap, Span};
use crate::wire::decision::Coverage;

/// Who speaks, and where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Voice(pub Role, pub Provenance);

/// Text nobody vouches for: unknown fields, bodies of no known protocol.
pub(crate) const NOBODY: Voice = Voice(Role::Document, Provenance::Unknown);
/// Application instructions.
pub(crate) const SYSTEM: Voice = Voice(Role::System, Provenance::Operator);
/// The end user.
pub(crate) const USER: Voice = Voice(Role::User, Provenance::User);
/// The model's answer.
pub(crate) const ASSISTANT: Voice = Voice(Role::Assistant, Provenance::Model);
/// The model's reasoning.
pub(crate) const REASONING: Voice = Voice(Role::Reasoning, Provenance::Model);
/// A tool call the model makes.
pub(crate) const TOOL_CALL: Voice = Voice(Role::ToolCall, Provenance::Model);
/// What a tool answered.
pub(crate) const TOOL_RESULT: Voice = Voice(Role::ToolResult, Provenance::External);
/// A tool or an output schema, as the application declares it.
pub(crate) const TOOL_DEFINITION: Voice = Voice(Role::ToolDefinition, Provenance::Operator);
/// A document somebody else wrote: attachments, search results, quotations.
pub(crate) const DOCUMENT: Voice = Voice(Role::Document, Provenance::External);
/// A tool, or an agent, as a server outside the trust of the application describes it.
pub(crate) const EXTERNAL_DEFINITION: Voice = Voice(Role::ToolDefinition, Provenance::External);
/// Another agent.
pub(crate) const AGENT: Voice = Voice(Role::AgentMessage, Provenance::External);

/// What is being read.
#[derive(Debug, Default)]
pub(crate) struct Reader<'b> {
    segments: Vec<Segment<'b>>,
    /// What parts say where they meet: behind everything else, so that phrases go on from part to part.
    seams: Vec<Segment<'b>>,
    coverage: Coverage,
    path: Path,
    stream: Option<Stream>,
    /// How strings go on from what stood at their path before.
    pieces: Join,
    overflow: Option<Unscannable>,
    /// How many parts have been read apart.
    parts: usize,
}

/// What has been read of a stream: what is known by a path and a purpose. One map for all, because each kind of map
/// costs the filter 4 kB.
#[derive(Debug, Default)]
struct Stream {
    known: BTreeMap<String, usize>,
    /// How many fields are read joined and line by line.
    twice: usize,
    /// How each segment continues its field, when one event is read and nothing is joined.
    joins: Option<Vec<Join>>,
}

/// What goes on from event to event while they are read one by one.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// What has been counted, by path and purpose.
    known: BTreeMap<String, usize>,
    /// How many parts have been read apart.
    parts: usize,
    /// The counts.
    pub coverage: Coverage,
}

impl Tally {
    /// How many paths it remembers.
    pub fn len(&self) -> usize {
        self.known.len()
    }
}

/// A piece of a field, as one event brings it.
#[derive(Debug)]
pub(crate) struct FieldPiece<'b> {
    /// Its text and place.
    pub segment: Segment<'b>,
    /// How it continues the field.
    pub join: Join,
}

impl Stream {
    /// The number kept of `path` for `purpose`: `first` when there is none yet.
    #[inline(never)]
    fn number(&mut self, path: &str, purpose: &[&str], first: usize) -> &mut usize {
        // A path is a pointer and ends with no control character.
        let key = [path, "\u{1}", &purpose.concat()].concat();
        self.known.entry(key).or_insert(first)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    Skipped,
    Unknown,
}

/// How the pieces of a field of a stream belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Join {
    /// Each goes on where the last one ended.
    #[default]
    Delta,
    /// Each is a whole: ids and names that every event repeats.
    Repeat,
    /// Each is a line of a text.
    Line,
}

/// A string that is part of a text, and what says it once more: an edit of the one empties the others.
#[derive(Debug)]
pub(crate) struct Piece<'j, 'b> {
    /// The string.
    pub value: Value<'j, 'b>,
    /// Strings and lists of bytes that spell the same.
    pub echoes: Vec<Value<'j, 'b>>,
}

/// The bytes that a list of numbers spells.
pub(crate) fn bytes_of<'j>(list: Value<'j, '_>) -> impl Iterator<Item = u8> + 'j {
    list.children().filter_map(|number| number.raw().parse().ok())
}

/// A walk through a value. `'t` is its text, which for JSON inside a string does not live as long as the body.
struct Walk<'t, 'b> {
    voice: Voice,
    /// How many strings deep the JSON is embedded. INVARIANT: `depth <= MAX_EMBEDDED_JSON`.
    depth: usize,
    keep: fn(Cow<'t, str>) -> Cow<'b, str>,
}

impl Clone for Walk<'_, '_> {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Walk<'_, '_> {}

impl<'b> Reader<'b> {
    /// A reader of the events of a stream.
    pub fn of_stream() -> Self {
        Self { stream: Some(Stream::default()), ..Self::default() }
    }

    /// A reader of one event of a stream, which joins nothing and counts on.
    pub fn of_event(tally: Tally) -> Self {
        let Tally { known, parts, coverage } = tally;
        let stream = Stream { known, joins: Some(Vec::new()), ..Stream::default() };
        Self { stream: Some(stream), coverage, parts, ..Self::default() }
    }

    /// The pieces of an event, and the count.
    ///
    /// # Errors
    /// When there were more than the limits allow, or fields that cannot be told apart.
    pub fn into_pieces(self) -> Result<(Vec<FieldPiece<'b>>, Tally), Unscannable> {
        if let Some(why) = self.overflow {
            return Err(why);
        }
        let stream = self.stream.unwrap_or_default();
        let joins = stream.joins.unwrap_or_default();
        let pieces = self.segments.into_iter().zip(joins);
        let pieces = pieces.map(|(segment, join)| FieldPiece { segment, join }).collect();
        Ok((pieces, Tally { known: stream.known, parts: self.parts, coverage: self.coverage }))
    }

    /// What was read.
    ///
    /// # Errors
    /// When there were more segments than the limits allow.
    pub fn finish(mut self, protocol: Protocol) -> Result<Document<'b>, Unscannable> {
        let stream = self.stream.take();
        if stream.is_some() {
            self.open_joined();
        }
        if let Some(why) = self.overflow {
            return Err(why);
        }
        // A field that is read joined and line by line is one field.
        let twice = stream.map_or(0, |stream| stream.twice);
        self.coverage.scanned = u32::try_from(self.segments.len() - twice).unwrap_or(u32::MAX);
        if self.segments.len() + self.seams.len() > MAX_SEGMENTS {
            return Err(Unscannable::TooMany);
        }
        self.segments.append(&mut self.seams);
        let (segments, coverage) = (self.segments, self.coverage);
        Ok(Document { protocol, segments, coverage, ..Document::default() })
    }

    /// Whether events of a stream are read.
    pub fn is_stream(&self) -> bool {
        self.stream.is_some()
    }

    /// Reads inside the member or element `name`.
    pub fn within<R>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> R) -> R {
        let mark = self.path.enter(name);
        let result = read(self);
        self.path.leave(mark);
        result
    }

    /// Reads inside the element `index`.
    pub fn at<R>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> R) -> R {
        let mark = self.path.enter_index(index);
        let result = read(self);
        self.path.leave(mark);
        result
    }

    /// Reads a part of a stream that nothing else continues, inside a place of its own.
    pub fn apart<R>(&mut self, read: impl FnOnce(&mut Self) -> R) -> R {
        let part = self.parts;
        self.parts += 1;
        self.at(part, read)
    }

    /// How many parts have been read apart; each inside the index that was their count before it.
    pub fn read_apart(&self) -> usize {
        self.parts
    }

    /// Reads the members of an object, each inside its name. Anything but an object where one belongs is unknown.
    pub fn object<'j>(&mut self, value: Value<'j, 'b>, mut read: impl FnMut(&mut Self, &str, Value<'j, 'b>)) {
        match value.kind() {
            Kind::Object => {
                for member in value.children() {
                    let name = member.key();
                    self.within(&name, |r| read(r, &name, member));
                }
            }
            Kind::Null => {}
            _ => self.unknown(value),
        }
    }

    /// Reads the elements of an array, each inside its position, or in streams inside the index it states: deltas
    /// name the element they belong to. Anything but an array where one belongs is unknown.
    pub fn array<'j>(&mut self, value: Value<'j, 'b>, mut read: impl FnMut(&mut Self, Value<'j, 'b>)) {
        match value.kind() {
            Kind::Array => {
                for (position, element) in value.children().enumerate() {
                    let stated = if self.stream.is_some() { stated_index(element) } else { None };
                    self.at(stated.unwrap_or(position), |r| read(r, element));
                }
            }
            Kind::Null => {}
            _ => self.unknown(value),
        }
    }

    /// Reads the elements of an array that are pieces of one text: in streams all at the array's own path, unless they
    /// state an index, because a client puts them one behind the other.
    pub fn parts<'j>(&mut self, value: Value<'j, 'b>, mut read: impl FnMut(&mut Self, Value<'j, 'b>)) {
        for (position, element) in value.children().enumerate() {
            match stated_index(element) {
                None if self.stream.is_some() => read(self, element),
                stated => self
                    .at(stated.filter(|_| self.stream.is_some()).unwrap_or(position), |r| read(r, element)),
            }
        }
    }

    /// Reads what goes on with nothing: what an event of a stream says in whole.
    pub fn whole<R>(&mut self, read: impl FnOnce(&mut Self) -> R) -> R {
        let pieces = std::mem::replace(&mut self.pieces, Join::Line);
        let result = read(self);
        self.pieces = pieces;
        result
    }

    /// A string, or whatever stands where one is expected.
    pub fn text(&mut self, voice: Voice, value: Value<'_, 'b>) {
        if matches!(value.kind(), Kind::Array | Kind::Object) {
            self.count(Count::Unknown);
        }
        self.everything(voice, value);
    }

    /// A word of a closed set, an id or a name. Known words make no segment; anything else is text.
    pub fn label(&mut self, voice: Voice, value: Value<'_, 'b>) {
        let walk = Walk::plain(voice);
        match value.string() {
            Some(word) if is_word(&word) => {}
            Some(_) => self.string(walk, value, Join::Repeat),
            None => self.walk(walk, value),
        }
    }

    /// Every string, key and long number of a value.
    pub fn everything(&mut self, voice: Voice, value: Value<'_, 'b>) {
        self.walk(Walk::plain(voice), value);
    }

    /// The name of a member, where names are chosen freely.
    pub fn key_of(&mut self, member: Value<'_, 'b>) {
        self.key(Walk::plain(NOBODY), member);
    }

    /// A string in which backslashes escape once more.
    pub fn escaped(&mut self, voice: Voice, value: Value<'_, 'b>) {
        if value.kind() != Kind::String {
            return self.text(voice, value);
        }
        let (text, map) = value.mapped();
        let (text, inner) = unescaped(&text);
        self.push(voice, (text, map.compose(&inner)), "", Join::Delta);
    }

    /// A field of a form at `path`, decoded: its name where it is text of its own, and what it holds, which may be JSON.
    pub fn form_field(&mut self, path: &str, name: Option<Mapped<'b>>, value: Mapped<'b>) {
        let mark = self.path.enter(path);
        let key = self.path.enter_key();
        if let Some(name) = name.filter(|name| !is_word(&name.0)) {
            self.push(NOBODY, name, "", Join::Repeat);
        }
        self.path.leave(key);
        let (text, map) = value;
        if !(looks_like_json(text.as_bytes()) && self.open(NOBODY, &text, &map, 0)) {
            self.push(NOBODY, (text, map), "", Join::Repeat);
        }
        self.path.leave(mark);
    }

    /// Several strings that are one text (the tokens of a log of probabilities).
    pub fn joined(&mut self, voice: Voice, pieces: &[Piece<'_, 'b>]) {
        let (mut text, mut map) = (String::new(), SourceMap::default());
        for piece in pieces {
            let (part, part_map) = piece.value.mapped();
            text.push_str(&part);
            map.append(&part_map);
            let echoes = piece.echoes.iter().flat_map(|echo| inside(*echo));
            echoes.for_each(|span| map.push_whole(0, span));
        }
        self.push(voice, (Cow::Owned(text), map), "", Join::Delta);
    }

    /// What `parts` of one message say where they meet, each with its voice; only neighbours of one voice are one text.
    pub fn seams(&mut self, parts: &[(Voice, Value<'_, 'b>)]) {
        let mark = self.path.enter("joined");
        for run in parts.chunk_by(|(a, _), (b, _)| a == b).filter(|run| run.len() > 1) {
            let values: Vec<Value<'_, 'b>> = run.iter().map(|(_, value)| *value).collect();
            let voice = run.first().map_or(NOBODY, |(voice, _)| *voice);
            for (text, map) in seams(&values) {
                self.push_seam(voice, (Cow::Owned(text), map));
            }
        }
        self.path.leave(mark);
    }

    /// In a stream a part may go on in a later event, and so does its seam.
    fn push_seam(&mut self, voice: Voice, (text, map): Mapped<'b>) {
        if self.stream.is_some() {
            return self.push(voice, (text, map), "", self.pieces);
        }
        let Voice(role, provenance) = voice;
        let path = self.path.text.clone();
        self.seams.push(Segment { role, provenance, path, text, map, quote: "", is_seam: true });
    }

    /// Several lists of bytes that are one text. They can only be replaced together: the first list then holds the
    /// replacement and the others nothing.
    pub fn joined_bytes(&mut self, voice: Voice, lists: &[Value<'_, 'b>]) {
        let bytes: Vec<u8> = lists.iter().flat_map(|list| bytes_of(*list)).collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut map = SourceMap::default();
        let mut text_len = text.len();
        for span in lists.iter().flat_map(|list| inside(*list)) {
            map.push_whole(std::mem::take(&mut text_len), span);
        }
        self.push(voice, (Cow::Owned(text), map), quote(0), Join::Delta);
    }

    /// A member the protocol does not name: its name is text too.
    pub fn unknown_member(&mut self, member: Value<'_, 'b>) {
        self.key(Walk::plain(NOBODY), member);
        self.unknown(member);
    }

    /// A field the protocol does not name: every string in it is read, and it is counted.
    pub fn unknown(&mut self, value: Value<'_, 'b>) {
        self.count(Count::Unknown);
        self.everything(NOBODY, value);
    }

    /// A field that is not text (binary data, signatures): counted.
    pub fn skip(&mut self) {
        self.count(Count::Skipped);
    }

    /// A string that should be base64. What only claims to be is text, and so is what is too short for a picture or
    /// a signature but long enough for a key.
    pub fn binary(&mut self, value: Value<'_, 'b>) {
        match value.string() {
            Some(data) if carries_base64(&data) => self.skip(),
            Some(data) if !is_base64(&data) => self.unknown(value),
            Some(data) if data.len() >= MIN_BINARY_BYTES => self.skip(),
            Some(_) => self.everything(NOBODY, value),
            None if value.kind() == Kind::Null => {}
            None => self.unknown(value),
        }
    }

    /// A link: text, unless it carries base64 data itself.
    pub fn link(&mut self, voice: Voice, value: Value<'_, 'b>) {
        match value.string() {
            Some(url) if carries_base64(&url) => self.skip(),
            _ => self.text(voice, value),
        }
    }

    /// A text that stands in the body as it is: a field of a form.
    pub fn passage(&mut self, voice: Voice, text: &'b str, map: SourceMap) {
        self.push(voice, (Cow::Borrowed(text), map), "", Join::Delta);
    }

    /// A field without a value of its own that the protocol does not name.
    pub fn count_unknown(&mut self) {
        self.count(Count::Unknown);
    }

    /// A body, or a line of a stream, that is plain text.
    pub fn line(&mut self, name: &str, text: &'b str, map: SourceMap) {
        if text.is_empty() || is_word(text) {
            return;
        }
        let mark = self.path.enter_line(name);
        if self.stream.is_some() {
            self.count(Count::Unknown);
        }
        self.push(NOBODY, (Cow::Borrowed(text), map), "", Join::Line);
        self.path.leave(mark);
    }

    /// Recursion is bounded: the JSON reader refuses what is nested deeper than its limit.
    fn walk<'t>(&mut self, walk: Walk<'t, 'b>, value: Value<'_, 't>) {
        match value.kind() {
            Kind::Object => {
                for member in value.children() {
                    let name = member.key();
                    let mark = self.path.enter(&name);
                    self.key(walk, member);
                    self.walk(walk, member);
                    self.path.leave(mark);
                }
            }
            Kind::Array => {
                for (index, element) in value.children().enumerate() {
                    let mark = self.path.enter_index(index);
                    self.walk(walk, element);
                    self.path.leave(mark);
                }
            }
            Kind::String => self.string(walk, value, self.pieces),
            Kind::Number => self.number(walk, value),
            Kind::Null | Kind::True | Kind::False => {}
        }
    }

    fn string<'t>(&mut self, walk: Walk<'t, 'b>, value: Value<'_, 't>, join: Join) {
        if join == Join::Repeat && self.stream.is_some() {
            let text = (walk.keep)(value.string().unwrap_or_default());
            let map = value.whole(text.len());
            return self.push(walk.voice, (text, map), quote(walk.depth), join);
        }
        let (text, map) = value.mapped();
        if walk.voice.0 == Role::ToolDefinition && is_schema_word(&text) {
            return;
        }
        if self.stream.is_some() || !walk.may_open(&text) {
            return self.push(walk.voice, ((walk.keep)(text), map), "", join);
        }
        if !(walk.opens() && self.open(walk.voice, &text, &map, walk.depth + 1)) {
            let (text, inner) = unescaped(&text);
            self.push(walk.voice, (text, map.compose(&inner)), "", join);
        }
    }

    /// The key of a member, at the member's path with a `#` behind it (as in relative JSON pointers).
    fn key<'t>(&mut self, walk: Walk<'t, 'b>, member: Value<'_, 't>) {
        let name = member.key();
        if !key_is_text(walk.voice.0, &name) {
            return;
        }
        let mark = self.path.enter_key();
        if self.stream.is_some() {
            let map = member.key_whole(name.len());
            self.push(walk.voice, ((walk.keep)(name), map), quote(walk.depth), Join::Repeat);
        } else {
            let (name, map) = member.key_mapped();
            self.push(walk.voice, ((walk.keep)(name), map), "", Join::Repeat);
        }
        self.path.leave(mark);
    }

    /// A number long enough to identify somebody, read as what it means however it is written (`4.1e15`). Shorter ones
    /// cannot hold a card, an account or a social number; fractions (embeddings, probabilities) do not.
    fn number<'t>(&mut self, walk: Walk<'t, 'b>, value: Value<'_, 't>) {
        let (text, map) = match number_text(value.raw()) {
            Some(Cow::Owned(digits)) => {
                let map = value.whole(digits.len());
                (Cow::Owned(digits), map)
            }
            Some(Cow::Borrowed(_)) => {
                let (text, map) = value.mapped();
                ((walk.keep)(text), map)
            }
            None => return,
        };
        self.push(walk.voice, (text, map), quote(walk.depth), Join::Repeat);
    }

    /// Reads text that is JSON, mapped by `map`; `false`, and nothing is read, when it is not. Keys named twice are
    /// all read: the text is not refused for them, so a tool may take either.
    fn open(&mut self, voice: Voice, text: &str, map: &SourceMap, depth: usize) -> bool {
        let Ok(json) = Json::parse(text, Place::Through(map), Duplicates::Keep) else { return false };
        let Some(root) = json.root() else { return false };
        self.walk(Walk { voice, depth, keep: |text| Cow::Owned(text.into_owned()) }, root);
        true
    }

    fn count(&mut self, what: Count) {
        if let Some(stream) = &mut self.stream {
            let purpose = if what == Count::Skipped { "skipped" } else { "unknown" };
            let times = stream.number(&self.path.text, &[purpose], 0);
            *times += 1;
            if *times > 1 {
                return;
            }
        }
        match what {
            Count::Skipped => self.coverage.skipped += 1,
            Count::Unknown => self.coverage.unknown += 1,
        }
    }

    fn push(&mut self, voice: Voice, (text, map): Mapped<'b>, quote: &'static str, join: Join) {
        if text.is_empty() {
            return;
        }
        if let Some(joins) = self.stream.as_mut().and_then(|stream| stream.joins.as_mut()) {
            joins.push(join);
            if self.path.is_cut() {
                self.overflow = Some(Unscannable::TooDeep);
            }
        } else if self.stream.is_some() {
            if voice == NOBODY && join == Join::Delta {
                self.add_line(&text, &map, quote);
            }
            if self.continues(voice.0, &text, &map, quote, join) {
                return;
            }
        }
        if self.segments.len() >= MAX_SEGMENTS {
            self.overflow = Some(Unscannable::TooMany);
            return;
        }
        let Voice(role, provenance) = voice;
        let path = self.path.text.clone();
        self.segments.push(Segment { role, provenance, path, text, map, quote, is_seam: false });
    }
}

/// Streams: fields with the same path are one text, whatever event they arrive in.
impl Reader<'_> {
    /// Whether this piece goes on with a segment that is there already; otherwise it starts one.
    fn continues(
        &mut self,
        role: Role,
        text: &str,
        map: &SourceMap,
        quote: &'static str,
        join: Join,
    ) -> bool {
        // Fields that cannot be told apart must not be mixed into one text.
        if self.path.is_cut() {
            self.overflow = Some(Unscannable::TooDeep);
        }
        let Some(stream) = &mut self.stream else { return false };
        let next = self.segments.len();
        let field = stream.number(&self.path.text, &[quote, speaker(role)], next);
        let Some(segment) = self.segments.get_mut(*field) else { return false };
        match join {
            Join::Delta => {
                segment.text.to_mut().push_str(text);
                segment.map.append(map);
                true
            }
            Join::Line => {
                segment.text.to_mut().push('\n');
                segment.text.to_mut().push_str(text);
                // The break stands nowhere in the stream: edits leave it alone.
                segment.map.push_whole(1, 0..0);
                segment.map.append(map);
                true
            }
            Join::Repeat if segment.text == text => {
                segment.map.append(&emptied(map, text.len()));
                true
            }
            Join::Repeat => {
                *field = next;
                false
            }
        }
    }

    /// Fields the protocol does not name may be deltas or whole values. Joined, two whole values can hide each other (a
    /// card and the digits of the next), so from the second piece on they are read line by line as well.
    fn add_line(&mut self, text: &str, map: &SourceMap, quote: &'static str) {
        let Some(stream) = &mut self.stream else { return };
        let next = self.segments.len();
        let field = *stream.number(&self.path.text, &[quote, speaker(NOBODY.0)], next);
        let Some(joined) = self.segments.get(field) else { return };
        let at = *stream.number(&self.path.text, &["lines"], next);
        if at == next {
            let first = joined.clone().into_owned();
            self.segments.push(first);
            stream.twice += 1;
        }
        let Some(lines) = self.segments.get_mut(at) else { return };
        lines.text.to_mut().push('\n');
        lines.text.to_mut().push_str(text);
        lines.map.push_whole(1, 0..0);
        lines.map.append(map);
    }

    /// Opens joined texts that hold JSON, now that they are whole.
    fn open_joined(&mut self) {
        let all = std::mem::take(&mut self.segments);
        for segment in all {
            let walk = Walk::plain(Voice(segment.role, segment.provenance));
            if walk.may_open(&segment.text) {
                let path = std::mem::replace(&mut self.path, Path::of(&segment.path));
                let is_opened = self.open(walk.voice, &segment.text, &segment.map, 1);
                self.path = path;
                if is_opened {
                    continue;
                }
                let (text, inner) = unescaped(&segment.text);
                let map = segment.map.compose(&inner);
                self.segments.push(Segment { text, map, ..segment });
                continue;
            }
            self.segments.push(segment);
        }
    }
}

impl<'b> Walk<'b, 'b> {
    fn plain(voice: Voice) -> Self {
        Self { voice, depth: 0, keep: |text| text }
    }
}

impl Walk<'_, '_> {
    /// Whether a string may hold JSON: tool calls carry it in strings.
    fn may_open(&self, text: &str) -> bool {
        self.voice.0 == Role::ToolCall && looks_like_json(text.as_bytes())
    }

    /// Whether JSON in a string of this depth is opened.
    fn opens(&self) -> bool {
        self.depth < MAX_EMBEDDED_JSON
    }
}

/// A word for each role, to tell texts of one path apart.
fn speaker(role: Role) -> &'static str {
    match role {
        Role::Reasoning => "reasoning",
        Role::ToolCall => "call",
        Role::ToolResult => "result",
        Role::System | Role::ToolDefinition => "operator",
        Role::Assistant => "assistant",
        Role::User | Role::Document | Role::AgentMessage => "other",
    }
}

/// The index an element of a delta states.
fn stated_index(element: Value<'_, '_>) -> Option<usize> {
    element.get("index")?.raw().parse().ok()
}

/// The map of a repeated value as a copy: without text of its own, it goes where the first one goes, and what an
/// edit leaves of it is still a JSON value (an empty string, a single digit).
fn emptied(map: &SourceMap, text_len: usize) -> SourceMap {
    let mut copy = SourceMap::default();
    for span in map.spans(0..text_len) {
        let is_string = span.len() > text_len;
        let start = span.start + usize::from(is_string);
        copy.push_whole(0, start..span.end.saturating_sub(1).max(start));
    }
    copy
}

/// The text of a number that is long enough to identify somebody: its own, or its digits where it is written otherwise.
pub(crate) fn number_text(raw: &str) -> Option<Cow<'_, str>> {
    if let Some(digits) = respelled(raw) {
        return (digits.len() >= MIN_NUMBER_DIGITS).then_some(Cow::Owned(digits));
    }
    let digits = raw.bytes().filter(u8::is_ascii_digit).count();
    let is_fraction = raw.trim_start_matches('-').starts_with("0.") && !raw.contains(['e', 'E']);
    (digits >= MIN_NUMBER_DIGITS && !is_fraction).then_some(Cow::Borrowed(raw))
}

/// Whether a key says something: it is no word of a protocol and no short number.
pub(crate) fn key_is_text(role: Role, name: &str) -> bool {
    let is_short_number = name.len() < MIN_NUMBER_DIGITS && name.bytes().all(|b| b.is_ascii_digit());
    let is_name = match role {
        Role::ToolDefinition => is_schema_word(name),
        _ => is_word(name),
    };
    !is_short_number && !is_name
}

/// The digits of a whole number that is written with a sign, a point or an exponent; `None` for any other number, and
/// for one too long to name anything.
fn respelled(raw: &str) -> Option<String> {
    let unsigned = raw.trim_start_matches('-');
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() == raw.len() || mantissa.len() > MAX_RESPELLED_BYTES {
        return None;
    }
    let exponent: isize = exponent.parse().ok()?;
    let digits = [whole, fraction].concat();
    let point = usize::try_from(isize::try_from(whole.len()).ok()?.checked_add(exponent)?).ok()?;
    if point > MAX_RESPELLED_BYTES || digits.bytes().skip(point).any(|b| b != b'0') {
        return None;
    }
    let kept = digits.get(..point).unwrap_or(&digits);
    Some(format!("{kept:0<point$}").trim_start_matches('0').to_owned())
}

/// No identifying number has so many digits.
const MAX_RESPELLED_BYTES: usize = 64;

/// Where a string's text or a list's elements stand, without the marks around them: what an edit may empty.
fn inside(value: Value<'_, '_>) -> Vec<Span> {
    let mut spans = value.whole(1).spans(0..1);
    if let Some(first) = spans.first_mut() {
        first.start += 1;
    }
    if let Some(last) = spans.last_mut() {
        last.end = last.end.saturating_sub(1).max(last.start);
    }
    spans
}

/// A quotation mark as it is written `depth` strings deep.
pub(crate) fn quote(depth: usize) -> &'static str {
    match depth {
        0 => "\"",
        1 => "\\\"",
        _ => "\\\\\\\"",
    }
}

const MIN_NUMBER_DIGITS: usize = 9;
