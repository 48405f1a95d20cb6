//! Germany, Austria and Switzerland. Sources: BZSt (tax id), BMI and ICAO 9303 (id card, passport), Deutsche
//! Rentenversicherung (VKVV §2), GKV-Spitzenverband (KVNR), KBV (LANR), Dachverband (SVNR), ZAS (AHV).

use super::super::shape::Id;
use super::{calendar, ids};
use crate::detect::checksum;

pub(in crate::detect) const RULES: &[&[&crate::detect::Rule]] =
    &[germany::RULES, austria::RULES, switzerland::RULES];

mod germany {
    use super::*;

    /// Words for an identity card.
    const ID_CARD: &[&str] = &[
        "personalausweis",
        "ausweisnummer",
        "ausweis nr",
        "ausweis-nr",
        "ausweis",
        "identity card",
        "id card",
        "perso",
    ];

    ids! { "de";
        /// Tax id.
        DE_TAX_ID = "pii_de_tax_id", "TAX_ID", "German tax id: one digit twice or thrice among the first ten, ISO 7064 mod 11, 10.",
            Strong, ["99999999999", "99 999 999 999"], tax_id,
            [&["steuer-id", "steuerid", "steueridentifikation", "idnr", "identifikationsnummer", "steuernummer", "tin", "tax id"]],
            hits ["Steuer-ID 86095742719", "86 095 742 719"],
            misses ["86095742718", "11111111111", "08609574271", "12345678901"];
        /// Tax id that is made up.
        DE_TAX_ID_FORM = "pii_de_tax_id_form", "TAX_ID", "German tax id with the right check digit alone, where the text says so.",
            Words, ["99999999999", "99 999 999 999"], |id| checksum::mod11_10(id.0),
            [&["steuer-id", "steuerid", "steueridentifikation", "idnr", "steuernummer"]],
            hits ["Steuer-ID 12345678903"], misses ["12345678903", "Steuer-ID 12345678904"];
        /// Identity card.
        DE_ID_CARD = "pii_de_id_card", "ID_CARD", "German identity card: serial with its ICAO check digit, or alone where the text says so.",
            Strong, ["AXXXXXXXX9"], id_card,
            [ID_CARD],
            hits ["L01X00T471", "Personalausweis: T220001293"],
            misses ["L01X00T472", "A01X00T471", "L01X00T47"];
        /// Identity card, serial alone.
        DE_ID_SERIAL = "pii_de_id_serial", "ID_CARD", "Serial number of a German identity card, where the text says so or is nothing else.",
            Layout, ["AXXXXXXXX"], |id| id_serial(id) && !id.part(1, 8).is_number(), [ID_CARD],
            hits ["Ausweis Nr. L01X00T47", "Personalausweis: CZ6311T03"],
            misses ["see L01X00T47", "Ausweis Nr. A01X00T47"];
        /// Identity card before 2010, serial alone.
        DE_ID_OLD_SERIAL = "pii_de_id_old_serial", "ID_CARD", "Serial number in digits of a German identity card, where the text says so.",
            Words, ["A99999999"], id_serial, [ID_CARD],
            hits ["Ausweis Nr. T22000129"], misses ["T22000129", "Ausweis Nr. A22000129"];
        /// Passport.
        DE_PASSPORT = "pii_de_passport", "PASSPORT", "German passport serial, where the text says so.",
            Words, ["AXXXXXXXX", "AXXXXXXXX9"], |id| passport_letter(id) && alphabet(id), [&["reisepass", "passnummer", "pass-nr", "pass nr", "passport", "german passport"]],
            hits ["Reisepass C01X00T47", "Pass-Nr.: F12345671"],
            misses ["C01X00T47", "Reisepass A01X00T47"];
        /// Pension insurance.
        DE_SVNR = "pii_de_svnr", "SOCIAL_SECURITY", "German pension insurance number: area, date of birth, letter and check digit.",
            Strong, ["99999999A999", "99 999999 A 999", "99 999999A999"], pension,
            [&["rentenversicherung", "sozialversicherung", "rvnr", "svnr", "sv-nummer", "versicherungsnummer"]],
            hits ["RVNR: 15070649C103", "65 170839 J 003"],
            misses ["15070649C102", "15071349C103", "15070649C1030"];
        /// Health insurance.
        DE_KVNR = "pii_de_kvnr", "HEALTH_ID", "German health insurance number (KVNR): letter, eight digits, modified Luhn.",
            Strong, ["?A999999999"], health,
            [&["krankenversicher", "krankenkasse", "kvnr", "egk", "versichertennummer", "gesundheitskarte"]],
            hits ["KVNR A123456780", "eGK-Nummer M123456785"],
            misses ["A123456781", "A1234567800"];
        /// Physician number.
        DE_LANR = "pii_de_lanr", "LICENSE", "German physician number (LANR): check digit over six digits, and a field of medicine.",
            Digit, ["999999999"], |id| { id.digit(6) == (10 - id.weighted(0, &[4, 9, 4, 9, 4, 9]) % 10) % 10 && id.number(0, 6) > 0 },
            [&["lanr", "arztnummer", "arzt-nr", "lebenslange arzt"]],
            hits ["LANR 123456601", "Arztnummer: 987654401"],
            misses ["LANR 123456701", "order 123456601"];
        /// Practice number.
        DE_BSNR = "pii_de_bsnr", "LICENSE", "German practice number (BSNR), where the text says so.",
            Words, ["999999999"], |id| matches!(id.number(0, 2), 1..=3 | 6..=21 | 24..=28 | 31 | 35..=39 | 42..=63 | 68..=83 | 85..=88 | 93..=99),
            [&["bsnr", "betriebsstatte", "betriebsstaette", "praxisnummer"]],
            hits ["BSNR 721234567", "Betriebsstättennummer: 021234568"],
            misses ["721234567", "BSNR 72123456"];
    }

