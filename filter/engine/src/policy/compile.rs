//! Document -> compiled policy. Parsing is strict, errors carry the line, the path, what is wrong and what is
//! allowed; everything a request needs is computed here, once, so that choosing settings is a look-up. It never sees
//! traffic beyond the labels that select an override.

use std::fmt;
use std::sync::Arc;

use super::action::sha256_hex;
use super::check::{check, midnight, thresholds};
use super::document::{
    AllowListDocument, FormatDocument, GuardrailsDocument, HeaderHold, IdentityDocument, IdentitySource,
    InjectionDocument, LayerDocument, LexiconDocument, Mode, OverrideDocument, PolicyDocument,
    SettingsDocument, SidecarDocument, Tier,
};
use super::exception::{self, Exception, Exceptions, rules};
use super::preset::{self, preset};
use super::select::{Choice, Matcher, Selector, choose};
use super::settings::{LayerMode, Lexicon, PerDirection, Settings};
use super::source::Source;
use crate::detect::{AllowList, TermList, packs};
use crate::limits::DEFAULT_CACHE_BYTES;
use crate::order;
use crate::wire::decision::Action;

/// A compiled policy.
#[derive(Debug)]
pub struct Policy {
    /// Name and the first 12 hex digits of the SHA-256 of what the document says: `acme-prod@1f2e3d4c5b6a`.
    pub version: String,
    /// Header-hold mode of the deployment.
    pub header_hold: HeaderHold,
    /// How to reach the sidecar.
    pub sidecar: SidecarDocument,
    /// Where identities come from. Header names are lower case.
    pub identity: IdentityDocument,
    /// Tokens planted in system prompts.
    pub canaries: Vec<String>,
    /// What placeholders of `tokenise` are keyed with.
    pub placeholder_key: Option<Arc<str>>,
    /// Most memory of the verdict cache of one worker, in bytes; 0 for none.
    pub cache_bytes: usize,
    /// Its allow lists.
    pub allow_lists: Vec<AllowList>,
    /// The terms of its lexicons, in the order of [`Settings::lexicons`].
    pub lexicons: Vec<TermList>,
    default: Row,
    overrides: Vec<(Matcher, Row)>,
    /// At least as strict as every other row: for traffic that could be any of them.
    strictest: Row,
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Where in the document, as `default.limits.max_request_bytes` or `overrides[0].match`; empty for the whole.
    pub path: String,
    /// 1-based line; 0 when unknown.
    pub line: usize,
    /// 1-based column; 0 when unknown.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What is allowed; empty when the message says it.
    pub help: String,
}

