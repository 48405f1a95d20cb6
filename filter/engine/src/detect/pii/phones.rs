//! Telephone numbers as people write them at home, without the country code: mobile and, where their form is their own,
//! fixed lines. Sources: the number plans of each country (ITU-T E.129). In groups of its own such a number stands alone;
//! written together a word must say what it is, or it is all that a user wrote.

use super::ids;

pub(in crate::detect) const RULES: &[&[&crate::detect::Rule]] = &[
    britain::RULES,
    ireland::RULES,
    germany::RULES,
    france::RULES,
    spain::RULES,
    italy::RULES,
    poland::RULES,
    turkey::RULES,
    india::RULES,
    china::RULES,
    japan::RULES,
    korea::RULES,
    philippines::RULES,
    singapore::RULES,
    australia::RULES,
    brazil::RULES,
    israel::RULES,
    south_africa::RULES,
    nigeria::RULES,
];

/// Words for a telephone.
const TELEPHONE: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "fax",
    "call",
    "whatsapp",
    "handy",
    "telefon",
    "ring",
    "sms",
    "dial",
    "text me",
    "telefono",
    "movil",
    "celular",
    "cellulare",
    "telefone",
    "portable",
    "telefoon",
    "gsm",
    "cep",
    "telepono",
    "komorka",
    "电话",
    "手机",
    "電話",
    "携帯",
    "전화",
    "휴대폰",
    "+1",
    "+2",
    "+3",
    "+4",
    "+5",
    "+6",
    "+7",
    "+8",
    "+9",
    "ph",
    "mob",
    "contact",
    "reach me",
    "rufnummer",
    "my number",
    "number is",
    "numarasi",
    "numero",
];

/// A rule for one country: its pack, layouts and the numbers that are in use.
macro_rules! home {
    ($module:ident, $pack:literal, $id:literal, [$($layout:literal),*], $check:expr, hits [$($hit:literal),*], misses [$($miss:literal),*]) => {
        mod $module {
            use super::*;

            ids! { $pack;
                /// Telephone number without country code.
                NUMBER = $id, "PHONE", "Telephone number as written in the country, by its number plan.",
                    GroupedDigit, [$($layout),*], $check, [TELEPHONE], hits [$($hit),*], misses [$($miss),*];
            }
        }
    };
}

home!(britain, "uk", "pii_uk_phone",
    ["99999 999999", "999 9999 9999", "9999 999 9999", "99999 999 999"],
    |id| matches!(id.number(0, 2), 1 | 2 | 3 | 7),
    hits ["07700 900123", "020 7946 0958"], misses ["87700 900123", "order 07700900123"]);
home!(ireland, "ie", "pii_ie_phone", ["999 999 9999"], |id| matches!(id.number(0, 3), 83..=89),
    hits ["087 123 4567"], misses ["077 123 4567", "order 0871234567"]);
home!(germany, "de", "pii_de_phone", ["9999 9999999", "9999 99999999", "9999/9999999", "9999-9999999"],
    |id| matches!(id.number(0, 3), 15..=17),
    hits ["0151 23456789"], misses ["9151 23456789", "order 015123456789"]);
home!(france, "fr", "pii_fr_phone", ["99 99 99 99 99", "99.99.99.99.99", "99-99-99-99-99"],
    |id| id.digit(0) == 0 && matches!(id.digit(1), 1..=7 | 9),
    hits ["06 12 34 56 78", "01.42.68.53.00"], misses ["12 12 34 56 78", "order 0612345678"]);
home!(spain, "es", "pii_es_phone", ["?999 999 999", "?999 99 99 99"], |id| matches!(id.digit(0), 6..=9),
    hits ["móvil 612 345 678", "telefono 612 34 56 78"], misses ["512 345 678", "612 345 678 units"]);
home!(
    italy,
    "it",
    "pii_it_phone",
    ["?999 999 9999"],
    |id| (320..=399).contains(&id.number(0, 3)),
    hits["cellulare 347 123 4567"],
    misses["order 3471234567"]
);
home!(poland, "pl", "pii_pl_phone", ["?999 999 999", "?999-999-999"], |id| matches!(id.number(0, 2), 45 | 50 | 51 | 53 | 57 | 60 | 66 | 69 | 72 | 73 | 78..=79 | 88),
    hits ["telefon 601-234-567"], misses ["601 234 567 units", "telefon 401 234 567"]);
