//! Numbers and identifiers: every token that has a digit is read once. Confirmers with a shape of their own (cards,
//! addresses of machines) see it first; then the trie of layouts; telephone numbers, which look like anything, last. What
//! two rules could take goes to the one that the text names, then to the stronger check, then to the registry's order.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use super::context::{AFTER_BYTES, BEFORE_BYTES, Said, Words};
use super::pii::DEGREE;
use super::probe::{Hit, Probe, glues};
use super::shape::{Accept, Id, Proof, Shapes};
use super::{Matcher, REGISTRY, Turn};
use crate::segment::{Role, Segment};

/// Longest identifier, in letters and digits.
const MAX_ID_BYTES: usize = 32;
/// Longest group of letters that may stand before the digits of an identifier, in bytes.
const MAX_PREFIX_BYTES: usize = 5;

/// Most digits that, alone, begin nothing a confirmer of the first turn knows.
const MAX_PLAIN_DIGITS: usize = 3;

/// The rules about numbers, compiled.
#[derive(Debug)]
pub(super) struct Numbers {
    first: Vec<u16>,
    last: Vec<u16>,
    named: Vec<u16>,
    shapes: Shapes,
    words: Words,
}

/// A text to look for numbers in.
#[derive(Debug)]
pub(super) struct Source<'s> {
    text: &'s str,
    probe: Probe<'s>,
    path: &'s str,
    disabled: &'s [u16],
    /// All of the text but what quotes and ends it, when a user wrote it.
    message: Option<Range<usize>>,
    /// The words of `path`, once they are asked for.
    named: RefCell<Option<Said>>,
}

impl<'s> Source<'s> {
    /// `text` is a view of `segment`.
    pub fn new(text: &'s str, segment: &'s Segment<'_>, disabled: &'s [u16], work: &'s Cell<usize>) -> Self {
        let is_frame = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '.' | ',' | '!' | '?');
        let start = text.len() - text.trim_start_matches(is_frame).len();
        let message = (segment.role == Role::User).then(|| start..start + text.trim_matches(is_frame).len());
        let probe = Probe::new(text, work);
        Self { text, probe, path: &segment.path, disabled, message, named: RefCell::default() }
    }
}

/// What an identifier could be.
#[derive(Clone, Debug)]
struct Candidate {
    rule: u16,
    range: Range<usize>,
    /// Length of the longest word that names it, in bytes; 0 for none.
    named: usize,
    proof: Proof,
    is_doubtful: bool,
}

impl Candidate {
    /// What it is reported as. Where nothing but its layout speaks for it, it scores less than its rule.
    fn hit(self) -> (u16, Hit) {
        let is_likely = self.named == 0 && self.proof == Proof::Layout;
        (self.rule, Hit { range: self.range, score: is_likely.then_some(LIKELY_SCORE) })
    }
}

/// Score of an identifier that its layout alone gives away.
const LIKELY_SCORE: f32 = 0.5;

impl Numbers {
    /// Compiles the registry's rules about numbers.
    pub fn new() -> Result<Self, String> {
        let (mut first, mut last, mut named) = (Vec::new(), Vec::new(), Vec::new());
        for (index, rule) in REGISTRY.iter().enumerate() {
            let index = u16::try_from(index).map_err(|e| e.to_string())?;
            match rule.matcher {
                Matcher::Number { turn: Turn::First, .. } => first.push(index),
                Matcher::Number { turn: Turn::Last, .. } => last.push(index),
                Matcher::Named(_) => named.push(index),
                _ => {}
            }
        }
        Ok(Self { first, last, named, shapes: Shapes::new()?, words: Words::new()? })
    }