impl Policy {
    /// Parses and compiles a document (YAML or JSON). An empty one is a valid policy: tier medium.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let source = Source::read(text)?;
        let document: PolicyDocument = source.parse()?;
        check(&document).map_err(|p| source.locate(p))?;
        // A `default` whose own thresholds agree cannot disagree with itself; only an override can.
        let lexicons: Arc<[Lexicon]> = document.lexicons.iter().map(lexicon).collect();
        let exceptions = exceptions(&document);
        let complete = |settings, list| Settings {
            lexicons: Arc::clone(&lexicons),
            exceptions: Exceptions::of(&exceptions, list),
            ..settings
        };
        let default = Row::new(complete(compiled(&document.default, None), DEFAULT_LIST));
        let mut overrides = Vec::with_capacity(document.overrides.len());
        for (i, one) in document.overrides.iter().enumerate() {
            let path = format!("overrides[{i}].set");
            let (block_at, judge_at) = written_thresholds(&document.default, Some(one));
            thresholds(&path, block_at, judge_at).map_err(|p| source.locate(p))?;
            let settings = compiled(&document.default, Some(one));
            let own = one.set.guardrails.exceptions.as_ref().map(|_| DEFAULT_LIST + 1 + i);
            let settings = complete(settings, own.unwrap_or(DEFAULT_LIST));
            overrides.push((Matcher::new(&one.matches), Row::new(settings)));
        }
        let strictest =
            overrides.iter().fold((*default.written).clone(), |all, (_, r)| all.tighten(&r.written));
        Ok(Self {
            version: version(&document.name, &source),
            header_hold: document.header_hold,
            sidecar: document.sidecar,
            identity: lower_case(document.identity),
            canaries: document.canaries,
            placeholder_key: document.placeholder_key.map(Arc::from),
            cache_bytes: document.verdict_cache_bytes.unwrap_or(DEFAULT_CACHE_BYTES),
            allow_lists: document.allow_lists.into_iter().map(allow_list).collect(),
            lexicons: document.lexicons.into_iter().map(term_list).collect(),
            default,
            overrides,
            strictest: Row::new(strictest),
        })
    }

    /// The settings for an exchange: those of the first override that matches, or `default`. `tighten` is a tier the
    /// client asked for: the result is at least as strict as both. A path that different servers would read as
    /// different overrides gets settings at least as strict as any in the policy.
    pub fn settings(&self, selector: &Selector<'_>, tighten: Option<Tier>) -> &Arc<Settings> {
        let row = match choose(self.overrides.iter().map(|(m, _)| m), selector) {
            Choice::Default => &self.default,
            Choice::Override(i) => self.overrides.get(i).map_or(&self.strictest, |(_, row)| row),
            Choice::Ambiguous => &self.strictest,
        };
        row.tightened(tighten)
    }

    /// Settings at least as strict as any in the policy, for an exchange whose identity is in doubt.
    pub fn strictest_settings(&self, tighten: Option<Tier>) -> &Arc<Settings> {
        self.strictest.tightened(tighten)
    }
}

impl PolicyError {
    /// An error about the document as a whole.
    pub fn whole(message: String) -> Self {
        Self { path: String::new(), line: 0, column: 0, message, help: String::new() }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "; {}", self.help) }
    }
}

impl std::error::Error for PolicyError {}

/// Settings as written and under each tier a client may ask for.
#[derive(Debug)]
struct Row {
    written: Arc<Settings>,
    low: Arc<Settings>,
    medium: Arc<Settings>,
    high: Arc<Settings>,
    critical: Arc<Settings>,
}

impl Row {
    fn new(settings: Settings) -> Self {
        let at = |tier| Arc::new(settings.tighten(&preset(tier)));
        Self {
            low: at(Tier::Low),
            medium: at(Tier::Medium),
            high: at(Tier::High),
            critical: at(Tier::Critical),
            written: Arc::new(settings),
        }
    }

    fn tightened(&self, tier: Option<Tier>) -> &Arc<Settings> {
        match tier {
            None => &self.written,
            Some(Tier::Low) => &self.low,
            Some(Tier::Medium) => &self.medium,
            Some(Tier::High) => &self.high,
            Some(Tier::Critical) => &self.critical,
        }
    }
}

/// The tier's preset, then what `default` says, then what the override says.
fn compiled(default: &SettingsDocument, over: Option<&OverrideDocument>) -> Settings {
    let tier = over.and_then(|o| o.set.tier).or(default.tier).unwrap_or_default();
    let mut settings = preset(tier);
    apply(&mut settings, default);
    if let Some(over) = over {
        apply(&mut settings, &over.set);
    }
    let written = over.map(|o| &o.set.guardrails);
    settings.disabled_rules = disabled_rules(&settings.disabled_rules, &default.guardrails, written);
    // What is blocked anyway needs no grey zone; a block that comes earlier than the preset's moves its end.
    settings.injection.set(&[], |t| t.judge_at = t.judge_at.min(t.block_at));
    settings
}

fn written_thresholds(
    default: &SettingsDocument,
    over: Option<&OverrideDocument>,
) -> (Option<f32>, Option<f32>) {
    let default = &default.guardrails.injection;
    let over = over.map(|o| &o.set.guardrails.injection);
    (over.and_then(|o| o.block_at).or(default.block_at), over.and_then(|o| o.judge_at).or(default.judge_at))
}

