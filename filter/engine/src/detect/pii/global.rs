//! Identifiers of no one country, where the text says what they are: dates of birth, devices, vehicles, banks, passports of
//! countries without a rule of their own.

use super::{PASSPORT, calendar, ids};
use crate::detect::checksum;
use crate::detect::shape::Id;

ids! { "global";
    /// Date of birth.
    DATE_OF_BIRTH = "pii_date_of_birth", "BIRTH_DATE", "Date of birth, in digits, where the text says so.",
        Words, ["9999-99-99", "9999/99/99", "9999.99.99", "99/99/9999", "99.99.9999", "99-99-9999", "9/99/9999", "99/9/9999", "9/9/9999",
            "9.9.9999", "99.9.9999", "9.99.9999", "99/99/99", "99.99.99"], birth_date,
        [&["dob", "d.o.b", "born", "date of birth", "birth date", "birthdate", "birthday", "dateofbirth", "geburtsdatum", "geboren", "geb.",
            "date de naissance", "nee le", "ne le", "fecha de nacimiento", "nacido", "nacida", "data di nascita", "nato il", "nata il",
            "data de nascimento", "nascido", "geboortedatum", "fodelsedatum", "fodselsdato", "syntymaaika", "data urodzenia", "urodzony",
            "dogum tarihi", "дата рождения", "出生日期", "生年月日", "생년월일"]],
        hits ["DOB: 1985-03-12", "born 03/12/1985", "Geburtsdatum 12.03.1985", "date of birth 3/12/85 or 12/03/85"],
        misses ["1985-03-12", "born 1985-13-32", "released 12.03.1985"];
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
        Words, ["99999999", "999999999", "9999999999", "99999999999", "999999999999", "9999999999999", "99999999999999"], |_| true,
        [&["account number", "account no", "acct", "bank account", "kontonummer", "numero de compte", "numero de cuenta", "conto corrente",
            "checking account", "savings account", "rekeningnummer", "accountnumber", "bank number"]],
        hits ["account number 945456787654", "Kontonummer 532013000"], misses ["945456787654", "account number 12345"];
    /// Passport of any country.
    PASSPORT_NUMBER = "pii_passport", "PASSPORT", "Passport number of any country, where the text says so.",
        Words, ["A9999999", "AA9999999", "A99999999", "AA999999", "AAA999999", "99AA99999", "A999999", "999999999", "AA9999999A"], |_| true,
        [PASSPORT],
        hits ["passport A123456"], misses ["A123456", "passport A12345"];
}

/// Year first, or last with day and month in either order.
fn birth_date(id: Id<'_>) -> bool {
    let starts_with_year = id.len() == 8
        && calendar::is_birth_year(id.number(0, 4))
        && calendar::is_day(id.number(4, 2), id.number(6, 2));
    let is_short = id.len() == 6;
    let (head, year) = if is_short {
        (id.part(0, 4), 2000)
    } else {
        (id.part(0, id.len().saturating_sub(4)), id.number(id.len().saturating_sub(4), 4))
    };
    // Fewer digits leave open which of the two is short; either reading will do.
    let pairs: [(u64, u64); 2] = match head.len() {
        2 => [(head.number(0, 1), head.number(1, 1)); 2],
        3 => [(head.number(0, 1), head.number(1, 2)), (head.number(0, 2), head.number(2, 1))],
        _ => [(head.number(0, 2), head.number(2, 2)); 2],
    };
    let is_day = pairs.iter().any(|(a, b)| calendar::is_day(*a, *b) || calendar::is_day(*b, *a));
    starts_with_year || (is_day && calendar::is_birth_year(year))
}
