//! Coordinates: latitude and longitude in decimal degrees, precise enough for a house (four decimals are eleven metres).

use std::ops::Range;

use super::PII;
use crate::detect::probe::{Hit, Probe, glues};
use crate::detect::{Matcher, Rule, Turn};

pub(in crate::detect) const RULES: &[&Rule] = &[&COORDINATES];

/// Latitude and longitude.
static COORDINATES: Rule = Rule {
    id: "pii_coordinates",
    #[cfg(test)]
    description: "Latitude and longitude in degrees with at least four decimals each, or with minutes and seconds.",
    score: 0.8,
    pack: "global",
    label: "COORDINATES",
    #[cfg(test)]
    hits: &[
        "at 48.858370, 2.294481 tonight",
        "-33.8568,151.2153",
        "40.7484° N, 73.9857° W",
        "40°42'46\"N 74°00'22\"W",
    ],
    #[cfg(test)]
    misses: &[
        "48.85, 2.29",
        "pi 3.14159, e 2.71",
        "it is 40° in here",
        "98.858370, 2.294481",
        "48.858370, 202.294481",
        "1.2.3456, 7.8901",
    ],
    matcher: Matcher::Number { confirm: coordinates, turn: Turn::First },
    ..PII
};

/// Fewest decimals of a place that is one building.
const MIN_DECIMALS: usize = 4;

fn coordinates(probe: Probe<'_>, digits: Range<usize>) -> Option<Hit> {
    match probe.byte(digits.end)? {
        b'.' => {}
        DEGREE => return sexagesimal(probe, digits.start),
        _ => return None,
    }
    let start = if probe.byte_before(digits.start) == Some(b'-') { digits.start - 1 } else { digits.start };
    let before = probe.byte_before(start);
    if digits.len() > 2 || glues(before) || before == Some(b'.') {
        return None;
    }
    let latitude = degrees(probe, digits.start, 90)?;
    let joint = hemisphere(probe, latitude, b"NSns");
    let comma = (probe.byte(joint)? == b',').then_some(joint + 1)?;
    let space = probe.long_run(comma, 1, |b| b == b' ');
    let minus = probe.long_run(space, 1, |b| b == b'-');
    let longitude = degrees(probe, minus, 180)?;
    let end = hemisphere(probe, longitude, b"EWew");
    let goes_on = probe.byte(end) == Some(b'.') && probe.byte(end + 1).is_some_and(|b| b.is_ascii_digit());
    (!glues(probe.byte(end)) && !goes_on).then(|| Hit::at(start..end))
}

/// End of a number of degrees from `from`, less than `most`.
pub(super) fn degrees(probe: Probe<'_>, from: usize, most: u32) -> Option<usize> {
    let whole = probe.long_run(from, 4, |b| b.is_ascii_digit());
    let point = (probe.byte(whole)? == b'.').then_some(whole + 1)?;
    let end = probe.long_run(point, 16, |b| b.is_ascii_digit());
    let value: u32 = probe.text(from..whole).parse().ok()?;
    (value < most && end - point >= MIN_DECIMALS).then_some(end)
}

/// Degrees, minutes and seconds of latitude, and of longitude where they follow.
fn sexagesimal(probe: Probe<'_>, from: usize) -> Option<Hit> {
    let latitude = angle(probe, from, b"NSns")?;
    let joint = probe.long_run(latitude, 2, |b| matches!(b, b' ' | b','));
    Some(Hit::at(from..angle(probe, joint, b"EWew").unwrap_or(latitude)))
}

/// End of `40°42'46.1"N` at `from`, with one of `halves`.
fn angle(probe: Probe<'_>, from: usize, halves: &[u8]) -> Option<usize> {
    let number = |at: usize| {
        let end = probe.long_run(at, MAX_ANGLE_BYTES, |b| b.is_ascii_digit() || b == b'.');
        (end > at).then_some(end)
    };
    let degrees = number(from).filter(|end| probe.text(*end..end + 2) == "°")?;
    let is_mark = |b: u8| !b.is_ascii_alphanumeric() && b != b'\n';
    let minutes = number(probe.long_run(degrees + 2, 1, |b| b == b' '))?;
    let seconds = probe.long_run(minutes, MAX_ANGLE_BYTES, is_mark);
    let marks = probe.long_run(number(seconds)?, MAX_ANGLE_BYTES, is_mark);
    probe.byte(marks).filter(|b| halves.contains(b) && !glues(probe.byte(marks + 1))).map(|_| marks + 1)
}

/// First byte of a degree sign.
pub(in crate::detect) const DEGREE: u8 = 0xC2;

/// Longest number or sign in an angle, in bytes.
const MAX_ANGLE_BYTES: usize = 8;

/// Behind a degree sign and the letter of a half of the earth, or `at` where there is none.
fn hemisphere(probe: Probe<'_>, at: usize, letters: &[u8]) -> usize {
    let sign = if probe.text(at..at + 2) == "°" { at + 2 } else { at };
    let space = probe.long_run(sign, 1, |b| b == b' ');
    match probe.byte(space) {
        Some(b) if letters.contains(&b) => space + 1,
        _ => sign,
    }
}
