//! How to say no in each protocol, as an HTTP error or as a well-formed refusal completion, plain or streamed. The
//! text is the policy's; a reason, a rule or matched text never appears here.

use serde_json::{Value, json};

use super::Protocol;
use crate::event::Refusal;
use crate::policy::document::RefusalShape;

/// What kind of no it is. "Blocked" and "unavailable" are different answers (design: section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The policy says no: 403.
    Blocked,
    /// A person has to approve first: 403 with the review's id in `x-weir-review-id`.
    PendingReview,
    /// The body cannot be accepted: 413, 415 or 400.
    Rejected(u16),
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
    /// Whether the client asked for a stream.
    pub stream: bool,
    /// Seconds since the Unix epoch, for `created`.
    pub now_seconds: u64,
}

/// Renders `no` for `protocol`. Completions have status 200 and the protocol's content type (`text/event-stream`
/// for streams); errors are JSON. Always carries `x-weir-request-id`. Generic bodies have no completion shape: they
/// get the error.
pub fn render(protocol: Protocol, no: &No<'_>) -> Refusal {
    let is_completion = no.shape == RefusalShape::Completion && protocol != Protocol::Generic;
    let (status, content_type, body) = match (is_completion, no.stream) {
        (false, _) => (no.status(), JSON, error(protocol, no).to_string()),
        (true, false) => (200, JSON, completion(protocol, no).to_string()),
        (true, true) => (200, EVENT_STREAM, completion_stream(protocol, no)),
    };
    let mut headers = vec![("content-type", content_type.to_owned())];
    headers.push(("x-weir-request-id", no.request_id.to_owned()));
    if let Kind::Unavailable { retry_after_seconds } = no.kind {
        headers.push(("retry-after", retry_after_seconds.to_string()));
    } else if status >= 400 {
        // The official SDKs retry some statuses by themselves; asking again does not change a decision.
        headers.push(("x-should-retry", "false".to_owned()));
    }
    if !no.review_id.is_empty() {
        headers.push(("x-weir-review-id", no.review_id.to_owned()));
    }
    Refusal { status, headers, body: body.into_bytes() }
}

impl No<'_> {
    fn status(&self) -> u16 {
        match self.kind {
            Kind::Blocked | Kind::PendingReview => 403,
            Kind::Rejected(status) => status,
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
            Kind::Rejected(_) => "invalid_request",
            Kind::Unavailable { .. } => "service_unavailable",
        }
    }

    /// What the client reads: the policy's text and the id an operator needs to find the event.
    fn text(&self) -> String {
        format!("{} (request id: {})", self.message, self.request_id)
    }
}

fn error(protocol: Protocol, no: &No<'_>) -> Value {
    match protocol {
        Protocol::OpenAiChat => json!({
            "error": {"message": no.text(), "type": openai_type(no), "param": null, "code": no.code()}
        }),
        Protocol::AnthropicMessages => json!({
            "type": "error",
            "error": {"type": anthropic_type(no), "message": no.text()},
            "request_id": no.request_id,
        }),
        Protocol::Generic => json!({
            "error": {"code": no.code(), "message": no.message, "request_id": no.request_id}
        }),
    }
}

