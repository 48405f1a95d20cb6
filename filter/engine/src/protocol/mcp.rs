//! Model Context Protocol, 2025-03-26 to 2026-07-28 and the tasks extension: every message in both directions, because
//! servers ask clients too. A server is outside the trust of the application: what it describes, answers, prompts or asks
//! is external text. Sources: the schemas of the revisions, as the official Python SDK (2.3.0) carries them.

use super::json::{Kind, Value};
use super::json_rpc;
use super::reader::{self, EXTERNAL_DEFINITION, Reader, Voice};
use super::refusal::{Completion, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Binary, Content, Each, Label, Link, One, Text, With};
use super::shape::{DOCUMENT, NOBODY, SPEAKER, Shape, TOOL_CALL, Who};
use super::{Hints, Unscannable, base64};

/// `POST .../mcp`, and any body of its methods.
pub(super) const ENTRY: Entry = Entry {
    name: "mcp",
    paths: &["/mcp"],
    is_shape: |root| {
        json_rpc::is_rpc(root) && json_rpc::messages(root).any(|m| METHODS.contains(&&*json_rpc::method(m)))
    },
    streams: Streams::Never,
    framing: Framing::Events,
    request: With(message),
    response: With(message),
    event: With(|reader, root, voice| reader.apart(|reader| message(reader, root, voice))),
    refusals: Refusals {
        error: json_rpc::ERROR,
        // A call of a tool can be answered by a result that says so; any other call by an error only.
        completion: Some(Completion { plain: TOOL_ERROR, stream: json_rpc::PLAIN_EVENT }),
        interruption: json_rpc::INTERRUPTION,
    },
};

const TOOL_ERROR: &str = concat!(
    r#"{"id":$rpc_id,"jsonrpc":"2.0","result":{"content":[{"text":$text,"type":"text"}],"#,
    r#""isError":true,"resultType":"complete"}}"#,
);

/// Reads a message or a batch.
fn message<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, _: Voice) {
    json_rpc::message(reader, root, params, result, METHODS);
}

/// Parameters: a call's are the model's, what a client asks for by other methods is its user's, and what a server sends
/// is external.
fn params<'b>(reader: &mut Reader<'b>, method: &str, params: Value<'_, 'b>) {
    let voice = match method {
        "tools/call" | "resources/read" => reader::TOOL_CALL,
        "prompts/get" | "completion/complete" => reader::USER,
        _ => reader::DOCUMENT,
    };
    PARAMS.read(reader, params, voice);
}

/// A result of any method. What a client answers to sampling is its model's, to elicitation its user's.
fn result<'b>(reader: &mut Reader<'b>, result: Value<'_, 'b>, _: Voice) {
    if result.get("action").is_some() {
        return ELICITED.read(reader, result, reader::USER);
    }
    let is_sampled = result.get("model").is_some();
    RESULT.read(reader, result, if is_sampled { reader::ASSISTANT } else { reader::TOOL_RESULT });
}

/// Requests under names of their own.
fn asked<'b>(reader: &mut Reader<'b>, value: Value<'_, 'b>, _: Voice) {
    reader.object(value, |r, _, member| {
        r.key_of(member);
        ASKED.read(r, member, reader::DOCUMENT);
    });
}

/// Results under names of their own.
fn results<'b>(reader: &mut Reader<'b>, value: Value<'_, 'b>, voice: Voice) {
    reader.object(value, |r, _, member| {
        r.key_of(member);
        result(r, member, voice);
    });
}

const DEFINITION: Who = Who::Always(EXTERNAL_DEFINITION);

static PARAMS: Shape = Shape {
    speakers: None,
    fields: &[
        ("name uri reason statusMessage message", Text(SPEAKER)),
        ("arguments ref argument context data error", All(SPEAKER)),
        ("messages", Each(DOCUMENT, &SPOKEN)),
        ("systemPrompt", Text(DOCUMENT)),
        ("tools requestedSchema", All(DEFINITION)),
        ("url", Link(SPEAKER)),
        ("inputRequests", With(asked)),
        ("inputResponses", With(results)),
        ("result", With(result)),
        (
            "_meta capabilities clientInfo createdAt cursor elicitationId includeContext lastUpdatedAt level logger \
             maxTokens metadata mode modelPreferences notifications pollInterval pollIntervalMs progress \
             progressToken protocolVersion requestId requestState status stopSequences task taskId taskIds \
             temperature toolChoice total ttl ttlMs",
            Label(NOBODY),
        ),
    ],
};

