//! Canada and Latin America. Sources: CRA (SIN), Receita Federal (CPF, CNPJ), RENAPO and SAT (CURP, RFC), AFIP (CUIT),
//! Registro Civil (RUT), DIAN (NIT).

use super::super::shape::Id;
use super::{calendar, ids};
use crate::detect::checksum;

pub(in crate::detect) const RULES: &[&[&crate::detect::Rule]] =
    &[canada::RULES, brazil::RULES, mexico::RULES, argentina::RULES, chile::RULES, colombia::RULES];

mod canada {
    use super::*;

    ids! { "ca";
        /// SIN.
        CA_SIN = "pii_ca_sin", "SIN", "Canadian social insurance number: first digit and Luhn.",
            GroupedDigit, ["999-999-999", "?999 999 999", "?999999999"], |id| !matches!(id.digit(0), 0 | 8) && checksum::luhn(id.0),
            [&["sin", "social insurance", "nas", "assurance sociale"]],
            hits ["SIN 130 692 544", "130-692-544", "mon NAS: 258933688"], misses ["130-692-545", "812-345-678", "order 130692544"];
        /// Passport.
        CA_PASSPORT = "pii_ca_passport", "PASSPORT", "Canadian passport, where the text says so.",
            Words, ["AA999999", "A999999AA"], |_| true, [&["passport", "canadian passport", "passeport canadien"]],
            hits ["Canadian passport GA302922"], misses ["GA302922", "passport GA3029223"];
        /// Ontario health card.
        CA_OHIP = "pii_ca_health_card", "HEALTH_ID", "Ontario health card: Luhn; where the text says so.",
            Words, ["9999-999-999", "9999-999-999-AA", "9999 999 999 AA", "9999 999 999", "9999999999", "9999999999AA"], |id| checksum::luhn(id.part(0, 10).0),
            [&["ohip", "health card", "carte sante", "health number"]],
            hits ["OHIP 9876-543-217"], misses ["OHIP 9876-543-218", "9876-543-217"];
    }
}

