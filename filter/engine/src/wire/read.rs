//! JSON -> a type of the wire, over the one JSON reader of the filter. Who asks learns only whether it could be read:
//! what serde_json would say instead brings in two ways to write floats, which are a thirtieth of the filter.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{CowStrDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::protocol::json::{Duplicates, Json, Kind, Place, Value};

/// What `body` says; `None` when that is not a `T`. Fields that `T` does not have are passed over.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let json = Json::parse(std::str::from_utf8(body).ok()?, Place::At(0), Duplicates::Keep).ok()?;
    T::deserialize(json.root()?).ok()
}

/// It is not what was asked for.
#[derive(Debug)]
pub(crate) struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not what was asked for")
    }
}

impl std::error::Error for Unfit {}

impl Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::False => visitor.visit_bool(false),
            Kind::True => visitor.visit_bool(true),
            Kind::Number => match self.number() {
                Some(number) if number.is_u64() => visitor.visit_u64(number.as_u64().unwrap_or_default()),
                Some(number) if number.is_i64() => visitor.visit_i64(number.as_i64().unwrap_or_default()),
                Some(number) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
                None => Err(Unfit),
            },
            Kind::String => match self.string().unwrap_or_default() {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            Kind::Array => visitor.visit_seq(SeqDeserializer::new(self.children())),
            Kind::Object => {
                visitor.visit_map(MapDeserializer::new(self.children().map(|member| (member.key(), member))))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.kind() {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_enum(CowStrDeserializer::new(self.string().ok_or(Unfit)?))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Unfit> for Value<'_, 'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;
    use crate::wire::control::{ControlSnapshot, Pace, Scope, ScopeState};
    use crate::wire::judge::JudgeVerdict;

    fn verdict() -> serde_json::Value {
        json!({ "nonce": "n", "verdict": "review", "score": 0.85, "reason": "a \u{1F600} \n", "latency_ms": 7,
            "judge": { "kind": "builtin", "model": "m", "prompt_sha256": "" },
            "review": { "review_id": "r", "status": "pending", "action_sha256": "h" } })
    }

    #[test]
    fn what_serde_json_reads_is_read_the_same() {
        let mut least = verdict();
        least["review"] = json!(null);
        least["score"] = json!(1);
        least["new_field"] = json!([{ "deep": [1.5e3, -2, true, "x"] }]);
        for value in [verdict(), least] {
            let text = value.to_string();
            let theirs: JudgeVerdict = serde_json::from_str(&text).unwrap();
            assert_eq!(read::<JudgeVerdict>(text.as_bytes()), Some(theirs), "{text}");
        }
        let state = ScopeState {
            scope: Scope::Tenant("acme".into()),
            breaker: crate::wire::control::BreakerState::Probing { permits: 3, epoch: u64::MAX },
            pace: Pace::Contingency,
        };
        let snapshot = ControlSnapshot { version: 9, kill: None, scopes: vec![state] };
        assert_eq!(read(&serde_json::to_vec(&snapshot).unwrap()), Some(snapshot));
    }

    #[test]
    fn what_is_not_of_the_type_is_not_read() {
        for (field, bad) in [
            ("nonce", json!(1)),
            ("verdict", json!("perhaps")),
            ("verdict", json!({ "pass": 1 })),
            ("verdict", json!(0)),
            ("score", json!("0.5")),
            ("score", json!(null)),
            ("latency_ms", json!(-1)),
            ("latency_ms", json!(1.5)),
            ("judge", json!("builtin")),
            ("review", json!({ "review_id": "r" })),
        ] {
            let mut value = verdict();
            value[field] = bad;
            assert!(serde_json::from_value::<JudgeVerdict>(value.clone()).is_err(), "{value}");
            assert_eq!(read::<JudgeVerdict>(value.to_string().as_bytes()), None, "{value}");
        }
        for bad in
            ["", "{}", "[]", "{\"version\":1", "{\"version\":1,\"version\":2,\"scopes\":[]}", "\u{feff}{}"]
        {
            assert_eq!(read::<ControlSnapshot>(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(read::<ControlSnapshot>(b"{\"version\":1,\"scopes\":[],\"x\":\"\xff\"}"), None);
    }
}
