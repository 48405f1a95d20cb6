//! Australia, New Zealand and Africa. Sources: ATO (TFN, ABN), ASIC (ACN), Services Australia, IRD, Ministry of Health
//! (NHI), Department of Home Affairs (South Africa), NIMC (Nigeria).

use super::super::shape::Id;
use super::{calendar, ids};
use crate::detect::checksum;

pub(in crate::detect) const RULES: &[&[&crate::detect::Rule]] =
    &[australia::RULES, new_zealand::RULES, south_africa::RULES, nigeria::RULES];

mod australia {
    use super::*;

    ids! { "au";
        /// ABN.
        AU_ABN = "pii_au_abn", "COMPANY_ID", "Australian business number: mod 89.",
            Strong, ["99 999 999 999", "99999999999"], |id| {
                id.digit(0) > 0 && (id.weighted(0, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10).is_multiple_of(89)
            }, [&["abn", "business number"]],
            hits ["51 824 753 556", "ABN 83914571673"], misses ["51 824 753 557"];
        /// ACN.
        AU_ACN = "pii_au_acn", "COMPANY_ID", "Australian company number: weighted mod 10.",
            Digit, ["999 999 999", "999999999"], |id| {
                (10 - id.weighted(0, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == id.digit(8)
            }, [&["acn", "company number", "arbn"]],
            hits ["ACN 004 085 616"], misses ["ACN 004 085 617", "order 004085616"];
        /// TFN.
        AU_TFN = "pii_au_tfn", "TAX_ID", "Australian tax file number: weighted mod 11.",
            Digit, ["999 999 999", "999999999", "999-999-999"], |id| id.weighted(0, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11),
            [&["tfn", "tax file"]],
            hits ["TFN 123 456 782", "tax file number 876543210"], misses ["TFN 123 456 783", "order 876543210"];
        /// Medicare.
        AU_MEDICARE = "pii_au_medicare", "HEALTH_ID", "Australian Medicare number: first digit, check digit and issue.",
            GroupedDigit, ["9999 99999 9", "?9999999999", "9999-99999-9", "9999 99999 9 9"], |id| {
                matches!(id.digit(0), 2..=6) && id.weighted(0, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == id.digit(8) && id.digit(9) > 0
            }, [&["medicare"]],
            hits ["2123 45670 1", "Medicare 2123456701"], misses ["2123 45680 1", "order 2123456701"];
        /// Passport.
        AU_PASSPORT = "pii_au_passport", "PASSPORT", "Australian or New Zealand passport, where the text says so.",
            Words, ["A9999999", "AA9999999", "AA999999"], |_| true, [&["australian passport", "new zealand passport", "passport"]],
            hits ["Australian passport N1234567"], misses ["N1234567"];
    }
}

mod new_zealand {
    use super::*;

    ids! { "nz";
        /// IRD number.
        NZ_IRD = "pii_nz_ird", "TAX_ID", "New Zealand IRD number: weighted mod 11, twice.",
            Digit, ["99-999-999", "999-999-999", "?99999999", "?999999999"], ird, [&["ird"]],
            hits ["IRD 49-091-850", "ird number 136-410-132"], misses ["IRD 49-091-851", "order 49091850"];
        /// NHI number.
        NZ_NHI = "pii_nz_nhi", "HEALTH_ID", "New Zealand NHI number: alphabet and check digit; where the text says so.",
            Words, ["AAA9999"], |id| {
                const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
                let value = |at: usize| SIGNS.iter().position(|s| *s == id.byte(at)).and_then(|p| u32::try_from(p + 1).ok());
                let (Some(a), Some(b), Some(c)) = (value(0), value(1), value(2)) else { return false };
                let rest = (a * 7 + b * 6 + c * 5 + id.weighted(3, &[4, 3, 2])) % 11;
                rest != 0 && (11 - rest) % 10 == id.digit(6)
            }, [&["nhi", "health index"]],
            hits ["NHI ZAC5361"], misses ["NHI ZAC5362", "ZAC5361"];
    }

    fn ird(id: Id<'_>) -> bool {
        let number = id.number(0, id.len());
        let mut padded = [b'0'; 9];
        for (slot, byte) in padded.iter_mut().rev().zip(id.0.iter().rev()) {
            *slot = *byte;
        }
        let padded = Id(&padded);
        let check = |weights: &[u32]| (11 - padded.weighted(0, weights) % 11) % 11;
        let first = check(&[3, 2, 7, 6, 5, 4, 3, 2]);
        let digit = if first == 10 { check(&[7, 4, 3, 2, 5, 2, 7, 6]) } else { first };
        (10_000_000..150_000_000).contains(&number) && digit == padded.digit(8)
    }
}

mod south_africa {
    use super::*;

    ids! { "za";
        /// Identity number.
        ZA_ID = "pii_za_id", "NATIONAL_ID", "South African identity number: date of birth, citizenship and Luhn.",
            Strong, ["9999999999999", "999999 9999 999", "999999 9999 99 9"], |id| {
                calendar::is_day(id.number(2, 2), id.number(4, 2)) && id.digit(10) <= 2 && checksum::luhn(id.0)
            }, [&["sa id", "rsa id", "south african id", "id number", "identity number"]],
            hits ["7503305044089", "RSA ID: 8001015009087"], misses ["8001015009088", "8013015009087"];
    }
}

mod nigeria {
    use super::*;

    ids! { "ng";
        /// NIN and BVN.
        NG_NIN = "pii_ng_nin", "NATIONAL_ID", "Nigerian NIN or BVN, where the text says so.",
            Words, ["99999999999"], |_| true, [&["nin", "bvn", "national identification number", "bank verification"]],
            hits ["NIN 12345678901"], misses ["12345678901"];
        /// Number plate.
        NG_PLATE = "pii_ng_plate", "VEHICLE", "Nigerian number plate, where the text says so or is nothing else.",
            Layout, ["AAA_999AA"], |_| true, [&["plate", "plates", "plate number", "vehicle"]],
            hits ["plate number ABJ-123XY"], misses ["see ABJ-123XY"];
    }
}
