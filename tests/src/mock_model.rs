//! A model that needs no model: answers as the providers do (OpenAI's Chat Completions and Responses, Anthropic, Google,
//! AWS Bedrock, Ollama; a file each), plain and streamed, with text that the prompt dictates. The same prompt always gets the same answer; there is no clock and no
//! randomness. Secrets it leaks are fakes, put together at run time so that no scanner finds one in this repository.

mod anthropic;
mod bedrock;
mod google;
mod ollama;
mod openai_chat;
mod openai_responses;

use std::time::Duration;

use serde_json::{Value, json};

use crate::envoy::UpstreamProtocol;
use crate::failure::Result;
use crate::server::{Received, Reply, Server};

/// Bytes of one streamed delta: less than any secret, so that a leak is always split.
const DELTA_BYTES: usize = 5;
/// Longest delay a prompt may ask for.
const MAX_DELAY_MS: u64 = 60_000;

/// What the model does. A tool's result it repeats; otherwise the prompt says it: the first of these words at the beginning of a line of the last user
/// message, otherwise a sentence about the message's length.
///
/// | prompt | answer |
/// |---|---|
/// | `repeat: X` | X |
/// | `leak: KIND` | a sentence with a fake secret: `aws`, `github`, `private_key`; or a fake `email`, `card` |
/// | `call: NAME {JSON}` | a tool call; `$aws` in it becomes a fake key |
/// | `fail: STATUS` | an error in the protocol's shape |
/// | `slow: MS` | the usual sentence, later |
/// | `long: WORDS` | that many words |
#[derive(Clone, Debug, PartialEq)]
enum Act {
    Say(String),
    Call { name: String, arguments: String },
    Fail(u16),
    Late(Duration, String),
}

/// A question, read from any protocol.
#[derive(Debug)]
struct Question {
    model: String,
    stream: bool,
    choices: usize,
    usage_wanted: bool,
    act: Act,
}

/// Starts one on `port` of 127.0.0.1 (0 for any).
///
/// # Errors
/// When the port is taken.
pub async fn start(port: u16, protocol: UpstreamProtocol) -> Result<Server> {
    Server::start(port, protocol, answer).await
}

/// The answer to a request.
pub fn answer(received: &Received) -> Reply {
    let path = received.path.split('?').next().unwrap_or_default();
    if path.ends_with("/models") {
        let model = json!({ "id": "mock-1", "object": "model", "created": 0, "owned_by": "weir" });
        return Reply::json(200, &json!({ "object": "list", "data": [model] }));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&received.body) else {
        return if path.ends_with("/messages") { anthropic::error(400) } else { openai_chat::error(400) };
    };
    let question = Question::read(path, &body);
    let is = |ending: &str| path.ends_with(ending);
    match () {
        () if is("/messages") => anthropic::reply(&question),
        () if is("/chat/completions") => openai_chat::reply(&question),
        () if is("/responses") => openai_responses::reply(&question),
        () if is("enerateContent") => google::reply(&question, &received.path),
        () if is("/api/chat") || is("/api/generate") => ollama::reply(&question, is("/chat")),
        () => {
            let other = || Reply::json(200, &json!({ "echo": body }));
            bedrock::reply(&question, path).unwrap_or_else(other)
        }
    }
}

impl Question {
    fn read(path: &str, body: &Value) -> Self {
        let streams_unasked = path.contains("/api/") || path.ends_with(":streamGenerateContent");
        let stream = body.get("stream").and_then(Value::as_bool).unwrap_or(streams_unasked);
        let number = |key: &str| body.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        Self {
            model: body.get("model").and_then(Value::as_str).unwrap_or_else(|| model_in(path)).to_owned(),
            stream,
            choices: number("n").unwrap_or(1).clamp(1, 8),
            usage_wanted: body
                .pointer("/stream_options/include_usage")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            act: match tool_results(body) {
                Some(results) => Act::Say(format!("The tool says: {results}")),
                None => Act::read(&last_user_text(body)),
            },
        }
    }

    /// Answers late when that is what the prompt asks.
    fn timed(&self, reply: Reply) -> Reply {
        match &self.act {
            Act::Late(after, _) => reply.delayed(*after),
            _ => reply,
        }
    }
}

impl Act {
    fn read(prompt: &str) -> Self {
        let mut commands = prompt.lines().filter_map(|line| {
            let (word, rest) = line.trim().split_once(':')?;
            Self::command(word, rest.trim(), prompt)
        });
        commands.next().unwrap_or_else(|| Self::Say(summary(prompt)))
    }

