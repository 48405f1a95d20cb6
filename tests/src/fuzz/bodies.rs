//! Bodies of every protocol, taken apart into their documents and put together again in another way: other line ends,
//! comments, data on several lines, other chunks, other boundaries. The golden files and the corpus are the seeds. A body
//! can be broken in two places: in its documents, and in how they are framed.

use serde_json::{Value, json};
use weir_engine::event::Direction;
use weir_engine::protocol::event_stream::{encode, push_header};
use weir_engine::protocol::{Document, Hints, Protocol, Unscannable, read_request, read_response};

use super::json_text;
use super::mutation::base64;
use crate::mutate::Dice;

/// Most changes of one body.
const MAX_CHANGES: usize = 4;
/// Largest body that is made, in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// How the documents of a body travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// One document.
    Whole,
    /// Server-sent events.
    #[default]
    Events,
    /// A document a line.
    Lines,
    /// Elements of an array.
    Array,
    /// Binary frames.
    Frames,
    /// Fields of a form, `name=value`.
    Form,
    /// Parts of a form.
    Parts,
}

/// A document, and the name of its event, frame or field.
#[derive(Clone, Debug)]
pub struct Part {
    /// Empty where it has none.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// A body that can be written in many ways.
#[derive(Clone, Debug)]
pub struct Draft {
    /// For a person.
    pub name: String,
    /// `:path` of the request.
    pub path: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// Which way it goes.
    pub direction: Direction,
    /// How it travels.
    pub framing: Framing,
    /// Headers that copy a part of it.
    pub copies: Vec<(String, String)>,
    /// Its documents.
    pub parts: Vec<Part>,
}

/// A body as it travels.
#[derive(Clone, Debug)]
pub struct Body {
    /// `:path` of the request.
    pub path: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// Which way it goes.
    pub direction: Direction,
    /// How it travels.
    pub framing: Framing,
    /// Its `content-type`.
    pub content_type: String,
    /// Headers that copy a part of it.
    pub copies: Vec<(String, String)>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A document with the name of its event, frame or field.
pub(super) fn part(name: &str, text: &str) -> Part {
    Part { name: name.to_owned(), text: text.to_owned() }
}

impl Draft {
    /// Changes documents: their values, or their bytes.
    pub fn change(&mut self, dice: &mut Dice) {
        for _ in 0..dice.below(MAX_CHANGES) {
            let at = dice.below(self.parts.len());
            match dice.below(10) {
                0 if self.parts.len() > 1 => drop(self.parts.remove(at)),
                1 => self.parts.extend(self.parts.get(at).cloned()),
                2 => {
                    let other = dice.below(self.parts.len());
                    self.parts.swap(at, other);
                }
                3 => self.parts.insert(at, part("", &json_text::sound(dice))),
                _ => {
                    if let Some(part) = self.parts.get_mut(at) {
                        change_value(&mut part.text, dice);
                    }
                }
            }
        }
    }

    /// Puts `plant` into a string, a key or a text of one of its documents; whether that could be done.
    pub fn plant(&mut self, plant: &str, dice: &mut Dice) -> bool {
        let at = dice.below(self.parts.len());
        let Some(part) = self.parts.get_mut(at) else { return false };
        if part.text == "[DONE]" || part.text.contains('\0') {
            return false;
        }
        match serde_json::from_str::<Value>(&part.text) {
            Ok(mut value) => {
                let is_planted = plant_in(&mut value, plant, dice);
                part.text = value.to_string();
                is_planted
            }
            Err(_) if matches!(self.framing, Framing::Form | Framing::Parts) => {
                part.text.push_str(plant);
                true
            }
            Err(_) => false,
        }
    }