/// A request that a server puts into its result (2026-07-28).
static ASKED: Shape =
    Shape { speakers: None, fields: &[("params", One(DOCUMENT, &PARAMS)), ("method", Label(NOBODY))] };

static RESULT: Shape = Shape {
    speakers: None,
    fields: &[
        ("content contents", Content(SPEAKER, &CONTENT)),
        ("structuredContent error", All(SPEAKER)),
        ("tools", All(DEFINITION)),
        ("messages", Each(DOCUMENT, &SPOKEN)),
        ("description instructions statusMessage", Text(DOCUMENT)),
        ("resources resourceTemplates prompts serverInfo completion roots tasks task", All(DOCUMENT)),
        ("inputRequests", With(asked)),
        ("result", With(result)),
        (
            "_meta cacheScope capabilities createdAt isError lastUpdatedAt model nextCursor pollInterval \
             pollIntervalMs protocolVersion requestState resultType role status stopReason supportedVersions taskId \
             ttl ttlMs",
            Label(NOBODY),
        ),
    ],
};

/// What a user answered to an elicitation: an object of names that the server chose.
static ELICITED: Shape = Shape {
    speakers: None,
    fields: &[("content", All(SPEAKER)), ("_meta action resultType", Label(NOBODY))],
};

/// A message of a prompt or of sampling. A server composes them, so even their user text is not the user's.
static SPOKEN: Shape = Shape {
    speakers: Some(("role", &[("assistant", reader::ASSISTANT)])),
    fields: &[("content", Content(SPEAKER, &CONTENT)), ("_meta role", Label(NOBODY))],
};

/// A content block, or the contents of a resource.
static CONTENT: Shape = Shape {
    speakers: Some(("type", &[("tool_result", reader::TOOL_RESULT), ("tool_use", reader::TOOL_CALL)])),
    fields: &[
        ("text name title description", Text(SPEAKER)),
        ("data blob", Binary),
        ("resource content", Content(SPEAKER, &CONTENT)),
        ("structuredContent", All(SPEAKER)),
        ("input", All(TOOL_CALL)),
        ("uri", Link(SPEAKER)),
        ("icons", Each(SPEAKER, &ICON)),
        ("_meta annotations id isError mimeType size toolUseId type", Label(NOBODY)),
    ],
};

static ICON: Shape =
    Shape { speakers: None, fields: &[("src", Link(SPEAKER)), ("mimeType sizes theme", Label(NOBODY))] };

/// Whether the routing headers say what the body says. Where both are there they must agree in every revision, because
/// a proxy in between may have decided by the header; from 2026-07-28 on they must be there. `Mcp-Param-*` needs the
/// tool's schema, which is not known here; an edit of a body that has such copies fails instead.
pub(super) fn check_headers(hints: &Hints<'_>, root: Value<'_, '_>) -> Result<(), Unscannable> {
    let is_alone = root.kind() != Kind::Array;
    let method = json_rpc::method(root);
    let params = root.get("params");
    let param = |name: &str| params.and_then(|params| params.get(name)).and_then(Value::string);
    let meta = params.and_then(|params| params.get("_meta"));
    let stated = meta.and_then(|meta| meta.get(VERSION_KEY)).and_then(Value::string);
    let (version, asked, name) = (hints.only(VERSION)?, hints.only(METHOD)?, hints.only(NAME)?);
    let is_modern =
        [version, stated.as_deref()].into_iter().flatten().any(|version| version >= FIRST_WITH_HEADERS);
    let named = match &*method {
        "tools/call" | "prompts/get" => param("name"),
        "resources/read" => param("uri"),
        _ => param("name").or_else(|| param("uri")).or_else(|| param("taskId")),
    };
    let is_named = matches!(&*method, "tools/call" | "prompts/get" | "resources/read");
    let agree = match (version, stated.as_deref()) {
        (Some(header), Some(body)) => header == body,
        (None, Some(_)) => false,
        _ => true,
    };
    let method_agrees = match asked {
        Some(asked) => is_alone && asked == method,
        None => !is_modern || method.is_empty(),
    };
    let name_agrees = match name {
        Some(name) => is_alone && plain(name).as_deref() == named.as_deref(),
        None => !is_modern || !is_named || named.is_none(),
    };
    if agree && method_agrees && name_agrees { Ok(()) } else { Err(Unscannable::HeaderMismatch) }
}

