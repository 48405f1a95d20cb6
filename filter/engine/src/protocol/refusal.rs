//! How to say no in each protocol, as an HTTP error or as a well-formed refusal completion, plain or streamed. The
//! text is the policy's; a reason, a rule or matched text never appears here.

use super::registry::{Framing, Protocol};
use super::{Calls, base64, bedrock, event_stream};
use crate::event::Refusal;
use crate::policy::document::RefusalShape;

/// What kind of no it is. "Blocked" and "unavailable" are different answers (design: section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The policy says no: 403.
    Blocked,
    /// A person has to approve first: 403 with the review's id in `x-weir-review-id`.
    PendingReview,
    /// The body cannot be accepted: 413, 415 or 400. An answer cannot be given: 502, and 500 or 504 where Envoy says so.
    Rejected(u16),
    /// Headers and body contradict each other: 400.
    HeaderMismatch,
    /// A layer, or the service, is unavailable: 503 with Retry-After.
    Unavailable {
        /// Seconds.
        retry_after_seconds: u32,
    },
}

/// A no, before it has the shape of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct No<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Error or completion.
    pub shape: RefusalShape,
    /// Text for the client.
    pub message: &'a str,
    /// Shown to the client, so that an operator can find the event.
    pub request_id: &'a str,
    /// Review to ask about, for [`Kind::PendingReview`]; empty otherwise.
    pub review_id: &'a str,
    /// Model to name in a completion; may be empty.
    pub model: &'a str,
    /// What an answer that has begun calls itself, which its end must repeat; empty for an answer of our own.
    pub answer_id: &'a str,
    /// `:path` of the request, with its query: how a stream is framed may depend on it.
    pub path: &'a str,
    /// Whether the client asked for a stream.
    pub stream: bool,
    /// Seconds since the Unix epoch, for `created`.
    pub now_seconds: u64,
    /// The JSON-RPC calls that are answered; none in other protocols.
    pub calls: &'a Calls,
}

/// How a protocol says no: templates in which each `$name` stands for a JSON value. Templates, because building a tree
/// of values for each costs the filter ten times their size.
pub(crate) struct Refusals {
    /// The body of an HTTP error.
    pub error: &'static str,
    /// A refusal in the place of an answer; `None` where the protocol knows no such thing.
    pub completion: Option<Completion>,
    /// What ends a stream that has begun.
    pub interruption: Interruption,
}

/// The last events of a stream whose beginning the client has: framed, the terminator included.
pub(crate) struct Interruption {
    /// As an error.
    pub error: &'static str,
    /// As an answer that ends in a refusal; where the protocol has no such thing, as an error.
    pub completion: &'static str,
}

/// A refusal in the place of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Completion {
    /// The body of a plain answer.
    pub plain: &'static str,
    /// The events of a streamed one, its terminator included.
    pub stream: &'static str,
}

/// Renders `no` for `protocol`. Completions have status 200 and the protocol's content type (`text/event-stream`
/// for streams); errors are JSON. Always carries `x-weir-request-id`. Where the protocol knows no completion the error
/// is given.
pub fn render(protocol: Protocol, no: &No<'_>) -> Refusal {
    let refusals = &protocol.entry().refusals;
    let has_completion = no.shape == RefusalShape::Completion && (!refusals.is_rpc() || no.calls.are_tools());
    let completion = refusals.completion.as_ref().filter(|_| has_completion);
    let framing = protocol.framing(no.path);
    let (status, content_type, template) = match (completion, framing) {
        (None, _) if refusals.is_rpc() && no.stream => (200, EVENT_STREAM, refusals.interruption.error),
        (None, _) => (no.status_of(refusals), JSON, refusals.error),
        (Some(completion), _) if !no.stream => (200, JSON, completion.plain),
        (Some(_), Framing::Array) => (200, JSON, "[$plain]"),
        (Some(completion), Framing::Lines) => (200, LINES, completion.stream),
        (Some(completion), Framing::Frames) => (200, BINARY_EVENT_STREAM, completion.stream),
        (Some(completion), Framing::Events) => (200, EVENT_STREAM, completion.stream),
    };
    let mut headers = vec![("content-type", content_type.to_owned())];
    headers.push(("x-weir-request-id", no.request_id.to_owned()));
    if let Kind::Unavailable { retry_after_seconds } = no.kind {
        headers.push(("retry-after", retry_after_seconds.to_string()));
    } else if status >= 400 && no.is_decided() {
        // The official SDKs retry some statuses by themselves; asking again does not change a decision.
        headers.push(("x-should-retry", "false".to_owned()));
    }
    if !no.review_id.is_empty() {
        headers.push(("x-weir-review-id", no.review_id.to_owned()));
    }
    if refusals.error == bedrock::ERROR && status >= 400 {
        headers.push(("x-amzn-errortype", no.aws_type().to_owned()));
    }
    let body = answers(template, refusals, no);
    let body = if content_type == BINARY_EVENT_STREAM { framed(&body) } else { body.into_bytes() };
    Refusal { status, headers, body }
}

