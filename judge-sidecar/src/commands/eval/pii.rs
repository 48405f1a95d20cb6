//! Personal data: labelled spans against found ones, type by type. A row's labels are complete for the types it tests
//! and silent about others, so a finding of another type counts neither for nor against a rule.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use weir_engine::detect::{Family, REGISTRY, Rule};

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
    pub fn count(&mut self, row: &Row, found: &[Found<'_>]) -> bool {
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
            let own: Vec<&Found<'_>> =
                found.iter().filter(|found| score.rules.contains(&found.rule)).collect();
            right &= score.count(row, &spans, &own, found);
        }
        right
    }
}

impl TypeScore {
    fn of(kind: &str) -> Self {
        Self { rules: rules(kind), ..Self::default() }
    }

    fn count(&mut self, row: &Row, spans: &[&Span], own: &[&Found<'_>], all: &[Found<'_>]) -> bool {
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

fn is_exact(span: &Span, found: &Found<'_>) -> bool {
    (span.start, span.end) == (found.start, found.end)
}

fn touches(span: &Span, found: &Found<'_>) -> bool {
    span.start < found.end && found.start < span.end
}

fn is_personal(found: &Found<'_>) -> bool {
    REGISTRY.iter().any(|rule| rule.id == found.rule && rule.family == Family::Pii)
}

/// The rules that find what the data calls `kind`: by the name of their placeholder, by their id, or by the table.
fn rules(kind: &str) -> Vec<&'static str> {
    let alias = ALIASES.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, ids)| *ids);
    let label = if PHONES.contains(&kind) { "PHONE" } else { kind };
    let id = format!("pii_{}", kind.to_ascii_lowercase());
    let finds = |rule: &&&Rule| rule.label == label || rule.id == id || alias.contains(&rule.id);
    let personal = REGISTRY.iter().filter(|rule| rule.family == Family::Pii);
    personal.filter(finds).map(|rule| rule.id).collect()
}

/// Types that are telephone numbers of one country, which the rules for other countries find as well.
const PHONES: &[&str] = &["PH_MOBILE_NUMBER", "TR_PHONE_NUMBER"];

/// The data's names of types whose rules are called otherwise.
const ALIASES: &[(&str, &[&str])] = &[
    ("ABA_ROUTING_NUMBER", &["pii_us_routing"]),
    ("CREDIT_CARD", &["pii_payment_card"]),
    ("CRYPTO", &["pii_wallet_base58", "pii_wallet_bech32", "pii_wallet_ethereum"]),
    ("DE_HEALTH_INSURANCE", &["pii_de_kvnr"]),
    ("DE_ID_CARD", &["pii_de_id_serial", "pii_de_id_old_serial"]),
    ("DE_SOCIAL_SECURITY", &["pii_de_svnr"]),
    ("DE_TAX_ID", &["pii_de_tax_id_form"]),
    ("ES_NIF", &["pii_es_dni", "pii_es_cif"]),
    ("FI_PERSONAL_IDENTITY_CODE", &["pii_fi_hetu"]),
    ("IN_GSTIN", &["pii_in_gstin_form"]),
    ("IN_VEHICLE_REGISTRATION", &["pii_in_vehicle"]),
    ("IP", &["pii_ipv4", "pii_ipv6", "pii_ip_special"]),
    ("IT_FISCAL_CODE", &["pii_it_codice_fiscale"]),
    ("IT_IDENTITY_CARD", &["pii_it_id_card"]),
    ("IT_VAT_CODE", &["pii_it_partita_iva"]),
    ("MAC_ADDRESS", &["pii_mac"]),
    ("MEDICAL_LICENSE", &["pii_us_dea"]),
    ("NG_VEHICLE_REGISTRATION", &["pii_ng_plate"]),
    ("SE_ORGANISATIONSNUMMER", &["pii_se_orgnr"]),
    ("SG_NRIC_FIN", &["pii_sg_nric"]),
    ("TH_TNIN", &["pii_th_national_id"]),
    ("TR_LICENSE_PLATE", &["pii_tr_plate"]),
    ("TR_NATIONAL_ID", &["pii_tr_kimlik"]),
    ("UK_VEHICLE_REGISTRATION", &["pii_uk_vehicle"]),
    ("US_BANK_NUMBER", &["pii_bank_account"]),
    ("ZA_ID_NUMBER", &["pii_za_id"]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(rule: &'static str, start: usize, end: usize) -> Found<'static> {
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
    fn the_data_s_names_lead_to_rules_that_are_there() {
        for (kind, ids) in ALIASES {
            let found = rules(kind);
            assert!(ids.iter().all(|id| found.contains(id)), "{kind}: {ids:?}");
        }
        for kind in PHONES {
            assert_eq!(rules(kind), rules("PHONE"), "{kind}");
        }
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
