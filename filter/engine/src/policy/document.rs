//! The policy document as a person writes it (YAML or JSON). Raw types only: strict, all fields optional, no behaviour.
//! The JSON Schema is generated from these types, to which serde's attributes speak; `fields` says how they are read.

use serde::{Deserialize, Serialize};

use crate::detect::{CitationForm, Language, Schema};
use crate::segment::{Provenance, Role};
use crate::wire::decision::Action;

/// A policy: one document per mesh.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PolicyDocument {
    /// Version of this format; `weir/v1`.
    pub version: FormatVersion,
    /// Name of the policy, `weir` when absent; appears with the document's hash in every event. Up to 64 letters,
    /// digits, `.`, `_`, `-`.
    pub name: String,
    /// Whether the proxy can hold headers while the body is inspected. Must match the deployment:
    /// `stop_iteration` needs `allow_on_headers_stop_iteration: true` in Envoy's plugin config.
    pub header_hold: HeaderHold,
    /// How the filter reaches the sidecar.
    pub sidecar: SidecarDocument,
    /// Where identities come from. Never from the body.
    pub identity: IdentityDocument,
    /// Tokens planted in system prompts: a response that has one leaks its prompt. Compared by letters and digits only,
    /// without case; at least 12 of them, which occur nowhere else.
    pub canaries: Vec<String>,
    /// Key of the placeholders that `tokenise` makes, 32 to 128 bytes: at random, and the same wherever equal values are to
    /// have equal placeholders. Each tenant has placeholders of its own under it. Nothing is tokenised without.
    pub placeholder_key: Option<String>,
    /// Most memory, in bytes, that each worker of the proxy keeps verdicts in, so that the history of a conversation is not
    /// scanned again with every turn; 4 MiB when absent, 0 for none. It changes what requests cost and no decision.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = crate::limits::MAX_CACHE_BYTES)))]
    pub verdict_cache_bytes: Option<usize>,
    /// Lists of terms, and what happens where they stand.
    pub lexicons: Vec<LexiconDocument>,
    /// Texts that are harmless here, whatever rules find in them.
    pub allow_lists: Vec<AllowListDocument>,
    /// Settings for all traffic.
    pub default: SettingsDocument,
    /// Settings for some traffic. The first override that matches applies, on top of `default`.
    pub overrides: Vec<OverrideDocument>,
}

/// A list of terms: denied words, topics, promises, names of competitors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LexiconDocument {
    /// Name, lower-case letters, digits and `_`; events name a finding `lexicon_<name>`.
    pub name: String,
    /// The terms: whole words, without case or accents; `stem*` is any word that begins so.
    pub terms: Vec<String>,
    /// Who must say it; everybody when absent.
    pub roles: Vec<Role>,
    /// What happens to requests that have one. Default: `allow`, which only counts.
    pub request: Option<Action>,
    /// What happens to responses that have one. Default: `allow`, which only counts.
    pub response: Option<Action>,
}

/// A list of harmless texts. What is found within one of them does not count; what reaches beyond it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AllowListDocument {
    /// The texts, of up to 1024 bytes: whole words, without case or accents, exactly as they may stand.
    pub terms: Vec<String>,
    /// Ids of the rules it is about (`pii_email`, `pii_us_*`); all when absent.
    pub rules: Vec<String>,
    /// Who must say it; everybody when absent.
    pub roles: Vec<Role>,
    /// Where it must come from; anywhere when absent.
    pub provenance: Vec<Provenance>,
}

/// Format version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum FormatVersion {
    /// The only one so far.
    #[default]
    #[serde(rename = "weir/v1")]
    V1,
}

/// The two header-hold modes of proxy-wasm deployments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HeaderHold {
    /// Headers are held with the body (plain Envoy, Istio through EnvoyFilter).
    #[default]
    StopIteration,
    /// Headers go on, the body is held (Istio WasmPlugin and TrafficExtension, Envoy Gateway). Put Envoy's buffer
    /// filter after the plugin, or the upstream sees the headers before the verdict.
    Continue,
}

/// How the filter reaches the sidecar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SidecarDocument {
    /// Name of the Envoy cluster of the sidecar's data port.
    pub cluster: String,
    /// `:authority` of the calls.
    pub authority: String,
}

impl Default for SidecarDocument {
    fn default() -> Self {
        Self { cluster: "weir-sidecar".into(), authority: "weir-sidecar".into() }
    }
}

/// Where identities come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct IdentityDocument {
    /// The tenant.
    pub tenant: Option<IdentitySource>,
    /// The end user.
    pub user: Option<IdentitySource>,
    /// The agent or workload. Default: the peer certificate's URI SAN.
    pub agent: Option<IdentitySource>,
}

