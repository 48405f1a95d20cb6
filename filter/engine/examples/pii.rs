//! Scores personal data by span: `cargo run --release -p weir-engine --example pii -- FILE...`. Rows have `text`, `spans`
//! (`start`, `end` in characters, `type`) and `context.tested`, the types the row is about; findings of other types are
//! listed with `OTHERS=1` and count neither way. `MISSES=1` lists what was not found, and what was found without cause. The
//! data is not part of this repository.
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::expect_used,
    reason = "a tool for developers"
)]

use std::collections::BTreeMap;

use serde_json::Value;
use weir_engine::detect::{Detectors, Family, REGISTRY};
use weir_engine::segment::{Provenance, Role, Segment, SourceMap};

/// Types of the data, and the rules that find them. A rule whose id is the type in lower case needs no line.
const TYPES: &[(&str, &[&str])] = &[
    ("IP", &["ipv4", "ipv6", "ip_special"]),
    ("FI_PERSONAL_IDENTITY_CODE", &["fi_hetu"]),
    ("MAC_ADDRESS", &["mac"]),
    ("UK_VEHICLE_REGISTRATION", &["uk_vehicle"]),
    ("IN_VEHICLE_REGISTRATION", &["in_vehicle"]),
    ("NG_VEHICLE_REGISTRATION", &["ng_plate"]),
    ("TR_LICENSE_PLATE", &["tr_plate"]),
    ("TR_NATIONAL_ID", &["tr_kimlik"]),
    ("CREDIT_CARD", &["payment_card"]),
    ("TH_TNIN", &["th_national_id"]),
    ("DE_ID_CARD", &["de_id_card", "de_id_serial"]),
    ("DE_HEALTH_INSURANCE", &["de_kvnr"]),
    ("DE_SOCIAL_SECURITY", &["de_svnr"]),
    ("SG_NRIC_FIN", &["sg_nric"]),
    ("ES_NIF", &["es_dni", "es_cif"]),
    ("CRYPTO", &["wallet_base58", "wallet_bech32", "wallet_ethereum"]),
    ("SE_ORGANISATIONSNUMMER", &["se_orgnr"]),
    ("IT_FISCAL_CODE", &["it_codice_fiscale"]),
    ("IT_VAT_CODE", &["it_partita_iva"]),
    ("IT_IDENTITY_CARD", &["it_id_card"]),
    ("ZA_ID_NUMBER", &["za_id"]),
    ("KR_DRIVER_LICENSE", &["kr_driver_license"]),
    ("ABA_ROUTING_NUMBER", &["us_routing"]),
    ("MEDICAL_LICENSE", &["us_dea"]),
    ("US_BANK_NUMBER", &["bank_account"]),
    ("US_ITIN", &["us_itin"]),
];

/// Types that are telephone numbers, of any country.
const PHONES: &[&str] = &["PHONE", "PH_MOBILE_NUMBER", "TR_PHONE_NUMBER"];

#[derive(Default)]
struct Score {
    spans: u32,
    found: u32,
    wrong: u32,
}

fn main() {
    let detectors = Detectors::new().expect("rules compile");
    let mut table: BTreeMap<String, Score> = BTreeMap::new();
    for path in std::env::args().skip(1) {
        let file = std::fs::read_to_string(&path).expect("file");
        for line in file.lines() {
            score(&detectors, &serde_json::from_str(line).expect("JSON"), &mut table);
        }
    }
    println!("{:<28} {:>5} {:>6} {:>6}", "type", "spans", "found", "wrong");
    let mut all = Score::default();
    for (kind, s) in table.iter().filter(|(_, s)| s.spans + s.wrong > 0) {
        println!("{kind:<28} {:>5} {:>6} {:>6}", s.spans, s.found, s.wrong);
        (all.spans, all.found, all.wrong) = (all.spans + s.spans, all.found + s.found, all.wrong + s.wrong);
    }
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    println!(
        "precision {:.3} recall {:.3}",
        share(all.found, all.found + all.wrong),
        share(all.found, all.spans)
    );
}