/// A header's value: `=?base64?...?=` is how one travels that is not plain ASCII. `None` when it is neither.
fn plain(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(encoded) => String::from_utf8(base64::decode(encoded)?).ok(),
        None => Some(value.to_owned()),
    }
}

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";
/// Headers of arguments, by prefix.
pub(super) const PARAM_PREFIX: &str = "mcp-param-";
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
/// Revisions are dates, so they are in order as text.
const FIRST_WITH_HEADERS: &str = "2026-07-28";

/// Methods of all revisions. A name that is not among them is text.
const METHODS: &[&str] = &[
    "initialize",
    "ping",
    "server/discover",
    "subscriptions/listen",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "logging/setLevel",
    "sampling/createMessage",
    "elicitation/create",
    "roots/list",
    "tasks/get",
    "tasks/list",
    "tasks/result",
    "tasks/update",
    "tasks/cancel",
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/message",
    "notifications/tools/list_changed",
    "notifications/resources/list_changed",
    "notifications/resources/updated",
    "notifications/prompts/list_changed",
    "notifications/roots/list_changed",
    "notifications/elicitation/complete",
    "notifications/subscriptions/acknowledged",
    "notifications/tasks",
    "notifications/tasks/status",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Protocol, read_request};

    const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"send"}}"#;
    const STATED: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"send","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;

    fn read(headers: &[(&str, &str)], body: &str) -> Result<Protocol, Unscannable> {
        let copies: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let hints =
            Hints { path: "/mcp", content_type: "application/json", copies: &copies, ..Hints::default() };
        read_request(&hints, body.as_bytes()).map(|document| document.protocol)
    }

    #[test]
    fn headers_must_say_what_the_body_says() {
        let mismatch = Err(Unscannable::HeaderMismatch);
        let check = |headers: &[(&str, &str)], body: &str, expected: Result<(), Unscannable>| {
            assert_eq!(read(headers, body).map(|_| ()), expected, "{headers:?} {body}");
        };
        let new = [(VERSION, "2026-07-28"), (METHOD, "tools/call"), (NAME, "send")];
        check(&[], CALL, Ok(()));
        check(&[(VERSION, "2025-06-18")], CALL, Ok(()));
        check(&new, CALL, Ok(()));
        check(&new, STATED, Ok(()));
        // An older revision, or none, does not make a lie a truth.
        check(&[(METHOD, "tools/list")], CALL, mismatch);
        check(&[(NAME, "other")], CALL, mismatch);
        check(&[(VERSION, "2025-06-18"), (METHOD, "tools/call"), (NAME, "other")], CALL, mismatch);
        // What the revision requires is not left out, and nothing is said twice.
        check(&new[..2], CALL, mismatch);
        check(&[new[0], new[2]], CALL, mismatch);
        check(&new[1..], STATED, mismatch);
        check(&[(VERSION, "2025-11-25"), new[1], new[2]], STATED, mismatch);
        check(&[new[0], new[1], new[2], new[2]], CALL, mismatch);
        // One header cannot speak for a batch, nor for an answer.
        check(&[(METHOD, "tools/call")], &format!("[{CALL}]"), mismatch);
        check(&[(METHOD, "tools/call")], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, mismatch);
        check(&[(VERSION, "2026-07-28")], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Ok(()));
    }

    #[test]
    fn a_name_that_is_not_ascii_travels_encoded() {
        let body = CALL.replace("send", "s\u{e9}nd");
        let headers = |name| [(VERSION, "2026-07-28"), (METHOD, "tools/call"), (NAME, name)];
        assert!(read(&headers("=?base64?c8OpbmQ=?="), &body).is_ok());
        for wrong in ["=?base64?c8OpbmQ?=", "=?base64?/w==?=", "send"] {
            assert_eq!(read(&headers(wrong), &body), Err(Unscannable::HeaderMismatch), "{wrong}");
        }
    }

    #[test]
    fn a_message_is_told_by_its_method_on_any_path() {
        let check = |body: &str, expected: &str| {
            let hints = Hints { path: "/", content_type: "application/json", ..Hints::default() };
            assert_eq!(read_request(&hints, body.as_bytes()).unwrap().protocol.name(), expected, "{body}");
        };
        check(CALL, "mcp");
        check(r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#, "mcp");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t"}}"#, "mcp");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"id":"t"}}"#, "a2a");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"message/send","params":{}}"#, "a2a");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{}}"#, "a2a");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[]}"#, "generic");
        check(r#"{"method":"tools/call"}"#, "generic");
    }
}
