//! France, Belgium, Luxembourg, Italy, Spain and Portugal. Sources: INSEE (NIR, SIREN), SPF Intérieur (national number),
//! Agenzia delle Entrate (codice fiscale, partita IVA), Ministerio del Interior (DNI, NIE), AT (NIF), IRN (citizen card).

use super::super::shape::Id;
use super::{calendar, ids};
use crate::detect::checksum;

pub(in crate::detect) const RULES: &[&[&crate::detect::Rule]] =
    &[france::RULES, belgium::RULES, luxembourg::RULES, italy::RULES, spain::RULES, portugal::RULES];

mod france {
    use super::*;

    ids! { "fr";
        /// Social security.
        FR_NIR = "pii_fr_nir", "SOCIAL_SECURITY", "French social security number (NIR): sex, month, department and the key mod 97.",
            Strong, ["999999X99999999", "9 99 99 9X 999 999 99", "9-99-99-9X-999-999-99"], nir,
            [&["nir", "securite sociale", "numero de secu", "carte vitale", "insee"]],
            hits ["2 55 08 14 168 025 38", "NIR 255081416802538", "1 91 03 2A 004 123 21"],
            misses ["2 55 08 14 168 025 39", "355081416802538"];
        /// Company, SIRET.
        FR_SIRET = "pii_fr_siret", "COMPANY_ID", "French establishment number (SIRET): Luhn; where the text says so.",
            Words, ["99999999999999", "999 999 999 99999"], |id| checksum::luhn(id.0) && checksum::luhn(id.part(0, 9).0),
            [&["siret", "etablissement"]],
            hits ["SIRET 732 829 320 00074", "siret : 73282932000074"],
            misses ["SIRET 732 829 320 00075", "73282932000074"];
        /// Company, SIREN.
        FR_SIREN = "pii_fr_siren", "COMPANY_ID", "French company number (SIREN): Luhn; where the text says so.",
            Words, ["999999999", "999 999 999"], |id| checksum::luhn(id.0), [&["siren", "rcs"]],
            hits ["SIREN 732 829 320", "siren: 732829320"],
            misses ["SIREN 732 829 321", "732829320"];
        /// Tax number.
        FR_TAX_ID = "pii_fr_tax_id", "TAX_ID", "French tax number (SPI): mod 511; where the text says so.",
            Words, ["9999999999999", "99 99 999 999 999"], |id| id.digit(0) < 4 && id.number(0, 10) % 511 == id.number(10, 3),
            [&["numero fiscal", "spi", "impots", "fiscal"]],
            hits ["numéro fiscal 30 23 217 600 053", "SPI 3023217600053"],
            misses ["numéro fiscal 30 23 217 600 054", "3023217600053"];
        /// Passport.
        FR_PASSPORT = "pii_fr_passport", "PASSPORT", "French passport number, where the text says so.",
            Words, ["99AA99999"], |_| true, [&["passeport", "passport", "french passport"]],
            hits ["passeport 12AB34567"], misses ["12AB34567", "passeport 12AB345678"];
    }

    /// Corsica's `2A` and `2B` count as 19 and 18.
    fn nir(id: Id<'_>) -> bool {
        let mut digits = [0u8; 13];
        digits.copy_from_slice(id.0.first_chunk::<13>().unwrap_or(&[b'0'; 13]));
        if let [_, _, _, _, _, two, letter, ..] = &mut digits
            && letter.is_ascii_uppercase()
        {
            match (*two, *letter) {
                (b'2', b'A') => (*two, *letter) = (b'1', b'9'),
                (b'2', b'B') => (*two, *letter) = (b'1', b'8'),
                _ => return false,
            }
        }
        let month = id.number(3, 2);
        let sex = matches!(id.digit(0), 1..=4 | 7 | 8);
        sex && matches!(month, 1..=12 | 20..=42 | 50..=99)
            && 97 - Id(&digits).number(0, 13) % 97 == id.number(13, 2)
    }
}

