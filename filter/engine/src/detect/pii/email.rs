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
        "邮箱是jane@example.com。谢谢",
        "请把文件发给jane@example.com吧",
        "メールはtaro@example.co.jpです。",
        "张三@例子.公司",
        "อีเมลของฉันคือjane@example.comครับ",
        "jane@example.com으로 보내 주세요",
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
    let before = probe.chars(probe.run_back_at_most(at.start, MAX_LOCAL_BYTES, local)..at.start);
    let mut start = at.start - before.len() + local_start(before);
    // What stands around an address is no part of it.
    start = probe.long_run(start, MAX_LOCAL_BYTES, |b| b"._%+-'!#$&*=?^{|}~".contains(&b)).min(at.start);
    let domain_end =
        probe.run(at.end, |b| b.is_ascii_alphanumeric() || !b.is_ascii() || b == b'-' || b == b'.');
    let behind = probe.chars(at.end..domain_end);
    let domain = behind.get(..domain_len(behind)).unwrap_or_default().trim_end_matches(['.', '-']);
    let end = at.end + domain.len();
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

/// Where the local part begins that `text` may end with. In a script without spaces a name is short, and where the script
/// changes the sentence around it has ended.
pub(in crate::detect) fn local_start(text: &str) -> usize {
    let is_unspaced_name = text.chars().next_back().is_some_and(is_unspaced);
    let most = if is_unspaced_name { MAX_UNSPACED_LOCAL_BYTES } else { MAX_LOCAL_BYTES };
    let fits =
        |at: usize, c: char| is_part(c) && is_unspaced(c) == is_unspaced_name && text.len() - at <= most;
    text.char_indices().rev().take_while(|(at, c)| fits(*at, *c)).last().map_or(text.len(), |(at, _)| at)
}

/// How much of `text` is a domain, as far as letters tell. Where a script without spaces goes on behind other letters, the sentence
/// does, and so it does behind two labels and a full stop, which may be a dot of that script.
pub(in crate::detect) fn domain_len(text: &str) -> usize {
    let (mut label, mut spaced_labels) = (None, 0);
    let ends = |c: char| match c {
        '.' => {
            spaced_labels += usize::from(label == Some(false));
            label = None;
            false
        }
        '-' => false,
        _ => {
            let is_unspaced = is_unspaced(c);
            let goes_on = *label.get_or_insert(is_unspaced) == is_unspaced;
            !(is_part(c) && goes_on && (!is_unspaced || spaced_labels < 2))
        }
    };
    text.find(ends).unwrap_or(text.len())
}

/// Whether a character is written without spaces around its words: Thai and its neighbours, and everything East Asian.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}') || c >= '\u{2e80}'
}

/// Whether a character of another script may be part of a name, and is no sign between sentences.
fn is_part(c: char) -> bool {
    !matches!(c, '\u{a1}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff65}')
}

/// Longest local part in a script without spaces: ten characters, in bytes.
const MAX_UNSPACED_LOCAL_BYTES: usize = 30;

/// Whether `at` stands in the `user:password@` part of a URL.
fn credentials_of_url(probe: Probe<'_>, at: usize) -> bool {
    let start = probe.run_back(at, |b| !b.is_ascii_whitespace() && b != b'"');
    let head = probe.text(start..at);
    head.rsplit_once("://").is_some_and(|(scheme, user)| !user.contains('/') && scheme != "mailto")
}

/// What follows `@` in names of files and packages.
const FILE_TYPES: &[&str] =
    &["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "py", "md", "html"];
