//! Text -> typed values, and errors that name their path, line and column. There is one way for both formats: YAML is
//! rendered to JSON first, and the JSON is read. It knows nothing of what a policy means.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::compile::PolicyError;
use super::outline::{Shape, Spot, spots};
use super::read::{Misfit, Part, Slot};
#[cfg(feature = "yaml")]
use super::yaml;
use crate::limits::{MAX_POLICY_BYTES, MAX_POLICY_DEPTH, MAX_POLICY_NODES};
use crate::order;
use crate::protocol::Unscannable;
use crate::protocol::json::{Duplicates, Json, Place};
use crate::wire;

/// A document, and where its values stand.
pub(super) struct Source<'t> {
    json: Cow<'t, str>,
    origin: Origin,
    spots: Vec<Spot>,
}

/// 1-based line and column, in characters.
pub(super) type Position = (usize, usize);

/// Something that is wrong, before its position is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Path into the document.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What is allowed.
    pub help: String,
}

/// A problem at a byte of the JSON.
pub(super) struct Fault {
    at: usize,
    problem: Problem,
}

/// Where the JSON came from, which is where errors must point.
enum Origin {
    /// A person or a proxy wrote it.
    Written,
    /// It was rendered; each mark is a byte of the JSON and the position it stands for. Sorted.
    #[cfg(feature = "yaml")]
    Rendered(Vec<(usize, Position)>),
}

impl<'t> Source<'t> {
    /// Reads one document.
    pub fn read(text: &'t str) -> Result<Self, PolicyError> {
        if text.len() > MAX_POLICY_BYTES {
            let message = format!("the document has `{}` bytes", text.len());
            let help = format!("at most {MAX_POLICY_BYTES} bytes are read");
            return Err(Problem::of_the_whole(message, help).at((0, 0)));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if matches!(text.trim(), "" | "null") {
            return Ok(Self::empty());
        }
        match parsed(text) {
            Ok(json) => Self::checked(text.into(), Origin::Written, &json),
            Err(why) => Self::read_other(text, why),
        }
    }

    /// Reads what is not JSON.
    #[cfg(feature = "yaml")]
    fn read_other(text: &str, _why: Unscannable) -> Result<Self, PolicyError> {
        let (text, marks) = yaml::to_json(text)?;
        if text == "null" {
            return Ok(Self::empty());
        }
        let origin = Origin::Rendered(marks);
        match parsed(&text) {
            Ok(json) => Self::checked(text.clone().into(), origin, &json),
            Err(why) => Err(origin.error(&text, not_json(&text, why))),
        }
    }

    /// Refuses what is not JSON.
    #[cfg(not(feature = "yaml"))]
    fn read_other(text: &str, why: Unscannable) -> Result<Self, PolicyError> {
        Err(Origin::Written.error(text, not_json(text, why)))
    }

    fn checked(text: Cow<'t, str>, origin: Origin, json: &Json<'_>) -> Result<Self, PolicyError> {
        match spots(json) {
            Ok(spots) => Ok(Self { json: text, origin, spots }),
            Err(fault) => Err(origin.error(&text, fault)),
        }
    }

    fn empty() -> Self {
        Self { json: "{}".into(), origin: Origin::Written, spots: Vec::new() }
    }

    /// The values as a `T`.
    pub fn parse<T: Slot>(&self) -> Result<T, PolicyError> {
        let mut read = T::blank();
        self.fill(&mut read).map(|()| read)
    }

    fn fill(&self, slot: &mut dyn Slot) -> Result<(), PolicyError> {
        let fault = match parsed(&self.json) {
            Ok(json) => match json.root().map_or(Ok(()), |root| slot.fill(root)) {
                Ok(()) => return Ok(()),
                Err(misfit) => self.fault(misfit),
            },
            // It has been read before.
            Err(why) => not_json(&self.json, why),
        };
        Err(self.origin.error(&self.json, fault))
    }

    /// Every value with its path, in the order of the paths: the same for two documents that differ in order, layout,
    /// escapes or format only. A mapping counts for what is in it. Numbers count as written.
    pub fn canonical(&self) -> String {
        let said = self.spots.iter().filter(|spot| spot.shape != Shape::Mapping);
        let lines: Vec<String> = said.map(|spot| format!("{} {}\n", spot.path, self.plain(spot))).collect();
        let mut sorted: Vec<&str> = lines.iter().map(String::as_str).collect();
        order::texts(&mut sorted);
        sorted.concat()
    }

    /// A value without the choices its writer had: of a string which escapes, of a list only that it is there.
    fn plain(&self, spot: &Spot) -> String {
        let raw = self.json.get(spot.value.clone()).unwrap_or_default();
        match spot.shape {
            Shape::List | Shape::Mapping => String::new(),
            Shape::Null | Shape::Scalar => match wire::read::<String>(raw.as_bytes()) {
                Some(text) => format!("{text:?}"),
                None => raw.to_owned(),
            },
        }
    }

    /// `problem` with its position; that of the nearest container when the path itself is not in the document.
    pub fn locate(&self, problem: Problem) -> PolicyError {
        let position =
            self.nearest(&problem.path).map_or((0, 0), |spot| self.origin.position(&self.json, spot.shown()));
        problem.at(position)
    }

    fn nearest(&self, path: &str) -> Option<&Spot> {
        let mut path = path;
        loop {
            let found = self.spots.iter().find(|spot| spot.path == path);
            if found.is_some() || path.is_empty() {
                return found;
            }
            path = parent(path);
        }
    }

    /// The misfit, at the value or key it is about.
    fn fault(&self, misfit: Misfit) -> Fault {
        let spot = self.spots.iter().find(|spot| spot.value.start == misfit.value);
        let (path, at) = match (spot, misfit.part) {
            (Some(spot), Part::Key) => (spot.path.as_str(), spot.begin()),
            (Some(spot), Part::Value) => (spot.path.as_str(), spot.shown()),
            (None, _) => ("", misfit.value),
        };
        Fault::at(at, Problem::new(path, (misfit.message, misfit.help)))
    }
}

impl Origin {
    fn error(&self, json: &str, fault: Fault) -> PolicyError {
        fault.problem.at(self.position(json, fault.at))
    }