/// The bytes that end a stream of `protocol` that has begun and is framed so: its own error or refusal, and its terminator.
/// `is_first` says that the client has no event yet, which only a JSON array must know.
pub fn interruption(protocol: Protocol, no: &No<'_>, framing: Framing, is_first: bool) -> Vec<u8> {
    let refusals = &protocol.entry().refusals;
    let template = match no.shape {
        RefusalShape::Completion if !refusals.is_rpc() || no.calls.are_tools() => {
            refusals.interruption.completion
        }
        _ => refusals.interruption.error,
    };
    let no = &No { stream: true, ..*no };
    let ending = answers(template, refusals, no);
    match framing {
        Framing::Events | Framing::Lines => return ending.into_bytes(),
        Framing::Frames => return framed(&ending),
        Framing::Array => {}
    }
    let element = ending.trim_start_matches("data: ").trim_end();
    format!("{}{element}]", if is_first { "[" } else { "," }).into_bytes()
}

/// The template, once for each call where it names them: in the shape of the body that made them, or as events. An
/// error without an id where no call has one.
fn answers(template: &str, refusals: &Refusals, no: &No<'_>) -> String {
    if !refusals.is_rpc() || no.calls.ids.is_empty() {
        return filled(template, refusals, no, "null");
    }
    let answers: Vec<String> = no.calls.ids.iter().map(|id| filled(template, refusals, no, id)).collect();
    if no.calls.is_batch && !no.stream { format!("[{}]", answers.join(",")) } else { answers.concat() }
}

