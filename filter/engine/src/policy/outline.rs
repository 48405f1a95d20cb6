//! Every value of a JSON document with its path and its place, in document order, for errors to point at. Bounded; it
//! sees to what a reader does not: a key twice, nothing written. It knows nothing of policies.

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

/// The spots of `json`.
pub(super) fn spots(json: &Json<'_>) -> Result<Vec<Spot>, Fault> {
    let mut outline = Outline::default();
    if let Some(root) = json.root() {
        outline.add(root, String::new(), 0)?;
    }
    Ok(outline.spots)
}

#[derive(Default)]
struct Outline {
    spots: Vec<Spot>,
}

impl Outline {
    fn add(&mut self, value: Value<'_, '_>, path: String, depth: usize) -> Result<(), Fault> {
        let spot = Spot { path, key: value.key_span(), value: value.span(), shape: shape(value) };
        if self.spots.len() >= MAX_POLICY_NODES || depth > MAX_POLICY_DEPTH {
            return Err(too_large(spot.begin()));
        }
        if spot.shape == Shape::Null && !spot.path.is_empty() {
            return Err(nothing_written(&spot));
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