    fn command(word: &str, rest: &str, prompt: &str) -> Option<Self> {
        Some(match word {
            "repeat" => Self::Say(rest.to_owned()),
            "leak" => Self::Say(format!("As you wish, here it is: {} Keep it safe.", fake(rest)?)),
            "call" => {
                let (name, arguments) = rest.split_once(' ').unwrap_or((rest, "{}"));
                let arguments = arguments.replace("$aws", &fake("aws")?);
                Self::Call { name: name.to_owned(), arguments }
            }
            "fail" => Self::Fail(rest.parse().ok().filter(|status| (400..600).contains(status))?),
            "slow" => Self::Late(
                Duration::from_millis(rest.parse::<u64>().ok()?.min(MAX_DELAY_MS)),
                summary(prompt),
            ),
            "long" => Self::Say(vec!["lorem"; rest.parse::<usize>().ok()?.min(200_000)].join(" ")),
            _ => return None,
        })
    }

    /// Its text; empty for acts without one.
    fn text(&self) -> &str {
        match self {
            Self::Say(text) | Self::Late(_, text) => text,
            Self::Call { .. } | Self::Fail(_) => "",
        }
    }
}

/// A fake secret or piece of personal data, put together here.
pub fn fake(kind: &str) -> Option<String> {
    Some(match kind {
        "aws" => ["AK", "IA", "Z7Q3", "XJ5M", "W2RT", "K4PD"].concat(),
        "github" => ["gh", "p_", "a8Kd93jFm2Lq", "Zx71Vb5NcR4t", "Yw6HsE0uGi3P"].concat(),
        "private_key" => {
            let dashes = "-".repeat(5);
            let body = "MIIEowIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo".repeat(3);
            format!(
                "{dashes}BEGIN RSA PRIVATE {0}{dashes}\n{body}\n{dashes}END RSA PRIVATE {0}{dashes}",
                "KEY"
            )
        }
        "email" => ["jane.doe", "@", "example.com"].concat(),
        "card" => ["4111", "1111", "1111", "1111"].join(" "),
        _ => return None,
    })
}

/// Text in pieces of about [`DELTA_BYTES`], never inside a character.
fn deltas(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for character in text.chars() {
        match pieces.last_mut() {
            Some(last) if last.len() < DELTA_BYTES => last.push(character),
            _ => pieces.push(character.to_string()),
        }
    }
    pieces
}

fn summary(prompt: &str) -> String {
    format!("I have read your {} words and have nothing to add.", prompt.split_whitespace().count())
}

/// The model that a path names, as Google and AWS do.
fn model_in(path: &str) -> &str {
    let mut segments = path.split('/').skip_while(|segment| !matches!(*segment, "model" | "models"));
    let named = segments.nth(1).and_then(|model| model.split(':').next());
    named.unwrap_or("mock-1")
}