mod belgium {
    use super::*;

    ids! { "be";
        /// National number.
        BE_NATIONAL = "pii_be_national_number", "NATIONAL_ID", "Belgian national number: date of birth and mod 97.",
            Strong, ["99.99.99-999.99", "99999999999", "99 99 99 999 99", "999999-999.99", "999999 999 99", "99.99.99-999-99"], national,
            [&["rijksregister", "registre national", "national number", "insz", "niss", "rrn", "numero national"]],
            hits ["85.07.30-033.28", "rijksregisternummer 85073003328"],
            misses ["85.07.30-033.29", "85.13.30-033.28"];
    }

    /// People born from 2000 have a 2 before their number when it is divided. Months past 12 are those of the BIS register.
    fn national(id: Id<'_>) -> bool {
        let (body, key, month) = (id.number(0, 9), id.number(9, 2), id.number(2, 2) % 20);
        let born = month <= 12 && id.number(4, 2) <= 31 && id.number(2, 2) < 60;
        born && (97 - body % 97 == key || 97 - (2_000_000_000 + body) % 97 == key)
    }
}

mod luxembourg {
    use super::*;

    ids! { "lu";
        /// National number.
        LU_MATRICULE = "pii_lu_matricule", "NATIONAL_ID", "Luxembourg matricule: date of birth, Luhn and Verhoeff.",
            Strong, ["9999999999999", "9999 99 99 99999"], matricule, [&["matricule", "cns"]],
            hits ["matricule 1893120105732"], misses ["1893120105733", "matricule 1893130105732"];
    }

    /// Luhn over the first twelve, Verhoeff over the first eleven and the last.
    fn matricule(id: Id<'_>) -> bool {
        let mut verhoeff = [0u8; 12];
        for (slot, byte) in verhoeff.iter_mut().zip(id.part(0, 11).0.iter().chain(id.part(12, 1).0)) {
            *slot = *byte;
        }
        let born =
            (1850..2100).contains(&id.number(0, 4)) && calendar::is_day(id.number(4, 2), id.number(6, 2));
        born && checksum::luhn(id.part(0, 12).0) && checksum::verhoeff(&verhoeff)
    }
}

mod italy {
    use super::*;

    ids! { "it";
        /// Codice fiscale.
        IT_CODICE_FISCALE = "pii_it_codice_fiscale", "TAX_ID", "Italian codice fiscale: date, town and check letter.",
            Strong, ["AAAAAAXXAXXAXXXA"], codice, [&["codice fiscale", "cod. fisc", "fiscale"]],
            hits ["RSSMRA85T10A562S", "codice fiscale: rccmnl83s18d969h"],
            misses ["RSSMRA85T10A562T", "RSSMRA85T72A562S"];
        /// VAT number.
        IT_PARTITA_IVA = "pii_it_partita_iva", "VAT", "Italian partita IVA: office and Luhn.",
            Digit, ["99999999999"], |id| checksum::luhn(id.0) && matches!(id.number(7, 3), 1..=100 | 120 | 121 | 888 | 999) && id.number(0, 7) > 0,
            [&["partita iva", "p. iva", "p.iva", "piva", "vat"]],
            hits ["partita IVA 00743110157", "P.IVA 07643520567"],
            misses ["partita IVA 00743110158", "order 00743110157"];
        /// Identity card.
        IT_ID_CARD = "pii_it_id_card", "ID_CARD", "Italian identity card number, where the text says so.",
            Words, ["AA99999AA", "AA9999999", "AA 9999999", "9999999AA"], |_| true, [&["carta d'identita", "carta di identita", "carta identita", "identity card", "id card", "cie"]],
            hits ["carta d'identità CA12345AA"], misses ["CA12345AA", "carta d'identità CA123456AA"];
        /// Driving licence.
        IT_PATENTE = "pii_it_driver_license", "LICENSE", "Italian driving licence number, where the text says so.",
            Words, ["AA9999999A", "A9XXXXXX9A", "A9AXXXXXXA"], |id| id.byte(0) == b'U' || id.byte(1).is_ascii_uppercase(),
            [&["patente", "driving licence", "driver license", "driver's license", "license", "licence"]],
            hits ["patente U1K711J11M", "patente di guida AA0123456B"], misses ["AA0123456B", "patente 990123456B"];
        /// Passport.
        IT_PASSPORT = "pii_it_passport", "PASSPORT", "Italian passport number, where the text says so.",
            Words, ["AA9999999"], |_| true, [&["passaporto", "italian passport"]],
            hits ["passaporto YA1234567"], misses ["YA1234567", "passaporto YA12345678"];
    }

