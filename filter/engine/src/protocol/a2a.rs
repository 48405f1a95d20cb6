//! Agent2Agent 0.3 and 1.0 over JSON-RPC and over HTTP+JSON: messages, tasks, artifacts and agent cards. Another agent is
//! outside the trust of the application, whichever side it stands on: every part is an agent's message. Sources: the
//! types of the official Python SDK (1.3.0), `a2a.proto` 1.0 and the 0.3 schema.

use super::json::Value;
use super::json_rpc;
use super::reader::{self, EXTERNAL_DEFINITION, Reader, Voice};
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Binary, Content, Each, Label, Link, One, Text, With};
use super::shape::{NOBODY, SPEAKER, Shape, Who};

/// JSON-RPC: `POST .../a2a`, and any body of its methods.
pub(super) const RPC: Entry = Entry {
    name: "a2a",
    paths: &["/a2a", "/a2a/jsonrpc"],
    is_shape: |root| json_rpc::is_rpc(root) && json_rpc::messages(root).any(is_call),
    streams: Streams::Never,
    framing: Framing::Events,
    request: With(message),
    response: With(message),
    event: With(|reader, root, _| apart(reader, root, root.get("result").unwrap_or(root), message)),
    refusals: Refusals { error: json_rpc::ERROR, completion: None, interruption: json_rpc::INTERRUPTION },
};

/// HTTP+JSON: the same objects without an envelope, and the agent's card.
pub(super) const REST: Entry = Entry {
    name: "a2a.rest",
    paths: &[
        "/message:send",
        "/message:stream",
        "/tasks/*:cancel",
        "/tasks/*:subscribe",
        "/tasks/*/pushNotificationConfigs",
        "/extendedAgentCard",
        "/v1/card",
        "/.well-known/agent-card.json",
        "/.well-known/agent.json",
    ],
    is_shape: |_| false,
    streams: Streams::Path(":stream"),
    framing: Framing::Events,
    request: One(AGENT, &PARAMS),
    response: With(result),
    event: With(|reader, root, _| apart(reader, root, root, result)),
    refusals: Refusals {
        error: concat!(
            r#"{"error":{"code":$status,"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","#,
            r#""domain":"weir","metadata":{"requestId":$request_id},"reason":$code}],"#,
            r#""message":$text,"status":$google_status}}"#,
        ),
        completion: Some(Completion {
            plain: r#"{"message":{"messageId":$message_id,"parts":[{"text":$text}],"role":"ROLE_AGENT"}}"#,
            stream: "data: $plain\n\n",
        }),
        // The official client raises what is named so, and takes anything else for an empty event.
        interruption: Interruption {
            error: "event: error\ndata: $error\n\n",
            completion: "data: $plain\n\n",
        },
    },
};

const AGENT: Who = Who::Always(reader::AGENT);

/// Reads a message of the envelope, or a batch.
fn message<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, _: Voice) {
    json_rpc::message(reader, root, |r, _, params| PARAMS.read(r, params, reader::AGENT), result, METHODS);
}

/// A result of any method: a card, a task, a message or an event.
fn result<'b>(reader: &mut Reader<'b>, result: Value<'_, 'b>, _: Voice) {
    match result.get("skills") {
        Some(_) => CARD.read(reader, result, EXTERNAL_DEFINITION),
        None => Content(AGENT, &RESULT).read(reader, result, reader::AGENT),
    }
}

/// Reads an event. Chunks of one artifact add up; every other event is a whole of its own.
fn apart<'b>(
    reader: &mut Reader<'b>,
    root: Value<'_, 'b>,
    inner: Value<'_, 'b>,
    event: fn(&mut Reader<'b>, Value<'_, 'b>, Voice),
) {
    let inner = inner.get("artifactUpdate").unwrap_or(inner);
    let id = inner.get("artifact").and_then(|artifact| artifact.get("artifactId")).and_then(Value::string);
    match id {
        Some(id) => reader.within(&id, |r| event(r, root, reader::AGENT)),
        None => reader.apart(|r| event(r, root, reader::AGENT)),
    }
}

fn is_call(message: Value<'_, '_>) -> bool {
    let method = json_rpc::method(message);
    // MCP has tasks too, and names them by another parameter.
    let is_task =
        method.starts_with("tasks/") && message.get("params").is_some_and(|p| p.get("id").is_some());
    is_task || (METHODS.contains(&method.as_ref()) && !method.starts_with("tasks/"))
}

static PARAMS: Shape = Shape {
    speakers: None,
    fields: &[
        ("message", Content(SPEAKER, &MESSAGE)),
        ("metadata pushNotificationConfig taskPushNotificationConfig authentication config", All(SPEAKER)),
        ("url", Link(SPEAKER)),
        ("token", Text(SPEAKER)),
        (
            "acceptedOutputModes configId configuration contextId historyLength id includeArtifacts name pageSize \
             pageToken pushNotificationConfigId status statusTimestampAfter taskId tenant",
            Label(SPEAKER),
        ),
    ],
};