    /// Memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.shapes.memory_bytes() + self.words.memory_bytes()
    }

    /// The token with the first digit from `at`: where to go on, and what it is.
    pub fn next(&self, source: &Source<'_>, at: usize) -> Option<(usize, Option<(u16, Hit)>)> {
        let start = next_digit(source.text.as_bytes(), at)?;
        let probe = source.probe;
        let digits = start..probe.long_run(start, usize::MAX, |b| b.is_ascii_digit());
        let end = probe.long_run(digits.end, usize::MAX, |b| b.is_ascii_alphanumeric());
        let is_short = digits.len() <= MAX_PLAIN_DIGITS && !is_joined(probe, &digits);
        let first = || if is_short { None } else { confirmed(&self.first, probe, &digits) };
        let taken = first().or_else(|| {
            let best = self.best(source, &digits, at);
            let phone = || confirmed(&self.last, probe, &digits);
            match best {
                // Written like a telephone number, and a check digit passes by chance.
                Some(best) if best.named == 0 && best.is_doubtful => phone().or(Some(best.hit())),
                Some(best) => Some(best.hit()),
                None => phone().or_else(|| self.named(source, &digits)),
            }
        });
        // A token of letters and digits is one try for layouts, but a run of digits of its own for confirmers.
        let next = taken.as_ref().map_or(end, |(_, hit)| hit.range.end.max(digits.end));
        Some((next, taken))
    }

    /// What a reader makes of `digits` and what is around them, where a word says so.
    fn named(&self, source: &Source<'_>, digits: &Range<usize>) -> Option<(u16, Hit)> {
        self.named.iter().find_map(|rule| {
            let Matcher::Named(named) = &REGISTRY.get(usize::from(*rule))?.matcher else { return None };
            let is_off = source.disabled.binary_search(rule).is_ok();
            let range = (!is_off).then(|| (named.read)(source.probe, digits.clone())).flatten()?;
            let said = self.said(source, &range);
            (self.spoken(source, *rule, &said) > 0).then(|| (*rule, Hit::at(range)))
        })
    }

    /// The length of the longest word for `rule`, among `said` or in the name of the field, in bytes; 0 for none.
    fn spoken(&self, source: &Source<'_>, rule: u16, said: &Said) -> usize {
        let mut of_path = source.named.borrow_mut();
        let named = of_path.get_or_insert_with(|| self.words.of_path(source.path));
        self.words.speak_of(rule, said).max(self.words.speak_of(rule, named))
    }

    /// The best reading of the token that holds `digits`, and of the token with the letters before it.
    fn best(&self, source: &Source<'_>, digits: &Range<usize>, from: usize) -> Option<Candidate> {
        let probe = source.probe;
        let mut start = probe.run_back(digits.start, |b| b.is_ascii_alphanumeric()).max(from);
        if digits.end - start > MAX_ID_BYTES {
            return None;
        }
        // `\n` of a string in a string is no part of what follows.
        let escaped =
            probe.byte_before(start) == Some(b'\\') && matches!(probe.byte(start), Some(b'n' | b't' | b'r'));
        if escaped {
            start += 1;
        }
        let mut best = None;
        let is_joint = |at: usize| matches!(probe.byte(at), Some(b' ' | b'-'));
        if probe.byte_before(start) == Some(b'(') {
            self.read(source, start - 1, &mut best);
        }
        if let Some(joint) = start.checked_sub(1).filter(|at| is_joint(*at)) {
            let letters = probe.run_back_at_most(joint, MAX_PREFIX_BYTES + 1, |b| b.is_ascii_alphanumeric());
            let before = probe.text(letters..joint);
            if (1..=MAX_PREFIX_BYTES).contains(&before.len())
                && before.bytes().all(|b| b.is_ascii_alphabetic())
            {
                self.read(source, letters, &mut best);
                // The town before the letters of a number plate.
                let town = probe.run_back_at_most(letters.saturating_sub(1), 3, |b| b.is_ascii_alphabetic());
                if probe.byte_before(letters) == Some(b'-') && town + 1 < letters {
                    self.read(source, town, &mut best);
                }
            }
        }
        self.read(source, start, &mut best);
        best
    }

    /// Every layout from `start`.
    fn read(&self, source: &Source<'_>, start: usize, best: &mut Option<Candidate>) {
        self.shapes.walk(source.text.as_bytes(), start, |end, accepts| {
            let range = start..end;
            if !stands_apart(source.probe, &range) {
                return;
            }
            let mut letters = [0u8; MAX_ID_BYTES];
            let id = compact(source.probe.text(range.clone()), &mut letters);
            if id.is_number() && !id.is_varied() {
                return;
            }
            let mut said = None;
            for accept in accepts {
                let candidate = self.candidate(source, &range, *accept, id, &mut said);
                if let Some(new) = candidate
                    && best.as_ref().is_none_or(|old| rank(&new) > rank(old))
                {
                    *best = Some(new);
                }
            }
        });
    }

    fn candidate(
        &self,
        source: &Source<'_>,
        range: &Range<usize>,
        accept: Accept,
        id: Id<'_>,
        said: &mut Option<Said>,
    ) -> Option<Candidate> {
        let Matcher::Id(shape) = &REGISTRY.get(usize::from(accept.rule))?.matcher else { return None };
        if source.disabled.binary_search(&accept.rule).is_ok() || !(shape.check)(id) {
            return None;
        }
        let said = said.get_or_insert_with(|| self.said(source, range));
        let named = self.spoken(source, accept.rule, said);
        let is_message = source.message.as_ref() == Some(range);
        let stands = match shape.proof {
            Proof::Words => false,
            Proof::Layout | Proof::Digit => is_message,
            Proof::Grouped => accept.is_grouped,
            Proof::GroupedDigit => accept.is_grouped || is_message,
            Proof::Strong => !accept.is_doubtful || is_message,
        };
        let (rule, is_doubtful) = (accept.rule, accept.is_doubtful);
        let new = Candidate { rule, range: range.clone(), named, proof: shape.proof, is_doubtful };
        // A check digit fits one digit over and over as well.
        let is_worn = shape.proof == Proof::Digit && !id.part(0, id.len().saturating_sub(1)).is_varied();
        (named > 0 || stands && !is_worn).then_some(new)
    }

    /// The words around `range`.
    fn said(&self, source: &Source<'_>, range: &Range<usize>) -> Said {
        let text = source.text.as_bytes();
        let mut said = Said::default();
        source.probe.before(range.start, BEFORE_BYTES + AFTER_BYTES);
        self.words.read(text, range.start.saturating_sub(BEFORE_BYTES), range.start, &mut said);
        self.words.read(text, range.end, range.end.saturating_add(AFTER_BYTES), &mut said);
        said
    }
}