    /// D.M. 23/12/1976. Where two people have the same code, letters of `LMNPQRSTUV` stand for digits.
    fn codice(id: Id<'_>) -> bool {
        let digit = |at: usize| match id.byte(at) {
            b @ b'0'..=b'9' => Some(u32::from(b - b'0')),
            b => b"LMNPQRSTUV".iter().position(|l| *l == b).and_then(|p| u32::try_from(p).ok()),
        };
        let places = [6, 7, 9, 10, 12, 13, 14];
        let (Some(tens), Some(ones)) = (digit(9), digit(10)) else { return false };
        let day = (tens * 10 + ones) % 40;
        let month = b"ABCDEHLMPRST".contains(&id.byte(8));
        let sum: u32 = (0..15).map(|i| if i % 2 == 0 { odd(id.byte(i)) } else { even(id.byte(i)) }).sum();
        let check = u32::from(id.byte(15).wrapping_sub(b'A'));
        places.iter().all(|at| digit(*at).is_some()) && (1..=31).contains(&day) && month && sum % 26 == check
    }

    fn even(byte: u8) -> u32 {
        u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') })
    }

    /// Value at the first, third, ... place, of A to Z; digits are as the first ten letters.
    fn odd(byte: u8) -> u32 {
        const VALUES: [u8; 26] =
            [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
        usize::try_from(even(byte)).ok().and_then(|at| VALUES.get(at)).copied().map_or(0, u32::from)
    }
}

mod spain {
    use super::*;

    ids! { "es";
        /// DNI.
        ES_DNI = "pii_es_dni", "NATIONAL_ID", "Spanish DNI or NIF of a person: check letter.",
            Strong, ["99999999A", "99999999-A", "99.999.999-A", "99999999 A", "?9999999A", "?9999999-A"], |id| letter(id.number(0, id.len().saturating_sub(1)), id),
            [&["dni", "nif", "documento nacional", "identidad"]],
            hits ["12345678Z", "DNI 54362315-K", "nif 5436231C"],
            misses ["12345678A", "54362315X", "123456789Z"];
        /// NIE.
        ES_NIE = "pii_es_nie", "NATIONAL_ID", "Spanish number of foreigners (NIE): check letter.",
            Strong, ["A9999999A", "A9999999-A", "A-9999999-A"], nie, [&["nie", "extranjero"]],
            hits ["X5253868R", "NIE Y-0000000-Z"], misses ["X5253868S", "W5253868R"];
        /// CIF.
        ES_CIF = "pii_es_cif", "COMPANY_ID", "Spanish company number (CIF): kind of company and check digit or letter.",
            Strong, ["?A9999999X", "A-9999999X", "A-99999999"], cif, [&["cif", "nif", "empresa"]],
            hits ["CIF A13585625", "J-99216582"], misses ["A13585626", "CIF I13585625"];
        /// Social security.
        ES_NSS = "pii_es_nss", "SOCIAL_SECURITY", "Spanish social security number: province and mod 97; where the text says so.",
            Words, ["999999999999", "99 99999999 99", "99/99999999/99", "99 9999999999"], nss,
            [&["seguridad social", "nss", "naf", "afiliacion"]],
            hits ["seguridad social 28 12345678 40"], misses ["seguridad social 28 12345678 41", "281234567840"];
        /// Passport.
        ES_PASSPORT = "pii_es_passport", "PASSPORT", "Spanish passport number, where the text says so.",
            Words, ["AAA999999", "AA999999"], |_| true, [&["pasaporte", "passport", "spanish passport"]],
            hits ["pasaporte AAA123456"], misses ["AAA123456", "pasaporte AAAA123456"];
    }