/// The check digits of Brazil: 11 less the weighted sum mod 11, 10 and 11 as 0.
fn brazilian(id: Id<'_>, weights: &[u32]) -> u32 {
    match id.weighted(0, weights) % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

mod brazil {
    use super::*;

    ids! { "br";
        /// CPF.
        BR_CPF = "pii_br_cpf", "CPF", "Brazilian CPF: two check digits.",
            Strong, ["999.999.999-99", "99999999999", "999999999-99", "999 999 999 99"], |id| {
                brazilian(id, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) == id.digit(9) && brazilian(id, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == id.digit(10)
            }, [&["cpf"]],
            hits ["529.982.247-25", "CPF 39053344705"], misses ["529.982.247-26", "111.111.111-11"];
        /// CNPJ.
        BR_CNPJ = "pii_br_cnpj", "CNPJ", "Brazilian CNPJ: two check digits.",
            Strong, ["99.999.999/9999-99", "?99999999999999"], |id| {
                brazilian(id, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == id.digit(12)
                    && brazilian(id, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == id.digit(13)
            }, [&["cnpj"]],
            hits ["11.222.333/0001-81", "CNPJ 16727230000197"], misses ["11.222.333/0001-82"];
    }
}

mod mexico {
    use super::*;

    ids! { "mx";
        /// CURP.
        MX_CURP = "pii_mx_curp", "NATIONAL_ID", "Mexican CURP: date of birth, sex, state and check digit.",
            Strong, ["AAAA999999AAAAAAX9"], curp, [&["curp", "clave unica"]],
            hits ["BOXW310820HNERXN09", "CURP: SABC560626MDFLRN01"], misses ["BOXW310820HNERXN08", "BOXW311320HNERXN09"];
        /// RFC.
        MX_RFC = "pii_mx_rfc", "TAX_ID", "Mexican RFC of a person: date and check sign.",
            Strong, ["AAAA999999XXX"], rfc, [&["rfc", "contribuyente"]],
            hits ["RFC GODE561231GR8"], misses ["RFC GODE561331GR8", "GODE561231GR9"];
    }

    /// Alphabet with N and O as neighbours of the letter between them, which folding has made an N.
    fn curp(id: Id<'_>) -> bool {
        let value = |b: u8| checksum::alphanumeric(b) + u32::from(b > b'N' && b.is_ascii_uppercase());
        let sum: u32 = (0..17u32).zip(id.0).map(|(i, b)| value(*b) * (18 - i)).sum();
        let sex = matches!(id.byte(10), b'H' | b'M' | b'X');
        sex && calendar::is_day(id.number(6, 2), id.number(8, 2)) && (10 - sum % 10) % 10 == id.digit(17)
    }

    fn rfc(id: Id<'_>) -> bool {
        let value = |b: u8| match b {
            b'O'..=b'Z' => checksum::alphanumeric(b) + 1,
            b => checksum::alphanumeric(b),
        };
        let sum: u32 = (0..12u32).zip(id.0).map(|(i, b)| value(*b) * (13 - i)).sum();
        let check = match (11 - sum % 11) % 11 {
            10 => b'A',
            digit => b'0' + u8::try_from(digit).unwrap_or_default(),
        };
        calendar::is_day(id.number(6, 2), id.number(8, 2)) && check == id.byte(12)
    }
}

mod argentina {
    use super::*;

    ids! { "ar";
        /// CUIT.
        AR_CUIT = "pii_ar_cuit", "TAX_ID", "Argentine CUIT or CUIL: kind and weighted mod 11.",
            Strong, ["99-99999999-9", "?99999999999"], |id| {
                let kind = matches!(id.number(0, 2), 20 | 23 | 24 | 25 | 26 | 27 | 30 | 33 | 34 | 50 | 51 | 55);
                kind && id.weighted(0, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
            }, [&["cuit", "cuil"]],
            hits ["20-05536168-2", "CUIT 20267565393"], misses ["20-05536168-3"];
        /// DNI.
        AR_DNI = "pii_ar_dni", "NATIONAL_ID", "Argentine DNI, where the text says so.",
            Words, ["99.999.999", "99999999", "9.999.999"], |_| true, [&["dni", "documento nacional"]],
            hits ["DNI 20.123.456"], misses ["20.123.456"];
    }
}

mod chile {
    use super::*;

    ids! { "cl";
        /// RUT.
        CL_RUT = "pii_cl_rut", "NATIONAL_ID", "Chilean RUT: weighted mod 11, with `K`.",
            Strong, ["99.999.999-X", "9.999.999-X", "?99999999-X", "?9999999-X"], |id| {
                let digits = id.part(0, id.len().saturating_sub(1));
                let sum: u32 = digits.0.iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3]).map(|(b, w)| u32::from(b - b'0') * w).sum();
                let check = match 11 - sum % 11 {
                    11 => b'0',
                    10 => b'K',
                    digit => b'0' + u8::try_from(digit).unwrap_or_default(),
                };
                check == id.byte(id.len().saturating_sub(1))
            }, [&["rut", "run"]],
            hits ["12.531.909-2", "RUT 76086428-5"], misses ["12.531.909-3"];
    }
}

mod colombia {
    use super::*;

    ids! { "co";
        /// NIT.
        CO_NIT = "pii_co_nit", "TAX_ID", "Colombian NIT: weighted mod 11; where the text says so.",
            Words, ["999.999.999-9", "999999999-9", "9999999999"], |id| {
                let rest = id.weighted(0, &[41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
                id.digit(9) == if rest < 2 { rest } else { 11 - rest }
            }, [&["nit", "dian"]],
            hits ["NIT 213.123.432-1"], misses ["NIT 213.123.432-2", "213.123.432-1"];
        /// Cédula.
        CO_CEDULA = "pii_co_cedula", "NATIONAL_ID", "Colombian cédula, where the text says so.",
            Words, ["9.999.999.999", "9999999999", "99.999.999", "99999999"], |id| id.digit(0) > 0, [&["cedula", "ciudadania", "c.c."]],
            hits ["cédula 1.020.345.678"], misses ["1.020.345.678"];
    }
}