/// Puts what `document` says over `settings`.
fn apply(settings: &mut Settings, document: &SettingsDocument) {
    apply_layers(settings, document);
    apply_guardrails(settings, document);
    set(&mut settings.max_body_bytes.request, document.limits.max_request_bytes);
    set(&mut settings.max_body_bytes.response, document.limits.max_response_bytes);
    set(&mut settings.judge.timing.request, document.judge.request);
    set(&mut settings.judge.timing.response, document.judge.response);
    set(&mut settings.judge.sample_rate, document.judge.sample_rate);
    set(&mut settings.judge.deadline_ms, document.judge.deadline_ms);
    set(&mut settings.judge.on_unavailable, document.judge.on_unavailable);
    set(&mut settings.judge.criteria, document.judge.criteria.as_deref().map(Arc::from));
    set(&mut settings.sla_seconds, document.human.sla_seconds);
    set(&mut settings.approval_seconds, document.human.approval_seconds);
    let breaker = &document.circuit_breaker;
    set(&mut settings.max_age_ms, breaker.max_age_ms);
    set(&mut settings.on_stale, breaker.on_stale);
    set(&mut settings.fallback.shape, breaker.fallback.shape);
    set(&mut settings.fallback.message, breaker.fallback.message.as_deref().map(Arc::from));
    set(&mut settings.fallback.retry_after_seconds, breaker.fallback.retry_after_seconds);
    set(&mut settings.refusal.shape, document.refusal.shape);
    set(&mut settings.refusal.message, document.refusal.message.as_deref().map(Arc::from));
}

fn apply_layers(settings: &mut Settings, document: &SettingsDocument) {
    let layers = &document.layers;
    set(&mut settings.layers.guardrails, layers.guardrails.as_ref().map(layer_mode));
    set(&mut settings.layers.judge, layers.judge.as_ref().map(layer_mode));
    set(&mut settings.layers.human, layers.human.as_ref().map(layer_mode));
    set(&mut settings.layers.circuit_breaker, layers.circuit_breaker.as_ref().map(layer_mode));
}

fn apply_guardrails(settings: &mut Settings, document: &SettingsDocument) {
    let guardrails = &document.guardrails;
    if let Some(named) = guardrails.preset.map(preset::thresholds) {
        settings.injection.set(&[], |thresholds| *thresholds = named);
        settings.output.block_at = named.block_at;
    }
    let InjectionDocument { action, flag_at, judge_at, block_at, by_role } = &guardrails.injection;
    set(&mut settings.injection.action, *action);
    let everybody = (&[][..], flag_at, judge_at, block_at);
    let by_role = by_role.iter().flatten().map(|t| (&t.roles[..], &t.flag_at, &t.judge_at, &t.block_at));
    for (roles, flag_at, judge_at, block_at) in std::iter::once(everybody).chain(by_role) {
        settings.injection.set(roles, |thresholds| {
            set(&mut thresholds.flag_at, *flag_at);
            set(&mut thresholds.judge_at, *judge_at);
            set(&mut thresholds.block_at, *block_at);
        });
    }
    set(&mut settings.pii.request, guardrails.pii.request);
    set(&mut settings.pii.response, guardrails.pii.response);
    set(&mut settings.secrets.request, guardrails.secrets.request);
    set(&mut settings.secrets.response, guardrails.secrets.response);
    set(&mut settings.leak, guardrails.leak.response);
    set(&mut settings.output.action, guardrails.output.action);
    set(&mut settings.output.block_at, guardrails.output.block_at);
    apply_format(settings, &guardrails.format);
    set(&mut settings.streams.mode, guardrails.streams.mode);
    set(&mut settings.streams.after_block, guardrails.streams.after_block);
    set(&mut settings.unscannable.request, guardrails.unscannable.request);
    set(&mut settings.unscannable.response, guardrails.unscannable.response);
}

