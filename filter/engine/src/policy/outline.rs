//! Every value of a JSON document with its path and its place, in document order, for errors to point at. Bounded; it
//! sees to what serde does not: a key twice, nothing written, a list where a mapping belongs. It knows nothing of
//! policies.

use std::borrow::Cow;
use std::ops::Range;

use super::source::{Fault, Problem, shortened, too_large};
use crate::limits::{MAX_POLICY_DEPTH, MAX_POLICY_KEY_BYTES, MAX_POLICY_NODES};
use crate::protocol::json::{Json, Kind, Value};

/// One value. Ranges are of bytes, quotation marks included.
pub(super) struct Spot {
    /// Path into the document; empty for the whole.
    pub path: String,
    /// The key it stands at.
    pub key: Option<Range<usize>>,
    /// The value.
    pub value: Range<usize>,
    /// What it is.
    pub shape: Shape,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text, a number or a boolean.
    Scalar,
    /// `null`: nothing written.
    Null,
    /// A list.
    List,
    /// A mapping.
    Mapping,
}

/// What serde had read last when it stopped.
pub(super) enum Stop<'s> {
    /// The key of this value.
    Key(&'s Spot),
    /// This value.
    Value(&'s Spot),
}

impl Spot {
    /// Where people look for it: a mapping or list at its key, anything else at itself.
    pub fn shown(&self) -> usize {
        match &self.key {
            Some(key) if matches!(self.shape, Shape::List | Shape::Mapping) => key.start,
            _ => self.value.start,
        }
    }

    /// Where its key stands, or itself if it has none.
    pub fn begin(&self) -> usize {
        self.key.as_ref().unwrap_or(&self.value).start
    }
}

/// The spots of `json`, in which `lists` are the keys whose values are lists.
pub(super) fn spots(json: &Json<'_>, lists: &[&str]) -> Result<Vec<Spot>, Fault> {
    let mut outline = Outline { lists, spots: Vec::new() };
    if let Some(root) = json.root() {
        outline.add(root, String::new(), 0)?;
    }
    Ok(outline.spots)
}

/// What stands at or last before the byte `at` where serde_json stopped. It stops after a scalar, before a container
/// of the wrong kind, after a mapping that lacks a key, and after a key that it does not know.
pub(super) fn stop(spots: &[Spot], at: usize) -> Option<Stop<'_>> {
    // Two values never touch: a comma or a colon stands between.
    if let Some(spot) = spots.iter().find(|s| s.value.end == at || s.value.start == at) {
        return Some(Stop::Value(spot));
    }
    let last = spots.iter().rev().find(|s| s.begin() < at)?;
    Some(if last.value.start < at { Stop::Value(last) } else { Stop::Key(last) })
}

struct Outline<'l> {
    lists: &'l [&'l str],
    spots: Vec<Spot>,
}

impl Outline<'_> {
    fn add(&mut self, value: Value<'_, '_>, path: String, depth: usize) -> Result<(), Fault> {
        let spot = Spot { path, key: value.key_span(), value: value.span(), shape: shape(value) };
        if self.spots.len() >= MAX_POLICY_NODES || depth > MAX_POLICY_DEPTH {
            return Err(too_large(spot.begin()));
        }
        if spot.shape == Shape::Null && !spot.path.is_empty() {
            return Err(nothing_written(&spot));
        }
        if spot.shape == Shape::List && !self.lists.contains(&value.key().as_ref()) {
            return Err(misplaced_list(&spot));
        }
        let (path, shape) = (spot.path.clone(), spot.shape);
        self.spots.push(spot);
        match shape {
            Shape::List => self.add_elements(value, &path, depth + 1),
            Shape::Mapping => self.add_members(value, &path, depth + 1),
            Shape::Scalar | Shape::Null => Ok(()),
        }
    }

    fn add_elements(&mut self, list: Value<'_, '_>, path: &str, depth: usize) -> Result<(), Fault> {
        for (i, item) in list.children().enumerate() {
            self.add(item, format!("{path}[{i}]"), depth)?;
        }
        Ok(())
    }

    fn add_members(&mut self, mapping: Value<'_, '_>, path: &str, depth: usize) -> Result<(), Fault> {
        let mut names = Vec::new();
        for value in mapping.children() {
            let name = value.key();
            check_key(&name, &names, value.key_span().unwrap_or_default().start)?;
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            names.push(name);
            self.add(value, path, depth)?;
        }
        Ok(())
    }
}

fn check_key(name: &str, before: &[Cow<'_, str>], at: usize) -> Result<(), Fault> {
    // Every path below a key holds the key: its length is what bounds the paths' memory.
    if name.len() > MAX_POLICY_KEY_BYTES {
        let message = format!("a key here is longer than {MAX_POLICY_KEY_BYTES} bytes");
        return Err(Fault::at(at, Problem::of_the_whole(message, "")));
    }
    if before.len() >= MAX_KEYS {
        return Err(too_large(at));
    }
    if before.iter().any(|key| key == name) {
        let message = format!("the key `{}` stands here twice", shortened(name));
        return Err(Fault::at(at, Problem::of_the_whole(message, "once")));
    }
    Ok(())
}

fn misplaced_list(spot: &Spot) -> Fault {
    let problem =
        Problem { path: spot.path.clone(), message: "a list does not fit here".into(), help: String::new() };
    Fault::at(spot.shown(), problem)
}

/// A key without a value is a slip of the pen as often as a wish for the default: it is an error.
fn nothing_written(spot: &Spot) -> Fault {
    let problem = Problem {
        path: spot.path.clone(),
        message: "there is no value here".into(),
        help: "write one, or leave the key out to get the default".into(),
    };
    Fault::at(spot.begin(), problem)
}

fn shape(value: Value<'_, '_>) -> Shape {
    match value.kind() {
        Kind::Object => Shape::Mapping,
        Kind::Array => Shape::List,
        Kind::Null => Shape::Null,
        Kind::String | Kind::Number | Kind::True | Kind::False => Shape::Scalar,
    }
}

/// Most keys of one mapping: a new key is compared with all before it. The format itself needs 8.
const MAX_KEYS: usize = 64;