/// Lines, each of an event's name and its payload, as the frames of an event stream. A line of a model's own stream
/// travels in a chunk; what else such a stream has is left out.
fn framed(lines: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines.lines() {
        let own = line.strip_prefix("data: ").unwrap_or(line);
        if own.starts_with('{') {
            let chunk = format!(r#"{{"bytes":"{}"}}"#, base64::encode(own.as_bytes()));
            push_frame(&mut out, "chunk", &chunk);
        } else if let Some((event, payload)) = line.split_once(' ').filter(|(name, _)| !name.ends_with(':')) {
            push_frame(&mut out, event, payload);
        }
    }
    out
}

fn push_frame(out: &mut Vec<u8>, event: &str, payload: &str) {
    let (kind, name) = match event.ends_with("Exception") {
        true => ("exception", ":exception-type"),
        false => ("event", ":event-type"),
    };
    let mut headers = Vec::new();
    event_stream::push_header(&mut headers, name, event);
    event_stream::push_header(&mut headers, ":content-type", JSON);
    event_stream::push_header(&mut headers, ":message-type", kind);
    out.extend_from_slice(&event_stream::encode(&headers, payload.as_bytes()));
}

impl Refusals {
    /// Whether each call is answered by its id.
    fn is_rpc(&self) -> bool {
        self.error.contains("$rpc_id")
    }
}

impl No<'_> {
    /// The status of an error. One with the call's id is the call's answer: older clients of MCP wait for it for ever when
    /// the status says anything else.
    fn status_of(&self, refusals: &Refusals) -> u16 {
        let is_answer = refusals.is_rpc() && !self.calls.ids.is_empty() && self.kind != Kind::HeaderMismatch;
        if is_answer { 200 } else { self.status() }
    }

    /// Whether somebody has decided so, and the upstream or the way to it has not just failed.
    fn is_decided(&self) -> bool {
        !matches!(self.kind, Kind::Rejected(500 | 504))
    }

    fn aws_type(&self) -> &'static str {
        match self.status() {
            403 => "AccessDeniedException",
            503 => "ServiceUnavailableException",
            500.. => "InternalServerException",
            _ => "ValidationException",
        }
    }

    fn rpc_code(&self) -> i32 {
        match self.kind {
            Kind::HeaderMismatch => -32020,
            Kind::Blocked | Kind::PendingReview => -32000,
            Kind::Rejected(500..) | Kind::Unavailable { .. } => -32603,
            Kind::Rejected(_) => -32600,
        }
    }

    fn status(&self) -> u16 {
        match self.kind {
            Kind::Blocked | Kind::PendingReview => 403,
            Kind::Rejected(status) => status,
            Kind::HeaderMismatch => 400,
            Kind::Unavailable { .. } => 503,
        }
    }

    /// Machine-readable code. It names the kind of no, never the rule.
    fn code(&self) -> &'static str {
        match self.kind {
            Kind::Blocked => "content_policy_violation",
            Kind::PendingReview => "review_pending",
            Kind::Rejected(413) => "request_too_large",
            Kind::Rejected(415) => "unsupported_media_type",
            Kind::Rejected(502) => "bad_upstream_response",
            Kind::Rejected(504) => "upstream_timeout",
            Kind::Rejected(500..) => "server_error",
            Kind::HeaderMismatch => "header_mismatch",
            Kind::Rejected(_) => "invalid_request",
            Kind::Unavailable { .. } => "service_unavailable",
        }
    }

    /// What the client reads: the policy's text and the id an operator needs to find the event.
    fn text(&self) -> String {
        format!("{} (request id: {})", self.message, self.request_id)
    }

    /// The answer's id: the one it has, or one like the protocol's own.
    fn answer_id(&self, prefix: &str) -> String {
        match self.answer_id {
            "" => quoted(&format!("{prefix}{}", self.request_id)),
            own => quoted(own),
        }
    }

    /// What stands for `$name` in a template, as JSON.
    fn value(&self, name: &str) -> String {
        match name {
            "status" => self.status().to_string(),
            "google_status" => quoted(google_status(self.status())),
            "created" => self.now_seconds.to_string(),
            "code" => quoted(self.code()),
            "rpc_code" => self.rpc_code().to_string(),
            "openai_type" => quoted(openai_type(self)),
            "anthropic_type" => quoted(anthropic_type(self)),
            "text" => quoted(&self.text()),
            "message" => quoted(self.message),
            "request_id" => quoted(self.request_id),
            "chat_id" => self.answer_id("chatcmpl-"),
            "response_id" => self.answer_id("resp_"),
            "message_id" => self.answer_id("msg_"),
            "model" => quoted(self.model),
            _ => "null".to_owned(),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// `template` with its names replaced; what replaces them is not looked at again.
fn filled(template: &str, refusals: &Refusals, no: &No<'_>, rpc_id: &str) -> String {
    let mut parts = template.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(part.len());
        let (name, rest) = part.split_at_checked(end).unwrap_or_default();
        match (name, &refusals.completion) {
            // What a protocol says in several places is written once. The two hold no other template.
            ("error", _) => out.push_str(&filled(refusals.error, refusals, no, rpc_id)),
            ("plain", Some(completion)) => out.push_str(&filled(completion.plain, refusals, no, rpc_id)),
            ("rpc_id", _) => out.push_str(rpc_id),
            _ => out.push_str(&no.value(name)),
        }
        out.push_str(rest);
    }
    out
}

fn google_status(status: u16) -> &'static str {
    match status {
        403 => "PERMISSION_DENIED",
        504 => "DEADLINE_EXCEEDED",
        500.. => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    }
}

