//! United Kingdom. Sources: HMRC (NIM39110 for NI numbers, UTR check), NHS Data Dictionary, DVLA (driver number format).

use super::super::shape::Id;
use super::{calendar, ids};

ids! { "uk";
    /// National insurance number.
    UK_NINO = "pii_uk_nino", "NINO", "UK national insurance number: prefixes HMRC allocates, suffix A to D.",
        Strong, ["AA999999A", "AA 999999 A", "AA 999999A", "AA 99 99 99 A", "AA-99-99-99-A", "AA99 99 99A"], nino,
        [&["nino", "national insurance", "ni number", "insurance number"]],
        hits ["NINO AB123456C", "ab 12 34 56 c", "National Insurance: JG103759A"],
        misses ["DB123456C", "AO123456C", "GB123456C", "AB123456E", "AB1234567C"];
    /// NHS number.
    UK_NHS = "pii_uk_nhs", "NHS", "NHS number: weighted mod 11.",
        Digit, ["999 999 9999", "9999999999", "?999-999-9999"], nhs, [&["nhs", "nhs number", "health service", "patient"]],
        hits ["NHS number 943 476 5919", "nhs 9434765919"],
        misses ["NHS number 943 476 5918", "order 9434765919"];
    /// Unique taxpayer reference.
    UK_UTR = "pii_uk_utr", "UTR", "UK unique taxpayer reference: weighted mod 11; only where the text says so.",
        Words, ["9999999999", "99999 99999"], utr, [&["utr", "taxpayer reference", "self assessment", "self-assessment"]],
        hits ["UTR 1955839661", "taxpayer reference: 19558 39661"],
        misses ["UTR 2955839661", "1955839661"];
    /// Sort code with account number.
    UK_BANK_ACCOUNT = "pii_uk_bank_account", "BANK_ACCOUNT", "UK sort code, with or without the account number, where the text says so.",
        Words, ["99-99-99", "99-99-99 99999999", "999999 99999999"], |_| true,
        [&["sort code", "sortcode", "sort-code"]],
        hits ["sort code 20-00-00", "Sort code: 20-00-00 55779911"],
        misses ["20-00-00", "on 20-10-24 we met"];
    /// Passport.
    UK_PASSPORT = "pii_uk_passport", "PASSPORT", "UK passport number, where the text says so.",
        Words, ["999999999", "AA9999999"], |_| true, [&["passport", "uk passport", "british passport"]],
        hits ["UK passport 925665416", "passport number CD7654321"],
        misses ["CD7654321", "passport CD76543210"];
    /// Driving licence.
    UK_DRIVING_LICENCE = "pii_uk_driving_licence", "LICENCE", "UK driver number: surname, date of birth and initials in the form of the DVLA.",
        Strong, ["AAAAA999999AXXAA", "AAAA9999999AXXAA", "AAA99999999AXXAA", "AA999999999AXXAA", "AAAAA999999A9XAA", "AAAAA999999AX9XX"],
        driver, [&["driving licence", "driver licence", "driver number", "dvla", "licence"]],
        hits ["MORGA657054SM9IJ", "driving licence JONES710153J99EF", "FO999512018AA1AB"],
        misses ["MORGA687054SM9IJ", "MORGA657324SM9IJ", "M9RGA657054SM9IJ"];
    /// Vehicle registration.
    UK_VEHICLE = "pii_uk_vehicle", "VEHICLE", "UK vehicle registration, where the text says so or is nothing else.",
        Layout, ["AA99_AAA", "A999_AAA", "A99_AAA", "A9_AAA", "AAA_999A", "AAA_99A", "AAA_9A"], vehicle,
        [&["registration", "number plate", "car reg", "vehicle", "vehicles", "reg", "vrm", "licence plate", "numberplate"]],
        hits ["car reg AB51 ABC", "vehicle LN14-HGT"],
        misses ["see AB51 ABC", "vehicle AB49 ABC", "vehicle AQ51 ABC"];
}

fn nino(id: Id<'_>) -> bool {
    let (first, second) = (id.byte(0), id.byte(1));
    let allocated = !b"DFIQUV".contains(&first) && !b"DFIOQUV".contains(&second);
    allocated && !id.starts(&["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"]) && matches!(id.byte(8), b'A'..=b'D')
}

fn nhs(id: Id<'_>) -> bool {
    id.weighted(0, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// The first digit checks the nine after it.
fn utr(id: Id<'_>) -> bool {
    let rest = usize::try_from(id.weighted(1, &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11).unwrap_or_default();
    b"21987654321".get(rest).copied() == Some(id.byte(0))
}

/// Decade, month (plus 50 for women), day, year; what a surname lacks is nines.
fn driver(id: Id<'_>) -> bool {
    let surname = id.part(0, 5);
    let nines = surname.0.iter().rev().take_while(|b| **b == b'9').count();
    let letters = surname.0.iter().take(5 - nines).all(u8::is_ascii_uppercase);
    let month = id.number(6, 2);
    let month = if month > 50 { month - 50 } else { month };
    letters && nines < 4 && calendar::is_day(month, id.number(8, 2))
}

/// Current (from 2001), prefix (1983 to 2001) and suffix (1963 to 1983) plates.
fn vehicle(id: Id<'_>) -> bool {
    let is_current = id.len() == 7 && id.byte(1).is_ascii_uppercase() && id.byte(2).is_ascii_digit();
    if is_current {
        let age = id.number(2, 2);
        let area = !b"IJQTUXZ".contains(&id.byte(0)) && !b"IQZ".contains(&id.byte(1));
        return area
            && (matches!(age, 2..=29 | 51..=79))
            && id.part(4, 3).0.iter().all(|b| !b"IQ".contains(b));
    }
    let mark = if id.byte(1).is_ascii_digit() { id.byte(0) } else { id.byte(id.len().saturating_sub(1)) };
    !b"IOQUZ".contains(&mark)
}
