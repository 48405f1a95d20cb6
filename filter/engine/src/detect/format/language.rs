//! Which language a text is plainly not in. Scripts tell most languages apart; Latin and Cyrillic ones are told by their
//! commonest words. It knows about twenty languages and says nothing about short texts, names, code, or languages that
//! share a script and are not in the list.

use serde::Serialize;

/// Languages that can be told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// Portuguese.
    Pt,
    /// Dutch.
    Nl,
    /// Polish.
    Pl,
    /// Swedish.
    Sv,
    /// Turkish.
    Tr,
    /// Russian.
    Ru,
    /// Ukrainian.
    Uk,
    /// Greek.
    El,
    /// Arabic, and what else is written in Arabic letters.
    Ar,
    /// Hebrew.
    He,
    /// Hindi, and what else is written in Devanagari.
    Hi,
    /// Thai.
    Th,
    /// Korean.
    Ko,
    /// Japanese.
    Ja,
    /// Chinese.
    Zh,
}

use Language::{Ar, De, El, En, Es, Fr, He, Hi, It, Ja, Ko, Nl, Pl, Pt, Ru, Sv, Th, Tr, Uk, Zh};

/// A script: the languages that are written in it, its characters, and for how many letters of an alphabet one stands.
struct Script(&'static [Language], &'static [(char, char)], usize);

const SCRIPTS: &[Script] = &[
    Script(&[En, De, Fr, Es, It, Pt, Nl, Pl, Sv, Tr], &[('A', 'Z'), ('a', 'z'), ('\u{C0}', '\u{24F}')], 1),
    Script(&[Ru, Uk], &[('\u{400}', '\u{52F}')], 1),
    Script(&[El], &[('\u{370}', '\u{3FF}')], 1),
    Script(&[Ar], &[('\u{600}', '\u{6FF}')], 1),
    Script(&[He], &[('\u{590}', '\u{5FF}')], 1),
    Script(&[Hi], &[('\u{900}', '\u{97F}')], 1),
    Script(&[Th], &[('\u{E00}', '\u{E7F}')], 1),
    Script(&[Ko], &[('\u{AC00}', '\u{D7A3}')], 2),
    Script(&[Ja], &[('\u{3040}', '\u{30FF}')], 2),
    Script(&[Zh, Ja], &[('\u{4E00}', '\u{9FFF}')], 3),
];

/// The commonest words of languages that share a script.
const WORDS: &[(Language, &str)] = &[
    (En, " the and is of to that with for you what this are how please "),
    (De, " der die und ist nicht das ein ich mit für auf wie bitte sie "),
    (Fr, " le les des est une vous pour dans que je pas comment avec cette "),
    (Es, " el los las que una por para como está con pero qué muy del "),
    (It, " il che non di una per sono come della gli questo ho perché mi "),
    (Pt, " não uma os para com que você é do da em como isso meu "),
    (Nl, " de het een van niet dat ik met voor zijn wat hoe op je "),
    (Pl, " nie jest się że na do jak czy to co dla proszę tak mi "),
    (Sv, " och att det är inte som en jag på för hur vad med den "),
    (Tr, " bir ve bu için değil ne nasıl çok mi ile var ben lütfen da "),
    (Ru, " и не что в на это как я с по для мне вы так "),
    (Uk, " і не що в на це як я з та для мені ви є "),
];

/// Fewest letters that tell anything.
const MIN_LETTERS: usize = 20;
/// Percent of the letters that make a script one that a text is written in, and not one that it quotes.
const MIN_SCRIPT_PERCENT: usize = 30;
/// Fewest of its commonest words that make a language likely.
const MIN_WORDS: usize = 4;
/// Most words of a text that are looked up.
const MAX_WORDS: usize = 4_000;