static MESSAGE: Shape = Shape {
    speakers: None,
    fields: &[
        ("parts content", Content(SPEAKER, &PART)),
        ("metadata", All(SPEAKER)),
        ("contextId extensions kind messageId referenceTaskIds role taskId", Label(NOBODY)),
    ],
};

static PART: Shape = Shape {
    speakers: None,
    fields: &[
        ("text name filename", Text(SPEAKER)),
        ("data metadata", All(SPEAKER)),
        ("file", One(SPEAKER, &PART)),
        ("raw bytes fileWithBytes", Binary),
        ("uri url fileWithUri", Link(SPEAKER)),
        ("kind mediaType mimeType", Label(NOBODY)),
    ],
};

static ARTIFACT: Shape = Shape {
    speakers: None,
    fields: &[
        ("name description", Text(SPEAKER)),
        ("parts", Content(SPEAKER, &PART)),
        ("metadata", All(SPEAKER)),
        ("artifactId extensions", Label(NOBODY)),
    ],
};

static STATUS: Shape = Shape {
    speakers: None,
    fields: &[("message update", One(SPEAKER, &MESSAGE)), ("state timestamp", Label(NOBODY))],
};

/// A task, a message, an event of either, or a list of tasks.
static RESULT: Shape = Shape {
    speakers: None,
    fields: &[
        ("task statusUpdate artifactUpdate", One(SPEAKER, &RESULT)),
        ("tasks", Each(SPEAKER, &RESULT)),
        ("message msg", Content(SPEAKER, &MESSAGE)),
        ("history", Each(SPEAKER, &MESSAGE)),
        ("status", One(SPEAKER, &STATUS)),
        ("artifact", One(SPEAKER, &ARTIFACT)),
        ("artifacts", Each(SPEAKER, &ARTIFACT)),
        ("parts content", Content(SPEAKER, &PART)),
        ("metadata error configs pushNotificationConfig authentication", All(SPEAKER)),
        ("url", Link(SPEAKER)),
        ("token", Text(SPEAKER)),
        (
            "append contextId extensions final id kind lastChunk messageId nextPageToken pageSize \
             referenceTaskIds role taskId tenant totalSize",
            Label(NOBODY),
        ),
    ],
};

/// An agent's card: what it says of itself reaches other agents' prompts.
static CARD: Shape = Shape {
    speakers: None,
    fields: &[
        ("name description", Text(SPEAKER)),
        (
            "skills provider capabilities securitySchemes security securityRequirements supportedInterfaces \
             additionalInterfaces signatures",
            All(SPEAKER),
        ),
        ("url documentationUrl iconUrl", Link(SPEAKER)),
        (
            "defaultInputModes defaultOutputModes preferredTransport protocolVersion \
             supportsAuthenticatedExtendedCard version",
            Label(SPEAKER),
        ),
    ],
};

/// Methods of 0.3, then of 1.0. A name that is not among them is text.
const METHODS: &[&str] = &[
    "message/send",
    "message/stream",
    "tasks/get",
    "tasks/cancel",
    "tasks/resubscribe",
    "tasks/pushNotificationConfig/set",
    "tasks/pushNotificationConfig/get",
    "tasks/pushNotificationConfig/list",
    "tasks/pushNotificationConfig/delete",
    "agent/getAuthenticatedExtendedCard",
    "SendMessage",
    "SendStreamingMessage",
    "GetTask",
    "ListTasks",
    "CancelTask",
    "SubscribeToTask",
    "CreateTaskPushNotificationConfig",
    "GetTaskPushNotificationConfig",
    "ListTaskPushNotificationConfigs",
    "DeleteTaskPushNotificationConfig",
    "GetExtendedAgentCard",
];

#[cfg(test)]
mod tests {
    use crate::protocol::{Hints, Protocol, read_response};

    /// The official server answers a plain call with the chunks of a streamed artifact as its parts.
    #[test]
    fn a_text_cut_into_the_parts_of_an_artifact_is_read_whole() {
        let body = r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"id":"t","artifacts":[{"artifactId":"a","parts":[
            {"text":"Write to jane@ex"},{"data":{"n":1}},{"text":"ample.org"}]}]}}}"#;
        let protocol = Protocol::named("a2a").unwrap();
        let document = read_response(protocol, &Hints::default(), body.as_bytes()).unwrap();
        let texts: Vec<&str> = document.segments.iter().map(|segment| segment.text.as_ref()).collect();
        let whole = document.segments.iter().find(|s| s.text == "Write to jane@example.org").unwrap();
        let spans = whole.map.spans(9..whole.text.len());
        let pieces: Vec<&str> = spans.iter().map(|span| body.get(span.clone()).unwrap()).collect();
        assert_eq!(pieces, ["jane@ex", "ample.org"], "{texts:?}");
        assert!(texts.contains(&"ample.org"));
    }
}
