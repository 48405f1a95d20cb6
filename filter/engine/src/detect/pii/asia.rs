//! Asia. Sources: UIDAI, CBDT, GSTN, ECI (India); GB 11643 (China); MOHA (Korea); MIC (My Number, Japan); ICA, ACRA
//! (Singapore); the registries of Thailand, Malaysia, Indonesia, the Philippines, Hong Kong, Taiwan, Israel, Pakistan, UAE.

use super::super::shape::Id;
use super::{calendar, ids};
use crate::detect::checksum;

pub(in crate::detect) const RULES: &[&[&crate::detect::Rule]] = &[
    india::RULES,
    china::RULES,
    hong_kong::RULES,
    taiwan::RULES,
    japan::RULES,
    korea::RULES,
    singapore::RULES,
    thailand::RULES,
    malaysia::RULES,
    indonesia::RULES,
    philippines::RULES,
    israel::RULES,
    pakistan::RULES,
    emirates::RULES,
];

mod india {
    use super::*;

    ids! { "in";
        /// Aadhaar.
        IN_AADHAAR = "pii_in_aadhaar", "AADHAAR", "Indian Aadhaar number: first digit 2 or more, Verhoeff.",
            GroupedDigit, ["9999_9999_9999"], |id| id.digit(0) >= 2 && checksum::verhoeff(id.0), [&["aadhaar", "aadhar", "uidai", "adhaar", "आधार"]],
            hits ["Aadhaar 2341 2341 2346", "399876543211 is my aadhaar"], misses ["2341 2341 2347", "1234 5678 9012", "order 234123412346"];
        /// PAN.
        IN_PAN = "pii_in_pan", "PAN", "Indian permanent account number: kind of holder at the fourth place.",
            Strong, ["AAAAA9999A"], |id| b"ABCFGHJKLPT".contains(&id.byte(3)) && id.number(5, 4) > 0, [&["pan", "permanent account"]],
            hits ["ACUPA7085R", "PAN: ABCPD1234Z"], misses ["ACUXA7085R", "ACUPA70855R"];
        /// GSTIN.
        IN_GSTIN = "pii_in_gstin", "GSTIN", "Indian GSTIN: state, PAN and check sign.",
            Strong, ["99AAAAA9999AXAX"], |id| (1..=38).contains(&id.number(0, 2)) && id.byte(13) == b'Z' && gst_check(id), [&["gstin", "gst"]],
            hits ["27AAPFU0939F1ZV"], misses ["see 27AAPFU0939F1ZW", "00AAPFU0939F1ZV"];
        /// GSTIN with a check sign that is mistyped or made up.
        IN_GSTIN_FORM = "pii_in_gstin_form", "GSTIN", "Indian GSTIN without a right check sign, where the text says so or is nothing else.",
            Layout, ["99AAAAA9999AXAX"], |id| (1..=38).contains(&id.number(0, 2)) && id.byte(13) == b'Z', [&["gstin", "gst"]],
            hits ["GST number: 27ABCDE1234F1Z4"], misses ["see 27ABCDE1234F1Z4", "GSTIN 39ABCDE1234F1Z4"];
        /// Voter id.
        IN_VOTER = "pii_in_voter", "VOTER_ID", "Indian voter id (EPIC), where the text says so.",
            Words, ["AAA9999999"], |_| true, [&["voter", "epic", "vote", "election"]],
            hits ["voter id KSD1287349"], misses ["KSD1287349", "voter KSD12873490"];
        /// Passport.
        IN_PASSPORT = "pii_in_passport", "PASSPORT", "Indian passport, where the text says so.",
            Words, ["A9999999"], |id| !b"QXZ".contains(&id.byte(0)) && id.digit(1) != 0 && id.digit(7) != 0, [&["passport", "indian passport"]],
            hits ["passport number: J6932157"], misses ["J6932157", "passport Q6932157"];
        /// Vehicle registration.
        IN_VEHICLE = "pii_in_vehicle", "VEHICLE", "Indian vehicle registration: state code; where the text says so or is nothing else.",
            Layout, ["AA99AA9999", "AA99A9999", "AA9AA9999", "AA9AAA9999", "AA 99 AA 9999", "AA-99-AA-9999"], state,
            [&["registration", "vehicle", "number plate", "rc number", "bike", "car number"]],
            hits ["vehicle KA53ME3456"], misses ["see KA53ME3456", "vehicle XX53ME3456"];
        /// IFSC.
        IN_IFSC = "pii_in_ifsc", "BANK", "Indian bank branch (IFSC), where the text says so.",
            Words, ["AAAA9999999", "AAAA9XXXXXX"], |id| id.byte(4) == b'0', [&["ifsc", "neft", "rtgs"]],
            hits ["IFSC SBIN0001234"], misses ["SBIN0001234", "IFSC SBIN1001234"];
    }

