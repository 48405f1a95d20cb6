//! Bytes as they come -> frames: the parts of a stream that are read, edited and released together: an event with the
//! blank line that ends it, a line of JSON, an element of an array with the comma before it, a binary message. It knows
//! where frames end and nothing of what they say.

use crate::protocol::Framing;
use crate::protocol::event_stream::{PRELUDE_BYTES, frame_len};

/// Finds where frames end, however the bytes are cut.
#[derive(Clone, Copy, Debug)]
pub enum Frames {
    /// Server-sent events.
    Events(Events),
    /// Lines of JSON.
    Lines,
    /// Elements of one array.
    Array(Elements),
    /// Messages of an AWS event stream.
    Messages(Messages),
}

/// Where a stream of server-sent events is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events {
    /// Whether a line has begun and not ended.
    in_line: bool,
    /// Whether a line of the frame has ended.
    has_line: bool,
    /// Whether the last byte was CR, so that LF would belong to it.
    after_cr: bool,
}

/// Where a JSON array is. It counts brackets and is no reader: what it cuts must still be read as JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct Elements {
    /// How many containers are open, the array included.
    depth: usize,
    in_string: bool,
    /// Whether the last byte of a string was a backslash that escapes the next.
    is_escaped: bool,
    /// Whether something stands outside the array: all from there on is one frame.
    is_outside: bool,
}

/// Where a binary message is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Messages {
    prelude: [u8; PRELUDE_BYTES],
    /// How much of the message has come, in bytes.
    come: usize,
    /// How long it is, in bytes; 0 before its prelude has come.
    len: usize,
}

impl Frames {
    /// Frames of this kind.
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::Events => Self::Events(Events::default()),
            Framing::Lines => Self::Lines,
            Framing::Array => Self::Array(Elements::default()),
            Framing::Frames => Self::Messages(Messages::default()),
        }
    }

    /// The next frame's end in `bytes`, which continue those of the last call; `None` when it is not among them.
    pub fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Events(events) => events.end(bytes),
            Self::Lines => bytes.iter().position(|b| *b == b'\n').map(|at| at + 1),
            Self::Array(elements) => elements.end(bytes),
            Self::Messages(messages) => messages.end(bytes),
        }
    }
}

impl Events {
    /// A CR ends a line at once. Should its LF come later, it leads the next frame, where it says nothing.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            let is_second = std::mem::replace(&mut self.after_cr, *byte == b'\r') && *byte == b'\n';
            let ends_line = matches!(byte, b'\r' | b'\n') && !is_second;
            if !ends_line {
                self.in_line |= !is_second;
                continue;
            }
            if !self.in_line && self.has_line {
                self.has_line = false;
                let has_second = *byte == b'\r' && bytes.get(at + 1) == Some(&b'\n');
                self.after_cr &= !has_second;
                return Some(at + 1 + usize::from(has_second));
            }
            self.has_line = self.in_line;
            self.in_line = false;
        }
        None
    }
}

