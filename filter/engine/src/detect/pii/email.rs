//! E-mail addresses, apart from names of packages, remotes of repositories and credentials in URLs.

use std::ops::Range;

use super::PII;
use crate::detect::probe::{Hit, Probe};
use crate::detect::{Matcher, Rule};

pub(in crate::detect) const RULES: &[&Rule] = &[&EMAIL];

/// E-mail address.
static EMAIL: Rule = Rule {
    id: "pii_email",
    #[cfg(test)]
    description: "E-mail address.",
    label: "EMAIL",
    #[cfg(test)]
    hits: &[
        "write to anna.b+x@mail.example.org!",
        "a@b.co",
        "jürgen@exämple.de",
        "<o'neil@example.com>",
        "ａｎｎａ＠example.com",
    ],
    #[cfg(test)]
    misses: &[
        "@handle",
        "a@b",
        "logo@2x.png",
        "pkg@1.2.3",
        "git@github.com:org/repo",
        "https://user:secret@host.example.com/",
        "a@@b.com",
        "foo@bar..com",
    ],
    matcher: Matcher::Anchors { anchors: &["@"], confirm: email },
    pack: "global",
    ..PII
};

/// Longest local part and domain (RFC 5321, 4.5.3.1), in bytes.
const MAX_LOCAL_BYTES: usize = 64;

fn email(probe: Probe<'_>, at: Range<usize>) -> Option<Hit> {
    let local = |b: u8| b.is_ascii_alphanumeric() || !b.is_ascii() || b"._%+-'!#$&*=?^{|}~".contains(&b);
    let mut start = probe.run_back(at.start, local).max(at.start.saturating_sub(MAX_LOCAL_BYTES));
    // What stands around an address is no part of it.
    start = probe.long_run(start, MAX_LOCAL_BYTES, |b| b"._%+-'!#$&*=?^{|}~".contains(&b)).min(at.start);
    let domain_end =
        probe.run(at.end, |b| b.is_ascii_alphanumeric() || !b.is_ascii() || b == b'-' || b == b'.');
    let end = domain_end
        - probe.text(at.end..domain_end).bytes().rev().take_while(|b| matches!(b, b'.' | b'-')).count();
    let domain = probe.text(at.end..end);
    let (host, top) = domain.rsplit_once('.')?;
    let labels_fit =
        host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let top_fits = top.len() >= 2
        && (top.chars().all(char::is_alphabetic) || top.starts_with("xn--"))
        && !FILE_TYPES.contains(&top);
    let in_url = start.checked_sub(1).and_then(|b| probe.byte(b)).is_some_and(|b| matches!(b, b':' | b'/'))
        && credentials_of_url(probe, start);
    let remote = probe.byte(end) == Some(b':')
        && probe.byte(end + 1).is_some_and(|b| b.is_ascii_alphabetic() || b == b'/');
    let stands = probe.byte(end) != Some(b'@') && probe.byte_before(start) != Some(b'@');
    (start < at.start && labels_fit && top_fits && !in_url && !remote && stands).then(|| Hit::at(start..end))
}

/// Whether `at` stands in the `user:password@` part of a URL.
fn credentials_of_url(probe: Probe<'_>, at: usize) -> bool {
    let start = probe.run_back(at, |b| !b.is_ascii_whitespace() && b != b'"');
    let head = probe.text(start..at);
    head.rsplit_once("://").is_some_and(|(scheme, user)| !user.contains('/') && scheme != "mailto")
}

/// What follows `@` in names of files and packages.
const FILE_TYPES: &[&str] =
    &["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "py", "md", "html"];
