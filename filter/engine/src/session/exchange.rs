//! What is known about one exchange: identities, settings, control state, and what its headers say. Facts only.

use std::sync::Arc;

use super::Engine;
use super::rewrite::Known;
use crate::act::token::Tokens;
use crate::event::{ControlView, Direction, Headers, RequestHead, UnixMillis};
use crate::limits::MAX_LABEL_BYTES;
use crate::policy::Selector;
use crate::policy::Settings;
use crate::policy::decide::{self, Decision};
use crate::policy::document::{HeaderHold, IdentitySource, JudgeTiming, Layer, Mode, Tier};
use crate::policy::settings::PerDirection;
use crate::protocol::{self, Calls, Document, Framing, Hints, Protocol};
use crate::wire::control::{Pace, Scope};

/// One exchange.
#[derive(Debug)]
pub struct Exchange {
    pub(crate) settings: Arc<Settings>,
    pub(crate) header_hold: HeaderHold,
    pub(crate) request_id: String,
    pub(crate) nonce: u64,
    pub(crate) tenant: String,
    pub(crate) user: String,
    pub(crate) agent: String,
    pub(crate) route: String,
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) protocol: Protocol,
    pub(crate) model: String,
    /// The JSON-RPC calls that a refusal must answer.
    pub(crate) calls: Calls,
    /// Whether the client asked for a stream, as far as is known.
    pub(crate) stream: bool,
    pub(crate) heads: PerDirection<HeadFacts>,
    pub(crate) upstream_status: u16,
    pub(crate) pace: Pace,
    pub(crate) known: Known,
    control: ControlView,
    scopes: Vec<Scope>,
    /// A stop that was decided at the headers and answered once the body has told how.
    stop: Option<Decision>,
}

/// What the headers of one message say about its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadFacts {
    pub(crate) content_type: String,
    /// As announced; `None` when absent or not a number.
    pub(crate) content_length: Option<u64>,
    /// A coding other than identity, or a charset in which the bytes say something else than is read.
    pub(crate) is_encoded: bool,
    /// Frames of gRPC, in which there is nothing to read without the descriptors of the service.
    pub(crate) is_grpc: bool,
    /// Whether trailers will end it, behind which nothing of a body can be sent: they are announced, or it was made of gRPC,
    /// whose servers say more than the transcoder takes away.
    pub(crate) has_trailers: bool,
    /// Digests and validators of the body, which an edit makes wrong.
    pub(crate) digests: Vec<&'static str>,
    /// Headers that copy a part of the body (MCP): name and value.
    pub(crate) copies: Vec<(String, String)>,
}

impl Exchange {
    /// Reads the facts off a request's headers.
    pub(crate) fn new(engine: &Engine, head: RequestHead<'_>) -> Self {
        let policy = engine.policy();
        let headers = head.headers;
        let identity = |source: &Option<IdentitySource>| match source {
            Some(IdentitySource::Header(name)) => label(only_value(headers, name)),
            Some(IdentitySource::PeerSan) => label(head.peer.as_bytes()),
            None => String::new(),
        };
        let tenant = identity(&policy.identity.tenant);
        let user = identity(&policy.identity.user);
        let agent = match &policy.identity.agent {
            None => label(head.peer.as_bytes()),
            source => identity(source),
        };
        let path = text(value(headers, ":path"));
        let host = text(value(headers, ":authority"));
        let selector =
            Selector { route: head.route, host: &host, path: &path, tenant: &tenant, agent: &agent };
        let sources = [&policy.identity.tenant, &policy.identity.user, &policy.identity.agent];
        let settings = if sources.into_iter().any(|source| is_ambiguous(source.as_ref(), headers)) {
            policy.strictest_settings(asked_tier(headers))
        } else {
            policy.settings(&selector, asked_tier(headers))
        };
        let settings = Arc::clone(settings);
        let route = label(head.route.as_bytes());
        let scopes = scopes(&tenant, &route, &agent);
        let pace = decide::pace(&head.control, &scopes);
        let protocol = Protocol::of_path(&path);
        let tokens = Tokens::new(policy.placeholder_key.as_ref(), &tenant);
        let known = Known { tokens, ..Known::default() };
        Self {
            settings,
            header_hold: policy.header_hold,
            request_id: label(head.request_id.as_bytes()),
            nonce: head.nonce,
            tenant,
            user,
            agent,
            route,
            method: text(value(headers, ":method")),
            host,
            path,
            protocol,
            model: String::new(),
            calls: Calls::default(),
            stream: false,
            heads: PerDirection { request: HeadFacts::of(headers), response: HeadFacts::default() },
            upstream_status: 0,
            pace,
            known,
            control: head.control,
            scopes,
            stop: None,
        }
    }

