//! The targets that read bytes: what each makes of a seed, and what is wrong with how that is read.

use weir_engine::event::Direction;

use super::bodies::{self, Draft};
use super::exchange::Engines;
use super::{arguments, differential, documents, drafts, flight, frames, held, json_text, seeds};
use crate::failure::Result;
use crate::mutate::Dice;

/// The targets' names.
pub const NAMES: &[&str] =
    &["json", "arguments", "requests", "responses", "forms", "flight", "frames", "policy"];

/// What the targets work with.
#[derive(Debug)]
pub struct Decoders {
    engines: Engines,
    bodies: Vec<Draft>,
    forms: Vec<Draft>,
    documents: Vec<String>,
    examples: Vec<String>,
}

/// What became of a seed.
#[derive(Debug)]
pub struct Checked {
    /// What was made of it.
    pub bytes: Vec<u8>,
    /// What is wrong.
    pub wrong: Option<String>,
}

impl Decoders {
    /// Loads the seeds and compiles the policies.
    ///
    /// # Errors
    /// When that fails.
    pub fn new() -> Result<Self> {
        let bodies = drafts::drafts()?;
        let is_form =
            |draft: &&Draft| matches!(draft.framing, bodies::Framing::Form | bodies::Framing::Parts);
        let families = seeds::of_families()?;
        let examples = ["pii", "secret"].iter().filter_map(|family| families.get(*family));
        Ok(Self {
            engines: Engines::new()?,
            forms: bodies.iter().filter(is_form).cloned().collect(),
            bodies,
            documents: documents::seeds()?,
            examples: examples.flatten().cloned().collect(),
        })
    }

    /// Makes what `seed` names for `target`, and checks it.
    pub fn check(&self, target: &str, seed: u64) -> Checked {
        let mut dice = Dice::new(seed);
        let dice = &mut dice;
        match target {
            "json" => {
                let bytes = json_text::text(dice);
                Checked { wrong: differential::wrong(&bytes), bytes }
            }
            "arguments" => {
                let text = arguments::text(dice);
                Checked { wrong: arguments::wrong(&text, dice), bytes: text.into_bytes() }
            }
            "requests" => self.held(&self.bodies, Direction::Request, dice),
            "responses" => self.held(&self.bodies, Direction::Response, dice),
            "forms" => self.held(&self.forms, Direction::Request, dice),
            "flight" => {
                let stream = flight::stream(&self.bodies, &self.examples, dice);
                let wrong = stream
                    .as_ref()
                    .and_then(|(body, is_planted)| flight::wrong(&self.engines, body, *is_planted, dice));
                Checked { bytes: stream.map(|(body, _)| body.bytes).unwrap_or_default(), wrong }
            }
            "frames" => {
                let bytes = frames::stream(dice);
                Checked { wrong: frames::wrong(&bytes, dice), bytes }
            }
            _ => {
                let text = documents::document(&self.documents, dice);
                Checked { wrong: documents::wrong(&text), bytes: text.into_bytes() }
            }
        }
    }

    fn held(&self, seeds: &[Draft], direction: Direction, dice: &mut Dice) -> Checked {
        let made = held::body(seeds, direction, dice);
        let wrong =
            made.as_ref().and_then(|(body, is_planted)| held::wrong(&self.engines, body, *is_planted, dice));
        Checked { bytes: made.map(|(body, _)| body.bytes).unwrap_or_default(), wrong }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_finds_nothing_wrong_with_its_first_seeds() {
        let decoders = Decoders::new().unwrap();
        for target in NAMES {
            for seed in 0..40 {
                let checked = decoders.check(target, seed);
                assert_eq!(checked.wrong, None, "{target}, seed {seed}");
            }
        }
    }
}
