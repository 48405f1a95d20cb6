//! Word lists that several phrases share, by name: one file for English, one for all other languages, where a list is
//! a concept (verbs of discarding, words for what came before) and a language is a line. A new language is one line
//! in each concept. Words only: what a phrase means by them is the phrase's business.

mod english;
mod frequent;
mod languages;

/// The words of list `name`, of every language it has.
pub(super) fn list(name: &str) -> Option<Vec<&'static str>> {
    let english = english::LISTS.iter().find(|list| list.0 == name).map(|list| list.1);
    let others = languages::LISTS.iter().find(|list| list.0 == name).map(|list| list.1);
    if english.is_none() && others.is_none() {
        return None;
    }
    let lines = english.into_iter().chain(others.into_iter().flatten().map(|(_, words)| *words));
    Some(lines.flat_map(str::split_whitespace).collect())
}

/// How often ordinary text has `word`, in arbitrary units. What is not among the commonest words is rare; the
/// beginning of words less so.
pub(super) fn commonness(word: &str) -> usize {
    let letters = word.trim_matches('*');
    let is_open = letters.len() < word.len();
    let is_it = |common: &str| common == letters || is_open && common.starts_with(letters);
    let ranks = frequent::WORDS.split_whitespace().zip(RANKED_FROM..);
    // By Zipf's law.
    let known: usize = ranks.filter(|(common, _)| is_it(common)).map(|(_, rank)| COMMONEST / rank).sum();
    known + RARE * (1 + usize::from(is_open))
}

/// Commonness of the commonest word, times the first rank.
const COMMONEST: usize = 100_000;
/// First rank: the very first are closer to each other than Zipf's law says.
const RANKED_FROM: usize = 3;
/// Commonness of a word that is none of the common ones.
const RARE: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_has_two_definitions_and_no_language_two_lines() {
        let names: Vec<&str> =
            english::LISTS.iter().map(|l| l.0).chain(languages::LISTS.iter().map(|l| l.0)).collect();
        for (i, name) in names.iter().enumerate() {
            assert!(!names.iter().skip(i + 1).any(|other| other == name), "{name} twice");
        }
        for (name, lines) in languages::LISTS {
            for (i, (language, _)) in lines.iter().enumerate() {
                assert!(
                    !lines.iter().skip(i + 1).any(|other| other.0 == *language),
                    "{name}: {language} twice"
                );
            }
        }
    }
}