    /// What the byte `at` of `json` stands for.
    fn position(&self, json: &str, at: usize) -> Position {
        match self {
            Self::Written => written_position(json, at),
            #[cfg(feature = "yaml")]
            Self::Rendered(marks) => {
                let after = marks.partition_point(|(mark, _)| *mark <= at);
                after.checked_sub(1).and_then(|i| marks.get(i)).map_or((0, 0), |(_, position)| *position)
            }
        }
    }
}

impl Problem {
    fn new(path: &str, (message, help): (String, String)) -> Self {
        Self { path: path.to_owned(), message, help }
    }

    /// A problem of the document as such, whose path would say nothing.
    pub fn of_the_whole(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { path: String::new(), message: message.into(), help: help.into() }
    }

    /// The error it is at a position.
    pub fn at(self, (line, column): Position) -> PolicyError {
        PolicyError { path: self.path, line, column, message: self.message, help: self.help }
    }
}

impl Fault {
    /// A problem at a byte of the JSON.
    pub fn at(at: usize, problem: Problem) -> Self {
        Self { at, problem }
    }
}

/// More than the bounds of a document, at a byte of the JSON.
pub(super) fn too_large(at: usize) -> Fault {
    Fault::at(at, oversize())
}

/// More than the bounds of a document.
pub(super) fn oversize() -> Problem {
    let help = format!("at most {MAX_POLICY_NODES} values and {MAX_POLICY_DEPTH} levels, aliases expanded");
    Problem::of_the_whole("the document is too large or too deep", help)
}

/// Keys that stand twice are left to the outline, which can say which.
fn parsed(text: &str) -> Result<Json<'_>, Unscannable> {
    Json::parse(text, Place::At(0), Duplicates::Keep)
}

fn not_json(text: &str, why: Unscannable) -> Fault {
    if matches!(why, Unscannable::TooDeep | Unscannable::TooMany | Unscannable::TooLarge) {
        return too_large(0);
    }
    let start = text.len() - text.trim_start().len();
    if !text.get(start..).is_some_and(|text| text.starts_with('{')) {
        return Fault::at(start, Problem::of_the_whole("the policy is not JSON", ONLY_JSON));
    }
    match serde_json::from_slice::<IgnoredAny>(text.as_bytes()) {
        Err(error) => {
            // It counts the bytes it has read, of which the last is what it did not expect.
            let at = offset(text, error.line(), error.column()).saturating_sub(1);
            Fault::at(at, Problem::of_the_whole(format!("not JSON: {}", words(&error)), ONLY_JSON))
        }
        Ok(_) => Fault::at(0, Problem::of_the_whole("not JSON: an escape is half of a character", ONLY_JSON)),
    }
}

/// serde_json's message without its position.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words).to_owned()
}

/// The byte that serde_json's 1-based line and number of bytes into it mean.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    before + column
}

fn written_position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// The path of what a path's last part stands in.
fn parent(path: &str) -> &str {
    path.rfind(['.', '[']).and_then(|at| path.get(..at)).unwrap_or_default()
}

/// User text as it may stand in a message: bounded, on one line.
pub(super) fn shortened(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(MAX_SHOWN_CHARS).map(plain).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

const MAX_SHOWN_CHARS: usize = 120;
/// Shown when a document is not what the filter reads. A `google.protobuf.Struct` reaches it in binary (seen in Envoy
/// 1.40), and YAML is for people's files.
const ONLY_JSON: &str = "the filter reads JSON: give it to Envoy as a `google.protobuf.StringValue`";
