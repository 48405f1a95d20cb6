//! Bytes as they come -> frames: the parts of a stream that are read, edited and released together: an event with the
//! blank line that ends it, or a line of JSON. It knows where frames end and nothing of what they say.

use crate::protocol::Framing;

/// Finds where frames end, however the bytes are cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frames {
    framing: Framing,
    /// Whether a line has begun and not ended.
    in_line: bool,
    /// Whether a line of the frame has ended.
    has_line: bool,
    /// Whether the last byte was CR, so that LF would belong to it.
    after_cr: bool,
}

impl Frames {
    /// Frames of this kind. Elements of an array and binary frames do not stand alone, so a stream of them is one frame.
    pub fn new(framing: Framing) -> Self {
        Self { framing, ..Self::default() }
    }

    /// The next frame's end in `bytes`, which continue those of the last call; `None` when it is not among them.
    /// A CR ends a line at once. Should its LF come later, it leads the next frame, where it says nothing.
    pub fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        match self.framing {
            Framing::Events => self.event_end(bytes),
            Framing::Lines => bytes.iter().position(|b| *b == b'\n').map(|at| at + 1),
            Framing::Array | Framing::Frames => None,
        }
    }

    fn event_end(&mut self, bytes: &[u8]) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(chunks: &[&[u8]]) -> Vec<String> {
        let (mut frames, mut found, mut held) = (Frames::default(), Vec::new(), Vec::new());
        for chunk in chunks {
            let mut rest = *chunk;
            while let Some(end) = frames.end(rest) {
                let (now, later) = rest.split_at(end);
                held.extend_from_slice(now);
                found.push(String::from_utf8(std::mem::take(&mut held)).unwrap());
                rest = later;
            }
            held.extend_from_slice(rest);
        }
        found.push(String::from_utf8(held).unwrap());
        found
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
            assert_eq!(frames(&[stream.as_bytes()]), expected, "{stream:?}");
        }
    }

    #[test]
    fn however_the_bytes_are_cut_no_byte_is_lost_and_every_event_has_its_frame() {
        for stream in
            ["data: a\r\n\r\ndata: b\r\n\r\ndata: c", "\u{feff}data: a\r\rdata: b\n\n", "\r\n\r\n:x\r\n\r\n"]
        {
            let whole = frames(&[stream.as_bytes()]);
            for at in 0..stream.len() {
                let (first, second) = stream.as_bytes().split_at(at);
                let cut = frames(&[first, second]);
                assert_eq!(cut.concat(), stream, "{at}");
                assert_eq!(cut.len(), whole.len(), "{stream:?} {at}");
            }
        }
    }
}
