//! The fields and words of the policy document, as its reader knows them: one table for each type of `document` and of
//! what stands in it. A field or word that is missing here does not compile; that names are those of the JSON Schema is
//! tested.

use super::document::{
    ActionsDocument, AfterBlock, AllowListDocument, CircuitBreakerDocument, ExceptionDocument,
    FallbackDocument, FormatDocument, FormatVersion, GuardrailsDocument, HeaderHold, HumanDocument,
    IdentityDocument, IdentitySource, InjectionDocument, JudgeDocument, JudgeTiming, LayerDocument,
    LayerUntil, LayersDocument, LeakDocument, LexiconDocument, LimitsDocument, MatchDocument, Mode,
    OutputDocument, OverrideDocument, PiiDocument, PolicyDocument, Preset, RefusalDocument, RefusalShape,
    RoleThresholdsDocument, SettingsDocument, SidecarDocument, StreamMode, StreamsDocument, Tier,
    Unavailable, Unscannable, UnscannableDocument,
};
use super::explain::unknown;
use super::read::{Misfit, Slot, mapping, word};
use crate::detect::{CitationForm, JsonType, Kinds, Language, Members, Scalar, Schema};
use crate::protocol::json::{Kind, Value};
use crate::segment::{Provenance, Role};
use crate::wire::decision::Action;

/// A mapping: each field, with its name in documents where that is another.
macro_rules! mapping {
    ($type:ident { $($field:ident $(= $name:literal)?),* } $($required:literal)*) => {
        impl Slot for $type {
            fn blank() -> Self {
                Self::default()
            }

            fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
                let Self { $($field),* } = self;
                mapping(value, &mut [$((name!($field $($name)?), $field)),*], &[$($required),*])
            }
        }
    };
}

macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

/// An enum of words. INVARIANT: both lists are in the same order.
pub(super) trait Words: Copy + 'static {
    /// Every word.
    const NAMES: &'static [&'static str];
    /// What each means.
    const ALL: &'static [Self];
}

macro_rules! words {
    ($type:ident { $first:ident = $first_name:literal $(, $variant:ident = $name:literal)* }) => {
        impl Words for $type {
            const NAMES: &'static [&'static str] = &[$first_name $(, $name)*];
            const ALL: &'static [Self] = &[Self::$first $(, Self::$variant)*];
        }

        impl Slot for $type {
            fn blank() -> Self {
                Self::$first
            }

            fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
                let index = word(value, Self::NAMES)?;
                *self = Self::ALL.get(index).copied().unwrap_or(Self::$first);
                Ok(())
            }
        }

        // Every variant has its word.
        const _: fn($type) = |one| match one {
            $type::$first $(| $type::$variant)* => {}
        };
    };
}

mapping!(PolicyDocument {
    version,
    name,
    header_hold,
    sidecar,
    identity,
    canaries,
    lexicons,
    placeholder_key,
    verdict_cache_bytes,
    allow_lists,
    default,
    overrides
});
mapping!(AllowListDocument { terms, rules, roles, provenance });
mapping!(LexiconDocument { name, terms, roles, request, response });
mapping!(SidecarDocument { cluster, authority });
mapping!(IdentityDocument { tenant, user, agent });
mapping!(OverrideDocument { name, matches = "match", set } "name" "match" "set");
mapping!(MatchDocument { route, host, path_prefix, tenant, agent });
mapping!(SettingsDocument { tier, layers, guardrails, limits, judge, human, circuit_breaker, refusal });
mapping!(LayersDocument { guardrails, judge, human, circuit_breaker });
mapping!(LayerUntil { mode, until } "mode" "until");
mapping!(GuardrailsDocument {
    preset,
    injection,
    pii,
    secrets,
    leak,
    output,
    format,
    disabled_rules,
    exceptions,
    streams,
    unscannable
});
mapping!(ExceptionDocument { rules, roles, provenance, enabled, least_score, request, response });
mapping!(RoleThresholdsDocument { roles, flag_at, judge_at, block_at });
mapping!(InjectionDocument { action, flag_at, block_at, judge_at, by_role });
mapping!(OutputDocument { action, block_at });
mapping!(FormatDocument {
    request,
    response,
    max_user_characters,
    max_answer_characters,
    languages,
    min_citations,
    citation_forms,
    answer_schema
});
mapping!(ActionsDocument { request, response });
mapping!(LeakDocument { response });
mapping!(PiiDocument { request, response, packs });
mapping!(StreamsDocument { mode, after_block });
mapping!(UnscannableDocument { request, response });
mapping!(LimitsDocument { max_request_bytes, max_response_bytes });
mapping!(JudgeDocument { request, response, sample_rate, deadline_ms, on_unavailable, criteria });
mapping!(HumanDocument { sla_seconds, approval_seconds });
mapping!(CircuitBreakerDocument { max_age_ms, on_stale, fallback });
mapping!(FallbackDocument { shape, message, retry_after_seconds });
mapping!(RefusalDocument { shape, message });
mapping!(Schema {
    title, description, kinds = "type", choices = "enum", properties, required,
    additional_properties = "additionalProperties", items, min_items = "minItems", max_items = "maxItems",
    min_length = "minLength", max_length = "maxLength", minimum, maximum
});