fn openai_type(no: &No<'_>) -> &'static str {
    match no.kind {
        Kind::Unavailable { .. } | Kind::Rejected(500..) => "server_error",
        Kind::Blocked | Kind::PendingReview | Kind::Rejected(_) => "invalid_request_error",
    }
}

fn anthropic_type(no: &No<'_>) -> &'static str {
    match no.kind {
        Kind::Blocked | Kind::PendingReview => "permission_error",
        Kind::Rejected(413) => "request_too_large",
        Kind::Rejected(500..) => "api_error",
        Kind::Rejected(_) => "invalid_request_error",
        Kind::Unavailable { .. } => "overloaded_error",
    }
}

fn completion(protocol: Protocol, no: &No<'_>) -> Value {
    if protocol == Protocol::AnthropicMessages {
        let content = json!([{"type": "text", "text": no.text()}]);
        return anthropic_message(no, &content, &json!("refusal"));
    }
    // In both fields: programs that know refusals look into `refusal`, all others show `content` to their user.
    let message = json!({"role": "assistant", "content": no.text(), "refusal": no.text()});
    json!({
        "id": format!("chatcmpl-{}", no.request_id),
        "object": "chat.completion",
        "created": no.now_seconds,
        "model": no.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": "content_filter"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    })
}

fn completion_stream(protocol: Protocol, no: &No<'_>) -> String {
    if protocol == Protocol::AnthropicMessages {
        return anthropic_events(no).iter().map(named_event).collect();
    }
    let chunk = |delta: Value, finish: Value| {
        json!({
            "id": format!("chatcmpl-{}", no.request_id),
            "object": "chat.completion.chunk",
            "created": no.now_seconds,
            "model": no.model,
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
        })
    };
    let first = chunk(json!({"role": "assistant", "content": no.text(), "refusal": no.text()}), Value::Null);
    let last = chunk(json!({}), json!("content_filter"));
    format!("data: {first}\n\ndata: {last}\n\ndata: [DONE]\n\n")
}

fn anthropic_message(no: &No<'_>, content: &Value, stop_reason: &Value) -> Value {
    json!({
        "id": format!("msg_{}", no.request_id),
        "type": "message",
        "role": "assistant",
        "model": no.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    })
}

fn anthropic_events(no: &No<'_>) -> [Value; 6] {
    [
        json!({"type": "message_start", "message": anthropic_message(no, &json!([]), &Value::Null)}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": no.text()}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({
            "type": "message_delta",
            "delta": {"stop_reason": "refusal", "stop_sequence": null},
            "usage": {"output_tokens": 0},
        }),
        json!({"type": "message_stop"}),
    ]
}

fn named_event(event: &Value) -> String {
    let name = event.get("type").and_then(Value::as_str).unwrap_or("message");
    format!("event: {name}\ndata: {event}\n\n")
}

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";

#[cfg(test)]
mod tests {
    use super::*;

    fn no(kind: Kind, shape: RefusalShape, stream: bool) -> No<'static> {
        let message = "Not \"allowed\"\n\u{2028}here.";
        let (request_id, review_id, model) = ("req-1", "", "m\"1");
        No { kind, shape, message, request_id, review_id, model, stream, now_seconds: 1_700_000_000 }
    }

    fn header<'r>(refusal: &'r Refusal, name: &str) -> Option<&'r str> {
        refusal.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn every_status_has_the_type_its_sdk_knows() {
        let check = |kind, status, openai: &str, anthropic: &str, code: &str| {
            let no = no(kind, RefusalShape::Error, true);
            let body = |protocol| {
                let refusal = render(protocol, &no);
                assert_eq!(refusal.status, status);
                assert_eq!(header(&refusal, "content-type"), Some("application/json"));
                assert_eq!(header(&refusal, "x-weir-request-id"), Some("req-1"));
                serde_json::from_slice::<Value>(&refusal.body).unwrap()
            };
            let body_of_openai = body(Protocol::OpenAiChat);
            assert_eq!(body_of_openai["error"]["type"], openai);
            assert_eq!(body_of_openai["error"]["code"], code);
            assert_eq!(body_of_openai["error"]["param"], Value::Null);
            let body_of_anthropic = body(Protocol::AnthropicMessages);
            assert_eq!(body_of_anthropic["type"], "error");
            assert_eq!(body_of_anthropic["error"]["type"], anthropic);
            assert_eq!(body_of_anthropic["request_id"], "req-1");
            assert_eq!(body(Protocol::Generic)["error"]["code"], code);
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
    fn only_what_may_change_is_worth_a_retry() {
        let blocked = render(Protocol::OpenAiChat, &no(Kind::Blocked, RefusalShape::Error, false));
        assert_eq!(
            (header(&blocked, "x-should-retry"), header(&blocked, "retry-after")),
            (Some("false"), None)
        );
        let kind = Kind::Unavailable { retry_after_seconds: 7 };
        let unavailable = render(Protocol::OpenAiChat, &no(kind, RefusalShape::Error, false));
        assert_eq!(
            (header(&unavailable, "x-should-retry"), header(&unavailable, "retry-after")),
            (None, Some("7"))
        );
    }

    #[test]
    fn a_completion_is_readable_as_an_answer_and_as_a_refusal() {
        let refusal = render(Protocol::OpenAiChat, &no(Kind::Blocked, RefusalShape::Completion, false));
        let body: Value = serde_json::from_slice(&refusal.body).unwrap();
        assert_eq!((refusal.status, &body["object"]), (200, &json!("chat.completion")));
        let choice = &body["choices"][0];
        assert_eq!(choice["finish_reason"], "content_filter");
        assert_eq!(choice["message"]["content"], choice["message"]["refusal"]);
        assert!(choice["message"]["refusal"].as_str().unwrap().contains("Not \"allowed\"\n\u{2028}here."));
        let refusal =
            render(Protocol::AnthropicMessages, &no(Kind::Blocked, RefusalShape::Completion, false));
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
        check(Protocol::OpenAiChat, "/choices/0/delta/refusal", "\n\ndata: [DONE]\n\n");
        check(
            Protocol::AnthropicMessages,
            "/content/0/text",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        );
    }

    #[test]
    fn generic_callers_get_the_error_even_where_a_completion_is_wanted() {
        let refusal = render(Protocol::Generic, &no(Kind::Blocked, RefusalShape::Completion, true));
        assert_eq!((refusal.status, header(&refusal, "content-type")), (403, Some("application/json")));
    }
}