fn openai_type(no: &No<'_>) -> &'static str {
    match no.kind {
        Kind::Unavailable { .. } | Kind::Rejected(500..) => "server_error",
        Kind::Blocked | Kind::PendingReview | Kind::Rejected(_) | Kind::HeaderMismatch => {
            "invalid_request_error"
        }
    }
}

fn anthropic_type(no: &No<'_>) -> &'static str {
    match no.kind {
        Kind::Blocked | Kind::PendingReview => "permission_error",
        Kind::Rejected(413) => "request_too_large",
        Kind::Rejected(504) => "timeout_error",
        Kind::Rejected(500..) => "api_error",
        Kind::Rejected(_) | Kind::HeaderMismatch => "invalid_request_error",
        Kind::Unavailable { .. } => "overloaded_error",
    }
}

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";
const BINARY_EVENT_STREAM: &str = "application/vnd.amazon.eventstream";
const LINES: &str = "application/x-ndjson";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::{Hints, read_response};
    use crate::segment::{Role, Segment};

    fn openai() -> Protocol {
        Protocol::named("openai.chat_completions").unwrap()
    }

    fn anthropic() -> Protocol {
        Protocol::named("anthropic.messages").unwrap()
    }

    static NO_CALLS: Calls = Calls::NONE;

    fn no(kind: Kind, shape: RefusalShape, stream: bool) -> No<'static> {
        let message = "Not \"allowed\"\n\u{2028}here.";
        let (request_id, review_id, model) = ("req-1", "", "m\"1");
        No {
            kind,
            shape,
            message,
            request_id,
            review_id,
            model,
            answer_id: "",
            path: "/",
            stream,
            now_seconds: 1_700_000_000,
            calls: &NO_CALLS,
        }
    }

    fn header<'r>(refusal: &'r Refusal, name: &str) -> Option<&'r str> {
        refusal.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn every_status_has_the_type_its_sdk_knows() {
        let check = |kind, status, type_of_openai: &str, type_of_anthropic: &str, code: &str| {
            let no = no(kind, RefusalShape::Error, true);
            let body = |protocol| {
                let refusal = render(protocol, &no);
                assert_eq!(refusal.status, status);
                assert_eq!(header(&refusal, "content-type"), Some("application/json"));
                assert_eq!(header(&refusal, "x-weir-request-id"), Some("req-1"));
                serde_json::from_slice::<Value>(&refusal.body).unwrap()
            };
            let body_of_openai = body(openai());
            assert_eq!(body_of_openai["error"]["type"], type_of_openai);
            assert_eq!(body_of_openai["error"]["code"], code);
            assert_eq!(body_of_openai["error"]["param"], Value::Null);
            let body_of_anthropic = body(anthropic());
            assert_eq!(body_of_anthropic["type"], "error");
            assert_eq!(body_of_anthropic["error"]["type"], type_of_anthropic);
            assert_eq!(body_of_anthropic["request_id"], "req-1");
            assert_eq!(body(Protocol::default())["error"]["code"], code);
        };
        let retry_after_seconds = 7;
        check(Kind::Blocked, 403, "invalid_request_error", "permission_error", "content_policy_violation");
        check(Kind::PendingReview, 403, "invalid_request_error", "permission_error", "review_pending");
        check(Kind::Rejected(400), 400, "invalid_request_error", "invalid_request_error", "invalid_request");
        check(Kind::Rejected(413), 413, "invalid_request_error", "request_too_large", "request_too_large");
        check(
            Kind::Rejected(415),
            415,
            "invalid_request_error",
            "invalid_request_error",
            "unsupported_media_type",
        );
        let unavailable = Kind::Unavailable { retry_after_seconds };
        check(unavailable, 503, "server_error", "overloaded_error", "service_unavailable");
    }

    #[test]
    fn every_template_is_compact_json_of_known_names() {
        let no = no(Kind::Blocked, RefusalShape::Error, true);
        for protocol in Protocol::all() {
            let refusals = &protocol.entry().refusals;
            let completion = refusals.completion.as_ref();
            let stream = completion.map_or("", |c| c.stream);
            let plain = completion.map_or("{}", |c| c.plain);
            for template in [refusals.error, plain, stream] {
                // Templates that are filled in, not values.
                let template = template.replace("$plain", "").replace("$error", "");
                for part in template.split('$').skip(1) {
                    let name = part.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap();
                    assert!(name == "rpc_id" || no.value(name) != "null", "{name}");
                }
            }
            let interruption = &refusals.interruption;
            let streams =
                [stream, interruption.error, interruption.completion].map(|t| filled(t, refusals, &no, "7"));
            let lines = streams.iter().flat_map(|stream| stream.lines());
            let is_framed = protocol.entry().framing == Framing::Frames;
            let unframed = |line: &str| match line.split_once(' ').filter(|_| is_framed) {
                Some((_, payload)) => payload.to_owned(),
                None => line.strip_prefix("data: ").unwrap_or(line).to_owned(),
            };
            let events = lines.map(unframed);
            let events =
                events.filter(|line| !line.is_empty() && line != "[DONE]" && !line.starts_with("event: "));
            let wholes = [refusals.error, plain].map(|template| filled(template, refusals, &no, "7"));
            for written in events.chain(wholes) {
                let read: Value = serde_json::from_str(&written).unwrap();
                assert_eq!(read.to_string(), written);
            }
        }
    }

    #[test]
    fn only_what_may_change_is_worth_a_retry() {
        let blocked = render(openai(), &no(Kind::Blocked, RefusalShape::Error, false));
        assert_eq!(
            (header(&blocked, "x-should-retry"), header(&blocked, "retry-after")),
            (Some("false"), None)
        );
        let kind = Kind::Unavailable { retry_after_seconds: 7 };
        let unavailable = render(openai(), &no(kind, RefusalShape::Error, false));
        assert_eq!(
            (header(&unavailable, "x-should-retry"), header(&unavailable, "retry-after")),
            (None, Some("7"))
        );
    }

    #[test]
    fn a_completion_is_readable_as_an_answer_and_as_a_refusal() {
        let refusal = render(openai(), &no(Kind::Blocked, RefusalShape::Completion, false));
        let body: Value = serde_json::from_slice(&refusal.body).unwrap();
        assert_eq!((refusal.status, &body["object"]), (200, &json!("chat.completion")));
        let choice = &body["choices"][0];
        assert_eq!(choice["finish_reason"], "content_filter");
        assert_eq!(choice["message"]["content"], choice["message"]["refusal"]);
        assert!(choice["message"]["refusal"].as_str().unwrap().contains("Not \"allowed\"\n\u{2028}here."));
        let refusal = render(anthropic(), &no(Kind::Blocked, RefusalShape::Completion, false));
        let body: Value = serde_json::from_slice(&refusal.body).unwrap();
        assert_eq!((&body["type"], &body["stop_reason"]), (&json!("message"), &json!("refusal")));
    }

    /// Our own reader is the client: whatever the message holds, its lines never break an event.
    #[test]
    fn a_streamed_completion_is_a_well_formed_stream_of_its_protocol() {
        let check = |protocol, path: &str, terminator: &str| {
            let refusal = render(protocol, &no(Kind::Blocked, RefusalShape::Completion, true));
            assert_eq!(header(&refusal, "content-type"), Some("text/event-stream"));
            let document = crate::stream::read(protocol, &refusal.body).unwrap();
            let text = document.segments.iter().find(|s| s.path == path).unwrap();
            assert!(text.text.starts_with("Not \"allowed\"\n\u{2028}here."), "{text:?}");
            assert_eq!((document.model.as_str(), document.coverage.unknown), ("m\"1", 0));
            assert!(String::from_utf8(refusal.body).unwrap().ends_with(terminator));
        };
        check(openai(), "/choices/0/delta/refusal", "\n\ndata: [DONE]\n\n");
        check(anthropic(), "/content/0/text", "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }

    /// Our own reader is the client of every protocol: what is said is an answer of the model, whole or streamed.
    #[test]
    fn every_protocols_completion_is_one_of_its_answers() {
        // JSON-RPC has its own test: what is an answer depends on the calls.
        let has_completion = |refusals: &Refusals| refusals.completion.is_some() && !refusals.is_rpc();
        for protocol in Protocol::all().filter(|p| has_completion(&p.entry().refusals)) {
            for stream in [false, true] {
                let refusal = render(protocol, &no(Kind::Blocked, RefusalShape::Completion, stream));
                let content_type = header(&refusal, "content-type").unwrap();
                let hints = Hints { path: "/", content_type, ..Hints::default() };
                let document = read_response(protocol, &hints, &refusal.body).unwrap();
                let is_answer = |role| matches!(role, Role::Assistant | Role::AgentMessage);
                let is_said = |s: &Segment<'_>| is_answer(s.role) && s.text.starts_with("Not \"allowed\"\n");
                assert!(document.segments.iter().any(is_said), "{protocol:?} {:?}", document.segments);
                assert_eq!((refusal.status, document.coverage.unknown), (200, 0), "{protocol:?}");
                // One line is a document, whether or not it was asked for as a stream.
                let is_one_line = protocol.framing("/") == Framing::Lines;
                assert!(document.stream == stream || is_one_line, "{protocol:?}");
            }
        }
    }

    #[test]
    fn every_protocols_stream_can_be_ended_in_its_midst() {
        for protocol in Protocol::all() {
            for shape in [RefusalShape::Error, RefusalShape::Completion] {
                for (path, is_first) in [("/", false), ("/", true), ("/?alt=sse", false)] {
                    let no = No { path, ..no(Kind::Blocked, shape, true) };
                    let ending = interruption(protocol, &no, protocol.framing(path), is_first);
                    let beginning = match protocol.framing(path) {
                        _ if is_first => Vec::new(),
                        Framing::Events => b"data: {}\n\n".to_vec(),
                        Framing::Lines => b"{}\n".to_vec(),
                        Framing::Array => b"[{}".to_vec(),
                        Framing::Frames => event_stream::encode(b"", b"{}"),
                    };
                    let stream = [beginning, ending].concat();
                    let document = read_response(protocol, &Hints { path, ..Hints::default() }, &stream);
                    let document = document.unwrap_or_else(|why| panic!("{protocol:?} {why:?}"));
                    let is_said = document.segments.iter().any(|s| s.text.starts_with("Not \"allowed\"\n"));
                    assert!(
                        is_said || shape == RefusalShape::Completion,
                        "{protocol:?} {:?}",
                        document.segments
                    );
                    assert_eq!(document.coverage.unknown, 0, "{protocol:?} {:?}", document.segments);
                }
            }
        }
    }

    #[test]
    fn a_stream_is_refused_in_the_framing_it_was_asked_for() {
        let google = Protocol::named("google.generate_content").unwrap();
        let check = |protocol, path, content_type: &str, start: &str, end: &str| {
            let no = No { path, ..no(Kind::Blocked, RefusalShape::Completion, true) };
            let refusal = render(protocol, &no);
            assert_eq!(header(&refusal, "content-type"), Some(content_type));
            let body = String::from_utf8(refusal.body).unwrap();
            assert!(body.starts_with(start) && body.ends_with(end), "{body}");
        };
        check(google, "/m:streamGenerateContent", "application/json", "[{", "}]");
        check(google, "/m:streamGenerateContent?alt=sse", "text/event-stream", "data: {", "}\n\n");
        check(Protocol::named("ollama.chat").unwrap(), "/api/chat", "application/x-ndjson", "{", "}\n");
    }

    #[test]
    fn generic_callers_get_the_error_even_where_a_completion_is_wanted() {
        let refusal = render(Protocol::default(), &no(Kind::Blocked, RefusalShape::Completion, true));
        assert_eq!((refusal.status, header(&refusal, "content-type")), (403, Some("application/json")));
    }

    #[test]
    fn each_json_rpc_call_gets_its_own_answer() {
        let calls = |ids: &[&str], is_batch, all_tools| Calls {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            is_batch,
            all_tools,
        };
        let said = |kind, shape, stream, calls: &Calls| {
            let refusal = render(Protocol::named("mcp").unwrap(), &No { calls, ..no(kind, shape, stream) });
            let content_type = header(&refusal, "content-type").unwrap().to_owned();
            (refusal.status, content_type, String::from_utf8(refusal.body).unwrap())
        };
        let read = |body: &str| serde_json::from_str::<Value>(body).unwrap();
        let (error, completion) = (RefusalShape::Error, RefusalShape::Completion);
        let one = calls(&["7"], false, true);
        let (status, content_type, body) = said(Kind::Blocked, error, false, &one);
        assert_eq!((status, content_type.as_str()), (200, "application/json"));
        assert_eq!((&read(&body)["id"], &read(&body)["error"]["code"]), (&json!(7), &json!(-32000)));
        assert_eq!(read(&body)["error"]["data"]["code"], "content_policy_violation");
        let (_, _, body) = said(Kind::Blocked, completion, false, &one);
        assert_eq!((&read(&body)["id"], &read(&body)["result"]["isError"]), (&json!(7), &json!(true)));
        // What is no call of a tool has no result that could say no.
        let (_, _, body) = said(Kind::Blocked, completion, false, &calls(&["\"a\""], false, false));
        assert_eq!((&read(&body)["id"], &read(&body)["error"]["code"]), (&json!("a"), &json!(-32000)));
        let (_, _, body) = said(Kind::Blocked, error, false, &calls(&["1", "\"b\""], true, false));
        let ids: Vec<_> = read(&body).as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert_eq!(ids, [json!(1), json!("b")]);
        let (status, content_type, body) = said(Kind::Blocked, completion, true, &one);
        assert_eq!((status, content_type.as_str()), (200, "text/event-stream"));
        assert!(body.starts_with("event: message\ndata: {") && body.ends_with("}\n\n"), "{body}");
        // Nobody waits for an answer to a notification, and a contradiction is a bad request.
        assert_eq!(said(Kind::Blocked, error, false, &Calls::NONE).0, 403);
        let (status, _, body) = said(Kind::HeaderMismatch, error, false, &one);
        assert_eq!((status, &read(&body)["error"]["code"]), (400, &json!(-32020)));
        let unavailable = Kind::Unavailable { retry_after_seconds: 7 };
        assert_eq!(read(&said(unavailable, error, false, &one).2)["error"]["code"], -32603);
    }

    /// Our own reader is the client: the frames' checksums are right and their events add up.
    #[test]
    fn a_streamed_refusal_of_bedrock_is_an_event_stream() {
        let bedrock = Protocol::named("aws.bedrock_converse").unwrap();
        let refusal = render(bedrock, &no(Kind::Blocked, RefusalShape::Completion, true));
        assert_eq!(header(&refusal, "content-type"), Some("application/vnd.amazon.eventstream"));
        let hints = crate::protocol::Hints::default();
        let document = crate::protocol::read_response(bedrock, &hints, &refusal.body).unwrap();
        let text = document.segments.iter().find(|s| s.path == "/content/0/text").unwrap();
        assert!(text.text.starts_with("Not \"allowed\"") && document.coverage.unknown == 0, "{text:?}");
        let no_more = no(Kind::Blocked, RefusalShape::Error, true);
        let broken = interruption(bedrock, &no_more, Framing::Frames, false);
        assert_eq!(event_stream::messages(&broken).unwrap().len(), 1);
        let refusal = render(bedrock, &no(Kind::Blocked, RefusalShape::Error, true));
        assert_eq!(
            (refusal.status, header(&refusal, "x-amzn-errortype")),
            (403, Some("AccessDeniedException"))
        );
    }
}