    /// Writes it in one of its ways.
    pub fn write(&self, dice: &mut Dice) -> Body {
        let ending = dice.pick(&["\n", "\n", "\r\n", "\r"]).copied().unwrap_or("\n");
        let mut content_type = match self.framing {
            Framing::Whole | Framing::Array => "application/json",
            Framing::Events => "text/event-stream",
            Framing::Lines => "application/x-ndjson",
            Framing::Frames => "application/vnd.amazon.eventstream",
            Framing::Form => "application/x-www-form-urlencoded",
            Framing::Parts => "multipart/form-data; boundary=xYz",
        }
        .to_owned();
        let texts = || self.parts.iter().map(|part| part.text.as_str());
        let bytes = match self.framing {
            Framing::Whole => texts().collect::<String>().into_bytes(),
            Framing::Events => self.events(ending, dice).into_bytes(),
            Framing::Lines => {
                let ending = if ending == "\r" { "\n" } else { ending };
                let one = |text: &str| [text.replace(['\n', '\r'], " ").as_str(), ending].concat();
                texts().map(one).collect::<String>().into_bytes()
            }
            Framing::Array => {
                format!("[{}]", texts().collect::<Vec<_>>().join(&format!(",{ending}"))).into_bytes()
            }
            Framing::Frames => self.parts.iter().flat_map(|part| frame(part, dice)).collect(),
            Framing::Form => self.form(dice).into_bytes(),
            Framing::Parts => self.multipart(),
        };
        let bytes = bytes.get(..MAX_BODY_BYTES).map_or(bytes.clone(), <[u8]>::to_vec);
        if dice.below(24) == 0 {
            content_type = dice.pick(CONTENT_TYPES).copied().unwrap_or_default().to_owned();
        }
        let Self { path, protocol, direction, framing, copies, .. } = self.clone();
        Body { path, protocol, direction, framing, content_type, copies, bytes }
    }

    fn events(&self, ending: &str, dice: &mut Dice) -> String {
        let mut out = String::new();
        if dice.below(12) == 0 {
            out.push('\u{feff}');
        }
        for part in &self.parts {
            if !part.name.is_empty() {
                out += &format!("event: {}{ending}", part.name);
            }
            match dice.below(24) {
                0 => out += &format!(": note{ending}"),
                1 => out += &format!("id: 7{ending}"),
                2 => out += &format!("retry: 10{ending}"),
                3 => out += &format!("odd line{ending}"),
                _ => {}
            }
            let blank = if dice.below(4) == 0 { "" } else { " " };
            let text = match dice.below(6) {
                0 => pretty(&part.text),
                _ => part.text.clone(),
            };
            for line in text.split(['\n', '\r']) {
                out += &format!("data:{blank}{line}{ending}");
            }
            out += ending;
        }
        if dice.below(8) == 0 {
            out.truncate(out.trim_end().len());
        }
        out
    }

