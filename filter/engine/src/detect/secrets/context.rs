//! What is said around a value: a name, an operator, a value (`api_key = "..."`, `"password": "..."`, `token is ...`).
//! It reads bounded pieces around an anchor and knows no vendor; what a value is worth, its callers decide.

use std::ops::Range;

use super::super::probe::Probe;

/// A name and the value it is given.
#[derive(Debug)]
pub(super) struct Assignment {
    /// What of the name stands before the anchor, in lower case.
    pub head: String,
    /// What of the name stands behind it, as it is.
    pub tail: String,
    /// Where the value stands, without its quotes.
    pub value: Range<usize>,
    /// How the value is given.
    pub given: Given,
}

/// How a value is given to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// By an operator, in quotes.
    Quoted,
    /// By an operator.
    Bare,
    /// By words or nothing but a space.
    Said,
}

/// Longest part of a name on either side of an anchor, in bytes.
const MAX_NAME_BYTES: usize = 24;
/// Longest way from a name to its value, in bytes.
const MAX_GLUE_BYTES: usize = 16;

/// Reads the assignment whose name holds `anchor`.
pub(super) fn assignment(probe: Probe<'_>, anchor: &Range<usize>) -> Option<Assignment> {
    let name_end = probe.long_run(anchor.end, MAX_NAME_BYTES, name_byte);
    let (value, given) = value_after(probe, name_end)?;
    let before = probe.before(anchor.start, MAX_NAME_BYTES);
    let len = before.iter().rev().take_while(|b| name_byte(**b) || **b == b' ').count();
    let head = probe.text(anchor.start - len..anchor.start).to_ascii_lowercase();
    Some(Assignment { head, tail: probe.text(anchor.end..name_end).to_owned(), value, given })
}

fn name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// The value behind a name that ends at `at`.
pub(super) fn value_after(probe: Probe<'_>, at: usize) -> Option<(Range<usize>, Given)> {
    let mut start = probe.long_run(at, MAX_GLUE_BYTES, |b| b" \t\"'`:=>,([|\\".contains(&b));
    let glue = probe.text(at..start);
    if glue.is_empty() {
        return None;
    }
    let mut given = given_by(glue);
    if given == Given::Said
        && let Some(word) =
            ["is ", "was ", "are "].into_iter().find(|w| probe.text(start..start + w.len()) == *w)
    {
        start = probe.long_run(start + word.len(), MAX_GLUE_BYTES, |b| b" \"'`:".contains(&b));
    }
    if glue.ends_with('=') && glue.len() > 2 && !glue.contains(' ') {
        given = Given::Bare;
    }
    let end = match given {
        Given::Quoted => probe.run(start, |b| b.is_ascii_graphic() && !b"\"'`\\<>".contains(&b)),
        // Padding of base64 may end a value; another operator begins the next assignment.
        _ => {
            let end = probe.run(start, |b| b.is_ascii_graphic() && !b"\"'`\\<>,;:()[]{}&|=".contains(&b));
            probe.long_run(end, 2, |b| b == b'=')
        }
    };
    let said = probe.text(start..end);
    let value = said.trim_end_matches(['.', ',', ':', '?', ';']);
    let is_call = matches!(probe.byte(end), Some(b'(' | b'[' | b'{'));
    let is_cut = said.ends_with("...") || probe.text(end..end + 3) == "…";
    (!value.is_empty() && !is_call && !is_cut).then(|| (start..start + value.len(), given))
}

fn given_by(glue: &str) -> Given {
    let has_operator = glue.contains(['=', ':', '>', '|']);
    let is_argument = glue.contains(',') && glue.contains(['"', '\'']);
    match (has_operator || is_argument, glue.ends_with(['"', '\'', '`'])) {
        (true, true) => Given::Quoted,
        (true, false) => Given::Bare,
        (false, _) => Given::Said,
    }
}

/// Whether a value stands for another: a variable, a template, a call, a member of something.
pub(super) fn is_reference(value: &str) -> bool {
    let opens = value.starts_with(['$', '%', '{', '<', '@', '*', '&', '!']) && !value.contains(['^', '~']);
    let member = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let is_short = |part: &str| part.len() < 16 || !part.bytes().any(|b| b.is_ascii_digit());
    let is_member = value.contains('.') && value.split('.').all(|part| member(part) && is_short(part));
    opens || is_member || value.contains("://") || value.contains("${") || value.contains("{{")
}
