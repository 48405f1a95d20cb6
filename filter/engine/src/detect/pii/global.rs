//! Identifiers of no one country, where the text says what they are: dates of birth, devices, vehicles, banks, passports of
//! countries without a rule of their own.

use super::{PASSPORT, calendar, ids};
use crate::detect::checksum;
use crate::detect::shape::Id;

ids! { "global";
    /// Date of birth.
    DATE_OF_BIRTH = "pii_date_of_birth", "BIRTH_DATE", "Date of birth, in digits, where the text says so.",
        Words, ["9999-99-99", "9999/99/99", "9999.99.99", "99/99/9999", "99.99.9999", "99-99-9999", "9/99/9999", "99/9/9999", "9/9/9999",
            "9.9.9999", "99.9.9999", "9.99.9999", "9-9-9999", "9-99-9999", "99-9-9999", "9999/9/9", "9999/9/99", "9999/99/9", "9999-9-9",
            "9999-9-99", "9999-99-9", "99/99/99", "99.99.99", "99-99-99", "9/99/99", "99/9/99", "9/9/99", "9-99-99", "99-9-99", "9-9-99",
            "99 99 9999", "99999999"],
        birth_date, [super::BIRTH],
        hits ["DOB: 1985-03-12", "born 03/12/1985", "Geburtsdatum 12.03.1985", "date of birth 3/12/85 or 12/03/85", "birthday 1985/3/12",
            "birthDate: 19850312", "dob=12031985", "date_of_birth: 1985-03-12T00:00:00Z"],
        misses ["1985-03-12", "born 1985-13-32", "released 12.03.1985", "born 19851332"];
    /// IMEI.
    IMEI = "pii_imei", "IMEI", "IMEI of a telephone: Luhn; where the text says so.",
        Words, ["999999999999999", "99-999999-999999-9", "99 999999 999999 9"], |id| checksum::luhn(id.0), [&["imei"]],
        hits ["IMEI 490154203237518"], misses ["IMEI 490154203237519", "490154203237518"];
    /// BIC.
    BIC = "pii_bic", "BIC", "SWIFT code (BIC) of a bank with a digit in it, where the text says so.",
        Words, ["AAAAAAXX", "AAAAAAXXXXX"], |id| id.part(0, 6).0.iter().all(u8::is_ascii_uppercase), [&["swift", "bic", "swift code"]],
        hits ["BIC GENODEF1S02", "SWIFT: PBNKDEFF370"], misses ["GENODEF1S02"];
    /// Bank account number.
    BANK_ACCOUNT = "pii_bank_account", "BANK_ACCOUNT", "Bank account number, where the text says so.",
        Words, ["99999999", "999999999", "9999999999", "99999999999", "999999999999", "9999999999999", "99999999999999", "999-999-999",
            "9999 9999 9999", "9999-9999-9999", "9999 9999 99", "999 999 999"], |_| true,
        [&["account number", "account no", "account #", "acct", "bankverbindung", "bank account", "kontonummer", "numero de compte", "numero de cuenta", "conto corrente",
            "checking account", "savings account", "rekeningnummer", "accountnumber", "bank number"]],
        hits ["account number 945456787654", "Kontonummer 532013000", "account #: 000123456789", "acct 4567 8901 2345"], misses ["945456787654", "account number 12345"];
    /// Medical record.
    MEDICAL_RECORD = "pii_medical_record", "MEDICAL_RECORD", "Number of a patient or a medical record, where the text says so.",
        Words, ["9999999", "99999999", "999999999", "9999999999"], |_| true,
        [&["mrn", "medical record", "patient id", "patient number", "patientennummer", "numero de paciente", "numero de historia"]],
        hits ["MRN 00482931", "patient_id: 4829310"], misses ["00482931", "MRN 482"];
    /// Number plate of any country.
    PLATE = "pii_plate", "VEHICLE", "Number plate of a vehicle in common forms, where the text says so.",
        Words, ["AAA_9999", "9AAA999", "AAA_999", "999_AAA", "AA_999_AA", "9999_AAA", "AA_99999", "A-A 9999", "A-A 999", "A-AA 9999", "A-AA 999",
            "AA-A 9999", "AA-A 999", "AA-AA 999", "AA-AA 9999", "AAA-AA 99", "AAA-AA 999", "AAA9A99"], |_| true,
        [&["license plate", "licence plate", "number plate", "plate number", "kennzeichen", "immatriculation", "targa",
            "matricula", "kenteken", "placa"]],
        hits ["license plate ABC-1234", "Kennzeichen M-AB 1234", "targa AB 123 CD", "matrícula 1234 BCD"], misses ["ABC-1234", "plate 12"];
    /// Passport of any country.
    PASSPORT_NUMBER = "pii_passport", "PASSPORT", "Passport number of any country, where the text says so.",
        Words, ["A9999999", "AA9999999", "A99999999", "AA999999", "AAA999999", "99AA99999", "A999999", "999999999", "AA9999999A"], |_| true,
        [PASSPORT],
        hits ["passport A123456"], misses ["A123456", "passport A12345"];
}

/// Year first, or last with day and month in either order; of two digits, a year can only be last.
fn birth_date(id: Id<'_>) -> bool {
    let ends = |digits: usize| id.len().saturating_sub(digits);
    let (first, last) = (id.number(0, 4), id.number(ends(4), 4));
    let long = |year: u64, day: Id<'_>| calendar::is_birth_year(year) && is_day(day);
    long(first, id.part(4, ends(4)))
        || long(last, id.part(0, ends(4)))
        || id.len() < 7 && is_day(id.part(0, ends(2)))
}

/// Whether two to four digits are a day and a month. Three leave open which of the two is short; either reading will do.
fn is_day(digits: Id<'_>) -> bool {
    let is = |split: usize| {
        let (a, b) = (digits.number(0, split), digits.number(split, digits.len().saturating_sub(split)));
        calendar::is_day(a, b) || calendar::is_day(b, a)
    };
    match digits.len() {
        2..=4 => is(digits.len() / 2) || digits.len() == 3 && is(2),
        _ => false,
    }
}