    fn form(&self, dice: &mut Dice) -> String {
        let mut escaped = |text: &str| -> String {
            let all = dice.below(4) == 0;
            let each = text.bytes().map(|byte| match byte {
                b' ' if !all => "+".to_owned(),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' if !all => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            });
            each.collect()
        };
        let pairs: Vec<String> = self
            .parts
            .iter()
            .map(|part| format!("{}={}", escaped(&part.name), escaped(&part.text)))
            .collect();
        pairs.join("&")
    }

    fn multipart(&self) -> Vec<u8> {
        let mut out = String::new();
        for Part { name, text } in &self.parts {
            out += &format!("--xYz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        }
        (out + "--xYz--\r\n").into_bytes()
    }
}

/// Types that a body may wrongly say it is of.
const CONTENT_TYPES: &[&str] = &[
    "",
    "text/plain",
    "application/json; charset=utf-8",
    "text/event-stream",
    "application/x-ndjson",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=xYz",
    "application/octet-stream",
    "application/graphql",
    "application/vnd.amazon.eventstream",
];

fn pretty(text: &str) -> String {
    let value = serde_json::from_str::<Value>(text).ok();
    value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.to_owned())
}

fn frame(part: &Part, dice: &mut Dice) -> Vec<u8> {
    let kind = if part.name.ends_with("Exception") { "exception" } else { "event" };
    let mut headers = Vec::new();
    push_header(
        &mut headers,
        &format!(":{kind}-type"),
        if part.name.is_empty() { "chunk" } else { &part.name },
    );
    push_header(&mut headers, ":content-type", "application/json");
    push_header(&mut headers, ":message-type", kind);
    let is_chunk = part.name == "chunk" || dice.below(16) == 0;
    let chunk = json!({ "bytes": base64(part.text.as_bytes()), "p": "abcdef" }).to_string();
    encode(&headers, if is_chunk { chunk.as_bytes() } else { part.text.as_bytes() })
}

/// Changes a value where there is one, otherwise bytes.
fn change_value(text: &mut String, dice: &mut Dice) {
    let value = serde_json::from_str::<Value>(text).ok().filter(|_| dice.below(4) > 0);
    let Some(mut value) = value else {
        let mut bytes = std::mem::take(text).into_bytes();
        json_text::change(&mut bytes, dice);
        *text = String::from_utf8_lossy(&bytes).into_owned();
        return;
    };
    let mut all = Vec::new();
    pointers(&value, String::new(), &mut all);
    let (from, to) = (dice.pick(&all).cloned(), dice.pick(&all).cloned());
    let other = from.and_then(|from| value.pointer(&from)).cloned().unwrap_or_default();
    let new = match dice.below(6) {
        0 => other,
        1 => json!([other, other]),
        2 => json!({ "brand_new": other }),
        3 => serde_json::from_str(&json_text::sound(dice)).unwrap_or_default(),
        4 => odd(dice),
        _ => Value::String(other.to_string()),
    };
    if let Some(place) = to.and_then(|to| value.pointer_mut(&to)) {
        *place = new;
    }
    *text = value.to_string();
    if dice.below(3) == 0 {
        *text = in_escapes(text, dice);
    }
    text.truncate(text.floor_char_boundary(MAX_BODY_BYTES / 4));
}

fn odd(dice: &mut Dice) -> Value {
    let odd = [
        json!(null),
        json!(4_111_111_111_111_111_u64),
        json!("4111 1111 1111 1111"),
        json!("jane@example.org"),
        json!("{\"card\":4111111111111111,\"to\":\"jane@example.org\",\"in\":\"[\\\"x\\\"]\"}"),
        json!("{\"card\":4111111111111111,"),
        json!("data:image/png;base64,".to_owned() + &"iVBORw0KGgo".repeat(12)),
        json!("iVBORw0KGgo".repeat(12)),
        json!("caf\u{e9} \u{1f600} \u{202e}x\u{0}"),
        json!([0.1, -0.2, 123_456_789.5]),
        json!([106, 97, 110, 101, 64, 101, 120, 46, 111, 114, 103]),
        json!({ "index": 18_446_744_073_709_551_615_u64 }),
        json!({ "type": "text", "text": "x" }),
        json!("w ".repeat(600)),
    ];
    dice.pick(&odd).cloned().unwrap_or_default()
}

/// The same JSON with some letters of its strings escaped.
fn in_escapes(text: &str, dice: &mut Dice) -> String {
    let (mut out, mut in_string, mut is_escaped) = (String::new(), false, false);
    for c in text.chars() {
        let is_mark = c == '"' && !is_escaped;
        if is_mark {
            in_string = !in_string;
        }
        if in_string && !is_mark && !is_escaped && c != '\\' && dice.below(4) == 0 {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    out
}

/// The pointers of all values.
fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, one)| pointers(one, format!("{at}/{index}"), all));
        }
        Value::Object(members) => members.iter().for_each(|(name, one)| {
            pointers(one, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), all);
        }),
        _ => {}
    }
    all.push(at);
}

fn plant_in(value: &mut Value, plant: &str, dice: &mut Dice) -> bool {
    let mut all = Vec::new();
    pointers(value, String::new(), &mut all);
    let Some(place) = dice.pick(&all).and_then(|at| value.pointer_mut(at)) else { return false };
    match place {
        Value::String(text) => {
            let at = text.floor_char_boundary(dice.below(text.len() + 1));
            text.insert_str(at, plant);
        }
        Value::Array(list) => list.push(plant.into()),
        Value::Object(members) if dice.below(4) == 0 => drop(members.insert(plant.to_owned(), json!(1))),
        Value::Object(members) => drop(members.insert("brand_new".to_owned(), plant.into())),
        other => *other = plant.into(),
    }
    true
}

impl Body {
    /// Breaks bytes of it.
    pub fn break_bytes(&mut self, dice: &mut Dice) {
        for _ in 0..=dice.below(MAX_CHANGES) {
            json_text::change(&mut self.bytes, dice);
        }
        self.bytes.truncate(MAX_BODY_BYTES);
    }

    /// Reads `bytes` as this body would be.
    ///
    /// # Errors
    /// Why they cannot be inspected.
    pub fn read<'b>(&self, bytes: &'b [u8]) -> Result<Document<'b>, Unscannable> {
        let (path, content_type) = (self.path.as_str(), self.content_type.as_str());
        let hints = Hints { path, content_type, copies: &self.copies, ..Hints::default() };
        match self.direction {
            Direction::Request => read_request(&hints, bytes),
            Direction::Response => read_response(self.protocol, &hints, bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_do_not_change_what_json_says() {
        let text = r#"{"a":"x\n\"\\ é😀","b":[1,"y"]}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        for seed in 0..50 {
            let escaped = in_escapes(text, &mut Dice::new(seed));
            assert_eq!(serde_json::from_str::<Value>(&escaped).unwrap(), value, "{escaped}");
        }
    }
}