    /// What the headers told the protocol stage.
    pub(crate) fn hints(&self, direction: Direction) -> Hints<'_> {
        let facts = self.heads.of_ref(direction);
        Hints {
            path: &self.path,
            content_type: &facts.content_type,
            copies: &facts.copies,
            has_trailers: facts.has_trailers,
        }
    }

    /// Takes what a body says about the exchange.
    pub(crate) fn learn(&mut self, direction: Direction, document: &Document<'_>) {
        if direction == Direction::Response {
            return;
        }
        self.protocol = document.protocol;
        self.stream = document.stream;
        self.calls = document.calls.clone();
        self.model = label(document.model.as_bytes());
        if !self.model.is_empty() {
            self.scopes.push(Scope::Model(self.model.clone()));
            self.pace = decide::pace(&self.control, &self.scopes);
        }
    }

    /// Takes what a request still says about the exchange that cannot be inspected: how to answer it.
    pub(crate) fn learn_calls(&mut self, direction: Direction, body: &[u8]) {
        if direction == Direction::Request {
            (self.protocol, self.calls) = protocol::outline(&self.hints(direction), body);
        }
    }

    /// What control state says at the headers, before the model is known.
    pub(crate) fn control_decision(&self, now: UnixMillis) -> Option<Decision> {
        decide::control(&self.settings, &self.control, &self.scopes, now)
    }

    /// Keeps a stop until the body has told how to say it.
    pub(crate) fn stop_later(&mut self, decision: Decision) {
        self.stop = Some(decision);
    }

    /// What control state says once the body is read: a stop kept from the headers, or one of the model's scope.
    pub(crate) fn stop_after_reading(&self, direction: Direction, now: UnixMillis) -> Option<Decision> {
        if direction == Direction::Response {
            return None;
        }
        self.stop.clone().or_else(|| {
            let models: Vec<Scope> =
                self.scopes.iter().filter(|s| matches!(s, Scope::Model(_))).cloned().collect();
            if models.is_empty() || !self.has_model_scopes() {
                return None;
            }
            decide::control(&self.settings, &self.control, &models, now)
        })
    }

    /// How the body of `direction` must be watched; `None` when nothing wants to see it.
    pub(crate) fn watch(&self, direction: Direction, now: UnixMillis) -> Option<super::Watch> {
        let guardrails = self.settings.layers.mode(Layer::Guardrail, now);
        let timing = decide::judge_timing(&self.settings, direction, self.pace, now);
        let breaker = self.settings.layers.mode(Layer::CircuitBreaker, now);
        let is_request = direction == Direction::Request;
        let stops_by_model = is_request && breaker == Mode::Enforce && self.has_model_scopes();
        let keeps_stop = is_request && self.stop.is_some();
        if guardrails == Mode::Enforce || timing == JudgeTiming::Hold || stops_by_model || keeps_stop {
            return Some(super::Watch::Hold);
        }
        let is_wanted = guardrails == Mode::Detect || timing != JudgeTiming::Never;
        is_wanted.then(|| super::Watch::Observe(Vec::new()))
    }

    /// How the frames of the response are told apart, as its content type and the protocol say.
    pub(crate) fn framing(&self) -> Framing {
        let content_type = self.heads.response.content_type.trim_start().to_ascii_lowercase();
        match () {
            () if content_type.starts_with(EVENT_STREAMS[0]) => Framing::Events,
            () if content_type.starts_with(EVENT_STREAMS[3]) => Framing::Frames,
            () if content_type.contains("ndjson") || content_type.contains("stream+json") => Framing::Lines,
            () => self.protocol.framing(&self.path),
        }
    }

    /// Whether the response, which would be held, is a stream that may pass while it comes.
    pub(crate) fn flows_in_flight(&self, now: UnixMillis) -> bool {
        let is_answer = (200..300).contains(&self.upstream_status) && self.is_response_stream();
        // What waits for the end of a stream is lost where trailers end it.
        let must_be_whole = self.heads.response.has_trailers;
        is_answer && !must_be_whole && decide::flows_in_flight(&self.settings, self.pace, now)
    }

    fn has_model_scopes(&self) -> bool {
        let snapshot = self.control.snapshot.as_deref();
        snapshot.is_some_and(|s| s.scopes.iter().any(|s| matches!(s.scope, Scope::Model(_))))
    }

    /// Whether the response says it is a stream: of events, of lines or of messages; or is the array that was asked for.
    pub(crate) fn is_response_stream(&self) -> bool {
        let starts = |kind: &&str| begins(&self.heads.response.content_type, kind);
        let is_array = || self.stream && self.protocol.framing(&self.path) == Framing::Array;
        EVENT_STREAMS.iter().any(starts) || (is_array() && starts(&"application/json"))
    }

    /// Scopes of the exchange.
    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Age of the control snapshot, in milliseconds.
    pub(crate) fn control_age_ms(&self, now: UnixMillis) -> Option<u64> {
        self.control.snapshot.as_ref().map(|_| now.0.saturating_sub(self.control.confirmed.0))
    }

    /// A number in `0.0..1.0` that neither client nor upstream can predict, one per exchange: a sampled exchange is
    /// judged in both directions.
    pub(crate) fn draw(&self) -> f64 {
        // SplitMix64, so that neighbouring nonces do not draw alike.
        let mut z = self.nonce.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let unit = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        unit
    }
}

