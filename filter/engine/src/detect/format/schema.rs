//! A subset of JSON Schema for structured answers, as a policy writes it, and whether a text is such JSON. No references,
//! no patterns, no alternatives: what is checked costs time linear in the answer.

use serde::{Serialize, Serializer};

use crate::protocol::json::{Duplicates, Json, Kind, Place, Value};

/// What a JSON value must be. Keywords that are absent ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Schema {
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// What kind of value it is; one of several.
    #[serde(rename = "type")]
    pub kinds: Option<Kinds>,
    /// The values there are: strings, numbers, `true` and `false`.
    #[serde(rename = "enum")]
    pub choices: Option<Vec<Scalar>>,
    /// Of an object: its members by name.
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, Schema>"))]
    pub properties: Members,
    /// Of an object: members that it must have.
    pub required: Vec<String>,
    /// Of an object: whether it may have members that `properties` does not name. Default: `true`.
    pub additional_properties: Option<bool>,
    /// Of an array: what its elements must be.
    pub items: Option<Box<Schema>>,
    /// Of an array: fewest elements.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = crate::limits::MAX_BODY_BYTES)))]
    pub min_items: Option<usize>,
    /// Of an array: most elements.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = crate::limits::MAX_BODY_BYTES)))]
    pub max_items: Option<usize>,
    /// Of a string: fewest characters.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = crate::limits::MAX_BODY_BYTES)))]
    pub min_length: Option<usize>,
    /// Of a string: most characters.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = crate::limits::MAX_BODY_BYTES)))]
    pub max_length: Option<usize>,
    /// Of a number: the least.
    pub minimum: Option<f64>,
    /// Of a number: the greatest.
    pub maximum: Option<f64>,
}

/// Members of objects by name. INVARIANT: in the order of their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members(Vec<(String, Schema)>);

impl Members {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &(String, Schema)> {
        self.0.iter()
    }

    /// Adds a member, in its place.
    pub fn insert(&mut self, name: String, schema: Schema) {
        let (Ok(place) | Err(place)) = self.place(&name);
        self.0.insert(place, (name, schema));
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }

    fn get(&self, name: &str) -> Option<&Schema> {
        self.0.get(self.place(name).ok()?).map(|(_, schema)| schema)
    }
}

/// One kind or several.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Kinds {
    /// One.
    One(JsonType),
    /// Several.
    Any(Vec<JsonType>),
}

/// Kinds of JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum JsonType {
    /// `{}`.
    Object,
    /// `[]`.
    Array,
    /// `""`.
    String,
    /// Any number.
    Number,
    /// A number without a fraction.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// `null`; in YAML it must stand in quotes.
    Null,
}

/// A value of `enum`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Scalar {
    /// A string.
    Text(String),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
}

impl Schema {
    /// Whether `text` is one JSON value that fits, and nothing else.
    pub fn admits(&self, text: &str) -> bool {
        let json = Json::parse(text, Place::At(0), Duplicates::Refuse);
        json.ok().and_then(|json| Some(self.fits(json.root()?))).unwrap_or(false)
    }

    /// Depth is bounded twice: by the schema's and by [`MAX_JSON_DEPTH`](crate::limits::MAX_JSON_DEPTH).
    fn fits(&self, value: Value<'_, '_>) -> bool {
        let is_kind = match &self.kinds {
            None => true,
            Some(Kinds::One(kind)) => is(*kind, value),
            Some(Kinds::Any(kinds)) => kinds.iter().any(|kind| is(*kind, value)),
        };
        let is_choice = self.choices.as_ref().is_none_or(|all| all.iter().any(|one| one.equals(value)));
        is_kind
            && is_choice
            && match value.kind() {
                Kind::String => {
                    lies(value.string().map_or(0, |s| s.chars().count()), self.min_length, self.max_length)
                }
                Kind::Number => lies(number(value), self.minimum, self.maximum),
                Kind::Array => {
                    lies(value.children().count(), self.min_items, self.max_items)
                        && self
                            .items
                            .as_ref()
                            .is_none_or(|items| value.children().all(|child| items.fits(child)))
                }
                Kind::Object => self.fits_members(value),
                Kind::Null | Kind::True | Kind::False => true,
            }
    }

    fn fits_members(&self, object: Value<'_, '_>) -> bool {
        let mut missing = self.required.len();
        for member in object.children() {
            let key = member.key();
            // No key stands there twice: the reader refuses that.
            missing -= usize::from(self.required.iter().any(|name| *name == key));
            let fits = match self.properties.get(&key) {
                Some(schema) => schema.fits(member),
                None => self.additional_properties != Some(false),
            };
            if !fits {
                return false;
            }
        }
        missing == 0
    }
}

fn is(kind: JsonType, value: Value<'_, '_>) -> bool {
    match (kind, value.kind()) {
        (JsonType::Integer, Kind::Number) => number(value).fract() == 0.0,
        (JsonType::Object, Kind::Object)
        | (JsonType::Array, Kind::Array)
        | (JsonType::String, Kind::String)
        | (JsonType::Number, Kind::Number)
        | (JsonType::Boolean, Kind::True | Kind::False)
        | (JsonType::Null, Kind::Null) => true,
        _ => false,
    }
}

fn number(value: Value<'_, '_>) -> f64 {
    value.number().and_then(|number| number.as_f64()).unwrap_or(f64::NAN)
}

fn lies<T: PartialOrd>(value: T, least: Option<T>, most: Option<T>) -> bool {
    least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most)
}

impl Scalar {
    fn equals(&self, value: Value<'_, '_>) -> bool {
        match self {
            Self::Text(text) => value.string().is_some_and(|s| s == text.as_str()),
            Self::Number(one) => value.kind() == Kind::Number && number(value) == *one,
            Self::Bool(one) => value.kind() == if *one { Kind::True } else { Kind::False },
        }
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, schema)| (name, schema)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_and_long_answers_are_refused_or_read() {
        let schema = Schema::default();
        assert!(!schema.admits(&"[".repeat(100_000)));
        assert!(schema.admits(&format!("[{}1]", "1,".repeat(50_000))));
    }
}
