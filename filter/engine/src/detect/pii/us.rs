//! United States: tax, health, bank and licence numbers. Sources: SSA (randomisation, 2011), IRS (ITIN, EIN prefixes), CMS
//! (NPI, MBI format), DEA (registration numbers), ABA (routing numbers).

use super::super::shape::Id;
use super::ids;

ids! { "us";
    /// Social security number.
    US_SSN = "pii_us_ssn", "SSN", "US social security number: area, group and serial; nine bare digits only where the text says so.",
        Grouped, ["999_99_9999", "?999.99.9999", "?999-999999", "?99999-9999"], ssn,
        [&["ssn", "ssns", "social security", "socialsecurity", "social sec", "my social", "her social", "his social", "last social"]],
        hits ["My SSN is 536-22-8726.", "536 22 8726", "SSN: 536228726", "social security number 536228726", "SSN 536.22.8726", "my social is 536228726", "Anna,536-22-8726,415-555-2671"],
        misses ["000-22-8726", "666-22-8726", "912-22-8726", "536-00-8726", "536-22-0000", "536228726", "1536-22-8726",
            "536-22-87261", "536-22 8726", "078-05-1120", "ZIP 53622-8726"];
    /// Individual taxpayer identification number.
    US_ITIN = "pii_us_itin", "ITIN", "US individual taxpayer number: begins with 9, group in the ranges of the IRS.",
        Grouped, ["999_99_9999", "?999-999999", "?99999-9999"], itin,
        [&["itin", "taxpayer", "tax id", "taxid", "tin"]],
        hits ["911-70-1234", "ITIN 911701234", "Tax ID: 900 88 1234"],
        misses ["911-89-1234", "911701234", "811-70-1234", "911-93-1234"];
    /// Employer identification number.
    US_EIN = "pii_us_ein", "EIN", "US employer identification number, where the text says so: prefix of an IRS campus.",
        Words, ["99-9999999", "999999999"], |id| !matches!(id.number(0, 2), 0 | 7..=9 | 17..=19 | 28..=29 | 49 | 69..=70 | 78..=79 | 89 | 96..=97),
        [&["ein", "fein", "employer identification", "employer id", "federal tax"]],
        hits ["EIN 12-3456789", "employer identification number: 453456789"],
        misses ["12-3456789", "EIN 07-3456789", "EIN 123-456789"];
    /// ABA routing number.
    US_ROUTING = "pii_us_routing", "ROUTING", "US bank routing number: Federal Reserve district and the ABA check digit.",
        Digit, ["999999999", "9999-9999-9"], routing,
        [&["aba", "routing", "rtn", "transit number", "wire transfer", "ach"]],
        hits ["routing number 111000025", "ABA: 0110-0001-5"],
        misses ["routing number 111000026", "order 111000025", "ABA 991000025"];
    /// National provider identifier.
    US_NPI = "pii_us_npi", "NPI", "US national provider identifier: begins with 1 or 2, Luhn with the prefix 80840.",
        Digit, ["9999999999", "9999_999_999"], npi,
        [&["npi", "provider id", "national provider", "prescriber", "provider"]],
        hits ["NPI 1234567893", "provider identifier: 1245319599"],
        misses ["NPI 1234567894", "order 1234567893", "NPI 3234567893"];
    /// Medicare beneficiary identifier.
    US_MBI = "pii_us_mbi", "MBI", "US Medicare beneficiary identifier: the alphabet and places CMS prescribes.",
        Strong, ["9AX9_AX9_AA99"], mbi,
        [&["mbi", "medicare", "beneficiary"]],
        hits ["1EG4-TE5-MK73", "Medicare number 1EG4TE5MK73"],
        misses ["1EG4-TE5-MI73", "1SG4TE5MK73", "0EG4-TE5-MK73", "1EG4-TE5-MK731"];
    /// DEA registration number.
    US_DEA = "pii_us_dea", "DEA", "US DEA registration number: registrant letters and check digit.",
        Strong, ["?AX9999999"], dea,
        [&["dea", "dea number", "prescriber", "certificate"]],
        hits ["DEA AB1234563", "my certificate number is BB1388568"],
        misses ["AB1234564", "QB1234563", "AB12345630"];
    /// Passport.
    US_PASSPORT = "pii_us_passport", "PASSPORT", "US passport number, where the text says so.",
        Words, ["A99999999", "999999999"], |_| true, [&["passport", "us passport", "u.s. passport", "american passport", "travel document"]],
        hits ["my passport is A12803456", "US passport no. 912803456"],
        misses ["A12803456", "912803456", "passport A1280345678"];
    /// Driver's licence.
    US_DRIVER_LICENSE = "pii_us_driver_license", "LICENSE", "US driver's licence in the forms states use, where the text says so.",
        Words, ["A9999999", "A99999999", "A999999999999", "A99999999999999", "AA999999", "AA9999999", "999999999", "99999999",
            "9999999", "9999999999", "999999999999", "A999-9999-9999", "A999-999-99-999-9", "999AA9999", "99AAA9999", "9999AA9999"],
        |_| true,
        [&["driver's license", "driver license", "drivers license", "driver licence", "driver's licence", "driving license",
            "driverslicense", "driverlicense", "dl", "dln", "dmv"]],
        hits ["driver's license D1234567", "DL: A123-4567-8901", "Driver License Number 12345678"],
        misses ["D1234567", "driver's license D12", "12345678"];
}

fn ssn(id: Id<'_>) -> bool {
    let (area, group, serial) = (id.number(0, 3), id.number(3, 2), id.number(5, 4));
    // Printed on wallet inserts and in leaflets, and so in every test set.
    let known_fake = matches!(id.number(0, 9), 78_051_120 | 219_099_999 | 123_456_789);
    !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0 && !known_fake
}

fn itin(id: Id<'_>) -> bool {
    id.digit(0) == 9 && matches!(id.number(3, 2), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

fn routing(id: Id<'_>) -> bool {
    let district = matches!(id.number(0, 2), 0..=12 | 21..=32 | 61..=72 | 80);
    district && id.weighted(0, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

/// Luhn over `80840` and the number: the prefix adds 24 to the sum.
fn npi(id: Id<'_>) -> bool {
    let doubled = |d: u32| d * 2 / 10 + d * 2 % 10;
    let sum: u32 = (0..10).map(|i| if i % 2 == 0 { doubled(id.digit(i)) } else { id.digit(i) }).sum();
    matches!(id.digit(0), 1 | 2) && (sum + 24).is_multiple_of(10)
}

/// CMS, "Understanding the MBI format": letters without S, L, O, I, B, Z; the first digit is not 0.
fn mbi(id: Id<'_>) -> bool {
    id.digit(0) != 0 && id.0.iter().all(|b| !b"SLOIBZ".contains(b))
}

fn dea(id: Id<'_>) -> bool {
    let registrant = b"ABCDEFGHJKLMPRSTUX".contains(&id.byte(0))
        && (id.byte(1).is_ascii_uppercase() || id.byte(1) == b'9');
    let sum = id.weighted(2, &[1, 2, 1, 2, 1, 2]);
    registrant && sum % 10 == id.digit(8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::checksum;

    #[test]
    fn npi_is_luhn_with_its_prefix() {
        assert!(checksum::luhn(b"808401234567893") && npi(Id(b"1234567893")) && !npi(Id(b"1234567890")));
    }
}