/// With `LOCALE=1`, the rules of all packs but `global` and that of the tested type: an operator who serves one country.
fn others(row: &Value) -> Vec<u16> {
    let tested = row["context"]["tested"][0].as_str().unwrap_or_default();
    let pack = rules_of(tested)
        .iter()
        .find_map(|id| REGISTRY.iter().find(|rule| rule.id == *id).map(|rule| rule.pack));
    let (Some(pack), Some(_)) = (pack, std::env::var_os("LOCALE")) else { return Vec::new() };
    let is_other =
        |p: &str| !matches!(p, "" | "global" | "network") && p != pack && !PHONES.contains(&tested);
    (0..u16::MAX).zip(REGISTRY).filter(|(_, rule)| is_other(rule.pack)).map(|(i, _)| i).collect()
}

fn rules_of(kind: &str) -> Vec<String> {
    let own = || vec![format!("pii_{}", kind.to_lowercase())];
    let ids = |(_, rules): &(&str, &[&str])| rules.iter().map(|rule| format!("pii_{rule}")).collect();
    if PHONES.contains(&kind) {
        let phones = REGISTRY.iter().filter(|rule| rule.label == "PHONE");
        return phones.map(|rule| rule.id.to_owned()).collect();
    }
    TYPES.iter().find(|(name, _)| *name == kind).map_or_else(own, ids)
}

fn score(detectors: &Detectors, row: &Value, table: &mut BTreeMap<String, Score>) {
    let text = row["text"].as_str().unwrap_or_default();
    let byte_of = |at: u64| text.char_indices().nth(at as usize).map_or(text.len(), |(byte, _)| byte);
    let segment = Segment {
        role: Role::User,
        provenance: Provenance::User,
        path: String::new(),
        text: text.into(),
        map: SourceMap::identity(0, text.len()),
        quote: "",
    };
    let findings = detectors.scan(&[segment], &others(row));
    let mut found: Vec<(&str, &str, bool)> = findings
        .iter()
        .filter(|f| REGISTRY[usize::from(f.rule)].family == Family::Pii)
        .map(|f| (REGISTRY[usize::from(f.rule)].id, &text[f.range.clone()], false))
        .collect();
    let tested: Vec<&str> =
        row["context"]["tested"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for span in row["spans"].as_array().into_iter().flatten() {
        let kind = span["type"].as_str().unwrap_or_default();
        let rules = rules_of(kind);
        if rules.iter().all(|id| REGISTRY.iter().all(|rule| rule.id != id)) {
            continue;
        }
        let wanted =
            &text[byte_of(span["start"].as_u64().unwrap_or(0))..byte_of(span["end"].as_u64().unwrap_or(0))];
        let entry = table.entry(kind.to_owned()).or_default();
        entry.spans += 1;
        let hit = found
            .iter_mut()
            .find(|(id, what, taken)| !taken && rules.iter().any(|r| r == id) && same(what, wanted));
        match hit {
            Some(hit) => {
                hit.2 = true;
                entry.found += 1;
            }
            None if std::env::var_os("MISSES").is_some() => {
                println!("missed {kind} {wanted:?} in {text:?}: {found:?}")
            }
            None => {}
        }
    }
    for (id, what, _) in found.iter().filter(|(_, _, taken)| !taken) {
        let kind = tested.iter().find(|kind| rules_of(kind).iter().any(|rule| rule == id));
        if let Some(kind) = kind {
            table.entry((*kind).to_owned()).or_default().wrong += 1;
        }
        let listed = if kind.is_some() { "MISSES" } else { "OTHERS" };
        if std::env::var_os(listed).is_some() {
            println!("found {id} {what:?} in {text:?} about {tested:?}");
        }
    }
}

fn same(found: &str, wanted: &str) -> bool {
    let trim = |text: &str| text.trim_matches(|c: char| c.is_whitespace() || "'\"+(".contains(c)).to_owned();
    trim(found) == trim(wanted)
}
