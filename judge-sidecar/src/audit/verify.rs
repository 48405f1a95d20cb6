//! `weir audit verify`: reads a log line by line and says whether it is whole. Shares the format with the writer and
//! nothing else.

use std::io::{BufRead, Read};

use super::chain::Chain;
use crate::limits::MAX_AUDIT_LINE_BYTES;

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every line follows the one before.
    Whole(Chain),
    /// The first line that does not, counted from 1, and why.
    Broken(u64, String),
    /// All lines follow, but the head that was asked for is none of theirs: the end is missing.
    HeadMissing(Chain),
}

/// Checks `log`; `head` is a hash noted earlier that must be one of its lines (the log may have grown since).
///
/// # Errors
/// When it cannot be read.
pub fn verify(mut log: impl BufRead, head: Option<&str>) -> std::io::Result<Outcome> {
    let mut chain = Chain::default();
    let mut head_seen = head.is_none_or(|wanted| wanted == chain.head);
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = MAX_AUDIT_LINE_BYTES as u64 + 1;
        if log.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(if head_seen { Outcome::Whole(chain) } else { Outcome::HeadMissing(chain) });
        }
        let number = chain.count + 1;
        chain = match next(&chain, &line) {
            Ok(next) => next,
            Err(why) => return Ok(Outcome::Broken(number, why)),
        };
        head_seen |= head == Some(chain.head.as_str());
    }
}

fn next(chain: &Chain, line: &[u8]) -> Result<Chain, String> {
    let line = line.strip_suffix(b"\n").ok_or("the line is not complete")?;
    let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8")?;
    chain.follow(line).map(|(_, next)| next).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::chain::Draft;
    use super::super::record::Record;
    use super::*;

    fn log(n: u64) -> (String, Vec<String>) {
        let (mut chain, mut text, mut heads) = (Chain::default(), String::new(), Vec::new());
        for i in 0..n {
            let record = Record::Repaired { removed_bytes: i };
            let draft = Draft { received_ms: i, source: "weir", source_seq: None, record: &record };
            let (line, next) = chain.seal(draft).unwrap();
            text += &line;
            heads.push(next.head.clone());
            chain = next;
        }
        (text, heads)
    }

    fn check(text: &str, head: Option<&str>) -> Outcome {
        verify(text.as_bytes(), head).unwrap()
    }

    #[test]
    fn whole_logs_are_whole() {
        let (text, heads) = log(3);
        let whole = Outcome::Whole(Chain { count: 3, head: heads[2].clone() });
        for head in [None, Some(heads[0].as_str()), Some(heads[2].as_str())] {
            assert_eq!(check(&text, head), whole);
        }
        assert_eq!(check("", None), Outcome::Whole(Chain::default()));
    }

    #[test]
    fn a_cut_end_is_seen_with_a_head() {
        let (text, heads) = log(3);
        let cut: String = text.split_inclusive('\n').take(2).collect();
        assert!(matches!(check(&cut, Some(&heads[2])), Outcome::HeadMissing(chain) if chain.count == 2));
    }

    #[test]
    fn a_torn_or_foreign_line_is_named() {
        let (text, _) = log(3);
        for missing in [1, 9] {
            let torn: String = text.chars().take(text.len() - missing).collect();
            assert!(matches!(check(&torn, None), Outcome::Broken(3, _)));
        }
        assert!(matches!(check(&format!("{text}\u{0}\n"), None), Outcome::Broken(4, _)));
        assert!(matches!(check(&format!("{text}\n"), None), Outcome::Broken(4, _)));
    }
}
