//! Placeholders that this filter writes (`[EMAIL_1]`, `[EMAIL_kfzmbtqhvdrn]`): what is found inside one is found in our own
//! words. Only labels of the registry make one, so that nobody hides a key by writing brackets around it.

use std::ops::Range;

use super::REGISTRY;

/// Whether `range` of `text` lies within a placeholder.
pub(super) fn holds(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let is_inner = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
    let before = bytes.get(..range.start).unwrap_or_default().iter().rev().take(MAX_BYTES);
    let before = before.take_while(is_inner).count();
    let start = range.start - before;
    let is_opened = |at: usize| at.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'[');
    // A range may begin with the bracket itself.
    let start = if is_opened(start) { start } else { start + usize::from(bytes.get(start) == Some(&b'[')) };
    let inner = bytes.get(start..).unwrap_or_default().iter().take(MAX_BYTES).take_while(is_inner).count();
    let end = start + inner;
    let is_closed = bytes.get(end) == Some(&b']') && range.end <= end + 1;
    is_opened(start) && is_closed && is_name(text.get(start..end).unwrap_or_default())
}

fn is_name(inner: &str) -> bool {
    let Some((label, tag)) = inner.rsplit_once('_') else { return false };
    let is_number = tag.len() <= MAX_DIGITS && tag.bytes().all(|b| b.is_ascii_digit());
    let is_tag = tag.len() == TAG_LETTERS && tag.bytes().all(|b| b.is_ascii_lowercase());
    (is_number || is_tag) && REGISTRY.iter().any(|rule| rule.label == label && !label.is_empty())
}

/// Letters of a placeholder that can be undone.
pub(crate) const TAG_LETTERS: usize = 12;
/// Of numbers up to [`MAX_FINDINGS`](crate::limits::MAX_FINDINGS).
const MAX_DIGITS: usize = 4;
/// Longest label with its tag, in bytes.
pub(crate) const MAX_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_of_rules_make_placeholders() {
        let check = |text: &str, part: &str, expected: bool| {
            let start = text.find(part).unwrap();
            assert_eq!(holds(text, &(start..start + part.len())), expected, "{part} in {text}");
        };
        check("is [EMAIL_1].", "EMAIL_1", true);
        check("is [EMAIL_1].", "[EMAIL_1]", true);
        check("[AWS_KEY_kfzmbtqhvdrn]", "kfzmbtq", true);
        check("is [EMAIL_1].", "is [EMAIL_1]", false);
        check("is [EMAIL_1].", "[EMAIL_1].", false);
        check("[AKIAQ3EGRT7LP2WXN5VB_1]", "AKIAQ3EGRT7LP2WXN5VB", false);
        check("[EMAIL_k7Tz2QmW9xLc]", "k7Tz2QmW9xLc", false);
        check("[EMAIL_12345]", "12345", false);
        check("EMAIL_1]", "EMAIL_1", false);
        check("[EMAIL_1", "EMAIL_1", false);
    }
}
