//! What a protocol's objects look like, as data: which member holds whose text. A protocol's file is tables of these;
//! this file walks a body along them. A member that no table names is read in full and counted unknown. Tables and
//! not code, because each closure costs the filter more than a row, and because a row can be read by anybody.

use super::json::{Kind, Value};
use super::reader::{self, Reader, Voice};

/// An object of a protocol.
pub(crate) struct Shape {
    /// The member whose word says who speaks, and who that is. `*` at the start of a word, or at its end, stands for
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
    /// Base64.
    Binary,
    /// A count of seconds, which looks like an account number and is none.
    Time,
    /// An object; a string in its place is unknown.
    One(Who, &'static Shape),
    /// An array of objects.
    Each(Who, &'static Shape),
    /// A string, an object, or an array of either: one way or the other, what somebody says.
    Content(Who, &'static Shape),
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
            Self::Binary => reader.binary(value),
            Self::Time if is_time(value) => {}
            Self::Time => reader.label(voice, value),
            Self::One(who, shape) => shape.read(reader, value, who.of(voice)),
            Self::Each(who, shape) => reader.array(value, |r, one| shape.read(r, one, who.of(voice))),
            Self::Content(who, shape) => content(reader, shape, value, who.of(voice)),
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

    /// Who speaks in `value`. What a tool answered stays a tool's answer, whatever it calls itself.
    fn speaker(&self, value: Value<'_, '_>, around: Voice) -> Voice {
        let Some((key, voices)) = self.speakers.filter(|_| around != reader::TOOL_RESULT) else {
            return around;
        };
        let word = value.get(key).and_then(Value::string).unwrap_or_default();
        let row = voices.iter().find(|(words, _)| words.split(' ').any(|pattern| fits(pattern, &word)));
        row.map_or(around, |(_, voice)| *voice)
    }

    fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|(names, _)| is_one_of(names, name)).map(|(_, field)| field)
    }
}

impl Who {
    fn of(self, around: Voice) -> Voice {
        match self {
            Self::Speaker => around,
            Self::Always(voice) => voice,
        }
    }
}

fn content<'b>(reader: &mut Reader<'b>, shape: &Shape, value: Value<'_, 'b>, voice: Voice) {
    match value.kind() {
        Kind::Array => reader.array(value, |r, one| content(r, shape, one, voice)),
        Kind::Object => shape.read(reader, value, voice),
        _ => reader.text(voice, value),
    }
}

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

/// Whether this is a count of seconds of our time: ten digits.
fn is_time(value: Value<'_, '_>) -> bool {
    value.kind() == Kind::Number && value.raw().len() <= SECONDS_DIGITS
}

const SECONDS_DIGITS: usize = 10;

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