/// One source of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum IdentitySource {
    /// A request header that the mesh sets and strips from clients.
    Header(String),
    /// URI SAN of the peer's certificate (mTLS, SPIFFE).
    PeerSan,
}

/// Settings for some traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OverrideDocument {
    /// Name, for people and for events.
    pub name: String,
    /// Which traffic. All fields given must match; at least one must be given.
    #[serde(rename = "match")]
    pub matches: MatchDocument,
    /// What is different.
    pub set: SettingsDocument,
}

/// Which traffic an override is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct MatchDocument {
    /// Route name in the proxy, exact.
    pub route: Option<String>,
    /// Host, exact, case-insensitive, without port. The client writes it: rely on it only where the proxy's virtual
    /// hosts list their domains, since under `*` a client may call the host anything.
    pub host: Option<String>,
    /// Prefix of the path; matches at a `/` boundary or the end. A path that servers could read as another override
    /// (`//`, `/../`, `%2f`, another case) gets settings at least as strict as any in the policy.
    pub path_prefix: Option<String>,
    /// Tenant, exact.
    pub tenant: Option<String>,
    /// Agent identity, exact.
    pub agent: Option<String>,
}

/// Settings, all optional: what is absent comes from `default`, then from the tier's preset.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SettingsDocument {
    /// Risk tier: a full set of defaults (AIRS risk tiers).
    pub tier: Option<Tier>,
    /// Mode of each layer.
    pub layers: LayersDocument,
    /// The guardrails.
    pub guardrails: GuardrailsDocument,
    /// Limits.
    pub limits: LimitsDocument,
    /// The judge.
    pub judge: JudgeDocument,
    /// Human review.
    pub human: HumanDocument,
    /// Circuit breaker and control state.
    pub circuit_breaker: CircuitBreakerDocument,
    /// How we say no.
    pub refusal: RefusalDocument,
}

/// AIRS risk tiers. Ordered: a later tier is stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Internal, read-only.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Customer-facing, regulated data or actions.
    High,
    /// Irreversible actions or severe harm.
    Critical,
}

/// The four layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Guardrails prevent.
    Guardrail,
    /// The judge detects.
    Judge,
    /// Humans decide.
    Human,
    /// Circuit breakers contain.
    CircuitBreaker,
}

/// What a layer may do. Ordered: a later one is more restrictive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing.
    Off,
    /// Counts what it would have done; never blocks, edits or delays.
    Detect,
    /// Acts.
    #[default]
    Enforce,
}

/// Mode of each layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LayersDocument {
    /// Guardrails.
    pub guardrails: Option<LayerDocument>,
    /// Judge.
    pub judge: Option<LayerDocument>,
    /// Human oversight.
    pub human: Option<LayerDocument>,
    /// Circuit breaker, PACE and kill switch.
    pub circuit_breaker: Option<LayerDocument>,
}

/// A mode, or a mode with an expiry date after which the layer enforces again. Every layer may be switched off, the
/// guardrails too (design: section 4); AIRS 7 would rather see them on `detect` with an expiry date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum LayerDocument {
    /// Just the mode.
    Mode(Mode),
    /// The mode until a day.
    Until(LayerUntil),
}

/// A lighter mode that ends by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LayerUntil {
    /// The mode.
    pub mode: Mode,
    /// First day (UTC, `YYYY-MM-DD`) on which the layer enforces again.
    pub until: String,
}

/// The guardrails.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct GuardrailsDocument {
    /// Thresholds of `injection` and `output`; those of the tier when absent: `permissive` for low, `balanced` for
    /// medium, `strict` for critical, and high lies between. What is written beside it stands.
    pub preset: Option<Preset>,
    /// Prompt injection and jailbreak.
    pub injection: InjectionDocument,
    /// Personal data.
    pub pii: PiiDocument,
    /// Secrets.
    pub secrets: ActionsDocument,
    /// The system prompt, or a canary of the policy, in responses.
    pub leak: LeakDocument,
    /// Exfiltration and unsafe output: addresses that carry data, markup that runs, terminal escapes, and dangerous
    /// arguments of tool calls.
    pub output: OutputDocument,
    /// Lengths, languages, citations and structure of texts. Nothing is asked unless it stands here.
    pub format: FormatDocument,
    /// Streamed responses.
    pub streams: StreamsDocument,
    /// Rule ids that are switched off here.
    pub disabled_rules: Option<Vec<String>>,
    /// Single rules that are answered in another way. The first that is about a finding applies.
    pub exceptions: Option<Vec<ExceptionDocument>>,
    /// What happens to a body that cannot be inspected: wrong encoding, not JSON, too large, too deep,
    /// duplicate keys.
    pub unscannable: UnscannableDocument,
}

