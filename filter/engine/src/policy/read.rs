//! Values of a document -> the raw types, in place. It knows shapes and words, not what they are for; `fields` has a
//! table of each type. One function walks every table behind a pointer: code generated for each type, as serde's is, was
//! 115 kB of a filter that reads one policy per configuration.

use super::explain::{misfit, quoted, unknown};
use crate::protocol::json::{Kind, Value};

/// What a value of a document can be read into.
pub(super) trait Slot {
    /// What is there before.
    fn blank() -> Self
    where
        Self: Sized;

    /// Reads `value`; what was there before stays where the value says nothing.
    ///
    /// # Errors
    /// What does not fit.
    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit>;
}

/// A value that does not fit.
pub(super) struct Misfit {
    /// The byte of the JSON that it begins at.
    pub value: usize,
    /// Which of the two is wrong.
    pub part: Part,
    /// What is wrong.
    pub message: String,
    /// What is allowed.
    pub help: String,
}

/// The part of a member that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Its key.
    Key,
    /// Its value.
    Value,
}

impl Misfit {
    /// A value that is wrong, what is wrong and what is allowed.
    pub fn new(value: Value<'_, '_>, (message, help): (String, String)) -> Self {
        Self { value: value.span().start, part: Part::Value, message, help }
    }

    /// A value of another shape.
    pub fn shape(value: Value<'_, '_>, expected: &str) -> Self {
        Self::new(value, misfit(value, expected))
    }
}

/// Reads a mapping into its fields.
///
/// # Errors
/// Something else than a mapping, a field that is unknown or does not fit, or one of `required` that is missing.
pub(super) fn mapping(
    value: Value<'_, '_>,
    fields: &mut [(&str, &mut dyn Slot)],
    required: &[&str],
) -> Result<(), Misfit> {
    if value.kind() != Kind::Object {
        return Err(Misfit::shape(value, "a mapping"));
    }
    for member in value.children() {
        let key = member.key();
        let Some((_, slot)) = fields.iter_mut().find(|(name, _)| *name == key) else {
            let known: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
            return Err(Misfit { part: Part::Key, ..Misfit::new(member, unknown("field", &key, &known)) });
        };
        slot.fill(member)?;
    }
    match required.iter().find(|name| value.get(name).is_none()) {
        Some(name) => Err(Misfit::new(value, (format!("missing field `{name}`"), String::new()))),
        None => Ok(()),
    }
}

/// Which of `known` a word is.
///
/// # Errors
/// Another word, or something else.
pub(super) fn word(value: Value<'_, '_>, known: &[&str]) -> Result<usize, Misfit> {
    let word = value.string().ok_or_else(|| Misfit::shape(value, &format!("a word: {}", quoted(known))))?;
    known
        .iter()
        .position(|name| *name == word)
        .ok_or_else(|| Misfit::new(value, unknown("value", &word, known)))
}

/// Reads the elements of a list, each with `push`.
///
/// # Errors
/// Something else than a list, or the first element that does not fit.
fn list(
    value: Value<'_, '_>,
    push: &mut dyn FnMut(Value<'_, '_>) -> Result<(), Misfit>,
) -> Result<(), Misfit> {
    if value.kind() != Kind::Array {
        return Err(Misfit::shape(value, "a list"));
    }
    value.children().try_for_each(push)
}

fn whole(value: Value<'_, '_>, most: u64) -> Result<u64, Misfit> {
    let number = Some(value).filter(|value| value.kind() == Kind::Number);
    let number = number.and_then(|value| value.raw().parse::<u64>().ok()).filter(|number| *number <= most);
    number.ok_or_else(|| Misfit::shape(value, "a whole number, 0 or more"))
}

fn number(value: Value<'_, '_>) -> Result<f64, Misfit> {
    if value.kind() != Kind::Number {
        return Err(Misfit::shape(value, "a number"));
    }
    let number = value.number().and_then(|number| number.as_f64());
    number.ok_or_else(|| Misfit::new(value, ("number out of range".into(), String::new())))
}

impl<T: Slot> Slot for Option<T> {
    fn blank() -> Self {
        None
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        self.insert(T::blank()).fill(value)
    }
}

impl<T: Slot> Slot for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        (**self).fill(value)
    }
}

impl<T: Slot> Slot for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        list(value, &mut |item| {
            let mut one = T::blank();
            one.fill(item)?;
            self.push(one);
            Ok(())
        })
    }
}

impl Slot for String {
    fn blank() -> Self {
        Self::new()
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        let text = value.string().ok_or_else(|| Misfit::shape(value, "text; put it in quotes"))?;
        *self = text.into_owned();
        Ok(())
    }
}

impl Slot for bool {
    fn blank() -> Self {
        false
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        *self = match value.kind() {
            Kind::True => true,
            Kind::False => false,
            _ => return Err(Misfit::shape(value, "a boolean")),
        };
        Ok(())
    }
}

/// Whole numbers of any size, and numbers.
macro_rules! numbers {
    ($($type:ty: $value:ident => $read:expr;)*) => {
        $(impl Slot for $type {
            fn blank() -> Self {
                Default::default()
            }

            fn fill(&mut self, $value: Value<'_, '_>) -> Result<(), Misfit> {
                *self = $read;
                Ok(())
            }
        })*
    };
}

numbers! {
    u32: value => whole(value, u32::MAX.into())? as u32;
    u64: value => whole(value, u64::MAX)?;
    usize: value => whole(value, usize::MAX as u64)? as usize;
    f32: value => number(value)? as f32;
    f64: value => number(value)?;
}