    fn state(id: Id<'_>) -> bool {
        id.starts(&[
            "AN", "AP", "AR", "AS", "BR", "CG", "CH", "DD", "DL", "DN", "GA", "GJ", "HP", "HR", "JH", "JK",
            "KA", "KL", "LA", "LD", "MH", "ML", "MN", "MP", "MZ", "NL", "OD", "OR", "PB", "PY", "RJ", "SK",
            "TG", "TN", "TR", "TS", "UK", "UP", "WB",
        ])
    }

    /// Luhn in base 36 (GSTN).
    fn gst_check(id: Id<'_>) -> bool {
        let product = |(i, b): (usize, &u8)| {
            let product = checksum::alphanumeric(*b) * if i % 2 == 0 { 1 } else { 2 };
            product / 36 + product % 36
        };
        let sum: u32 = id.part(0, 14).0.iter().enumerate().map(product).sum();
        (36 - sum % 36) % 36 == checksum::alphanumeric(id.byte(14))
    }
}

mod china {
    use super::*;

    ids! { "cn";
        /// Resident identity card.
        CN_RESIDENT_ID = "pii_cn_resident_id", "NATIONAL_ID", "Chinese resident identity number: province, date of birth, ISO 7064 mod 11-2.",
            Strong, ["99999999999999999X"], |id| {
                let province = matches!(id.number(0, 2), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83);
                let last = id.byte(17).is_ascii_digit() || id.byte(17) == b'X';
                province && calendar::is_birth_year(id.number(6, 4)) && calendar::is_day(id.number(10, 2), id.number(12, 2)) && last && checksum::mod11_2(id.0)
            }, [&["身份证", "身分证"]],
            hits ["11010519491231002X", "身份证号码440308199901101512"], misses ["110105194912310021", "11010519491331002X"];
        /// Passport.
        CN_PASSPORT = "pii_cn_passport", "PASSPORT", "Chinese passport, where the text says so.",
            Words, ["A99999999", "AA9999999"], |id| id.starts(&["E", "G", "D", "S", "P", "H"]), [&["护照", "护照号", "chinese passport", "passport"]],
            hits ["护照E12345678"], misses ["E12345678", "护照X12345678"];
        /// Company.
        CN_USCC = "pii_cn_uscc", "COMPANY_ID", "Chinese unified social credit code: region and mod 31.",
            Strong, ["99999999999999999X", "99999999AAXXXXXXXX"], uscc, [&["统一社会信用代码"]],
            hits ["91110000600037341L"], misses ["91110000600037342L"];
    }

    /// GB 32100-2015: powers of three mod 31.
    fn uscc(id: Id<'_>) -> bool {
        const SIGNS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
        let (mut sum, mut weight) = (0u32, 1u32);
        for byte in id.part(0, 17).0 {
            let Some(value) = SIGNS.iter().position(|s| s == byte).and_then(|v| u32::try_from(v).ok()) else {
                return false;
            };
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        let check = usize::try_from((31 - sum % 31) % 31).ok().and_then(|at| SIGNS.get(at)).copied();
        matches!(id.byte(0), b'1' | b'5' | b'9')
            && check == Some(id.byte(17))
            && id.part(8, 9).0.iter().any(u8::is_ascii_digit)
    }
}

mod hong_kong {
    use super::*;

    ids! { "hk";
        /// Identity card.
        HK_HKID = "pii_hk_hkid", "NATIONAL_ID", "Hong Kong identity card: letters and check digit in brackets.",
            GroupedDigit, ["A999999(X)", "AA999999(X)", "?A999999X", "?AA999999X"], hkid, [&["hkid", "hong kong id", "身份證", "身分證"]],
            hits ["HKID A123456(3)", "G123456(A)"], misses ["A123456(4)", "HKID G123456(B)"];
    }