words!(FormatVersion { V1 = "weir/v1" });
words!(HeaderHold { StopIteration = "stop_iteration", Continue = "continue" });
words!(Tier { Low = "low", Medium = "medium", High = "high", Critical = "critical" });
words!(Mode { Off = "off", Detect = "detect", Enforce = "enforce" });
words!(Unscannable { Allow = "allow", Block = "block" });
words!(StreamMode { InFlight = "in_flight", Hold = "hold" });
words!(AfterBlock { Drain = "drain", Reset = "reset" });
words!(JudgeTiming { Never = "never", Async = "async", Hold = "hold" });
words!(Unavailable { Degrade = "degrade", Refuse = "refuse" });
words!(RefusalShape { Error = "error", Completion = "completion" });
words!(Action {
    Allow = "allow", Mask = "mask", Tokenise = "tokenise", Redact = "redact", RequireApproval = "require_approval",
    Block = "block"
});
words!(Preset { Permissive = "permissive", Balanced = "balanced", Strict = "strict" });
words!(Provenance {
    Operator = "operator", User = "user", Model = "model", External = "external", Unknown = "unknown"
});
words!(Role {
    System = "system", User = "user", Assistant = "assistant", Reasoning = "reasoning",
    ToolDefinition = "tool_definition", ToolCall = "tool_call", ToolResult = "tool_result", Document = "document",
    AgentMessage = "agent_message"
});
words!(Language {
    En = "en", De = "de", Fr = "fr", Es = "es", It = "it", Pt = "pt", Nl = "nl", Pl = "pl", Sv = "sv", Tr = "tr",
    Ru = "ru", Uk = "uk", El = "el", Ar = "ar", He = "he", Hi = "hi", Th = "th", Ko = "ko", Ja = "ja", Zh = "zh"
});
words!(CitationForm { Link = "link", Mark = "mark", Footnote = "footnote" });
words!(JsonType {
    Object = "object", Array = "array", String = "string", Number = "number", Integer = "integer",
    Boolean = "boolean", Null = "null"
});

/// A word, or a mapping of one key.
impl Slot for IdentitySource {
    fn blank() -> Self {
        Self::PeerSan
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        if value.kind() != Kind::Object {
            return match word(value, SOURCES)? {
                0 => Err(Misfit::shape(value, "a mapping of `header` and its name")),
                _ => Ok(()),
            };
        }
        let mut members = value.children();
        let (Some(member), None) = (members.next(), members.next()) else {
            return Err(Misfit::shape(value, "a mapping of one key"));
        };
        match member.key().as_ref() {
            "header" => {
                let mut name = String::blank();
                name.fill(member)?;
                *self = Self::Header(name);
                Ok(())
            }
            "peer_san" => Err(Misfit::shape(value, "a word: `peer_san`")),
            other => Err(Misfit::new(value, unknown("value", other, SOURCES))),
        }
    }
}

const SOURCES: &[&str] = &["header", "peer_san"];

/// A mode, or a mode and a day.
impl Slot for LayerDocument {
    fn blank() -> Self {
        Self::Mode(Mode::blank())
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        *self = match value.kind() {
            Kind::String => {
                let mut mode = Mode::blank();
                mode.fill(value)?;
                Self::Mode(mode)
            }
            Kind::Object => {
                let mut until = LayerUntil::blank();
                until.fill(value)?;
                Self::Until(until)
            }
            // Kubernetes makes `false` of a bare `off`, which would otherwise be a riddle.
            Kind::True | Kind::False => return Err(Misfit::shape(value, BARE_WORD)),
            _ => {
                return Err(Misfit::shape(
                    value,
                    "`enforce`, `detect`, `off`, or a mapping of `mode` and `until`",
                ));
            }
        };
        Ok(())
    }
}

const BARE_WORD: &str =
    "`enforce`, `detect` or `off`; Kubernetes reads a bare `off` as `false`: put it in quotes";

impl Slot for Kinds {
    fn blank() -> Self {
        Self::Any(Vec::new())
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        *self = match value.kind() {
            Kind::String => {
                let mut kind = JsonType::blank();
                kind.fill(value)?;
                Self::One(kind)
            }
            Kind::Array => {
                let mut kinds = Vec::blank();
                kinds.fill(value)?;
                Self::Any(kinds)
            }
            _ => return Err(Misfit::shape(value, "a type, or a list of types")),
        };
        Ok(())
    }
}

impl Slot for Scalar {
    fn blank() -> Self {
        Self::Bool(false)
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        *self = match value.kind() {
            Kind::String => Self::Text(value.string().unwrap_or_default().into_owned()),
            Kind::Number => {
                let mut number = f64::blank();
                number.fill(value)?;
                Self::Number(number)
            }
            Kind::True => Self::Bool(true),
            Kind::False => Self::Bool(false),
            _ => return Err(Misfit::shape(value, "a string, a number, `true` or `false`")),
        };
        Ok(())
    }
}

impl Slot for Members {
    fn blank() -> Self {
        Self::default()
    }

    fn fill(&mut self, value: Value<'_, '_>) -> Result<(), Misfit> {
        if value.kind() != Kind::Object {
            return Err(Misfit::shape(value, "a mapping of names to schemas"));
        }
        value.children().try_for_each(|member| {
            let mut schema = Schema::blank();
            schema.fill(member)?;
            self.insert(member.key().into_owned(), schema);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    fn check<T: Words + Serialize>() {
        assert_eq!(serde_json::to_value(T::ALL).unwrap(), serde_json::to_value(T::NAMES).unwrap());
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        check::<FormatVersion>();
        check::<HeaderHold>();
        check::<Tier>();
        check::<Mode>();
        check::<Unscannable>();
        check::<StreamMode>();
        check::<AfterBlock>();
        check::<JudgeTiming>();
        check::<Unavailable>();
        check::<RefusalShape>();
        check::<Action>();
        check::<Role>();
        check::<Provenance>();
        check::<Preset>();
        check::<Language>();
        check::<CitationForm>();
        check::<JsonType>();
    }
}