/// Named thresholds: how much evidence it takes. Ordered: a later one is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Flagged from 0.5, judged from 0.6, blocked from 0.9: an unmistakable rule, or two.
    Permissive,
    /// Flagged from 0.3, judged from 0.5, blocked from 0.8.
    Balanced,
    /// Flagged and judged from 0.3, blocked from 0.7.
    Strict,
}

/// Single rules that are answered in another way than their family.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ExceptionDocument {
    /// Ids of the rules (`pii_email`, `pii_us_*`).
    pub rules: Vec<String>,
    /// Who speaks; everybody when absent.
    pub roles: Vec<Role>,
    /// Where it came from; anywhere when absent.
    pub provenance: Vec<Provenance>,
    /// `false`: what they find there does not count at all.
    pub enabled: Option<bool>,
    /// Findings with a lower score do not count.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub least_score: Option<f32>,
    /// What happens to requests with such a finding, whatever its family says. For rules of injection and output, which
    /// count by their score: `allow` takes them out of it, `require_approval` and `block` need no other evidence.
    pub request: Option<Action>,
    /// What happens to responses with such a finding.
    pub response: Option<Action>,
}

/// Thresholds for what some speakers say.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RoleThresholdsDocument {
    /// Who speaks.
    pub roles: Vec<Role>,
    /// In place of `flag_at`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub flag_at: Option<f32>,
    /// In place of `judge_at`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub judge_at: Option<f32>,
    /// In place of `block_at`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub block_at: Option<f32>,
}

/// Prompt injection and jailbreak.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct InjectionDocument {
    /// What happens at `block_at`: `allow` (count only), `require_approval` or `block`.
    pub action: Option<Action>,
    /// Score from which a text is flagged; what is found below is recorded and nothing else.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub flag_at: Option<f32>,
    /// Score (0.0 to 1.0) from which `action` is taken.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub block_at: Option<f32>,
    /// Score from which the judge is asked: the grey zone.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub judge_at: Option<f32>,
    /// Other thresholds for what some speakers say.
    pub by_role: Option<Vec<RoleThresholdsDocument>>,
}

/// Exfiltration and unsafe output.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct OutputDocument {
    /// What happens at `block_at`: `allow` (count only), `require_approval` or `block`.
    pub action: Option<Action>,
    /// Score (0.0 to 1.0) from which `action` is taken.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub block_at: Option<f32>,
}

/// Format and scope of texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FormatDocument {
    /// What happens to requests that are not as asked: `allow` (count only), `require_approval` or `block`, the default.
    pub request: Option<Action>,
    /// What happens to responses that are not as asked: `allow` (count only), `require_approval` or `block`, the default.
    pub response: Option<Action>,
    /// Most characters of one message of a user.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::limits::MAX_BODY_BYTES)))]
    pub max_user_characters: Option<usize>,
    /// Most characters of one answer.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::limits::MAX_BODY_BYTES)))]
    pub max_answer_characters: Option<usize>,
    /// Languages that users and the model may write. A text passes unless it is plainly in another one.
    pub languages: Option<Vec<Language>>,
    /// Fewest citation marks of one answer.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = crate::limits::MAX_CITATIONS)))]
    pub min_citations: Option<usize>,
    /// The forms that count; all when absent.
    pub citation_forms: Option<Vec<CitationForm>>,
    /// What an answer must be: one JSON value, and this subset of JSON Schema. Answers that are only tool calls are not
    /// looked at.
    pub answer_schema: Option<Schema>,
}

/// What happens to findings of a family, by direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ActionsDocument {
    /// In requests.
    pub request: Option<Action>,
    /// In responses.
    pub response: Option<Action>,
}

/// What happens when a response gives the system prompt away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LeakDocument {
    /// In responses.
    pub response: Option<Action>,
}

/// What happens to personal data, and which is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PiiDocument {
    /// In requests.
    pub request: Option<Action>,
    /// In responses.
    pub response: Option<Action>,
    /// Packs of rules that run: `global`, countries (`us`, `uk`, `de`), `eu` with all its member states, `network` for
    /// addresses every machine has, or `all`. Every pack but `network` when absent; none when empty. The reference of
    /// rules names the pack of each.
    pub packs: Option<Vec<String>>,
}

