//! What layouts of digits cannot say, where a word says what it is: dates of birth with the month's name, halves of
//! coordinates, vehicle identification numbers. Readers look at the form alone; the words around it are the scan's business.

use std::ops::Range;

use super::{BIRTH, PII, calendar};
use crate::detect::context::Named;
use crate::detect::probe::{Probe, glues};
use crate::detect::{Matcher, Rule, Severity};

pub(in crate::detect) const RULES: &[&Rule] = &[&BIRTH_DATE, &COORDINATE, &VIN];

/// Date of birth in words.
static BIRTH_DATE: Rule = Rule {
    id: "pii_birth_date_in_words",
    #[cfg(test)]
    description: "Date of birth with the month's name, or with signs for year, month and day, where the text says so.",
    severity: Severity::High,
    pack: "global",
    label: "BIRTH_DATE",
    #[cfg(test)]
    hits: &[
        "DOB: March 12, 1985",
        "born on the 3rd of March 1985 in Leeds",
        "D.O.B. 12-Mar-1985",
        "birthday is May 5th 1979",
        "Geburtsdatum: 12. März 1985",
        "né le 12 mars 1985",
        "Fecha de nacimiento: 12 de marzo de 1985",
        "дата рождения: 12 марта 1985",
        "出生日期：1985年3月12日",
    ],
    #[cfg(test)]
    misses: &["on March 12, 1985 it rained", "born in 1985", "born 32 March 1985", "born 12 Apples 1985"],
    matcher: Matcher::Named(Named { read: day_in_words, words: &[BIRTH] }),
    ..PII
};

/// Latitude or longitude.
static COORDINATE: Rule = Rule {
    id: "pii_coordinate",
    #[cfg(test)]
    description: "Latitude or longitude with at least four decimals, where the text or the field says so.",
    score: 0.8,
    pack: "global",
    label: "COORDINATES",
    #[cfg(test)]
    hits: &["lat 40.7128, lon -74.0060", "\"longitude\": -74.005974"],
    #[cfg(test)]
    misses: &["lat 40.71", "40.7128", "lat 240.7128", "latency 40.7128"],
    matcher: Matcher::Named(Named {
        read: half_of_a_place,
        words: &[&[
            "lat",
            "latitude",
            "lon",
            "lng",
            "long",
            "longitude",
            "breitengrad",
            "langengrad",
            "latitud",
            "longitud",
        ]],
    }),
    ..PII
};

/// Vehicle identification number.
static VIN: Rule = Rule {
    id: "pii_vin",
    #[cfg(test)]
    description: "Vehicle identification number (ISO 3779), where the text says so.",
    pack: "global",
    label: "VEHICLE",
    #[cfg(test)]
    hits: &["VIN: 1HGCM82633A004352", "Fahrgestellnummer WDB1240221J012345"],
    #[cfg(test)]
    misses: &["1HGCM82633A004352", "VIN 1HGCM82633A00435", "VIN IHGCM82633A004352", "VIN 12345678901234567"],
    matcher: Matcher::Named(Named {
        read: vehicle,
        words: &[&["vin", "vehicle identification", "chassis", "fahrgestell", "fin", "telaio", "bastidor"]],
    }),
    ..PII
};

/// First three letters of the months, in the languages that [`BIRTH`] has words in.
const MONTHS: &str = " jan feb mar apr may jun jul aug sep oct nov dec mai okt dez fev avr jui aou ene abr ago dic gen mag giu lug set \
ott out maa mrt mei sty lut kwi maj cze lip sie wrz paz lis gru oca sub nis haz tem agu eyl eki kas ara янв фев мар апр мая май июн июл \
авг сен окт ноя дек ";
/// Words between the parts of a date.
pub(in crate::detect) const JOINTS: &str = " de of del d the ";
/// Longest way back from a year to the start of its date, in bytes.
pub(in crate::detect) const MAX_DATE_BYTES: usize = 32;

