//! Invisible text: characters that show nothing to a person and letters to a model.

use super::INJECTION;
use crate::detect::probe::Hit;
use crate::detect::{Matcher, Rule};
use crate::normalize::is_invisible;

/// Text in characters that show nothing.
pub(super) static INVISIBLE_TEXT: Rule = Rule {
    id: "injection_invisible_text",
    #[cfg(test)]
    description: "A long run of characters that show nothing: text smuggled in tags, variation selectors or zero-width bits.",
    score: 0.9,
    #[cfg(test)]
    hits: &[
        "a\u{E0049}\u{E0067}\u{E006E}\u{E006F}\u{E0072}\u{E0065}\u{E0020}\u{E0061}\u{E006C}\u{E006C}\u{E0021}\u{E0021}b",
    ],
    #[cfg(test)]
    misses: &[
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} flag",
        "a\u{200D}b",
        "fami\u{AD}ly",
    ],
    matcher: Matcher::Invisible(invisible_runs),
    ..INJECTION
};

/// Fewest invisible characters in a row that are text: flags and emoji sequences have up to seven.
const MIN_INVISIBLE_RUN: usize = 12;

fn invisible_runs(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    let (mut start, mut len) = (0, 0);
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if is_invisible(c) {
            start = if len == 0 { at } else { start };
            len += 1;
            continue;
        }
        if len >= MIN_INVISIBLE_RUN {
            hits.push(Hit::at(start..at));
        }
        len = 0;
    }
    hits
}
