//! Forms with files (`multipart/form-data`): every part that is text is read, headers included. Two readers must not
//! be able to cut a form in two ways, so anything but what RFC 7578 writes is refused: other line ends, the boundary
//! inside a part, encoded parts.

use super::json::{Duplicates, Json, Place, looks_like_json};
use super::lines;
use super::reader::{DOCUMENT, NOBODY, Reader, Voice};
use super::shape::{Field, Shape};
use super::{Document, Protocol, Unscannable, capped, starts_like_json};
use crate::segment::SourceMap;

/// Reads a form. Of a protocol that is known, a file that is neither text nor begins like JSON is skipped and counted; any
/// other part that is not text is unscannable.
///
/// # Errors
/// Why it cannot be inspected.
pub(super) fn read<'b>(
    protocol: Protocol,
    content_type: &str,
    body: &'b [u8],
) -> Result<Document<'b>, Unscannable> {
    let boundary = boundary(content_type).ok_or(Unscannable::Malformed)?;
    let mut reader = Reader::default();
    let (mut model, mut stream) = (String::new(), false);
    for part in parts(body, &format!("--{boundary}"))? {
        match (part.name, std::str::from_utf8(part.bytes)) {
            (name, Ok(text)) if !text.contains('\0') => {
                match name {
                    "model" => model = capped(text),
                    "stream" => stream = text == "true",
                    _ => {}
                }
                part.read(&mut reader, protocol, text)?;
            }
            _ if protocol == Protocol::default() => return Err(Unscannable::MediaType),
            // One bad byte does not make a picture of a text: readers that forgive go on behind it.
            _ if !part.is_file || starts_like_json(part.bytes) => return Err(Unscannable::InvalidUtf8),
            (name, _) => reader.within(name, Reader::skip),
        }
        reader.within(part.name, |r| {
            r.passage(NOBODY, part.head, SourceMap::identity(part.head_at, part.head.len()));
        });
    }
    Ok(Document { model, stream, ..reader.finish(protocol)? })
}

/// One part of a form.
struct Part<'b> {
    name: &'b str,
    is_file: bool,
    head: &'b str,
    head_at: usize,
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Part<'b> {
    /// Reads its text: JSON and JSON lines as what they are, a field as the one of its name.
    fn read(&self, reader: &mut Reader<'b>, protocol: Protocol, text: &'b str) -> Result<(), Unscannable> {
        let field = &protocol.entry().request;
        if looks_like_json(text.as_bytes()) {
            return match Json::parse(text, Place::At(self.at), Duplicates::Refuse) {
                Ok(json) => {
                    let Some(root) = json.root() else { return Ok(()) };
                    reader.within(self.name, |r| field.read(r, root, NOBODY));
                    Ok(())
                }
                Err(_) => reader.within(self.name, |r| lines::read_into(r, field, text, self.at)),
            };
        }
        let voice = match field {
            _ if self.is_file => Some(DOCUMENT),
            Field::One(_, shape) => shape.voice(self.name),
            _ => Some(NOBODY),
        };
        reader.within(self.name, |r| {
            if voice.is_none() {
                r.count_unknown();
            }
            r.passage(voice.unwrap_or(NOBODY), text, SourceMap::identity(self.at, text.len()));
        });
        Ok(())
    }
}

impl Shape {
    /// Who speaks in a text at the member `name`; `None` when the shape does not name it.
    fn voice(&self, name: &str) -> Option<Voice> {
        self.field(name).map(|field| match field {
            Field::Text(who) => who.of(NOBODY),
            _ => NOBODY,
        })
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let (_, parameters) = content_type.split_once(';')?;
    let mut named = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let (_, value) = named.find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    (!value.is_empty() && value.len() <= MAX_BOUNDARY_BYTES && !value.contains('"')).then_some(value)
}

/// By RFC 2046.
const MAX_BOUNDARY_BYTES: usize = 70;

fn parts<'b>(body: &'b [u8], delimiter: &str) -> Result<Vec<Part<'b>>, Unscannable> {
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    let mut is_closed = false;
    for at in occurrences(body, delimiter.as_bytes()) {
        let before = body.get(..at).unwrap_or_default();
        let (before, is_line) = match before.strip_suffix(b"\r\n") {
            Some(before) => (before, true),
            None => (before, at == 0),
        };
        if !is_line || is_closed || (open.is_none() && !before.is_empty()) {
            return Err(Unscannable::Malformed);
        }
        if let Some(start) = open {
            found.push(part(body.get(start..before.len()).ok_or(Unscannable::Malformed)?, start)?);
        }
        let after = at + delimiter.len();
        match body.get(after..).unwrap_or_default() {
            [b'\r', b'\n', ..] => open = Some(after + 2),
            [b'-', b'-'] | [b'-', b'-', b'\r', b'\n'] => is_closed = true,
            _ => return Err(Unscannable::Malformed),
        }
    }
    if is_closed { Ok(found) } else { Err(Unscannable::Malformed) }
}

fn occurrences<'b>(body: &'b [u8], needle: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    body.windows(needle.len()).enumerate().filter(move |(_, window)| *window == needle).map(|(at, _)| at)
}