    /// Eleven digits, the first not 0; in the first ten exactly one digit stands twice or thrice (BZSt, since 2016).
    fn tax_id(id: Id<'_>) -> bool {
        let count = |d: u8| id.part(0, 10).0.iter().filter(|b| **b == b'0' + d).count();
        let counts: [usize; 10] = std::array::from_fn(|d| u8::try_from(d).map_or(0, count));
        let repeated = counts.iter().filter(|c| **c > 1).count() == 1 && counts.iter().all(|c| *c <= 3);
        id.digit(0) != 0 && repeated && checksum::mod11_10(id.0)
    }

    fn id_card(id: Id<'_>) -> bool {
        id_serial(id.part(0, 9)) && checksum::icao(id.0)
    }

    fn id_serial(id: Id<'_>) -> bool {
        (b"LMNPRTVWXY".contains(&id.byte(0)) || passport_letter(id)) && alphabet(id)
    }

    fn passport_letter(id: Id<'_>) -> bool {
        b"CFGHJK".contains(&id.byte(0))
    }

    /// Digits and the letters that look like no digit and spell nothing.
    fn alphabet(id: Id<'_>) -> bool {
        id.0.iter().all(|b| b.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(b))
            && id.part(1, 8).0.iter().any(u8::is_ascii_digit)
    }

    /// VKVV §2: the letter counts as its two-digit place; digit sums of the products.
    fn pension(id: Id<'_>) -> bool {
        let letter = u32::from(id.byte(8).saturating_sub(b'A')) + 1;
        let digits = (0..8).map(|i| id.digit(i)).chain([letter / 10, letter % 10, id.digit(9), id.digit(10)]);
        let product = |(digit, weight): (u32, u32)| digit * weight / 10 + digit * weight % 10;
        let sum: u32 = digits.zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]).map(product).sum();
        // Days past 31 mark numbers given twice.
        let day = id.number(2, 2);
        let born = (1..=81).contains(&day) && (1..=12).contains(&id.number(4, 2));
        born && sum % 10 == id.digit(11)
    }

    fn health(id: Id<'_>) -> bool {
        let letter = u32::from(id.byte(0).saturating_sub(b'A')) + 1;
        let digits = [letter / 10, letter % 10].into_iter().chain((1..9).map(|i| id.digit(i)));
        let product = |(digit, weight): (u32, u32)| digit * weight / 10 + digit * weight % 10;
        let sum: u32 = digits.zip([1, 2, 1, 2, 1, 2, 1, 2, 1, 2]).map(product).sum();
        sum % 10 == id.digit(9)
    }
}

mod austria {
    use super::*;

    ids! { "at";
        /// Social insurance.
        AT_SVNR = "pii_at_svnr", "SOCIAL_SECURITY", "Austrian social insurance number: check digit at the fourth place and date of birth.",
            GroupedDigit, ["9999 999999", "?9999999999"], insurance,
            [&["svnr", "sozialversicherung", "versicherungsnummer", "sv-nummer", "sv-nr"]],
            hits ["SVNR 1237 010180", "Sozialversicherungsnummer 1237010180"],
            misses ["SVNR 1238 010180", "SVNR 1237 011380", "order 1237010180"];
    }

    fn insurance(id: Id<'_>) -> bool {
        let sum = id.weighted(0, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
        id.digit(0) != 0 && sum % 11 == id.digit(3) && calendar::is_day(id.number(6, 2), id.number(4, 2))
    }
}

mod switzerland {
    use super::*;

    ids! { "ch";
        /// AHV number.
        CH_AHV = "pii_ch_ahv", "SOCIAL_SECURITY", "Swiss AHV number: 756 and the EAN check digit.",
            Strong, ["999.9999.9999.99", "9999999999999", "999 9999 9999 99"], |id| id.starts(&["756"]) && checksum::ean(id.0),
            [&["ahv", "avs", "sozialversicherung", "navs"]],
            hits ["756.9217.0769.85", "AHV 7569217076985"],
            misses ["756.9217.0769.84", "757.9217.0769.85"];
        /// Company number.
        CH_UID = "pii_ch_uid", "COMPANY_ID", "Swiss company number (UID): CHE and weighted mod 11.",
            Strong, ["AAA999999999", "AAA-999.999.999", "AAA-999999999"],
            |id| id.starts(&["CHE"]) && (id.weighted(3, &[5, 4, 3, 2, 7, 6, 5, 4]) + id.digit(11)).is_multiple_of(11),
            [&["uid", "mwst", "tva", "iva"]],
            hits ["CHE-100.155.212", "UID CHE100155212"],
            misses ["CHE-100.155.213", "CHF-100.155.212"];
    }
}