/// Whether `digits` are part of something longer: a letter, or what addresses and coordinates are joined with.
fn is_joined(probe: Probe<'_>, digits: &Range<usize>) -> bool {
    let joins = |b: Option<u8>| {
        b.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'/' | DEGREE))
    };
    joins(probe.byte(digits.end)) || joins(probe.byte_before(digits.start))
}

/// What makes one reading better than another: the text names it, it is longer, the more exact name (`UK passport`), the
/// stronger check, the layout that is its own, the order of the registry.
fn rank(candidate: &Candidate) -> (bool, usize, usize, Proof, bool, std::cmp::Reverse<u16>) {
    let Candidate { rule, range, named, proof, is_doubtful } = candidate;
    (*named > 0, range.len(), *named, *proof, !is_doubtful, std::cmp::Reverse(*rule))
}

/// The first of `rules` that takes `digits`.
fn confirmed(rules: &[u16], probe: Probe<'_>, digits: &Range<usize>) -> Option<(u16, Hit)> {
    rules.iter().find_map(|rule| match REGISTRY.get(usize::from(*rule))?.matcher {
        Matcher::Number { confirm, .. } => Some((*rule, confirm(probe, digits.clone())?)),
        _ => None,
    })
}

/// Whether nothing beside `range` makes it part of a longer number, a path, a price or a name.
fn stands_apart(probe: Probe<'_>, range: &Range<usize>) -> bool {
    let before = probe.byte_before(range.start);
    let after = probe.byte(range.end);
    let is_hyphenated = |joint: Option<u8>, beyond: Option<u8>| {
        joint == Some(b'-') && beyond.is_some_and(|b| b.is_ascii_alphanumeric())
    };
    // A moment is a day with a time behind it.
    let is_day = after == Some(b'T') && range.len() == 10 && probe.byte(range.start + 4) == Some(b'-');
    let two_before = range.start.checked_sub(2).and_then(|at| probe.byte(at));
    (probe.stands_alone(range) || is_day && !glues(before))
        && !is_hyphenated(before, two_before)
        && !is_hyphenated(after, probe.byte(range.end + 1))
        && !matches!(before, Some(b'/' | b'$' | b'%' | b'+' | b'@' | b'&' | b'~' | b'*'))
        && !matches!(after, Some(b'%' | b'@' | b'+' | b'=' | b'*'))
        && !goes_on_in_groups(probe, range)
}

/// Whether `range` is part of a row of groups of digits: its own have spaces, and one more stands beside it.
fn goes_on_in_groups(probe: Probe<'_>, range: &Range<usize>) -> bool {
    let is_spaced = probe.text(range.clone()).contains(' ');
    let is_digit = |at: Option<usize>| at.and_then(|at| probe.byte(at)).is_some_and(|b| b.is_ascii_digit());
    let spaced_before = probe.byte_before(range.start) == Some(b' ') && is_digit(range.start.checked_sub(2));
    let spaced_after = probe.byte(range.end) == Some(b' ') && is_digit(Some(range.end + 1));
    is_spaced && (spaced_before || spaced_after)
}

/// The letters, in upper case, and digits of `text`.
fn compact<'b>(text: &str, into: &'b mut [u8; MAX_ID_BYTES]) -> Id<'b> {
    let plain = text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_uppercase());
    let mut len = 0;
    for (slot, byte) in into.iter_mut().zip(plain) {
        *slot = byte;
        len += 1;
    }
    Id(into.get(..len).unwrap_or_default())
}

/// The first digit from `from`.
fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    const STRIDE: usize = 32;
    let rest = bytes.get(from..)?;
    let skipped = rest
        .chunks(STRIDE)
        .take_while(|chunk| !chunk.iter().fold(false, |any, b| any | b.is_ascii_digit()))
        .map(<[u8]>::len)
        .sum::<usize>();
    let near = rest.get(skipped..)?.iter().position(u8::is_ascii_digit)?;
    Some(from + skipped + near)
}