/// A day around its year: `March 12, 1985`, `12. März 1985`, `1985年3月12日`.
fn day_in_words(probe: Probe<'_>, year: Range<usize>) -> Option<Range<usize>> {
    let is_year = |text: &str| text.parse().is_ok_and(calendar::is_birth_year);
    if year.len() != 4 || !is_year(probe.text(year.clone())) || glues(probe.byte_before(year.start)) {
        return None;
    }
    if let Some(end) = behind_sign(probe, year.end, "年년") {
        let month = behind_sign(probe, digits(probe, end), "月월")?;
        let day = behind_sign(probe, digits(probe, month), "日일")?;
        return Some(year.start..day);
    }
    // The window may begin inside a character, which has up to four bytes.
    let from = year.start.saturating_sub(MAX_DATE_BYTES);
    let before = (from..from + 4).map(|at| probe.text(at..year.start)).find(|text| !text.is_empty())?;
    let mut words = before
        .rsplit([' ', ',', '.', '-', '/'])
        .filter(|w| !w.is_empty() && !JOINTS.contains(&format!(" {w} ")));
    let (last, first) = (words.next()?, words.next()?);
    let is_date = is_month(last) && is_day(first) || is_day(last) && is_month(first);
    let start =
        year.start - before.len() + before.rfind(last).and_then(|at| before.get(..at)?.rfind(first))?;
    (is_date && !glues(probe.byte(year.end)) && !glues(probe.byte_before(start))).then_some(start..year.end)
}

/// Whether a word is the name of a month, or begins as one.
pub(in crate::detect) fn is_month(word: &str) -> bool {
    let start: String = word.chars().take(3).map(|c| c.to_ascii_lowercase()).collect();
    start.chars().count() == 3
        && word.chars().all(char::is_alphabetic)
        && MONTHS.contains(&format!(" {start} "))
}

/// `3`, `03`, `3rd`.
pub(in crate::detect) fn is_day(word: &str) -> bool {
    let number = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    word.len() - number.len() <= 2 && number.parse().is_ok_and(|day: u64| calendar::is_day(1, day))
}

/// Behind one of the characters of `signs`, and a space.
fn behind_sign(probe: Probe<'_>, at: usize, signs: &str) -> Option<usize> {
    let sign = signs.chars().find(|sign| probe.text(at..at + sign.len_utf8()).starts_with(*sign))?;
    Some(probe.long_run(at + sign.len_utf8(), 1, |b| b == b' '))
}

fn digits(probe: Probe<'_>, at: usize) -> usize {
    probe.long_run(at, 2, |b| b.is_ascii_digit())
}

/// A number of degrees with enough decimals to be one place.
fn half_of_a_place(probe: Probe<'_>, whole: Range<usize>) -> Option<Range<usize>> {
    let end = super::place::degrees(probe, whole.start, 180)?;
    let start = whole.start - usize::from(probe.byte_before(whole.start) == Some(b'-'));
    (whole.len() < 4 && !glues(probe.byte_before(start)) && !glues(probe.byte(end))).then_some(start..end)
}

/// Seventeen letters and digits without I, O and Q.
fn vehicle(probe: Probe<'_>, digits: Range<usize>) -> Option<Range<usize>> {
    let start = probe.run_back_at_most(digits.start, VIN_BYTES, |b| b.is_ascii_alphanumeric());
    let end = probe.long_run(digits.end, VIN_BYTES, |b| b.is_ascii_alphanumeric());
    let text = probe.text(start..end);
    let has = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
    let is_one = text.len() == VIN_BYTES && !text.contains(['I', 'O', 'Q', 'i', 'o', 'q']);
    (is_one && has(u8::is_ascii_digit) > 3 && has(u8::is_ascii_alphabetic) > 1).then_some(start..end)
}

/// Length of a vehicle identification number.
const VIN_BYTES: usize = 17;
