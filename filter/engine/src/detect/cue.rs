//! Words that give away a text written backwards or in ROT13. Undoing either needs a pass over the whole text, and
//! nothing in its shape tells it from foreign words or code; so its commonest words are patterns of the automaton,
//! which cost nothing where they are not found.

use crate::normalize::{backwards, leet_spelling, rot13};

/// What a word gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cue {
    /// ROT13.
    Rot13,
    /// The wrong direction.
    Reversed,
}

/// How many words of each kind a view had.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cues {
    rot13: usize,
    reversed: usize,
}

/// Fewest words that are worth another view.
const MIN_CUES: usize = 2;

impl Cues {
    /// Counts one, if there is one.
    pub fn count(&mut self, cue: Option<Cue>) {
        match cue {
            Some(Cue::Rot13) => self.rot13 += 1,
            Some(Cue::Reversed) => self.reversed += 1,
            None => {}
        }
    }

    /// Whether there were enough of `cue`.
    pub fn show(self, cue: Cue) -> bool {
        MIN_CUES
            <= match cue {
                Cue::Rot13 => self.rot13,
                Cue::Reversed => self.reversed,
            }
    }
}

/// Every pattern and what it gives away.
pub(super) fn patterns() -> impl Iterator<Item = (String, Cue)> {
    WORDS.split_whitespace().flat_map(|word| {
        let leet = leet_spelling(word);
        let turned = [rot13(word), rot13(&leet)].into_iter().map(|w| (w, Cue::Rot13));
        let is_palindrome_or_word = BACKWARDS_WORDS.contains(&backwards(word).as_str());
        let back = Some((backwards(word), Cue::Reversed)).filter(|_| !is_palindrome_or_word);
        turned.chain(back)
    })
}

/// The commonest words of English, and of orders to a model. At least three letters.
const WORDS: &str = "the and you your are not all any with that this from will must have what when they their can \
    now before without never ignore disregard forget override bypass previous prior above instructions system prompt \
    rules guidelines restrictions reveal print repeat output tell answer assistant developer mode act secret password \
    message following policy content anything everything even give some then them make character harmful please here";

/// What reads as a word the wrong way round too.
const BACKWARDS_WORDS: &[&str] = &["era", "dna", "ton", "tca", "won", "nac", "wen", "rof", "evil", "emit"];