home!(turkey, "tr", "pii_tr_phone",
    ["9999 999 99 99", "9 999 999 99 99", "9-999-999-99-99", "999-999-99-99", "999.999.99.99", "999 999 99 99", "9 (999) 9999999",
        "9 (999) 999 99 99", "?99999999999", "?9999999999"],
    |id| {
        let number = if id.len() == 11 { id.part(1, 10) } else { id };
        (id.len() == 10 || id.digit(0) == 0) && matches!(number.digit(0), 2..=5) && (number.digit(0) < 5 || matches!(number.number(0, 2), 50 | 51 | 53..=55 | 59))
    },
    hits ["0532 123 45 67", "Cep no: 05321234567"], misses ["9532 123 45 67", "order 05321234567"]);
home!(india, "in", "pii_in_phone", ["99999 99999", "?9999999999", "?99999999999"],
    |id| (id.len() == 10 && id.digit(0) >= 6) || (id.len() == 11 && id.digit(0) == 0 && id.digit(1) >= 6),
    hits ["98765 43210", "mobile 9876543210"], misses ["58765 43210", "order 9876543210"]);
home!(china, "cn", "pii_cn_phone", ["999 9999 9999", "999-9999-9999", "?99999999999"], |id| id.digit(0) == 1 && id.digit(1) >= 3,
    hits ["138 1234 5678", "手机13812345678"], misses ["128 1234 5678", "order 13812345678"]);
home!(japan, "jp", "pii_jp_phone", ["999-9999-9999", "99-9999-9999", "9999-99-9999"],
    |id| id.digit(0) == 0 && id.digit(1) > 0 && (id.len() == 10 || matches!(id.number(0, 3), 50 | 70 | 80 | 90)),
    hits ["090-1234-5678", "03-1234-5678"], misses ["190-1234-5678", "order 09012345678"]);
home!(korea, "kr", "pii_kr_phone", ["999-9999-9999", "999-999-9999", "99-9999-9999", "99-999-9999"],
    |id| matches!(id.number(0, 3), 10 | 11 | 16..=19 | 20..=29 | 31..=33 | 41..=44 | 51..=55 | 61..=64 | 70),
    hits ["010-1234-5678"], misses ["110-1234-5678", "order 01012345678"]);
home!(philippines, "ph", "pii_ph_phone", ["9999-999-9999", "9999 999 9999", "9 (999) 999 9999", "?99999999999"],
    |id| matches!(id.number(0, 4), 905..=910 | 912..=956 | 961 | 963 | 965..=999),
    hits ["0917-123-4567", "cell 0917 123 4567"], misses ["0317-123-4567", "order 09171234567"]);
home!(
    singapore,
    "sg",
    "pii_sg_phone",
    ["9999 9999"],
    |id| matches!(id.digit(0), 3 | 6 | 8 | 9),
    hits["mobile 9123 4567"],
    misses["5123 4567"]
);
home!(australia, "au", "pii_au_phone", ["9999 999 999", "(99) 9999 9999", "99 9999 9999"],
    |id| id.digit(0) == 0 && matches!(id.digit(1), 2 | 3 | 4 | 7 | 8),
    hits ["0412 345 678", "02 9876 5432"], misses ["1412 345 678", "order 0412345678"]);
home!(brazil, "br", "pii_br_phone", ["(99) 99999-9999", "(99) 9999-9999", "99 99999-9999", "99 9 9999-9999"],
    |id| id.digit(0) > 0 && id.digit(1) > 0 && (id.len() == 10 || id.digit(2) == 9),
    hits ["(11) 98456-5666"], misses ["order 11984565666", "(01) 98456-5666"]);
home!(israel, "il", "pii_il_phone", ["99-9999999", "999-9999999", "99-999-9999", "999-999-9999"],
    |id| id.digit(0) == 0 && matches!(id.digit(1), 2 | 3 | 4 | 5 | 7 | 8 | 9),
    hits ["09-7625400", "050-1234567"], misses ["19-7625400", "order 0501234567"]);
home!(south_africa, "za", "pii_za_phone", ["999 999 9999"], |id| id.digit(0) == 0 && matches!(id.digit(1), 1..=8),
    hits ["082 123 4567"], misses ["092 123 4567", "order 0821234567"]);
home!(nigeria, "ng", "pii_ng_phone", ["9999 999 9999"], |id| matches!(id.number(0, 3), 70 | 80 | 81 | 90 | 91),
    hits ["0803 123 4567"], misses ["0503 123 4567", "order 08031234567"]);
