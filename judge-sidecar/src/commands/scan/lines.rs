//! Bytes -> batches of numbered lines, in bounded memory. A batch is what one read completed: a caller who writes one
//! line and waits gets its answer, and a caller who writes much gets large batches. It knows nothing of JSON.

use std::io::{BufRead, ErrorKind, Result};

/// Lines that follow each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    /// Number of the first, from 1.
    pub first: u64,
    /// The lines, without their line feed.
    pub lines: Vec<std::result::Result<Vec<u8>, TooLong>>,
}

/// A line with more bytes than the limit, which is in here. Its bytes were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong(pub usize);

/// Reads lines.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    limit: usize,
    next: u64,
    /// The line that has begun. INVARIANT: at most `limit` bytes.
    begun: std::result::Result<Vec<u8>, TooLong>,
}

impl<R: BufRead> Lines<R> {
    /// Reads lines of at most `limit` bytes from `input`.
    pub fn new(input: R, limit: usize) -> Self {
        Self { input, limit, next: 1, begun: Ok(Vec::new()) }
    }

    /// The lines that the next read completes; `None` at the end. The last line needs no line feed.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn batch(&mut self) -> Result<Option<Batch>> {
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let read = chunk.len();
            if read == 0 {
                return Ok(self.rest());
            }
            let mut lines = Vec::new();
            for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
                let line = piece.strip_suffix(b"\n");
                extend(&mut self.begun, line.unwrap_or(piece), self.limit);
                if line.is_some() {
                    lines.push(std::mem::replace(&mut self.begun, Ok(Vec::new())));
                }
            }
            self.input.consume(read);
            if !lines.is_empty() {
                return Ok(Some(self.numbered(lines)));
            }
        }
    }

    /// The last line, if it has no line feed.
    fn rest(&mut self) -> Option<Batch> {
        let last = std::mem::replace(&mut self.begun, Ok(Vec::new()));
        let is_there = last.as_ref().map_or(true, |bytes| !bytes.is_empty());
        is_there.then(|| self.numbered(vec![last]))
    }

    fn numbered(&mut self, lines: Vec<std::result::Result<Vec<u8>, TooLong>>) -> Batch {
        let first = self.next;
        self.next = first.saturating_add(lines.len() as u64);
        Batch { first, lines }
    }
}

fn extend(line: &mut std::result::Result<Vec<u8>, TooLong>, bytes: &[u8], limit: usize) {
    match line {
        Ok(begun) if begun.len().saturating_add(bytes.len()) <= limit => begun.extend_from_slice(bytes),
        Ok(_) => *line = Err(TooLong(limit)),
        Err(TooLong(_)) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    const LIMIT: usize = 5;

    fn read(input: &[u8], read_size: usize) -> Vec<(u64, Option<String>)> {
        let mut lines = Lines::new(BufReader::with_capacity(read_size, input), LIMIT);
        let mut all = Vec::new();
        while let Some(batch) = lines.batch().unwrap() {
            assert!(!batch.lines.is_empty());
            let texts = batch.lines.into_iter().map(|line| line.ok().map(|b| String::from_utf8(b).unwrap()));
            all.extend((batch.first..).zip(texts));
        }
        all
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        for (input, expected) in [
            ("", vec![]),
            ("a", vec![Some("a")]),
            ("a\n", vec![Some("a")]),
            ("a\nb", vec![Some("a"), Some("b")]),
            ("\n\na\n", vec![Some(""), Some(""), Some("a")]),
            ("12345\n123456\n12345", vec![Some("12345"), None, Some("12345")]),
            ("123456789012345678901234567890", vec![None]),
            ("1234567890\nok\n", vec![None, Some("ok")]),
        ] {
            for read_size in 1..12 {
                let expected: Vec<_> = (1..).zip(expected.iter().map(|l| l.map(str::to_owned))).collect();
                assert_eq!(read(input.as_bytes(), read_size), expected, "{input:?} by {read_size}");
            }
        }
    }

    #[test]
    fn a_line_is_answered_before_the_next_is_there() {
        /// Fails a test that reads on.
        struct OneLine(Option<&'static [u8]>);
        impl Read for OneLine {
            fn read(&mut self, into: &mut [u8]) -> Result<usize> {
                self.0.take().unwrap().read(into)
            }
        }
        let mut lines = Lines::new(BufReader::new(OneLine(Some(b"a\nb"))), LIMIT);
        assert_eq!(lines.batch().unwrap(), Some(Batch { first: 1, lines: vec![Ok(b"a".to_vec())] }));
    }
}
