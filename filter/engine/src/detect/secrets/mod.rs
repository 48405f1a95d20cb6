//! Credentials. What an issuer gave a shape is a row of a table: prefix, alphabet, length ([`shape`] is the notation);
//! what needs more (a checksum, a block of lines, a decoded header) has a reader of its own. What has no shape is told
//! by the words around it. Placeholders (`sk-xxxx`, `AKIAIOSFODNN7EXAMPLE`, which AWS prints in its own manuals) are
//! left alone: redacting documentation teaches people to switch a guard off.

/// Rules from rows (they are `const`, so that the registry can be): id, what it is, word for placeholders, anchors, shape.
macro_rules! tokens {
    ($($id:literal, $what:literal, $label:literal, [$($anchor:literal),+], $shape:literal;)+) => {
        /// The rules of this table.
        pub(super) const RULES: &[&$crate::detect::Rule] = &[$(&$crate::detect::Rule {
            id: concat!("secret_", $id),
            #[cfg(test)]
            description: concat!($what, "."),
            label: $label,
            #[cfg(test)]
            misses: &[$(concat!($anchor, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), concat!($anchor, "...")),+],
            matcher: $crate::detect::Matcher::Token(&super::shape::Token {
                anchors: &[$($anchor),+],
                shape: $shape,
            }),
            ..super::SECRET
        }),+];
    };
}

mod ai;
mod business;
mod cloud;
mod context;
mod developer;
mod generic;
pub(super) mod keyed;
pub(super) mod random;
pub(super) mod shape;
mod special;

use super::{EVERYONE, Family, Matcher, Rule, Severity, count, join};

/// What rules of this family have in common.
const SECRET: Rule = Rule {
    id: "",
    version: 1,
    #[cfg(test)]
    description: "",
    family: Family::Secret,
    pack: "",
    severity: Severity::Critical,
    score: 0.95,
    label: "SECRET",
    owasp: &["LLM02:2025", "ASI03:2026"],
    #[cfg(test)]
    controls: &["IAM-07", "SEC-01", "SEC-04"],
    roles: EVERYONE,
    #[cfg(test)]
    hits: &[],
    #[cfg(test)]
    misses: &[],
    matcher: Matcher::Phrases(&[]),
};

/// The family's rules, in order of precedence: whoever knows the issuer goes before whoever guesses.
pub(super) const RULES: &[&Rule] = &join::<{ count(LISTS) }>(LISTS);

const LISTS: &[&[&Rule]] = &[
    ai::RULES,
    cloud::RULES,
    developer::RULES,
    business::RULES,
    special::RULES,
    keyed::RULES,
    generic::RULES,
];