    /// A single letter is as if a space, 36, stood before it.
    fn hkid(id: Id<'_>) -> bool {
        let letters = id.len() - 7;
        let lead = if letters == 1 { 9 * 36 } else { 9 * checksum::alphanumeric(id.byte(0)) };
        let sum = lead
            + 8 * checksum::alphanumeric(id.byte(letters - 1))
            + id.weighted(letters, &[7, 6, 5, 4, 3, 2]);
        let last = id.byte(letters + 6);
        (last.is_ascii_digit() || last == b'A') && (sum + checksum::alphanumeric(last)).is_multiple_of(11)
    }
}

mod taiwan {
    use super::*;

    ids! { "tw";
        /// National id.
        TW_NATIONAL = "pii_tw_national_id", "NATIONAL_ID", "Taiwanese national id: letter, sex and check digit.",
            Strong, ["A999999999"], |id| {
                const VALUES: &[u8] = &[10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33];
                let letter = VALUES.get(usize::from(id.byte(0).wrapping_sub(b'A'))).copied().map_or(0, u32::from);
                let sum = letter / 10 + letter % 10 * 9 + id.weighted(1, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
                matches!(id.digit(1), 1 | 2 | 8 | 9) && sum.is_multiple_of(10)
            }, [&["身分證", "身份證", "taiwan id"]],
            hits ["A123456789"], misses ["A123456788", "A323456789"];
    }
}

mod japan {
    use super::*;

    ids! { "jp";
        /// My Number.
        JP_MY_NUMBER = "pii_jp_my_number", "NATIONAL_ID", "Japanese My Number: weighted mod 11.",
            Digit, ["999999999999", "9999_9999_9999"], |id| {
                let rest = id.weighted(0, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
                id.digit(11) == if rest <= 1 { 0 } else { 11 - rest }
            }, [&["my number", "mynumber", "マイナンバー", "個人番号", "individual number"]],
            hits ["マイナンバー 123456789018", "My Number 1234 5678 9018"], misses ["マイナンバー 123456789019", "order 123456789018"];
        /// Passport.
        JP_PASSPORT = "pii_jp_passport", "PASSPORT", "Japanese passport, where the text says so.",
            Words, ["AA9999999"], |_| true, [&["旅券", "旅券番号", "パスポート", "japanese passport", "passport"]],
            hits ["旅券番号 TK1234567"], misses ["TK1234567"];
    }
}

mod korea {
    use super::*;

    ids! { "kr";
        /// Resident registration.
        KR_RRN = "pii_kr_rrn", "NATIONAL_ID", "Korean resident number: date of birth and sex; the check digit of numbers before October 2020 is no condition.",
            GroupedDigit, ["999999-9999999", "?9999999999999"], |id| registration(id, 1..=4) , [&["주민등록", "rrn", "resident registration", "주민번호"]],
            hits ["RRN 960121-1234567", "960121-1021413"], misses ["961321-1234567", "960121-7234567"];
        /// Foreigner registration.
        KR_FRN = "pii_kr_frn", "NATIONAL_ID", "Korean foreigner number: date of birth and sex.",
            GroupedDigit, ["999999-9999999", "?9999999999999"], |id| registration(id, 5..=8), [&["외국인등록", "frn", "foreigner registration", "alien registration"]],
            hits ["FRN 911124-5678901", "911124-5678906"], misses ["911324-5678901", "911124-9678901"];
        /// Business registration.
        KR_BRN = "pii_kr_brn", "COMPANY_ID", "Korean business registration number: weighted mod 10.",
            GroupedDigit, ["999-99-99999", "?9999999999"], |id| {
                let sum = id.weighted(0, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + id.digit(8) * 5 / 10;
                (10 - sum % 10) % 10 == id.digit(9) && id.number(0, 3) > 100 && id.number(3, 2) > 0
            }, [&["brn", "business registration", "사업자"]],
            hits ["104-86-56659", "BRN 1048656659"], misses ["104-86-56658", "123-45-67890"];
        /// Driver's licence.
        KR_LICENSE = "pii_kr_driver_license", "LICENSE", "Korean driver's licence: region code and grouping.",
            Grouped, ["99-99-999999-99", "99 99 999999 99", "?999999999999"], |id| matches!(id.number(0, 2), 11..=26 | 28), [&["운전면허", "license", "licence", "면허"]],
            hits ["운전면허 11-22-123456-12", "My license is 13-22-123456-12"], misses ["99-22-123456-12", "112212345612"];
        /// Passport.
        KR_PASSPORT = "pii_kr_passport", "PASSPORT", "Korean passport, where the text says so.",
            Words, ["A999A9999", "A99999999"], |id| b"MSRODG".contains(&id.byte(0)), [&["여권", "passport", "korean passport"]],
            hits ["여권번호 M123A4567", "Korean passport M12345678"], misses ["M123A4567", "passport A123B4567"];
    }

    /// Numbers given since October 2020 have no check digit: they need their hyphen or a word.
    fn registration(id: Id<'_>, sexes: std::ops::RangeInclusive<u32>) -> bool {
        calendar::is_day(id.number(2, 2), id.number(4, 2)) && sexes.contains(&id.digit(6))
    }
}

mod singapore {
    use super::*;