/// The text of the last message of the user, in any protocol: a string, or parts with `text`; where there are no
/// messages, the prompt.
fn last_user_text(body: &Value) -> String {
    let first = |names: &[&str]| names.iter().find_map(|name| body.get(name));
    let said = match first(&["messages", "contents", "input"]) {
        Some(Value::Array(turns)) => {
            let is_user = |turn: &&Value| turn.get("role").and_then(Value::as_str) == Some("user");
            let turn = turns.iter().rev().find(is_user);
            turn.and_then(|turn| turn.get("content").or_else(|| turn.get("parts")))
        }
        Some(input) => Some(input),
        None => first(&["prompt", "inputText", "message"]),
    };
    match said {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// What tools gave back, where that is what a request ends with, in any protocol.
fn tool_results(body: &Value) -> Option<String> {
    let turns = ["messages", "contents", "input"].iter().find_map(|name| body.get(name))?.as_array()?;
    let last = turns.last()?;
    let parts = ["content", "parts"].iter().filter_map(|name| last.get(name)?.as_array()).flatten();
    let results = std::iter::once(last).chain(parts).filter_map(|part| {
        let is = |name: &str, value: &str| part.get(name).and_then(Value::as_str) == Some(value);
        match () {
            () if is("role", "tool") || is("type", "tool_result") => part.get("content"),
            () if is("type", "function_call_output") => part.get("output"),
            () => part.pointer("/functionResponse/response").or_else(|| part.pointer("/toolResult/content")),
        }
    });
    let texts: Vec<String> = results.map(words).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The texts in a value, without the words that say what they are.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect(),
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "type").map(|(_, v)| words(v)).collect()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::{HeaderMap, Method};

    use super::*;

    fn ask(path: &str, body: &Value) -> (u16, String) {
        let reply = answer(&Received {
            method: Method::POST,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_string()),
            trailers: HeaderMap::new(),
            broken_off: false,
        });
        let bytes: Vec<u8> = reply.chunks.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
        (reply.status, String::from_utf8(bytes).unwrap())
    }

    fn chat(prompt: &str) -> Value {
        json!({ "model": "m", "messages": [{ "role": "user", "content": prompt }] })
    }

    /// The deltas of `field` that belong to choice 0, joined.
    fn joined(stream: &str, pointers: [&str; 2]) -> String {
        let events = stream.lines().filter_map(|line| line.strip_prefix("data: "));
        let values = events.filter_map(|event| serde_json::from_str::<Value>(event).ok());
        let own = values.filter(|value| value.pointer("/choices/0/index").is_none_or(|index| index == 0));
        let texts =
            own.filter_map(|v| pointers.iter().find_map(|p| v.pointer(p)?.as_str().map(str::to_owned)));
        texts.collect()
    }

    #[test]
    fn prompts_dictate_answers() {
        let say = |text: &str| Act::Say(text.into());
        for (prompt, expected) in [
            ("repeat: hello: world", say("hello: world")),
            ("Please.\nrepeat: twice", say("twice")),
            ("one two", say("I have read your 2 words and have nothing to add.")),
            (
                "call: get_weather {\"city\":\"Ulm\"}",
                Act::Call { name: "get_weather".into(), arguments: "{\"city\":\"Ulm\"}".into() },
            ),
            ("fail: 503", Act::Fail(503)),
            ("fail: 200", say("I have read your 2 words and have nothing to add.")),
        ] {
            assert_eq!(Act::read(prompt), expected, "{prompt}");
        }
    }

    #[test]
    fn both_protocols_say_it_plainly() {
        let (status, text) = ask("/v1/chat/completions", &chat("repeat: hi"));
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, body.pointer("/choices/0/message/content").unwrap()), (200, &json!("hi")));
        let (status, text) = ask("/v1/messages", &chat("repeat: hi"));
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, body.pointer("/content/0/text").unwrap()), (200, &json!("hi")));
    }

    #[test]
    fn streams_split_a_leak_and_add_up_to_it() {
        let secret = fake("aws").unwrap();
        for path in ["/v1/chat/completions", "/v1/messages"] {
            let mut body = chat("leak: aws");
            body["stream"] = json!(true);
            body["n"] = json!(2);
            let (_, stream) = ask(path, &body);
            assert!(!stream.contains(&secret), "{path}: the secret stands in one delta");
            assert!(joined(&stream, ["/choices/0/delta/content", "/delta/text"]).contains(&secret), "{path}");
        }
    }

    #[test]
    fn results_of_tools_are_repeated_in_every_protocol() {
        let asked = json!({ "role": "user", "content": "call: save {}" });
        for (path, list, result) in [
            ("/v1/chat/completions", "messages", json!({ "role": "tool", "content": "done" })),
            ("/v1/responses", "input", json!({ "type": "function_call_output", "output": "done" })),
            (
                "/v1/messages",
                "messages",
                json!({ "role": "user", "content": [{ "type": "tool_result", "content": [{ "type": "text", "text": "done" }] }] }),
            ),
            (
                "/v1beta/models/m:generateContent",
                "contents",
                json!({ "role": "user", "parts": [{ "functionResponse": { "name": "save", "response": { "result": "done" } } }] }),
            ),
            (
                "/model/m/converse",
                "messages",
                json!({ "role": "user", "content": [{ "toolResult": { "toolUseId": "t", "content": [{ "text": "done" }] } }] }),
            ),
            ("/api/chat", "messages", json!({ "role": "tool", "tool_name": "save", "content": "done" })),
        ] {
            let (_, said) = ask(path, &json!({ "stream": false, list: [asked, result] }));
            assert!(said.contains("The tool says: done"), "{path} {said}");
        }
    }

    #[test]
    fn errors_have_the_shape_of_the_protocol() {
        let (status, text) = ask("/v1/chat/completions", &chat("fail: 500"));
        assert_eq!(status, 500);
        assert!(serde_json::from_str::<Value>(&text).unwrap().pointer("/error/message").is_some());
        let (status, text) = ask("/v1/messages", &chat("fail: 529"));
        assert_eq!(status, 529);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap().pointer("/type"), Some(&json!("error")));
    }
}
