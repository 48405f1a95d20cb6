//! Where a walk through a body stands, as a JSON pointer of bounded length. It knows names and indices, and nothing of what they
//! mean.

use std::fmt::Write as _;

use crate::limits::MAX_PATH_BYTES;

/// A JSON pointer that grows and shrinks as the walk goes on. Bounded: a body of long keys must not make every
/// segment carry them. INVARIANT: `text.len() <= MAX_PATH_BYTES` and, behind that, a separator or an index per level.
#[derive(Debug, Default)]
pub(crate) struct Path {
    pub text: String,
    /// How many of the names around this place did not fit.
    cut: usize,
}

/// How to get back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    len: usize,
    cut: usize,
}

impl Path {
    /// The path that `text` spells.
    pub fn of(text: &str) -> Self {
        Self { text: text.to_owned(), cut: 0 }
    }

    pub fn enter(&mut self, name: &str) -> Mark {
        let mark = self.mark();
        self.text.push('/');
        let mut room = MAX_PATH_BYTES.saturating_sub(self.text.len());
        if name.len() <= room && !name.contains(['~', '/']) {
            self.text.push_str(name);
            return mark;
        }
        for c in name.chars() {
            let mut buffer = [0; 4];
            let shown = match c {
                '~' => "~0",
                '/' => "~1",
                _ => c.encode_utf8(&mut buffer),
            };
            let Some(rest) = room.checked_sub(shown.len()) else {
                self.cut += 1;
                break;
            };
            room = rest;
            self.text.push_str(shown);
        }
        mark
    }

    pub fn enter_index(&mut self, index: usize) -> Mark {
        let mark = self.mark();
        // Writing to a string cannot fail.
        let _ = write!(self.text, "/{index}");
        mark
    }

    pub fn enter_key(&mut self) -> Mark {
        let mark = self.mark();
        self.text.push('#');
        mark
    }

    /// A place outside JSON: not a pointer, so that no field can be taken for it.
    pub fn enter_line(&mut self, name: &str) -> Mark {
        let mark = self.mark();
        self.text.push_str(name);
        mark
    }

    pub fn mark(&self) -> Mark {
        Mark { len: self.text.len(), cut: self.cut }
    }

    pub fn leave(&mut self, mark: Mark) {
        self.text.truncate(mark.len);
        self.cut = mark.cut;
    }

    pub fn is_cut(&self) -> bool {
        self.cut > 0
    }
}