    ids! { "sg";
        /// NRIC and FIN.
        SG_NRIC = "pii_sg_nric", "NATIONAL_ID", "Singapore NRIC or FIN: check letter.",
            Strong, ["A9999999A"], nric, [&["nric", "fin", "identity card"]],
            hits ["S1234567D", "FIN G1122144R"], misses ["S1234567E", "A1234567D"];
        /// UEN.
        SG_UEN = "pii_sg_uen", "COMPANY_ID", "Singapore UEN: year and check letter.",
            Strong, ["?99999999A", "?999999999A", "A99AA9999A"], uen, [&["uen", "acra"]],
            hits ["UEN 53125226D", "S57TU0392K"], misses ["UEN 53125226E", "201434292E"];
    }

    fn nric(id: Id<'_>) -> bool {
        let (shift, letters): (u32, &[u8]) = match id.byte(0) {
            b'S' => (0, b"JZIHGFEDCBA"),
            b'T' => (4, b"JZIHGFEDCBA"),
            b'F' => (0, b"XWUTRQPNMLK"),
            b'G' => (4, b"XWUTRQPNMLK"),
            b'M' => (3, b"XWUTRQPNJLK"),
            _ => return false,
        };
        let rest = (id.weighted(1, &[2, 7, 6, 5, 4, 3, 2]) + shift) % 11;
        let rest = if id.byte(0) == b'M' { 10 - rest } else { rest };
        // The letters of M stand in the other direction.
        let letters: &[u8] = if id.byte(0) == b'M' { b"KLJNPQRTUWX" } else { letters };
        usize::try_from(rest).ok().and_then(|at| letters.get(at)).copied() == Some(id.byte(8))
    }

