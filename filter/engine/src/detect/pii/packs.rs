//! Packs: which rules about personal data run, by country. A policy names packs; they compile to rules that are off.
//! It knows the registry and nothing of policies.

use crate::detect::REGISTRY;
use crate::order;

/// The pack of the European Union: its own rules and those of its member states.
const UNION: &str = "eu";
/// Every pack there is.
const ALL: &str = "all";
/// Packs that a policy has to ask for: what they find is not about people.
const ON_REQUEST: &[&str] = &["network"];
/// Member states of the European Union.
const MEMBERS: &[&str] = &[
    "at", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "ie", "it", "lt",
    "lu", "lv", "mt", "nl", "pl", "pt", "ro", "se", "si", "sk",
];

/// The names a policy may use, sorted.
pub fn names() -> Vec<&'static str> {
    let packs = REGISTRY.iter().map(|rule| rule.pack).filter(|pack| !pack.is_empty());
    let mut names: Vec<_> = packs.chain([ALL]).collect();
    order::texts(&mut names);
    names.dedup();
    names
}

/// The sorted registry indices of rules in no pack of `chosen`; rules without a pack are never among them.
pub fn off<S: AsRef<str>>(chosen: &[S]) -> Vec<u16> {
    let is_chosen = |pack: &str| {
        let covers = |name: &str| name == pack || name == ALL || (name == UNION && MEMBERS.contains(&pack));
        pack.is_empty() || chosen.iter().any(|name| covers(name.as_ref()))
    };
    indices(|pack| !is_chosen(pack))
}

/// The sorted registry indices of rules that are off unless a policy names packs.
pub fn off_by_default() -> Vec<u16> {
    indices(|pack| ON_REQUEST.contains(&pack))
}

fn indices(is_off: impl Fn(&str) -> bool) -> Vec<u16> {
    (0..u16::MAX).zip(REGISTRY).filter(|(_, rule)| is_off(rule.pack)).map(|(i, _)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_switch_on_what_they_name_and_nothing_else() {
        let check = |chosen: &[&str], id: &str, is_on: bool| {
            let index = REGISTRY.iter().position(|rule| rule.id == id).unwrap();
            let is_off = off(chosen).contains(&u16::try_from(index).unwrap());
            assert_eq!(!is_off, is_on, "{id} with {chosen:?}");
        };
        check(&["global"], "pii_email", true);
        check(&["global"], "pii_us_ssn", false);
        check(&["us"], "pii_us_ssn", true);
        check(&["us"], "pii_email", false);
        check(&["eu"], "pii_de_tax_id", true);
        check(&["eu"], "pii_eu_vat", true);
        check(&["eu"], "pii_uk_nino", false);
        check(&["all"], "pii_ip_special", true);
        check(&[], "injection_override", true);
        check(&[], "secret_private_key", true);
        check(&[], "pii_payment_card", false);
    }

    #[test]
    fn every_rule_about_personal_data_is_in_the_pack_of_its_name() {
        for rule in REGISTRY.iter().filter(|rule| rule.id.starts_with("pii_")) {
            assert!(!rule.pack.is_empty(), "{}", rule.id);
            let is_of_a_country = rule.pack.len() == 2;
            assert!(!is_of_a_country || rule.id.starts_with(&format!("pii_{}_", rule.pack)), "{}", rule.id);
        }
        assert!(off_by_default().len() < 5 && names().contains(&"network"));
    }
}