impl HeadFacts {
    /// Reads the facts off a header list.
    pub(crate) fn of(headers: Headers<'_>) -> Self {
        let present = |name: &&'static str| headers.iter().any(|(n, _)| n == &name.as_bytes());
        let content_type = text(value(headers, "content-type"));
        Self {
            is_grpc: begins(&content_type, GRPC),
            content_type,
            content_length: text(value(headers, "content-length")).trim().parse().ok(),
            is_encoded: values(headers, "content-encoding").any(is_coding)
                || values(headers, "content-type").any(names_other_charset),
            has_trailers: headers.iter().any(|(n, _)| *n == b"trailer" || n.starts_with(b"grpc-")),
            digests: BODY_DIGESTS.iter().filter(|n| present(n)).copied().collect(),
            copies: headers.iter().filter(|(n, _)| n.starts_with(COPY_PREFIX)).map(copy).collect(),
        }
    }
}

impl PerDirection<HeadFacts> {
    pub(crate) fn of_ref(&self, direction: Direction) -> &HeadFacts {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }
}

fn copy((name, value): &(&[u8], &[u8])) -> (String, String) {
    (text(name), text(value))
}

fn is_coding(value: &[u8]) -> bool {
    !value.is_empty() && !value.eq_ignore_ascii_case(b"identity")
}

/// Whether a content type is `kind`, or one that begins so.
fn begins(content_type: &str, kind: &str) -> bool {
    let content_type = content_type.trim_start();
    content_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
}

/// Whether a content type names a charset in which ASCII bytes are not ASCII text (UTF-7, UTF-16): what is clean as
/// read may be an attack as understood.
fn names_other_charset(content_type: &[u8]) -> bool {
    let content_type = text(content_type);
    let parameters = content_type.split(';').skip(1).filter_map(|p| p.split_once('='));
    parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).any(|(_, charset)| {
        let charset = charset.trim().trim_matches(['"', '\'']);
        !ASCII_CHARSETS.iter().any(|known| known.eq_ignore_ascii_case(charset))
    })
}

const ASCII_CHARSETS: [&str; 8] =
    ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252"];

const COPY_PREFIX: &[u8] = b"mcp-";

const EVENT_STREAMS: [&str; 4] = [
    "text/event-stream",
    "application/x-ndjson",
    "application/stream+json",
    "application/vnd.amazon.eventstream",
];

/// `application/grpc`, with what may follow a `+`, and `application/grpc-web`.
const GRPC: &str = "application/grpc";

const BODY_DIGESTS: [&str; 5] = ["etag", "content-md5", "digest", "content-digest", "repr-digest"];

/// Header in which a client may ask for a stricter tier.
pub(crate) const TIER_HEADER: &str = "x-weir-tier";

/// The strictest tier the client asked for. What is not a tier is ignored: it cannot loosen anything.
fn asked_tier(headers: Headers<'_>) -> Option<Tier> {
    let asked = headers.iter().filter(|(name, _)| *name == TIER_HEADER.as_bytes());
    asked
        .filter_map(|(_, value)| match *value {
            b"low" => Some(Tier::Low),
            b"medium" => Some(Tier::Medium),
            b"high" => Some(Tier::High),
            b"critical" => Some(Tier::Critical),
            _ => None,
        })
        .max()
}

fn scopes(tenant: &str, route: &str, agent: &str) -> Vec<Scope> {
    let mut scopes = vec![Scope::Global];
    let named = |v: &str| Some(v.to_owned()).filter(|v| !v.is_empty());
    scopes.extend(named(tenant).map(Scope::Tenant));
    scopes.extend(named(route).map(Scope::Route));
    scopes.extend(named(agent).map(Scope::Agent));
    scopes
}

/// Every value of a header, in order.
fn values<'a>(headers: Headers<'a>, name: &str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |(n, _)| *n == name.as_bytes()).map(|(_, v)| *v)
}

/// The value of a header that has one; empty when it has none or several.
fn only_value<'a>(headers: Headers<'a>, name: &str) -> &'a [u8] {
    let mut all = values(headers, name);
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => &[],
    }
}

/// Whether an identity is told twice. One is the mesh's and one is not, and no rule says which comes first.
fn is_ambiguous(source: Option<&IdentitySource>, headers: Headers<'_>) -> bool {
    match source {
        Some(IdentitySource::Header(name)) => values(headers, name).nth(1).is_some(),
        Some(IdentitySource::PeerSan) | None => false,
    }
}

/// First value of a header; empty when absent.
pub(crate) fn value<'a>(headers: Headers<'a>, name: &str) -> &'a [u8] {
    headers.iter().find(|(n, _)| *n == name.as_bytes()).map_or(&[], |(_, v)| v)
}

/// Header bytes as text; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A string for decisions and events: capped, without control characters.
fn label(bytes: &[u8]) -> String {
    let capped = bytes.get(..MAX_LABEL_BYTES).unwrap_or(bytes);
    String::from_utf8_lossy(capped).chars().filter(|c| !c.is_control()).collect()
}
