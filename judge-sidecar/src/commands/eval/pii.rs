//! Personal data: labelled spans against found ones, type by type. A row's labels are complete for the types it tests
//! and silent about others, so a finding of another type counts neither for nor against a rule.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use weir_engine::detect::{Family, REGISTRY};

use super::data::{Row, Span};
use crate::commands::scan::row::Found;

/// What was found of one type.
#[derive(Debug, Default, Serialize)]
pub struct TypeScore {
    /// Rules that find it; empty when none does.
    pub rules: Vec<&'static str>,
    /// Labelled spans, without the weak ones.
    pub spans: u32,
    /// Of these, found from end to end.
    pub exact: u32,
    /// Of these, found at least in part.
    pub touched: u32,
    /// Of these, found at least in part, as whatever.
    pub as_any: u32,
    /// Labelled spans that need context the text does not have.
    pub weak_spans: u32,
    /// Of these, found from end to end.
    pub weak_exact: u32,
    /// Findings of this type in rows that test it.
    pub findings: u32,
    /// Of these, exactly a labelled span.
    pub right: u32,
    /// Of these, at least in part a labelled span.
    pub right_touched: u32,
    /// Rows that test it and have none of it.
    pub clean_rows: u32,
    /// Of these, rows in which it was found.
    pub false_alarms: u32,
}

/// All types.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Types(pub BTreeMap<String, TypeScore>);

impl Types {
    /// Counts a row; whether everything came out right.
    pub fn count(&mut self, row: &Row, found: &[Found]) -> bool {
        let tested: BTreeSet<&str> = row
            .context
            .tested
            .iter()
            .chain(row.spans.iter().map(|span| &span.kind))
            .map(String::as_str)
            .collect();
        let mut right = true;
        for kind in tested {
            let score = self.0.entry(kind.to_owned()).or_insert_with(|| TypeScore::of(kind));
            let spans: Vec<&Span> = row.spans.iter().filter(|span| span.kind == kind).collect();
            let own: Vec<&Found> = found.iter().filter(|found| score.rules.contains(&found.rule)).collect();
            right &= score.count(row, &spans, &own, found);
        }
        right
    }
}

impl TypeScore {
    fn of(kind: &str) -> Self {
        Self { rules: rules(kind), ..Self::default() }
    }

    fn count(&mut self, row: &Row, spans: &[&Span], own: &[&Found], all: &[Found]) -> bool {
        let mut right = true;
        for span in spans {
            let exact = own.iter().any(|found| is_exact(span, found));
            right &= exact;
            if row.context.weak {
                self.weak_spans += 1;
                self.weak_exact += u32::from(exact);
                continue;
            }
            self.spans += 1;
            self.exact += u32::from(exact);
            self.touched += u32::from(own.iter().any(|found| touches(span, found)));
            self.as_any += u32::from(all.iter().any(|found| is_personal(found) && touches(span, found)));
        }
        for found in own {
            let exact = spans.iter().any(|span| is_exact(span, found));
            right &= exact;
            self.findings += 1;
            self.right += u32::from(exact);
            self.right_touched += u32::from(spans.iter().any(|span| touches(span, found)));
        }
        if spans.is_empty() {
            self.clean_rows += 1;
            self.false_alarms += u32::from(!own.is_empty());
        }
        right
    }
}

fn is_exact(span: &Span, found: &Found) -> bool {
    (span.start, span.end) == (found.start, found.end)
}

fn touches(span: &Span, found: &Found) -> bool {
    span.start < found.end && found.start < span.end
}

fn is_personal(found: &Found) -> bool {
    REGISTRY.iter().any(|rule| rule.id == found.rule && rule.family == Family::Pii)
}

/// The rules that find what the data calls `kind`: by the name of their placeholder, by their id, or by the table.
fn rules(kind: &str) -> Vec<&'static str> {
    let alias = ALIASES.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, ids)| *ids);
    let id = format!("pii_{}", kind.to_ascii_lowercase());
    let finds = |rule_id: &str, label: &str| label == kind || rule_id == id || alias.contains(&rule_id);
    let personal = REGISTRY.iter().filter(|rule| rule.family == Family::Pii);
    personal.filter(|rule| finds(rule.id, rule.label)).map(|rule| rule.id).collect()
}

/// The data's names of types whose rules are called otherwise. A rule that is not there (yet) does no harm.
const ALIASES: &[(&str, &[&str])] = &[
    ("ABA_ROUTING_NUMBER", &["pii_aba_routing", "pii_us_aba", "pii_us_routing", "pii_us_aba_routing"]),
    ("AU_MEDICARE", &["pii_au_medicare_card"]),
    ("CREDIT_CARD", &["pii_payment_card"]),
    ("CRYPTO", &["pii_crypto_wallet", "pii_bitcoin", "pii_bitcoin_address", "pii_wallet"]),
    ("IBAN_CODE", &["pii_iban"]),
    ("IP", &["pii_ip", "pii_ip_address", "pii_ipv4", "pii_ipv6"]),
    ("MAC_ADDRESS", &["pii_mac"]),
    ("PH_MOBILE_NUMBER", &["pii_phone", "pii_ph_phone", "pii_ph_mobile"]),
    ("TR_PHONE_NUMBER", &["pii_phone", "pii_tr_phone"]),
    ("UK_NHS", &["pii_uk_nhs_number", "pii_gb_nhs"]),
    ("UK_NINO", &["pii_gb_nino"]),
    ("US_BANK_NUMBER", &["pii_us_bank_account"]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(rule: &'static str, start: usize, end: usize) -> Found {
        Found { rule, kind: "X", start, end, score: 1.0, view: Vec::new() }
    }

    fn row(spans: &[(usize, usize, &str)], tested: &[&str], is_weak: bool) -> Row {
        let spans: Vec<_> =
            spans.iter().map(|(s, e, t)| json!({ "start": s, "end": e, "type": t })).collect();
        serde_json::from_value(json!({
            "id": "1", "source": "s", "kind": "pii", "label": 1, "text": "", "spans": spans,
            "context": { "role": "user", "tested": tested, "weak": is_weak },
        }))
        .unwrap()
    }

    #[test]
    fn spans_and_findings_are_matched_by_type() {
        let mut types = Types::default();
        let mail = "pii_email";
        assert!(types.count(&row(&[(0, 5, "EMAIL")], &["EMAIL"], false), &[found(mail, 0, 5)]));
        // Half of it, something of another type, nothing, and what is not there.
        assert!(!types.count(&row(&[(0, 5, "EMAIL")], &["EMAIL"], false), &[found(mail, 0, 3)]));
        assert!(!types.count(&row(&[(0, 5, "EMAIL")], &["EMAIL"], false), &[found("pii_phone", 0, 5)]));
        assert!(!types.count(&row(&[(0, 5, "EMAIL")], &["EMAIL"], true), &[]));
        assert!(!types.count(&row(&[], &["EMAIL"], false), &[found(mail, 0, 5)]));
        // Its labels say nothing about mail.
        assert!(types.count(&row(&[], &["CREDIT_CARD"], false), &[found(mail, 0, 5)]));
        let mail = &types.0["EMAIL"];
        assert_eq!((mail.spans, mail.exact, mail.touched, mail.as_any), (3, 1, 2, 3));
        assert_eq!((mail.weak_spans, mail.weak_exact), (1, 0));
        assert_eq!((mail.findings, mail.right, mail.right_touched), (3, 1, 2));
        assert_eq!((mail.clean_rows, mail.false_alarms), (1, 1));
        assert_eq!(types.0["CREDIT_CARD"].rules, ["pii_payment_card"]);
    }
}