impl Elements {
    /// Behind each container in the array, and behind the array. A comma goes with what follows it, so that what has left
    /// can always be ended.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.is_outside {
            return None;
        }
        for (at, byte) in bytes.iter().enumerate() {
            if self.in_string {
                let is_escaped = self.is_escaped;
                self.is_escaped = !is_escaped && *byte == b'\\';
                self.in_string = is_escaped || *byte != b'"';
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b'[' if self.depth == 0 => self.depth = 1,
                _ if self.depth == 0 => {
                    self.is_outside = true;
                    return None;
                }
                b'"' => self.in_string = true,
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' => {
                    self.depth -= 1;
                    if self.depth <= 1 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

impl Messages {
    /// Where the prelude says; behind a prelude that is wrong at once, so that nobody waits for what it announces.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut taken = 0;
        if self.len == 0 {
            let missing = self.prelude.get_mut(self.come..).unwrap_or_default();
            missing.iter_mut().zip(bytes).for_each(|(own, byte)| *own = *byte);
            taken = missing.len().min(bytes.len());
            self.come += taken;
            if self.come < PRELUDE_BYTES {
                return None;
            }
            self.len = frame_len(&self.prelude).unwrap_or(PRELUDE_BYTES);
        }
        let end = taken + (self.len - self.come);
        if end > bytes.len() {
            self.come += bytes.len() - taken;
            return None;
        }
        *self = Self::default();
        Some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::event_stream::{encode, push_header};

    fn frames(framing: Framing, chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        let (mut frames, mut found, mut held) = (Frames::new(framing), Vec::new(), Vec::new());
        for chunk in chunks {
            let mut rest = *chunk;
            while let Some(end) = frames.end(rest) {
                let (now, later) = rest.split_at(end);
                held.extend_from_slice(now);
                found.push(std::mem::take(&mut held));
                rest = later;
            }
            held.extend_from_slice(rest);
        }
        found.push(held);
        found
    }

    fn texts(framing: Framing, stream: &str) -> Vec<String> {
        frames(framing, &[stream.as_bytes()]).into_iter().map(|f| String::from_utf8(f).unwrap()).collect()
    }

    /// However a stream is cut, it has the same frames.
    fn is_the_same_in_pieces(framing: Framing, stream: &[u8]) {
        let whole = frames(framing, &[stream]);
        for at in 0..stream.len() {
            let (first, second) = stream.split_at(at);
            assert_eq!(frames(framing, &[first, second]), whole, "{at}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(frames(framing, &bytes), whole);
    }

    #[test]
    fn frames_end_at_blank_lines_of_every_kind() {
        for (stream, expected) in [
            ("data: a\n\ndata: b\n\n", &["data: a\n\n", "data: b\n\n", ""][..]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", &["data: a\r\n\r\n", "data: b\r\n\r\n", ""]),
            ("data: a\r\rdata: b\r\r", &["data: a\r\r", "data: b\r\r", ""]),
            ("\n\ndata: a\ndata: b\n\n\nx", &["\n\ndata: a\ndata: b\n\n", "\nx"]),
            ("data: a\n\r\ndata: b\r\n\n", &["data: a\n\r\n", "data: b\r\n\n", ""]),
        ] {
            assert_eq!(texts(Framing::Events, stream), expected, "{stream:?}");
        }
    }

    #[test]
    fn however_the_bytes_are_cut_no_byte_is_lost_and_every_event_has_its_frame() {
        for stream in
            ["data: a\r\n\r\ndata: b\r\n\r\ndata: c", "\u{feff}data: a\r\rdata: b\n\n", "\r\n\r\n:x\r\n\r\n"]
        {
            let whole = frames(Framing::Events, &[stream.as_bytes()]);
            for at in 0..stream.len() {
                let (first, second) = stream.as_bytes().split_at(at);
                let cut = frames(Framing::Events, &[first, second]);
                assert_eq!(cut.concat(), stream.as_bytes(), "{at}");
                assert_eq!(cut.len(), whole.len(), "{stream:?} {at}");
            }
        }
    }

    #[test]
    fn elements_end_at_their_own_bracket_and_take_the_comma_before_them() {
        for (stream, expected) in [
            ("[{\"a\":1}\r\n,\n{\"b\":[2]}\n]\n", &["[{\"a\":1}", "\r\n,\n{\"b\":[2]}", "\n]", "\n"][..]),
            (r#"[{"a":"}],[\"]\\"},{}]"#, &[r#"[{"a":"}],[\"]\\"}"#, ",{}", "]", ""]),
            (" [ ] ", &[" [ ]", " "]),
            (r#"["]",1,{}]"#, &[r#"["]",1,{}"#, "]", ""]),
            ("[[1],[]]", &["[[1]", ",[]", "]", ""]),
            // No array, and more than one: nobody knows where frames would end.
            (r#"{"error":{}} "#, &[r#"{"error":{}} "#]),
            ("[{}],{}]", &["[{}", "]", ",{}]"]),
            ("[{}]]", &["[{}", "]", "]"]),
        ] {
            assert_eq!(texts(Framing::Array, stream), expected, "{stream:?}");
            is_the_same_in_pieces(Framing::Array, stream.as_bytes());
        }
    }

    #[test]
    fn messages_end_where_their_prelude_says() {
        let mut headers = Vec::new();
        push_header(&mut headers, ":event-type", "a");
        let all = [encode(&headers, b"{}"), encode(b"", b""), encode(&headers, b"second")];
        let stream = all.concat();
        let found = frames(Framing::Frames, &[&stream]);
        assert_eq!(found, [&all[..], &[Vec::new()]].concat());
        is_the_same_in_pieces(Framing::Frames, &stream);
        // A wrong length is noticed at once.
        let mut wrong = stream.clone();
        wrong[0] = 0x7f;
        assert_eq!(frames(Framing::Frames, &[&wrong[..20]])[0].len(), PRELUDE_BYTES);
        is_the_same_in_pieces(Framing::Frames, &wrong);
    }
}
