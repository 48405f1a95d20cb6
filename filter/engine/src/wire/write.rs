//! A type of the wire -> JSON. Floats are scores and thresholds: they are written by a dozen lines instead of by the
//! 20 kB that write any float at once.

use std::io::{Result, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// `value` as JSON; empty when it cannot be written, which no type of the wire is.
pub(crate) fn write(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    match value.serialize(&mut Serializer::with_formatter(&mut out, Compact)) {
        Ok(()) => out,
        Err(_) => Vec::new(),
    }
}

/// The shortest decimal that is read as `number` again: `0.85`, `1.0`. What sixteen places or a `u64` cannot say becomes
/// the nearest that they can.
fn decimal(number: f64) -> String {
    shortest(number, &|read| read == number)
}

/// [`decimal`] of a float whose reader shortens what it read.
fn short_decimal(number: f32) -> String {
    shortest(number.into(), &|read| read as f32 == number)
}

fn shortest(number: f64, is_right: &dyn Fn(f64) -> bool) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let mut scale = 1_u64;
    for places in 1..=MAX_PLACES {
        scale *= 10;
        let units = (number.abs() * scale as f64 + 0.5) as u64;
        // Both are whole and below 2^53 where it matters, so this is what a reader of the decimal gets.
        let is_last = places == MAX_PLACES || units == u64::MAX;
        if is_last || is_right((units as f64 / scale as f64).copysign(number)) {
            return format!("{sign}{}.{:0places$}", units / scale, units % scale);
        }
    }
    String::new()
}

const MAX_PLACES: usize = 16;

/// Nothing between the tokens, as [`serde_json::ser::CompactFormatter`].
struct Compact;

impl Formatter for Compact {
    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, number: f32) -> Result<()> {
        writer.write_all(short_decimal(number).as_bytes())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, number: f64) -> Result<()> {
        writer.write_all(decimal(number).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{decimal, short_decimal, write};

    #[test]
    fn scores_are_written_as_serde_json_writes_them() {
        let thousandths = (0..=1000).map(|n| n as f32 / 1000.0);
        let shares = (1..200).map(|n| 0.69 / n as f32);
        let combined = (1..200).map(|n| 1.0 - (1.0 - 0.69 / n as f32) * (1.0 - 0.85 / (n + 3) as f32));
        for score in thousandths.chain(shares).chain(combined).chain([-0.0, -0.25, 2.0, 12.5]) {
            assert_eq!(short_decimal(score), serde_json::to_string(&score).unwrap());
        }
        for rate in [0.0, 0.05, 0.1, 1.0 / 3.0, 0.123_456_789_012, 1.5, -3.0, 250.0, 1e15] {
            assert_eq!(decimal(rate), serde_json::to_string(&rate).unwrap());
        }
    }

    #[test]
    fn what_is_too_long_is_written_nearly() {
        for (number, expected) in [
            (f64::MAX, "1844674407370955161.5"),
            (f64::MIN_POSITIVE, "0.0000000000000000"),
            (f64::NAN, "0.0000000000000000"),
        ] {
            let written = decimal(number);
            assert!(written.parse::<f64>().is_ok() && written == expected, "{number}: {written}");
        }
    }

    #[test]
    fn everything_else_is_left_to_serde_json() {
        let value = serde_json::json!({ "a": [1, "x\n", null, 0.5, f64::NAN], "b": {} });
        assert_eq!(write(&value), serde_json::to_vec(&value).unwrap());
    }
}
