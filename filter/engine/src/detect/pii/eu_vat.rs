//! VAT numbers of the European Union and the United Kingdom with their prefix: structure and check digits by member state
//! (European Commission, "VIES: structure of VAT numbers" and the algorithms of the member states).

use super::ids;
use crate::detect::checksum;
use crate::detect::shape::Id;

ids! { "eu";
    /// VAT number.
    EU_VAT = "pii_eu_vat", "VAT", "European VAT number with its prefix: structure and check digits of the member state.",
        Strong, ["AA99999999", "AA999999999", "AA 999999999", "AA9999999999", "AA99999999999", "AA 99999999999", "AA999999999999", "AA 99999999", "AA 999 9999 99",
            "AAA99999999", "AAA 99999999", "AAX9999999X", "AAX99999999", "AA9999999A", "AA9999999AA", "AA999999999A99", "AAXX999999999", "AA 9999999999"],
        vat, [&["vat", "ust-id", "ust-idnr", "ustid", "umsatzsteuer", "tva", "iva", "btw", "moms", "mva", "alv", "dph", "vat number", "vat id"]],
        hits ["DE136695976", "VAT ATU13585627", "IT00743110157", "FR40303265045", "NL004495445B01", "BE0403019261", "GB980780684",
            "ESA13585625", "PL8567346215", "IE6433435F", "GB 980 7806 84"],
        misses ["DE136695977", "ATU13585626", "NL004495445B02X", "FR41303265045", "AB136695976"];
}

fn vat(id: Id<'_>) -> bool {
    let number = Id(id.0.get(2..).unwrap_or_default());
    let digits = |len: usize| number.len() == len && number.is_number();
    match id.0.get(..2).unwrap_or_default() {
        b"AT" => number.byte(0) == b'U' && number.len() == 9 && austria(number),
        b"BE" => digits(10) && number.digit(0) < 2 && 97 - number.number(0, 8) % 97 == number.number(8, 2),
        b"DE" => digits(9) && number.digit(0) > 0 && checksum::mod11_10(number.0),
        b"DK" => {
            digits(8)
                && number.digit(0) > 0
                && number.weighted(0, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
        }
        b"EL" | b"GR" => {
            digits(9) && number.weighted(0, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == number.digit(8)
        }
        b"ES" => number.len() == 9 && spain(number),
        b"FI" => digits(8) && number.weighted(0, &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11),
        b"FR" => number.len() == 11 && france(number),
        b"HR" => digits(11) && checksum::mod11_10(number.0),
        b"HU" => digits(8) && number.weighted(0, &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10),
        b"IE" => ireland(number),
        b"IT" => digits(11) && number.number(0, 7) > 0 && checksum::luhn(number.0),
        b"LU" => digits(8) && number.number(0, 6) % 89 == number.number(6, 2),
        b"MT" => {
            digits(8)
                && (number.weighted(0, &[3, 4, 6, 7, 8, 9]) + number.digit(6) * 10 + number.digit(7))
                    .is_multiple_of(37)
        }
        b"NL" => {
            number.len() == 12
                && number.byte(9) == b'B'
                && number.weighted(0, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == number.digit(8)
        }
        b"PL" => digits(10) && number.weighted(0, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == number.digit(9),
        b"PT" => {
            digits(9)
                && number.digit(0) > 0
                && (11 - number.weighted(0, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == number.digit(8)
        }
        b"SE" => digits(12) && number.number(10, 2) > 0 && checksum::luhn(number.part(0, 10).0),
        b"SI" => {
            digits(8)
                && !number.weighted(0, &[8, 7, 6, 5, 4, 3, 2]).is_multiple_of(11)
                && (11 - number.weighted(0, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == number.digit(7)
        }
        b"SK" => {
            digits(10)
                && number.number(0, 10).is_multiple_of(11)
                && number.digit(0) > 0
                && matches!(number.digit(2), 2..=4 | 7..=9)
        }
        b"CZ" => digits(8) && (11 - number.weighted(0, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == number.digit(7),
        b"GB" | b"XI" => digits(9) && britain(number),
        _ => false,
    }
}

fn austria(number: Id<'_>) -> bool {
    let doubled = |d: u32| d * 2 / 10 + d * 2 % 10;
    let sum: u32 = (1..8).map(|i| if i % 2 == 0 { doubled(number.digit(i)) } else { number.digit(i) }).sum();
    (10 - (sum + 4) % 10) % 10 == number.digit(8)
}

/// DNI, NIE and CIF have their own rules; here a letter at either end is what tells.
fn spain(number: Id<'_>) -> bool {
    let doubled = |d: u32| d * 2 / 10 + d * 2 % 10;
    let sum: u32 = (1..8).map(|i| if i % 2 == 1 { doubled(number.digit(i)) } else { number.digit(i) }).sum();
    let check = (10 - sum % 10) % 10;
    let last = number.byte(8);
    let letter = usize::try_from(check).ok().and_then(|c| b"JABCDEFGHI".get(c)).copied();
    number.byte(0).is_ascii_uppercase()
        && (u32::from(last.wrapping_sub(b'0')) == check || letter == Some(last))
}

/// The key mod 97 over the SIREN; keys with letters are rare, and only the SIREN is checked there.
fn france(number: Id<'_>) -> bool {
    let siren = number.part(2, 9);
    let key = (12 + 3 * (siren.number(0, 9) % 97)) % 97;
    let has_key = number.part(0, 2).is_number();
    siren.is_number() && checksum::luhn(siren.0) && (!has_key || key == number.number(0, 2))
}

fn ireland(number: Id<'_>) -> bool {
    if !number.part(0, 7).is_number() || !(8..=9).contains(&number.len()) {
        return false;
    }
    let second = match number.byte(8) {
        0 | b'W' => 0,
        b @ b'A'..=b'I' => u32::from(b - b'A') + 1,
        _ => return false,
    };
    let sum = number.weighted(0, &[8, 7, 6, 5, 4, 3, 2]) + second * 9;
    usize::try_from(sum % 23).ok().and_then(|at| b"WABCDEFGHIJKLMNOPQRSTUV".get(at)).copied()
        == Some(number.byte(7))
}

fn britain(number: Id<'_>) -> bool {
    let sum = number.weighted(0, &[8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
    (sum == 0 || (number.number(0, 3) >= 100 && matches!(sum, 42 | 55))) && number.number(0, 7) > 0
}
