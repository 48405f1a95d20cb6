//! JSON-RPC 2.0: the envelope that MCP and A2A share. Requests, notifications, results, errors and batches; what
//! parameters and results mean is for the file of the protocol.

use super::json::{Kind, Value};
use super::reader::{NOBODY, Reader, TOOL_RESULT, Voice};
use super::refusal::Interruption;
use crate::limits::{MAX_LABEL_BYTES, MAX_RPC_CALLS};

/// How both say no: an error that names the call.
pub(super) const ERROR: &str = concat!(
    r#"{"error":{"code":$rpc_code,"data":{"code":$code,"request_id":$request_id},"message":$text},"#,
    r#""id":$rpc_id,"jsonrpc":"2.0"}"#,
);

/// An answer as an event.
pub(super) const PLAIN_EVENT: &str = "event: message\ndata: $plain\n\n";

/// How a stream ends that has begun: by the answer to its call.
pub(super) const INTERRUPTION: Interruption =
    Interruption { error: "event: message\ndata: $error\n\n", completion: PLAIN_EVENT };

/// The calls of a request body: what an answer to it must name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The ids as they are written, in order; notifications and answers have none. Empty also when there are too many.
    pub ids: Vec<String>,
    /// Whether the body is a list.
    pub is_batch: bool,
    /// Whether each of them calls a tool.
    pub all_tools: bool,
}

impl Calls {
    /// No calls.
    pub const NONE: Self = Self { ids: Vec::new(), is_batch: false, all_tools: false };

    /// Whether all that is to be answered are calls of tools.
    pub(super) fn are_tools(&self) -> bool {
        self.all_tools && !self.ids.is_empty()
    }
}

/// Reads the members of a message; `params` and `result` read what theirs hold, and are told the method.
pub(super) fn message<'b>(
    reader: &mut Reader<'b>,
    root: Value<'_, 'b>,
    params: fn(&mut Reader<'b>, &str, Value<'_, 'b>),
    result: fn(&mut Reader<'b>, Value<'_, 'b>, Voice),
    methods: &[&str],
) {
    if root.kind() == Kind::Array {
        return reader.array(root, |r, one| message(r, one, params, result, methods));
    }
    let method = method(root);
    reader.object(root, |r, name, member| match name {
        "params" => params(r, &method, member),
        "result" => result(r, member, NOBODY),
        "error" => r.everything(TOOL_RESULT, member),
        "method" if methods.contains(&method.as_ref()) => {}
        "jsonrpc" if member.string().is_some_and(|version| version == "2.0") => {}
        "jsonrpc" | "id" | "method" => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

/// The method of a message; empty when it has none.
pub(super) fn method<'t>(root: Value<'_, 't>) -> std::borrow::Cow<'t, str> {
    root.get("method").and_then(Value::string).unwrap_or_default()
}

/// Whether this is a message or a batch of messages.
pub(super) fn is_rpc(root: Value<'_, '_>) -> bool {
    messages(root).next().is_some() && messages(root).all(|one| one.get("jsonrpc").is_some())
}

/// Each message of a body.
pub(super) fn messages<'j, 't>(root: Value<'j, 't>) -> impl Iterator<Item = Value<'j, 't>> {
    let list = if root.kind() == Kind::Array { Some(root) } else { None };
    list.into_iter().flat_map(Value::children).chain(Some(root).filter(|_| list.is_none()))
}

/// The calls a request body makes.
pub(super) fn calls(root: Value<'_, '_>) -> Calls {
    if !is_rpc(root) {
        return Calls::default();
    }
    let is_call = |one: &Value<'_, '_>| one.get("method").is_some();
    let ids = messages(root).filter(is_call).filter_map(|one| one.get("id"));
    let is_id = |id: &Value<'_, '_>| matches!(id.kind(), Kind::String | Kind::Number);
    let mut ids: Vec<_> = ids.filter(is_id).take(MAX_RPC_CALLS + 1).map(|id| id.raw().to_owned()).collect();
    if ids.len() > MAX_RPC_CALLS || ids.iter().any(|id| id.len() > MAX_LABEL_BYTES) {
        ids.clear();
    }
    let all_tools = messages(root).all(|one| method(one) == "tools/call");
    Calls { ids, is_batch: root.kind() == Kind::Array, all_tools }
}