    fn uen(id: Id<'_>) -> bool {
        let pick =
            |letters: &[u8], rest: u32| usize::try_from(rest).ok().and_then(|at| letters.get(at)).copied();
        match id.len() {
            9 => pick(b"XMKECAWLJDB", id.weighted(0, &[10, 4, 9, 3, 8, 2, 7, 1]) % 11) == Some(id.byte(8)),
            10 if id.byte(0).is_ascii_digit() => {
                (1800..2100).contains(&id.number(0, 4))
                    && pick(b"ZKCMDNERGWH", id.weighted(0, &[10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11)
                        == Some(id.byte(9))
            }
            _ => {
                const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWX0123456789";
                let value = |b: &u8| {
                    SIGNS.iter().position(|s| s == b).and_then(|v| u32::try_from(v).ok()).unwrap_or(0)
                };
                let weights = [4, 3, 5, 3, 10, 2, 2, 5, 7];
                let sum: u32 = id.part(0, 9).0.iter().zip(weights).map(|(b, w)| value(b) * w).sum();
                let check = usize::try_from((sum + 11 - 5) % 11).ok().and_then(|at| SIGNS.get(at)).copied();
                matches!(id.byte(0), b'R' | b'S' | b'T') && check == Some(id.byte(9))
            }
        }
    }
}

mod thailand {
    use super::*;

    ids! { "th";
        /// National id.
        TH_NATIONAL = "pii_th_national_id", "NATIONAL_ID", "Thai national id: kind, province and weighted mod 11.",
            Digit, ["9999999999999", "9-9999-99999-99-9", "9 9999 99999 99 9"], |id| {
                let check = (11 - id.weighted(0, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
                let province = matches!(id.number(1, 2), 10..=27 | 30..=58 | 60..=67 | 70..=77 | 80..=86 | 90..=96);
                matches!(id.digit(0), 1..=8) && province && check == id.digit(12)
            }, [&["thai id", "tnin", "บัตรประชาชน", "ประจำตัวประชาชน", "national id"]],
            hits ["Thai ID 1101700230708"], misses ["Thai ID 1101700230709", "1009700230705"];
    }
}

mod malaysia {
    use super::*;

    ids! { "my";
        /// MyKad.
        MY_NRIC = "pii_my_nric", "NATIONAL_ID", "Malaysian MyKad: date of birth and place of birth.",
            Grouped, ["999999-99-9999", "?999999999999"], |id| {
                calendar::is_day(id.number(2, 2), id.number(4, 2)) && matches!(id.number(6, 2), 1..=16 | 21..=68 | 71..=72 | 74..=79 | 82..=93 | 98..=99)
            }, [&["mykad", "nric", "kad pengenalan", "no. kp"]],
            hits ["MyKad 770305-02-1234", "NRIC 770305021234"], misses ["771305-02-1234", "770305021234"];
    }
}

mod indonesia {
    use super::*;

    ids! { "id";
        /// NIK.
        ID_NIK = "pii_id_nik", "NATIONAL_ID", "Indonesian NIK: province and date of birth; where the text says so.",
            Words, ["9999999999999999"], |id| (11..=96).contains(&id.number(0, 2)) && calendar::is_day(id.number(8, 2), id.number(6, 2) % 40),
            [&["nik", "ktp", "kependudukan"]],
            hits ["NIK 3171011708450001"], misses ["3171011708450001", "NIK 3171011713450001"];
    }
}

mod philippines {
    use super::*;

    ids! { "ph";
        /// TIN.
        PH_TIN = "pii_ph_tin", "TAX_ID", "Philippine TIN, where the text says so.",
            Words, ["999-999-999", "999-999-999-999", "999999999", "999999999999", "999-999-999-99999"], |id| id.digit(0) < 6,
            [&["tin", "bir", "tax id", "taxpayer"]],
            hits ["TIN: 234-123-456-000"], misses ["234-123-456-000", "TIN 800-123-456"];
    }
}

mod israel {
    use super::*;

    ids! { "il";
        /// Identity number.
        IL_ID = "pii_il_id", "NATIONAL_ID", "Israeli identity number: Luhn; where the text says so.",
            Words, ["999999999", "99999999-9"], |id| checksum::luhn(id.0), [&["teudat zehut", "תעודת זהות", "israeli id", "ת.ז"]],
            hits ["Teudat Zehut 123456782"], misses ["Teudat Zehut 123456783", "123456782"];
    }
}

mod pakistan {
    use super::*;

    ids! { "pk";
        /// CNIC.
        PK_CNIC = "pii_pk_cnic", "NATIONAL_ID", "Pakistani CNIC: province and grouping.",
            Grouped, ["99999-9999999-9", "?9999999999999"], |id| matches!(id.digit(0), 1..=7) && id.digit(12) > 0, [&["cnic", "nadra"]],
            hits ["CNIC 34201-0891231-8", "34201-0891231-8"], misses ["94201-0891231-8", "3420108912318"];
    }
}

mod emirates {
    use super::*;

    ids! { "ae";
        /// Emirates id.
        AE_EMIRATES_ID = "pii_ae_emirates_id", "NATIONAL_ID", "Emirates id: 784, year of birth and Luhn.",
            Strong, ["999-9999-9999999-9", "999999999999999"], |id| {
                id.starts(&["784"]) && calendar::is_birth_year(id.number(3, 4)) && checksum::luhn(id.0)
            }, [&["emirates id", "هوية"]],
            hits ["784-1984-1234567-4"], misses ["784-1984-1234567-5", "785-1984-1234567-4"];
    }
}