    /// The letter of a number mod 23 (Orden INT/2058/2008).
    fn letter(number: u64, id: Id<'_>) -> bool {
        let at = usize::try_from(number % 23).unwrap_or_default();
        b"TRWAGMYFPDXBNJZSQVHLCKE".get(at).copied() == Some(id.byte(id.len().saturating_sub(1)))
    }

    fn nie(id: Id<'_>) -> bool {
        let first = match id.byte(0) {
            b'X' => 0,
            b'Y' => 1,
            b'Z' => 2,
            _ => return false,
        };
        letter(first * 10_000_000 + id.number(1, 7), id)
    }

    fn cif(id: Id<'_>) -> bool {
        let doubled = |d: u32| d * 2 / 10 + d * 2 % 10;
        let sum: u32 = (1..8).map(|i| if i % 2 == 1 { doubled(id.digit(i)) } else { id.digit(i) }).sum();
        let check = (10 - sum % 10) % 10;
        let last = id.byte(8);
        let as_digit = u32::from(last.wrapping_sub(b'0')) == check && !b"KLMNPQRSW".contains(&id.byte(0));
        let as_letter = usize::try_from(check).ok().and_then(|c| b"JABCDEFGHI".get(c)).copied() == Some(last)
            && !b"ABEH".contains(&id.byte(0));
        b"ABCDEFGHJKLMNPQRSUVW".contains(&id.byte(0))
            && matches!(id.number(1, 2), 1..=99)
            && (as_digit || as_letter)
    }

    fn nss(id: Id<'_>) -> bool {
        let (province, number) = (id.number(0, 2), id.number(2, 8));
        let whole = if number < 10_000_000 { province * 10_000_000 + number } else { id.number(0, 10) };
        matches!(province, 1..=53 | 66) && whole % 97 == id.number(10, 2)
    }
}

mod portugal {
    use super::*;

    ids! { "pt";
        /// NIF.
        PT_NIF = "pii_pt_nif", "TAX_ID", "Portuguese NIF: kind and weighted mod 11.",
            Digit, ["999999999", "999 999 999"], nif, [&["nif", "contribuinte", "numero fiscal", "nipc"]],
            hits ["NIF 501964843", "contribuinte 501 964 843"], misses ["NIF 501964842", "order 501964843"];
        /// Citizen card.
        PT_CITIZEN_CARD = "pii_pt_citizen_card", "ID_CARD", "Portuguese citizen card: check digits of number and document.",
            Strong, ["99999999 9 AA9", "99999999 9AA9", "999999999AA9", "999999999AX9"], citizen, [&["cartao de cidadao", "cartao do cidadao", "citizen card"]],
            hits ["00000000 0 ZZ4", "cartão de cidadão 000000000ZZ4"], misses ["00000000 0 ZZ5"];
    }

    fn nif(id: Id<'_>) -> bool {
        let check = (11 - id.weighted(0, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10;
        let kind = matches!(id.digit(0), 1..=3 | 5 | 6 | 8)
            || matches!(id.number(0, 2), 45 | 70..=72 | 74 | 75 | 77..=79 | 90 | 91 | 98 | 99);
        kind && check == id.digit(8)
    }

    /// Every second sign, from the right, is doubled; past 9, less 9.
    fn citizen(id: Id<'_>) -> bool {
        let value = |(i, b): (usize, &u8)| {
            let value = checksum::alphanumeric(*b) * if i % 2 == 1 { 2 } else { 1 };
            if i % 2 == 1 && value > 9 { value - 9 } else { value }
        };
        id.0.iter().rev().enumerate().map(value).sum::<u32>().is_multiple_of(10)
    }
}