/// How streamed responses are guarded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct StreamsDocument {
    /// Whether a stream passes while it comes. One that a judge or a reviewer has to see whole is held whatever this says:
    /// `judge.response: hold`, PACE Contingency, `require_approval` for anything in responses; and so is one whose form is asked
    /// for (`format`).
    pub mode: Option<StreamMode>,
    /// What becomes of the upstream when a stream is ended in its midst.
    pub after_block: Option<AfterBlock>,
}

/// Whether a stream passes while it comes. Ordered: a later one is more restrictive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StreamMode {
    /// It passes, but for what may still become personal data or a secret; a block ends it in its midst.
    InFlight,
    /// It is held to its end and decided as a whole.
    Hold,
}

/// What becomes of an upstream whose stream was ended. Ordered: a later one is more restrictive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AfterBlock {
    /// It may finish, unheard, for at most 64 KiB; then it is cut off.
    Drain,
    /// It is cut off with its next bytes: it stops generating. Over HTTP/1.1 some clients report the connection as broken,
    /// after they have read why.
    Reset,
}

/// Postures for bodies that cannot be inspected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UnscannableDocument {
    /// In requests.
    pub request: Option<Unscannable>,
    /// In responses.
    pub response: Option<Unscannable>,
}

/// A posture for what cannot be inspected. Ordered: a later one is more restrictive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unscannable {
    /// Pass it, and count it.
    Allow,
    /// Refuse it.
    Block,
}

/// Limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LimitsDocument {
    /// Largest request body, in bytes. Keep it under Envoy's buffer limit.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::limits::MAX_BODY_BYTES)))]
    pub max_request_bytes: Option<usize>,
    /// Largest response body that is held for inspection, in bytes.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::limits::MAX_BODY_BYTES)))]
    pub max_response_bytes: Option<usize>,
}

/// The judge.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct JudgeDocument {
    /// Whether requests wait for the verdict.
    pub request: Option<JudgeTiming>,
    /// Whether responses wait for the verdict.
    pub response: Option<JudgeTiming>,
    /// Share of exchanges that are judged whatever the guardrails say, 0.0 to 1.0; each in both directions, as
    /// `request` and `response` say.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub sample_rate: Option<f64>,
    /// How long a held message waits, in milliseconds; 1 to 60000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60_000)))]
    pub deadline_ms: Option<u32>,
    /// What happens when there is no verdict.
    pub on_unavailable: Option<Unavailable>,
    /// What the judge is asked to look for, in words.
    pub criteria: Option<String>,
}

/// When the judge is asked. Ordered: a later one is more restrictive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum JudgeTiming {
    /// Never.
    Never,
    /// Beside the traffic: the verdict feeds review and control state.
    Async,
    /// The message waits for the verdict.
    Hold,
}

/// Posture when a layer is unavailable. Ordered: a later one is more restrictive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// Go on with the layers that are left, and say so in the event.
    Degrade,
    /// Refuse as unavailable (503), which is another answer than blocked (403).
    Refuse,
}

/// Human review.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HumanDocument {
    /// Time a person has to decide, in seconds; after it the review is denied.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::limits::MAX_REVIEW_SECONDS)))]
    pub sla_seconds: Option<u64>,
    /// How long an approval may be used, in seconds.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::limits::MAX_REVIEW_SECONDS)))]
    pub approval_seconds: Option<u64>,
}

/// Circuit breaker and control state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CircuitBreakerDocument {
    /// Age from which the last snapshot counts as stale, in milliseconds; at least 5000.
    #[cfg_attr(feature = "schema", schemars(range(min = 5_000, max = 3_600_000)))]
    pub max_age_ms: Option<u64>,
    /// What happens while it is stale or was never received. What is open stays open either way.
    pub on_stale: Option<Unavailable>,
    /// The safe fallback.
    pub fallback: FallbackDocument,
}

/// What clients get while a breaker is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FallbackDocument {
    /// `error`: 503 with Retry-After. `completion`: a well-formed answer of the caller's protocol with `message`.
    pub shape: Option<RefusalShape>,
    /// The text of the answer.
    pub message: Option<String>,
    /// Retry-After, in seconds.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 86_400)))]
    pub retry_after_seconds: Option<u32>,
}

/// How we say no.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RefusalDocument {
    /// `error`: an HTTP error with the protocol's error body. `completion`: a well-formed refusal, HTTP 200.
    /// Responses under `header_hold: continue` are always refused as completions: their status is gone.
    pub shape: Option<RefusalShape>,
    /// The text clients see. Never a rule or a reason.
    pub message: Option<String>,
}

/// The two shapes of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefusalShape {
    /// An HTTP error.
    Error,
    /// A well-formed completion.
    Completion,
}
