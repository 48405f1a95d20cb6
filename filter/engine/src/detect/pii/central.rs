//! Central, eastern and south-eastern Europe, and Turkey. Sources: the laws and tax offices of each, as python-stdnum
//! collects them; every check is tested with a published number.

use super::super::shape::Id;
use super::{calendar, ids};
use crate::detect::checksum;

pub(in crate::detect) const RULES: &[&[&crate::detect::Rule]] = &[
    poland::RULES,
    czechia::RULES,
    slovakia::RULES,
    hungary::RULES,
    romania::RULES,
    bulgaria::RULES,
    greece::RULES,
    croatia::RULES,
    slovenia::RULES,
    ukraine::RULES,
    russia::RULES,
    turkey::RULES,
];

mod poland {
    use super::*;

    ids! { "pl";
        /// PESEL.
        PL_PESEL = "pii_pl_pesel", "NATIONAL_ID", "Polish PESEL: date of birth and weighted check digit.",
            Strong, ["?99999999999"], |id| {
                calendar::is_day(id.number(2, 2) % 20, id.number(4, 2))
                    && id.weighted(0, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
            }, [&["pesel"]],
            hits ["PESEL: 44051401359", "pesel 02070803628"], misses ["44051401358", "44131401359"];
        /// NIP.
        PL_NIP = "pii_pl_nip", "TAX_ID", "Polish NIP: weighted mod 11.",
            GroupedDigit, ["999-999-99-99", "999-99-99-999", "?9999999999"], |id| {
                let rest = id.weighted(0, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11;
                rest == id.digit(9) && id.digit(0) != 0
            }, [&["nip", "numer identyfikacji podatkowej"]],
            hits ["NIP 123-456-32-18", "nip: 1234563218"], misses ["NIP 123-456-32-17", "order 1234563218"];
        /// REGON.
        PL_REGON = "pii_pl_regon", "COMPANY_ID", "Polish REGON: weighted mod 11; where the text says so.",
            Words, ["999999999"], |id| id.weighted(0, &[8, 9, 2, 3, 4, 5, 6, 7]) % 11 % 10 == id.digit(8), [&["regon"]],
            hits ["REGON 123456785"], misses ["REGON 123456784", "123456785"];
        /// Identity card.
        PL_DOWOD = "pii_pl_dowod", "ID_CARD", "Polish identity card: letters, check digit and number.",
            Strong, ["?AAA999999", "?AAA 999999"], |id| {
                let value = |at: usize| checksum::alphanumeric(id.byte(at));
                (value(0) * 7 + value(1) * 3 + value(2) + id.weighted(3, &[9, 7, 3, 1, 7, 3])).is_multiple_of(10)
            }, [&["dowod osobisty", "dowodu osobistego", "seria i numer", "dowod"]],
            hits ["dowód osobisty ABA300000"], misses ["ABA400000", "dowód ABA3000001"];
    }
}

/// Czechs and Slovaks share the birth number: women have 50 added to the month, busy days 20.
fn birth_number(id: Id<'_>) -> bool {
    let month = id.number(2, 2) % 50;
    let month = if month > 20 { month - 20 } else { month };
    let whole = id.number(0, 10);
    let exception = id.number(0, 9) % 11 == 10 && id.digit(9) == 0;
    calendar::is_day(month, id.number(4, 2)) && (whole.is_multiple_of(11) || exception)
}

mod czechia {
    use super::*;

    ids! { "cz";
        /// Birth number.
        CZ_RODNE_CISLO = "pii_cz_rodne_cislo", "NATIONAL_ID", "Czech birth number: date and mod 11.",
            GroupedDigit, ["999999/9999", "?9999999999"], birth_number, [&["rodne cislo", "r.c.", "rc"]],
            hits ["710319/2745", "rodné číslo 7103192745"], misses ["710319/2746", "order 7103192745"];
        /// Company number.
        CZ_ICO = "pii_cz_ico", "COMPANY_ID", "Czech company number (IČO): weighted mod 11; where the text says so.",
            Words, ["99999999"], |id| {
                let check = (11 - id.weighted(0, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
                check == id.digit(7)
            }, [&["ico", "ic"]],
            hits ["IČO 25123891"], misses ["IČO 25123892", "25123891"];
    }
}

mod slovakia {
    use super::*;

    ids! { "sk";
        /// Birth number.
        SK_RODNE_CISLO = "pii_sk_rodne_cislo", "NATIONAL_ID", "Slovak birth number: date and mod 11.",
            GroupedDigit, ["999999/9999", "?9999999999"], birth_number, [&["rodne cislo slovensk", "rc sr", "rodneho cisla"]],
            hits ["rodného čísla 710319/2745"], misses ["710319/2746"];
    }
}

mod hungary {
    use super::*;

    ids! { "hu";
        /// Tax id.
        HU_TAX_ID = "pii_hu_tax_id", "TAX_ID", "Hungarian tax id of a person: begins with 8, weighted mod 11; where the text says so.",
            Words, ["9999999999"], |id| id.digit(0) == 8 && id.weighted(0, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 == id.digit(9),
            [&["adoazonosito", "adoszam"]],
            hits ["adóazonosító 8071592153"], misses ["adóazonosító 8071592154", "8071592153"];
        /// TAJ number.
        HU_TAJ = "pii_hu_taj", "HEALTH_ID", "Hungarian health insurance number (TAJ): weights 3 and 7; where the text says so.",
            Words, ["999999999", "999 999 999", "999-999-999"], |id| id.weighted(0, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == id.digit(8),
            [&["taj", "taj-szam", "tajszam"]],
            hits ["TAJ 111 111 110", "TAJ 123456788"], misses ["TAJ 111 111 111", "123456788"];
    }
}

mod romania {
    use super::*;

    ids! { "ro";
        /// CNP.
        RO_CNP = "pii_ro_cnp", "NATIONAL_ID", "Romanian CNP: sex, date of birth, county and check digit.",
            Strong, ["9999999999999"], |id| {
                let rest = id.weighted(0, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
                let county = matches!(id.number(7, 2), 1..=48 | 51 | 52 | 70 | 80..=83);
                id.digit(0) != 0 && calendar::is_day(id.number(3, 2), id.number(5, 2)) && county && rest % 10 + rest / 10 == id.digit(12)
            }, [&["cnp", "cod numeric"]],
            hits ["1630615123457", "CNP 1630615123457"], misses ["1630615123458", "1631315123457"];
    }
}

mod bulgaria {
    use super::*;

    ids! { "bg";
        /// EGN.
        BG_EGN = "pii_bg_egn", "NATIONAL_ID", "Bulgarian EGN: date of birth and weighted mod 11.",
            Strong, ["?9999999999"], |id| {
                let (month, check) = (id.number(2, 2), id.weighted(0, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10);
                calendar::is_day(month % 20, id.number(4, 2)) && month < 60 && check == id.digit(9)
            }, [&["egn", "егн"]],
            hits ["ЕГН 7523169263", "EGN 7523169263"], misses ["7523169264", "7563169263"];
    }
}

mod greece {
    use super::*;

    ids! { "gr";
        /// AFM.
        GR_AFM = "pii_gr_afm", "TAX_ID", "Greek tax number (AFM): powers of two mod 11.",
            Digit, ["999999999"], |id| id.weighted(0, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == id.digit(8) && id.number(0, 9) > 0,
            [&["afm", "αφμ"]],
            hits ["AFM 094259216", "ΑΦΜ 094259216"], misses ["AFM 094259217", "order 094259216"];
        /// AMKA.
        GR_AMKA = "pii_gr_amka", "SOCIAL_SECURITY", "Greek social security number (AMKA): date of birth and Luhn.",
            Strong, ["99999999999"], |id| calendar::is_day(id.number(2, 2), id.number(0, 2)) && checksum::luhn(id.0),
            [&["amka", "αμκα"]],
            hits ["AMKA 01013099997"], misses ["AMKA 01013099999", "AMKA 01133099997"];
    }
}

mod croatia {
    use super::*;

    ids! { "hr";
        /// OIB.
        HR_OIB = "pii_hr_oib", "NATIONAL_ID", "Croatian OIB: ISO 7064 mod 11, 10.",
            Digit, ["99999999999"], |id| checksum::mod11_10(id.0), [&["oib"]],
            hits ["OIB 33392005961"], misses ["OIB 33392005962", "order 33392005961"];
    }
}

mod slovenia {
    use super::*;

    ids! { "si";
        /// EMŠO, and the JMBG of the other states of former Yugoslavia.
        SI_EMSO = "pii_si_emso", "NATIONAL_ID", "Slovenian EMŠO and the JMBG: date of birth, region and weighted mod 11.",
            Strong, ["9999999999999"], |id| {
                let rest = id.weighted(0, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
                calendar::is_day(id.number(2, 2), id.number(0, 2)) && matches!(id.digit(4), 0 | 9) && rest != 1 && (11 - rest) % 11 == id.digit(12)
            }, [&["emso", "jmbg", "maticni broj"]],
            hits ["EMŠO 0101006500006", "JMBG 0101006500006"], misses ["EMŠO 0101006500007", "EMŠO 0113006500006"];
        /// Tax number.
        SI_DAVCNA = "pii_si_tax_id", "TAX_ID", "Slovenian tax number: weighted mod 11; where the text says so.",
            Words, ["99999999"], |id| (11 - id.weighted(0, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == id.digit(7) && id.digit(0) != 0,
            [&["davcna", "ddv"]], hits ["davčna 50223054"], misses ["davčna 50223055", "50223054"];
    }
}

mod ukraine {
    use super::*;

    ids! { "ua";
        /// RNOKPP.
        UA_RNOKPP = "pii_ua_rnokpp", "TAX_ID", "Ukrainian taxpayer number: weighted mod 11; where the text says so.",
            Words, ["9999999999"], |id| {
                let signed = id.weighted(1, &[5, 7, 9, 4, 6, 10, 5, 7]) + 11 - id.digit(0);
                signed % 11 % 10 == id.digit(9)
            }, [&["рнокпп", "іпн", "rnokpp", "ідентифікаційний"]],
            hits ["РНОКПП 1759013776"], misses ["РНОКПП 1759013777", "1759013776"];
    }
}

mod russia {
    use super::*;

    ids! { "ru";
        /// INN.
        RU_INN = "pii_ru_inn", "TAX_ID", "Russian INN of a person: two check digits.",
            Strong, ["999999999999"], |id| {
                let first = id.weighted(0, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10;
                first == id.digit(10) && id.weighted(0, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == id.digit(11)
            }, [&["инн", "inn"]],
            hits ["ИНН 500100732259", "500100732259"], misses ["500100732258"];
        /// SNILS.
        RU_SNILS = "pii_ru_snils", "SOCIAL_SECURITY", "Russian SNILS: two check digits.",
            Strong, ["999-999-999 99", "999-999-999-99", "99999999999"], |id| {
                u64::from(id.weighted(0, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100) == id.number(9, 2) && id.number(0, 9) > 1_001_998
            }, [&["снилс", "snils"]],
            hits ["112-233-445 95", "СНИЛС 11223344595"], misses ["112-233-445 96"];
        /// Passport.
        RU_PASSPORT = "pii_ru_passport", "PASSPORT", "Russian passport, where the text says so.",
            Words, ["99 99 999999", "9999 999999"], |_| true, [&["паспорт", "серия", "passport", "pasport"]],
            hits ["паспорт 45 06 123456"], misses ["45 06 123456"];
    }
}

mod turkey {
    use super::*;

    ids! { "tr";
        /// Kimlik number.
        TR_KIMLIK = "pii_tr_kimlik", "NATIONAL_ID", "Turkish identity number: two check digits.",
            Strong, ["99999999999"], kimlik, [&["kimlik", "tckn", "tc no", "t.c."]],
            hits ["TC Kimlik No: 10000000146", "19191919190"], misses ["10000000145", "02531814694"];
        /// Licence plate.
        TR_PLATE = "pii_tr_plate", "VEHICLE", "Turkish licence plate: province and letters; where the text says so or is nothing else.",
            Layout, ["99 A 9999", "99 A 99999", "99 A 999", "99 A 99", "99 AA 999", "99 AA 9999", "99 AA 99", "99 AAA 99", "99 AAA 999", "99 AAA 9999",
                "99A9999", "99A999", "99AA999", "99AA9999", "99AAA99", "99AAA999", "99AAA9999"],
            |id| (1..=81).contains(&id.number(0, 2)), [&["plaka", "plakasi", "plate", "license plate", "arac"]],
            hits ["Plaka 34 ABC 1234", "plaka 06 A 123"], misses ["see 34 ABC 1234", "plaka 82 ABC 123"];
    }

    fn kimlik(id: Id<'_>) -> bool {
        let odd: u32 = [0, 2, 4, 6, 8].iter().map(|at| id.digit(*at)).sum();
        let even: u32 = [1, 3, 5, 7].iter().map(|at| id.digit(*at)).sum();
        let tenth = (odd * 7 + 100 - even) % 10;
        id.digit(0) != 0 && tenth == id.digit(9) && (odd + even + tenth) % 10 == id.digit(10)
    }
}
