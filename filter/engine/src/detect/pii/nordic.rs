//! Nordic countries, the Netherlands, Ireland and the Baltic states. Sources: Skatteverket, Digital- och
//! befolkningsdatamyndigheten (hetu), CPR-kontoret, Skatteetaten, Registers Iceland, RvIG (BSN), Revenue (PPSN).

use super::super::shape::Id;
use super::{calendar, ids};
use crate::detect::checksum;

pub(in crate::detect) const RULES: &[&[&crate::detect::Rule]] = &[
    sweden::RULES,
    finland::RULES,
    denmark::RULES,
    norway::RULES,
    iceland::RULES,
    netherlands::RULES,
    ireland::RULES,
    baltic::RULES,
    lithuania::RULES,
];

mod sweden {
    use super::*;

    ids! { "se";
        /// Personnummer.
        SE_PERSONNUMMER = "pii_se_personnummer", "NATIONAL_ID", "Swedish personnummer or samordningsnummer: date of birth and Luhn.",
            Strong, ["999999-9999", "999999+9999", "?99999999-9999", "?999999999999", "?9999999999"], personnummer,
            [&["personnummer", "personnr", "pnr", "samordningsnummer", "personal identity", "swedish id"]],
            hits ["811228-9874", "personnummer 19811228-9874", "pnr 8112289874"],
            misses ["811228-9875", "811328-9874", "811298-9874"];
        /// Organisation number.
        SE_ORGNR = "pii_se_orgnr", "COMPANY_ID", "Swedish organisation number: third digit 2 or more, Luhn.",
            GroupedDigit, ["999999-9999", "?9999999999"], |id| id.digit(2) >= 2 && id.digit(0) != 0 && checksum::luhn(id.0),
            [&["orgnr", "organisationsnummer", "org.nr", "org nr", "organisation number", "company identity"]],
            hits ["orgnr 556703-7485", "212000-0142", "orgnr 5567037485"], misses ["orgnr 556703-7486", "order 5567037485"];
    }

    /// Coordination numbers have 60 added to the day.
    fn personnummer(id: Id<'_>) -> bool {
        let id = if id.len() == 12 {
            if !matches!(id.number(0, 2), 18..=20) { return false } else { id.part(2, 10) }
        } else {
            id
        };
        let day = id.number(4, 2);
        let day = if day > 60 { day - 60 } else { day };
        calendar::is_day(id.number(2, 2), day) && checksum::luhn(id.0)
    }
}

mod finland {
    use super::*;

    ids! { "fi";
        /// Hetu.
        FI_HETU = "pii_fi_hetu", "NATIONAL_ID", "Finnish personal identity code: date, century sign and mod 31.",
            Strong, ["999999-999X", "999999+999X", "999999A999X"], hetu,
            [&["henkilotunnus", "hetu", "personal identity code", "personbeteckning"]],
            hits ["131052-308T", "hetu 010594Y9032"], misses ["131052-308U", "311152-308T", "131052/308T"];
        /// Business id.
        FI_YTUNNUS = "pii_fi_business_id", "COMPANY_ID", "Finnish business id: weighted mod 11.",
            Strong, ["?9999999-9"], |id| {
                let rest = id.weighted(0, &[7, 9, 10, 5, 8, 4, 2]) % 11;
                rest != 1 && (11 - rest) % 11 == id.digit(7)
            },
            [&["y-tunnus", "ytunnus", "business id"]],
            hits ["Y-tunnus 2077474-0"], misses ["Y-tunnus 2077474-1", "2077474-01"];
    }

    fn hetu(id: Id<'_>) -> bool {
        let (century, tail) = if id.len() == 11 { (id.byte(6), 7) } else { (b'-', 6) };
        let number = id.number(0, 6) * 1000 + id.number(tail, 3);
        let check = usize::try_from(number % 31)
            .ok()
            .and_then(|at| b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(at))
            .copied();
        let sign = b"-YXWVUABCDEF".contains(&century);
        sign && calendar::is_day(id.number(2, 2), id.number(0, 2))
            && id.number(tail, 3) >= 2
            && check == Some(id.byte(tail + 3))
    }
}

mod denmark {
    use super::*;

    ids! { "dk";
        /// CPR number.
        DK_CPR = "pii_dk_cpr", "NATIONAL_ID", "Danish CPR number: date of birth; the check digit of numbers before 2007 is no condition.",
            Words, ["999999-9999", "9999999999", "999999 9999"], |id| calendar::is_day(id.number(2, 2), id.number(0, 2)),
            [&["cpr", "cpr-nr", "cpr-nummer", "personnummer"]],
            hits ["CPR 070761-4285", "cpr-nr. 0707614285"], misses ["070761-4285", "CPR 071361-4285"];
        /// CVR number.
        DK_CVR = "pii_dk_cvr", "COMPANY_ID", "Danish company number (CVR): weighted mod 11; where the text says so.",
            Words, ["99999999", "99 99 99 99"], |id| id.weighted(0, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11),
            [&["cvr", "cvr-nr"]], hits ["CVR 13585628"], misses ["CVR 13585627", "13585628"];
    }
}

mod norway {
    use super::*;