/// Whether `texts`, which are one message, are plainly in none of `allowed`.
pub(super) fn is_foreign(texts: &[&str], allowed: &[Language]) -> bool {
    let letters: Vec<usize> =
        SCRIPTS.iter().map(|Script(_, ranges, weight)| weight * count(texts, ranges)).collect();
    let all: usize = letters.iter().sum();
    if all < MIN_LETTERS {
        return false;
    }
    let mut is_alphabet_foreign = false;
    for (Script(languages, ..), count) in SCRIPTS.iter().zip(letters) {
        let is_written = count * 100 >= all * MIN_SCRIPT_PERCENT;
        let is_shared = languages.iter().any(|language| WORDS.iter().any(|(known, _)| known == language));
        if is_written && !is_shared && !languages.iter().any(|language| allowed.contains(language)) {
            return true;
        }
        is_alphabet_foreign |= is_written && is_shared;
    }
    is_alphabet_foreign && is_foreign_by_words(texts, allowed)
}

fn count(texts: &[&str], ranges: &[(char, char)]) -> usize {
    let is_in = |c: &char| ranges.iter().any(|(first, last)| (first..=last).contains(&c));
    texts.iter().map(|text| text.chars().filter(is_in).count()).sum()
}

/// Whether a language that is not allowed has more than twice as many of its commonest words in `texts` as any that is.
fn is_foreign_by_words(texts: &[&str], allowed: &[Language]) -> bool {
    let mut counts = [0usize; WORDS.len()];
    let words = texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphabetic()));
    for word in words.filter(|word| !word.is_empty() && word.len() <= MAX_WORD_BYTES).take(MAX_WORDS) {
        let word = format!(" {} ", word.to_ascii_lowercase());
        for ((_, common), count) in WORDS.iter().zip(&mut counts) {
            *count += usize::from(common.contains(&word));
        }
    }
    let best = |is_allowed: bool| {
        let all =
            WORDS.iter().zip(counts).filter(|((language, _), _)| allowed.contains(language) == is_allowed);
        all.map(|(_, count)| count).max().unwrap_or(0)
    };
    let (own, other) = (best(true), best(false));
    other >= MIN_WORDS && other > 2 * own
}

/// Longest of the commonest words, in bytes.
const MAX_WORD_BYTES: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_prose_in_another_language_is_told_and_doubt_is_not() {
        let english =
            "What is the best way to travel with children, and how long are you going to stay in this city?";
        let german =
            "Wie ist das Wetter in der Stadt, und was soll ich für die Reise mit dem Zug nicht vergessen?";
        let spanish =
            "¿Cuál es la mejor forma de viajar con los niños por el país, y qué necesitas para una semana?";
        let russian =
            "Как мне лучше поехать в город, и что взять с собой для детей на эти дни? Это не так просто.";
        let ukrainian =
            "Як мені краще поїхати в місто, і що взяти з собою для дітей на ці дні? Це не так просто.";
        let chinese = "今天下午我们去公园散步，看到许多人在湖边钓鱼。";
        let japanese = "今日の午後は公園を散歩して、湖のそばで釣りをしている人をたくさん見ました。";
        for (text, own) in [
            (english, En),
            (german, De),
            (spanish, Es),
            (russian, Ru),
            (ukrainian, Uk),
            (chinese, Zh),
            (japanese, Ja),
        ] {
            assert!(!is_foreign(&[text], &[own]), "{text}");
            let other = if own == En { Fr } else { En };
            assert!(is_foreign(&[text], &[other]), "{text}");
        }
        assert!(
            is_foreign(&[chinese], &[En, De])
                && is_foreign(&[japanese], &[Zh])
                && is_foreign(&[russian], &[Uk])
        );
        let code = "fn main() { let total: usize = items.iter().map(|item| item.price).sum(); println!(\"{total}\"); }";
        for doubt in
            ["Hallo Welt", "OK", "12345 67890 12345 67890 12345", code, "Dr. Müller-Lüdenscheid, Köln"]
        {
            assert!(!is_foreign(&[doubt], &[Fr]), "{doubt}");
        }
        // A quotation is no message in another language; a message in halves is.
        assert!(!is_foreign(&[english, "What does 公园 mean?"], &[En]));
        assert!(is_foreign(&[english, chinese, chinese], &[En]));
    }
}