fn part(bytes: &[u8], at: usize) -> Result<Part<'_>, Unscannable> {
    let end = occurrences(bytes, b"\r\n\r\n").next().ok_or(Unscannable::Malformed)?;
    let head =
        bytes.get(..end).and_then(|head| std::str::from_utf8(head).ok()).ok_or(Unscannable::Malformed)?;
    let lower = head.to_ascii_lowercase();
    // Programs write the names of headers and of parameters in one way only; another way is another reader's.
    let has_one = |what: &str| lower.matches(what).count() == 1;
    if !has_one("content-disposition:") || !has_one("; name=\"") {
        return Err(Unscannable::Malformed);
    }
    if lower.contains("content-transfer-encoding") || (lower.contains("charset") && !has_one("charset=utf-8"))
    {
        return Err(Unscannable::Encoding);
    }
    let name = head.split_once("; name=\"").and_then(|(_, rest)| rest.split_once('"'));
    let name = name.map(|(name, _)| name).ok_or(Unscannable::Malformed)?;
    let start = end + 4;
    let bytes = bytes.get(start..).unwrap_or_default();
    Ok(Part { name, is_file: lower.contains("filename"), head, head_at: at, bytes, at: at + start })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Hints, read_request};
    use crate::segment::Role;

    fn form(path: &str, body: &str) -> Result<Vec<(String, Role, String)>, Unscannable> {
        let hints = Hints { path, content_type: "multipart/form-data; boundary=B", ..Hints::default() };
        let document = read_request(&hints, body.as_bytes())?;
        Ok(document.segments.into_iter().map(|s| (s.path, s.role, s.text.into_owned())).collect())
    }

    const PROMPT: &str = "--B\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nhello\r\n--B--\r\n";

    #[test]
    fn fields_speak_as_the_protocol_says_and_heads_are_read() {
        let found = form("/v1/audio/transcriptions", PROMPT).unwrap();
        assert!(found.contains(&("/prompt".into(), Role::User, "hello".into())), "{found:?}");
        assert!(found.iter().any(|(_, _, text)| text.contains("name=\"prompt\"")));
        let found = form("/any", PROMPT).unwrap();
        assert!(found.contains(&("/prompt".into(), Role::Document, "hello".into())), "{found:?}");
    }

    #[test]
    fn a_file_of_requests_is_read_as_requests() {
        let line = r#"{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"system","content":"be kind"}]}}"#;
        let head = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n";
        let found = form("/v1/files", &format!("{head}{line}\n{line}\r\n--B--\r\n")).unwrap();
        for path in ["/file/0/body/messages/0/content", "/file/1/body/messages/0/content"] {
            assert!(found.contains(&(path.into(), Role::System, "be kind".into())), "{found:?}");
        }
    }

    #[test]
    fn what_two_readers_could_cut_differently_is_refused() {
        let bad =
            |body: &str| assert_eq!(form("/any", body).unwrap_err(), Unscannable::Malformed, "{body:?}");
        bad(&PROMPT.replace("\r\n", "\n"));
        bad(&PROMPT.replace("hello", "hel\n--B\nlo"));
        bad(&PROMPT.replace("hello", "hel--Blo"));
        bad(&PROMPT.replace("--B--", "--B"));
        bad(&format!("preamble\r\n{PROMPT}"));
        bad(&format!("{PROMPT}epilogue"));
        bad(&PROMPT.replace("; name=\"prompt\"", ""));
        let encoded = PROMPT.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        assert_eq!(form("/any", &encoded).unwrap_err(), Unscannable::Encoding);
    }

    #[test]
    fn what_is_not_text_is_skipped_where_files_belong_and_refused_elsewhere() {
        let body = PROMPT.replace("hello", "\0\u{1}");
        assert_eq!(form("/any", &body).unwrap_err(), Unscannable::MediaType);
        let hints = Hints {
            path: "/v1/audio/translations",
            content_type: "multipart/form-data; boundary=\"B\"",
            ..Hints::default()
        };
        let file = body.replace("name=\"prompt\"", "name=\"file\"; filename=\"a.wav\"");
        assert_eq!(read_request(&hints, file.as_bytes()).unwrap().coverage.skipped, 1);
    }

    /// Found by fuzzing: one byte that is no text hid everything beside it.
    #[test]
    fn a_bad_byte_in_a_field_or_in_lines_of_json_hides_nothing() {
        let head = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n";
        let lines =
            |bad: &[u8]| [head.as_bytes(), b"{\"a\":1}\n{\"b\":\"", bad, b"\"}\r\n--B--\r\n"].concat();
        let field = |bad: &[u8]| {
            let (before, after) = PROMPT.split_once("hello").unwrap();
            [before.as_bytes(), b"hel", bad, b"lo", after.as_bytes()].concat()
        };
        for path in ["/v1/files", "/v1/audio/transcriptions"] {
            let content_type = "multipart/form-data; boundary=B";
            let hints = Hints { path, content_type, ..Hints::default() };
            for bad in [&b"\xff"[..], b"\0", b"\xed\xa0\x80"] {
                for body in [lines(bad), field(bad)] {
                    assert_eq!(read_request(&hints, &body).unwrap_err(), Unscannable::InvalidUtf8);
                }
            }
        }
    }
}