/// Puts what `document` asks for over what is asked already, each constraint for itself.
fn apply_format(settings: &mut Settings, document: &FormatDocument) {
    let format = &mut settings.format;
    set(&mut format.actions.request, document.request);
    set(&mut format.actions.response, document.response);
    let mut asked = format.constraints.pop().map(|asked| (*asked).clone()).unwrap_or_default();
    asked.max_user_characters = document.max_user_characters.or(asked.max_user_characters);
    asked.max_answer_characters = document.max_answer_characters.or(asked.max_answer_characters);
    set(&mut asked.languages, document.languages.clone());
    set(&mut asked.min_citations, document.min_citations);
    set(&mut asked.citation_forms, document.citation_forms.clone());
    asked.answer_schema = document.answer_schema.clone().or(asked.answer_schema);
    format.constraints.extend(Some(Arc::new(asked)).filter(|asked| !asked.is_empty()));
}

/// Sorted indices of the rules outside the packs, or, where none are named, of those that are off `by_default`; and of the
/// rules that are switched off by id. What an override writes replaces what `default` writes, each list for itself.
fn disabled_rules(
    by_default: &[u16],
    default: &GuardrailsDocument,
    over: Option<&GuardrailsDocument>,
) -> Arc<[u16]> {
    let packs = over.and_then(|o| o.pii.packs.as_ref()).or(default.pii.packs.as_ref());
    let ids = over.and_then(|o| o.disabled_rules.as_ref()).or(default.disabled_rules.as_ref());
    let mut rules = packs.map_or_else(|| by_default.to_vec(), |packs| packs::off(packs));
    rules.extend(ids.into_iter().flat_map(|ids| exception::rules(ids)));
    let mut rules = order::by_number(rules, |rule| u128::from(*rule));
    rules.dedup();
    rules.into()
}

fn lexicon(document: &LexiconDocument) -> Lexicon {
    let action = |action: Option<Action>| action.unwrap_or(Action::Allow);
    let actions = PerDirection { request: action(document.request), response: action(document.response) };
    Lexicon { id: format!("lexicon_{}", document.name), actions }
}

fn term_list(document: LexiconDocument) -> TermList {
    TermList { roles: document.roles, terms: document.terms }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn layer_mode(document: &LayerDocument) -> LayerMode {
    match document {
        LayerDocument::Mode(mode) => LayerMode { mode: *mode, until: None },
        LayerDocument::Until(lighter) => match midnight(&lighter.until) {
            Some(until) => LayerMode { mode: lighter.mode, until: Some(until) },
            // A day that is none has been refused by the check; were it not, the layer would enforce.
            None => LayerMode { mode: Mode::Enforce, until: None },
        },
    }
}

/// The lists of exceptions: an empty one, that of `default`, and those of the overrides.
fn exceptions(document: &PolicyDocument) -> Arc<[Vec<Exception>]> {
    let settings = std::iter::once(&document.default).chain(document.overrides.iter().map(|one| &one.set));
    let lists = settings.map(|s| s.guardrails.exceptions.iter().flatten().map(Exception::new).collect());
    let lists: Vec<Vec<Exception>> = std::iter::once(Vec::new()).chain(lists).collect();
    if lists.iter().all(Vec::is_empty) { Arc::from([]) } else { lists.into() }
}

/// The list of `default` among all.
const DEFAULT_LIST: usize = 1;

fn allow_list(document: AllowListDocument) -> AllowList {
    let AllowListDocument { terms, rules: ids, roles, provenance } = document;
    AllowList { terms, rules: rules(&ids), roles, provenance }
}

fn lower_case(mut identity: IdentityDocument) -> IdentityDocument {
    for source in [&mut identity.tenant, &mut identity.user, &mut identity.agent] {
        if let Some(IdentitySource::Header(name)) = source {
            name.make_ascii_lowercase();
        }
    }
    identity
}

/// The hash is over the values and their paths, so that comments, order and YAML or JSON make no difference.
fn version(name: &str, source: &Source<'_>) -> String {
    let hash = sha256_hex(source.canonical().as_bytes());
    let name = if name.is_empty() { DEFAULT_NAME } else { name };
    format!("{name}@{}", hash.get(..12).unwrap_or(&hash))
}

const DEFAULT_NAME: &str = "weir";
