//! Personal data with a shape that can be checked: check digits, issuer ranges, number plans. What has no such
//! shape (names, addresses) is not guessed here. Each rule belongs to a pack that a policy switches on; the pack is the
//! country in its id, or `global`.

mod americas;
mod asia;
mod calendar;
mod cards;
mod central;
mod de;
pub(super) mod email;
mod eu_vat;
mod global;
mod iban;
mod latin;
mod network;
mod nordic;
pub mod packs;
mod phone;
mod phones;
mod place;
mod south;
mod uk;
mod us;
mod wallets;
pub(super) mod written;

pub(super) use place::DEGREE;

use super::probe::Probe;
use super::{EVERYONE, Family, Matcher, Rule, Severity, count, join};

/// What rules of this family have in common.
const PII: Rule = Rule {
    id: "",
    version: 1,
    #[cfg(test)]
    description: "",
    family: Family::Pii,
    pack: "",
    severity: Severity::Medium,
    score: 0.9,
    label: "",
    owasp: &["LLM02:2025"],
    #[cfg(test)]
    controls: &["GR-IN-02", "GR-OUT-01", "DAT-03"],
    roles: EVERYONE,
    #[cfg(test)]
    hits: &[],
    #[cfg(test)]
    misses: &[],
    matcher: Matcher::Phrases(&[]),
};

/// The family's rules, in order of precedence: what only one thing looks like, then countries, then what many do.
pub(super) const RULES: &[&Rule] = &join::<{ count(GROUPS) }>(GROUPS);

const GROUPS: &[&[&Rule]] = &[
    &join::<{ count(FIRST) }>(FIRST),
    &join::<{ count(de::RULES) }>(de::RULES),
    &join::<{ count(latin::RULES) }>(latin::RULES),
    &join::<{ count(nordic::RULES) }>(nordic::RULES),
    &join::<{ count(central::RULES) }>(central::RULES),
    &join::<{ count(americas::RULES) }>(americas::RULES),
    &join::<{ count(asia::RULES) }>(asia::RULES),
    &join::<{ count(south::RULES) }>(south::RULES),
    &join::<{ count(phones::RULES) }>(phones::RULES),
    &join::<{ count(LAST) }>(LAST),
];

/// What only one thing looks like, and the largest countries.
const FIRST: &[&[&Rule]] = &[
    iban::RULES,
    cards::RULES,
    network::RULES,
    place::RULES,
    email::RULES,
    wallets::RULES,
    us::RULES,
    uk::RULES,
];

/// What stands behind the countries' own.
const LAST: &[&[&Rule]] = &[eu_vat::RULES, global::RULES, written::RULES, phone::RULES];

/// Words for a date of birth, in the languages of the packs.
const BIRTH: &[&str] = &[
    "dob",
    "d.o.b",
    "born",
    "date of birth",
    "birth date",
    "birthdate",
    "birthday",
    "dateofbirth",
    "geburtsdatum",
    "geburtstag",
    "geboren",
    "geb.",
    "date de naissance",
    "nee le",
    "ne le",
    "fecha de nacimiento",
    "nacido",
    "nacida",
    "naci el",
    "data di nascita",
    "nato il",
    "nata il",
    "data de nascimento",
    "nascido",
    "nascida",
    "geboortedatum",
    "fodelsedatum",
    "fodselsdato",
    "syntymaaika",
    "data urodzenia",
    "urodzony",
    "urodzona",
    "dogum tarihi",
    "datum narozeni",
    "ημερομηνια γεννησης",
    "дата рождения",
    "出生日期",
    "出生于",
    "生年月日",
    "生まれ",
    "생년월일",
    "تاريخ الميلاد",
];

/// Words for a passport, in the languages of the packs.
const PASSPORT: &[&str] = &[
    "passport",
    "reisepass",
    "passnummer",
    "pass-nr",
    "pass nr",
    "passeport",
    "pasaporte",
    "passaporto",
    "passaporte",
    "paspoort",
    "paszport",
    "护照",
    "旅券",
    "여권",
    "паспорт",
];

/// Rules that are identifiers, as a table: name, id, label, description, proof, layouts, check, words, examples.
macro_rules! ids {
    ($pack:expr; $($(#[$doc:meta])* $name:ident = $id:literal, $label:literal, $description:literal,
        $proof:ident, [$($layout:literal),* $(,)?], $check:expr, [$($words:expr),* $(,)?],
        hits [$($hit:literal),* $(,)?], misses [$($miss:literal),* $(,)?];)*) => {
        /// The rules of this pack, in order of precedence.
        pub(in crate::detect) const RULES: &[&crate::detect::Rule] = &[$(&$name),*];
        $($(#[$doc])* static $name: crate::detect::Rule = crate::detect::Rule {
            id: $id,
            pack: $pack,
            label: $label,
            #[cfg(test)]
            description: $description,
            severity: crate::detect::Severity::High,
            #[cfg(test)]
            hits: &[$($hit),*],
            #[cfg(test)]
            misses: &[$($miss),*],
            matcher: crate::detect::Matcher::Id(crate::detect::shape::Shape {
                layouts: &[$($layout),*],
                check: $check,
                proof: crate::detect::shape::Proof::$proof,
                words: &[$($words),*],
            }),
            ..crate::detect::pii::PII
        };)*
    };
}
use ids;

/// End of digits in `groups` with the same separator between them.
fn grouped(probe: Probe<'_>, start: usize, groups: &[usize]) -> Option<usize> {
    let mut at = start;
    let mut separator = None;
    for (i, len) in groups.iter().enumerate() {
        if i > 0 {
            let found = probe.byte(at).filter(|b| matches!(b, b' ' | b'-' | b'.'))?;
            if *separator.get_or_insert(found) != found {
                return None;
            }
            at += 1;
        }
        if probe.long_run(at, len + 1, |b| b.is_ascii_digit()) != at + len {
            return None;
        }
        at += len;
    }
    Some(at)
}
