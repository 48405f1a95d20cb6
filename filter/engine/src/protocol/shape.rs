//! What a protocol's objects look like, as data: which member holds whose text. A protocol's file is tables of these;
//! this file walks a body along them. A member that no table names is read in full and counted unknown. Tables and
//! not code, because each closure costs the filter more than a row, and because a row can be read by anybody.

use super::json::{Kind, Value};
use super::reader::{self, Piece, Reader, Voice};

/// An object of a protocol.
pub(crate) struct Shape {
    /// The member whose word (or `true`) says who speaks, and who that is. `*` at the start of a word, or at its end, stands for
    /// any beginning, or ending; the first row that fits counts. Where none fits, the speaker around it goes on.
    pub speakers: Option<(&'static str, &'static [(&'static str, Voice)])>,
    /// Names of members, separated by spaces, and what stands there.
    pub fields: &'static [(&'static str, Field)],
}

/// What stands at a member.
#[derive(Clone, Copy)]
pub(crate) enum Field {
    /// Text.
    Text(Who),
    /// A word of a closed set, an id or a name: text only when it is not a word of protocols.
    Label(Who),
    /// Every string, key and long number below.
    All(Who),
    /// A link, which may carry base64 data itself.
    Link(Who),
    /// Base64, or a list of it.
    Binary,
    /// A number of at most so many digits that measures and names nobody: a time in seconds has ten, a duration in
    /// nanoseconds a few more, and either looks like an account number.
    Measure(usize),
    /// Fractions by the thousand (an embedding); whatever else stands among them is read.
    Vector,
    /// A list of strings, or of objects with this member, that spell one text.
    Spelled(Who, &'static str),
    /// An object; a string in its place is unknown.
    One(Who, &'static Shape),
    /// An array of objects.
    Each(Who, &'static Shape),
    /// A string, an object, or an array of either: one way or the other, what somebody says.
    Content(Who, &'static Shape),
    /// As content; in streams all pieces go on where the last one ended.
    Parts(Who, &'static Shape),
    /// What an event of a stream repeats from, or says in place of, its deltas: it goes on with nothing.
    Whole(&'static Field),
    /// A link, or an object in its place.
    Media(Who, &'static Shape),
    /// Anything else.
    With(for<'j, 'b> fn(&mut Reader<'b>, Value<'j, 'b>, Voice)),
}

/// Who speaks at a member.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    /// Whoever speaks in the object it is a member of.
    Speaker,
    /// Always this voice.
    Always(Voice),
}

/// Whoever speaks in the object.
pub(crate) const SPEAKER: Who = Who::Speaker;
/// Text nobody vouches for.
pub(crate) const NOBODY: Who = Who::Always(reader::NOBODY);
/// Application instructions.
pub(crate) const SYSTEM: Who = Who::Always(reader::SYSTEM);
/// The end user.
pub(crate) const USER: Who = Who::Always(reader::USER);
/// What a tool answered.
pub(crate) const TOOL_RESULT: Who = Who::Always(reader::TOOL_RESULT);
/// The model's answer.
pub(crate) const ASSISTANT: Who = Who::Always(reader::ASSISTANT);
/// The model's reasoning.
pub(crate) const REASONING: Who = Who::Always(reader::REASONING);
/// A tool call the model makes.
pub(crate) const TOOL_CALL: Who = Who::Always(reader::TOOL_CALL);
/// A tool or an output schema, as the application declares it.
pub(crate) const TOOL_DEFINITION: Who = Who::Always(reader::TOOL_DEFINITION);
/// A document somebody else wrote.
pub(crate) const DOCUMENT: Who = Who::Always(reader::DOCUMENT);

impl Field {
    /// Reads `value`, which stands where `voice` speaks.
    pub fn read<'b>(&self, reader: &mut Reader<'b>, value: Value<'_, 'b>, voice: Voice) {
        match *self {
            Self::Text(who) => reader.text(who.of(voice), value),
            Self::Label(who) => reader.label(who.of(voice), value),
            Self::All(who) => reader.everything(who.of(voice), value),
            Self::Link(who) => reader.link(who.of(voice), value),
            Self::Binary if value.kind() == Kind::Array => reader.array(value, |r, one| r.binary(one)),
            Self::Binary => reader.binary(value),
            Self::Measure(digits) if value.kind() == Kind::Number && value.raw().len() <= digits => {}
            Self::Measure(_) => reader.label(reader::NOBODY, value),
            Self::Vector => vector(reader, value),
            Self::Spelled(who, key) => spelled(reader, value, key, who.of(voice)),
            Self::One(who, shape) => shape.read(reader, value, who.of(voice)),
            Self::Each(who, shape) => reader.array(value, |r, one| shape.read(r, one, who.of(voice))),
            Self::Content(who, shape) | Self::Parts(who, shape) if value.kind() != Kind::Array => {
                content(reader, shape, value, who.of(voice));
            }
            Self::Content(who, shape) => {
                reader.array(value, |r, one| content(r, shape, one, who.of(voice)));
                shape.seams(reader, value, who.of(voice));
            }
            Self::Parts(who, shape) => {
                reader.parts(value, |r, one| content(r, shape, one, who.of(voice)));
                // In a stream they are one text already.
                if !reader.is_stream() {
                    shape.seams(reader, value, who.of(voice));
                }
            }
            Self::Whole(field) => reader.whole(|r| field.read(r, value, voice)),
            Self::Media(who, _) if value.kind() == Kind::String => reader.link(who.of(voice), value),
            Self::Media(who, shape) => shape.read(reader, value, who.of(voice)),
            Self::With(read) => read(reader, value, voice),
        }
    }
}

impl Shape {
    /// Reads an object of this shape, around which `voice` speaks.
    pub fn read<'b>(&self, reader: &mut Reader<'b>, value: Value<'_, 'b>, voice: Voice) {
        let voice = self.speaker(value, voice);
        reader.object(value, |r, name, member| match self.field(name) {
            Some(field) => field.read(r, member, voice),
            None => r.unknown_member(member),
        });
    }

    /// Reads what the parts in `list` say where they meet.
    #[inline(never)]
    fn seams<'j, 'b>(&self, reader: &mut Reader<'b>, list: Value<'j, 'b>, voice: Voice) {
        let Some(Field::Text(who)) = self.field("text") else { return };
        let text = |part: Value<'j, 'b>| {
            let text = part.get("text").filter(|text| text.kind() == Kind::String)?;
            Some((who.of(self.speaker(part, voice)), text))
        };
        let parts: Vec<(Voice, Value<'j, 'b>)> = list.children().filter_map(text).collect();
        reader.seams(&parts);
    }

    /// Who speaks in `value`. What a tool answered stays a tool's answer, whatever it calls itself.
    fn speaker(&self, value: Value<'_, '_>, around: Voice) -> Voice {
        let Some((key, voices)) = self.speakers.filter(|_| around != reader::TOOL_RESULT) else {
            return around;
        };
        let word = match value.get(key) {
            Some(flag) if flag.kind() == Kind::True => "true".into(),
            word => word.and_then(Value::string).unwrap_or_default(),
        };
        let row = voices.iter().find(|(words, _)| words.split(' ').any(|pattern| fits(pattern, &word)));
        row.map_or(around, |(_, voice)| *voice)
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|(names, _)| is_one_of(names, name)).map(|(_, field)| field)
    }
}

impl Who {
    /// The voice at a member of an object in which `around` speaks.
    pub fn of(self, around: Voice) -> Voice {
        match self {
            Self::Speaker => around,
            Self::Always(voice) => voice,
        }
    }
}

/// A string or an object; an array in an array is nobody's content.
fn content<'b>(reader: &mut Reader<'b>, shape: &Shape, value: Value<'_, 'b>, voice: Voice) {
    match value.kind() {
        Kind::Object => shape.read(reader, value, voice),
        _ => reader.text(voice, value),
    }
}

fn vector<'b>(reader: &mut Reader<'b>, value: Value<'_, 'b>) {
    match value.kind() {
        Kind::Array => reader.array(value, vector),
        Kind::Number if is_fraction(value.raw()) => {}
        Kind::String => reader.binary(value),
        _ => reader.everything(reader::NOBODY, value),
    }
}

/// Whether a number has places behind its point and few before it.
fn is_fraction(raw: &str) -> bool {
    let point = raw.find('.').unwrap_or(raw.len());
    point < FEW_DIGITS && point < raw.len() && (!raw.contains(['e', 'E']) || raw.contains("e-"))
}

const FEW_DIGITS: usize = 6;

/// Tokens and words repeat a text in pieces too short for any pattern; joined they are read like it.
fn spelled<'b>(reader: &mut Reader<'b>, list: Value<'_, 'b>, key: &str, voice: Voice) {
    let mut pieces = Vec::new();
    reader.array(list, |r, one| {
        let piece = if one.kind() == Kind::String { Some(one) } else { one.get(key) };
        let piece = piece.filter(|piece| piece.kind() == Kind::String);
        match one.kind() {
            Kind::String => {}
            Kind::Object => r.object(one, |r, name, member| match piece {
                Some(_) if name == key => {}
                _ => {
                    if !is_one_of(BESIDE_TOKENS, name) {
                        r.key_of(member);
                    }
                    r.label(reader::NOBODY, member);
                }
            }),
            _ => r.label(reader::NOBODY, one),
        }
        pieces.extend(piece.map(|value| Piece { value, echoes: Vec::new() }));
    });
    reader.joined(voice, &pieces);
}

/// What vendors call what stands beside a token or a word; any other name is text.
const BESIDE_TOKENS: &str =
    "logprob logprobs top_logprobs token_ids bytes start end speaker logProbability tokenId";

/// Whether `name` is one of the names in a list separated by spaces.
fn is_one_of(names: &str, name: &str) -> bool {
    match names.len().cmp(&name.len()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => names == name,
        std::cmp::Ordering::Greater => names.split(' ').any(|one| one == name),
    }
}

fn fits(pattern: &str, word: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(ending), _) => word.ends_with(ending),
        (_, Some(beginning)) => word.starts_with(beginning),
        _ => pattern == word,
    }
}

/// Digits of a time in seconds.
pub(crate) const SECONDS: usize = 10;
/// Digits of a duration in nanoseconds: hours.
pub(crate) const NANOSECONDS: usize = 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whole_in_a_list_and_never_in_part() {
        for (names, name, expected) in [
            ("a", "a", true),
            ("id object model", "object", true),
            ("id object model", "model", true),
            ("id object model", "obj", false),
            ("id object model", "id object", false),
            ("id object model", "", false),
            ("id", "identity", false),
        ] {
            assert_eq!(is_one_of(names, name), expected, "{names} {name}");
        }
    }

    #[test]
    fn a_star_stands_for_any_beginning_or_ending() {
        for (pattern, word, expected) in [
            ("*tool_result", "mcp_tool_result", true),
            ("*tool_result", "tool_result_x", false),
            ("response.reasoning*", "response.reasoning_text.delta", true),
            ("*", "anything", true),
            ("user", "users", false),
        ] {
            assert_eq!(fits(pattern, word), expected, "{pattern} {word}");
        }
    }
}