    ids! { "no";
        /// Birth number.
        NO_FODSELSNUMMER = "pii_no_fodselsnummer", "NATIONAL_ID", "Norwegian birth or D number: date of birth and two check digits.",
            Strong, ["99999999999", "999999 99999", "999999-99999"], birth,
            [&["fodselsnummer", "personnummer", "fnr", "d-nummer", "fodselsnr"]],
            hits ["15108695088", "fødselsnummer 151086 95088"], misses ["15108695077", "fnr 15138695088"];
        /// Organisation number.
        NO_ORGNR = "pii_no_orgnr", "COMPANY_ID", "Norwegian organisation number: weighted mod 11; where the text says so.",
            Words, ["999999999", "999 999 999"], |id| id.weighted(0, &[3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11),
            [&["orgnr", "organisasjonsnummer", "org.nr", "foretaksnummer"]],
            hits ["orgnr 988 077 917"], misses ["orgnr 988 077 918", "988077917"];
    }

    /// D numbers have 40 added to the day, synthetic ones 40 or 80 to the month.
    fn birth(id: Id<'_>) -> bool {
        let born = calendar::is_day(id.number(2, 2) % 40, id.number(0, 2) % 40);
        let first = id.weighted(0, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11);
        born && first && id.weighted(0, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
    }
}

mod iceland {
    use super::*;

    ids! { "is";
        /// Kennitala.
        IS_KENNITALA = "pii_is_kennitala", "NATIONAL_ID", "Icelandic kennitala: date, weighted mod 11 and century.",
            Strong, ["999999-9999", "?9999999999"], |id| {
                let day = id.number(0, 2) % 40;
                calendar::is_day(id.number(2, 2), day) && matches!(id.digit(9), 0 | 8 | 9)
                    && id.weighted(0, &[3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
            },
            [&["kennitala", "kt."]], hits ["120174-3399", "kennitala 1201743399"], misses ["120174-3389", "121374-3399"];
    }
}

mod netherlands {
    use super::*;

    ids! { "nl";
        /// BSN.
        NL_BSN = "pii_nl_bsn", "NATIONAL_ID", "Dutch BSN: the eleven test.",
            Digit, ["999999999", "9999.99.999", "999 999 999"], |id| {
                let sum = id.weighted(0, &[9, 8, 7, 6, 5, 4, 3, 2]);
                sum % 11 == id.digit(8) && id.number(0, 9) > 9_999_999
            },
            [&["bsn", "burgerservicenummer", "sofinummer", "sofi-nummer", "burger service"]],
            hits ["BSN 111222333", "burgerservicenummer 1112.22.333"], misses ["BSN 111222334", "order 111222333"];
        /// Identity document.
        NL_DOCUMENT = "pii_nl_document", "PASSPORT", "Dutch passport or identity card number, where the text says so.",
            Words, ["AAXXXXXX9"], |id| id.0.iter().all(|b| *b != b'O'), [&["paspoort", "identiteitskaart", "documentnummer", "dutch passport"]],
            hits ["paspoort EM0000005", "identiteitskaart SPECI2014"], misses ["EM0000005", "paspoort EM00000050"];
    }
}

mod ireland {
    use super::*;

    ids! { "ie";
        /// PPS number.
        IE_PPS = "pii_ie_pps", "NATIONAL_ID", "Irish PPS number: check letter, with or without the second one.",
            Strong, ["9999999A", "9999999AA"], pps, [&["pps", "ppsn", "pps number"]],
            hits ["6433435F", "PPSN 6433435OA"], misses ["6433435E", "PPSN 6433435FE"];
    }

    fn pps(id: Id<'_>) -> bool {
        let second = match id.byte(8) {
            0 | b'W' => 0,
            b @ b'A'..=b'I' => u32::from(b - b'A') + 1,
            _ => return false,
        };
        let sum = id.weighted(0, &[8, 7, 6, 5, 4, 3, 2]) + second * 9;
        let check = usize::try_from(sum % 23).ok().and_then(|at| b"WABCDEFGHIJKLMNOPQRSTUV".get(at)).copied();
        check == Some(id.byte(7))
    }
}

/// Estonia and Lithuania share the number and its check.
pub(super) fn isikukood(id: Id<'_>) -> bool {
    let born = (1..=8).contains(&id.digit(0)) && calendar::is_day(id.number(3, 2), id.number(5, 2));
    let first = id.weighted(0, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = id.weighted(0, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
    born && id.digit(10) == if first < 10 { first } else { second % 10 }
}

mod baltic {
    use super::*;

    ids! { "ee";
        /// Isikukood.
        EE_ISIKUKOOD = "pii_ee_isikukood", "NATIONAL_ID", "Estonian isikukood: century, date of birth and check digit.",
            Strong, ["99999999999"], isikukood, [&["isikukood", "personal code"]],
            hits ["36805280109", "isikukood 37605030299"], misses ["36805280108", "36813280109"];
    }
}

mod lithuania {
    use super::*;

    ids! { "lt";
        /// Asmens kodas.
        LT_ASMENS_KODAS = "pii_lt_asmens_kodas", "NATIONAL_ID", "Lithuanian asmens kodas: century, date of birth and check digit.",
            Strong, ["99999999999"], isikukood, [&["asmens kodas", "asmens kodo"]],
            hits ["asmens kodas 33309240064"], misses ["asmens kodas 33309240065"];
    }
}
