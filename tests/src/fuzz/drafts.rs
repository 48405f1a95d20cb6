//! What bodies are made from: the golden files, the corpus, and forms of our own, each taken apart into its documents.

use std::path::Path;

use serde_json::Value;
use weir_engine::event::Direction;
use weir_engine::protocol::Protocol;

use super::bodies::{Draft, Framing, MAX_BODY_BYTES, Part, part};
use crate::corpus;
use crate::failure::{During, Result};

/// Every seed.
///
/// # Errors
/// When the golden files or the corpus cannot be read.
pub fn drafts() -> Result<Vec<Draft>> {
    let mut all = Vec::new();
    for folder in ["agents", "protocol"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(folder);
        for entry in std::fs::read_dir(&folder).during("reading the golden files")? {
            let path = entry.during("reading the golden files")?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if !name.ends_with(".segments") {
                all.extend(golden(&name, &std::fs::read_to_string(&path).during(&name)?));
            }
        }
    }
    for located in corpus::load()? {
        all.extend(of_case(&located));
    }
    all.extend(forms());
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

fn golden(name: &str, text: &str) -> Option<Draft> {
    let (protocol, direction) = match name.split_once(".request.") {
        Some((protocol, _)) => (protocol, Direction::Request),
        None => (name.split_once(".response.")?.0, Direction::Response),
    };
    let protocol = Protocol::named(protocol)?;
    let (framing, parts) = match name.rsplit('.').next()? {
        "sse" => (Framing::Events, of_events(text)),
        "ndjson" | "jsonl" => (Framing::Lines, text.lines().map(|line| part("", line)).collect()),
        "frames" => {
            let frames = text.lines().filter_map(|line| line.split_once(' '));
            (Framing::Frames, frames.map(|(event, payload)| part(event, payload)).collect())
        }
        "form" => (Framing::Form, fields(text)),
        _ if name.contains(".array.") => {
            let elements: Vec<Value> = serde_json::from_str(text).ok()?;
            (Framing::Array, elements.iter().map(|one| part("", &one.to_string())).collect())
        }
        _ => (Framing::Whole, vec![part("", text.trim_end())]),
    };
    let copies =
        [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "send_mail")];
    let copies = copies.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let copies = if name == "mcp.request.tools_call.json" { copies } else { Vec::new() };
    Some(Draft {
        name: name.to_owned(),
        path: path_of(protocol, name),
        protocol,
        direction,
        framing,
        copies,
        parts,
    })
}

/// A path of the protocol. What Bedrock says depends on the model's family.
fn path_of(protocol: Protocol, name: &str) -> String {
    let families = [
        ("titan", "amazon.titan-text"),
        ("nova", "amazon.nova-pro"),
        ("llama", "meta.llama3-8b"),
        ("mistral", "mistral.large"),
        ("cohere", "cohere.command-r"),
    ];
    let model =
        families.iter().find(|(family, _)| name.contains(family)).map_or("anthropic.claude-3", |one| one.1);
    match protocol.paths().first() {
        Some(pattern) => format!("/any{}", pattern.replace('*', model)),
        None => "/any".to_owned(),
    }
}

fn of_case(located: &corpus::Located) -> Vec<Draft> {
    let events = &located.case.events;
    let path = events.request.path.clone().unwrap_or_else(|| "/v1/chat/completions".to_owned());
    let protocol = Protocol::of_path(&path);
    let messages =
        [(Direction::Request, Some(&events.request)), (Direction::Response, events.response.as_ref())];
    let mut drafts = Vec::new();
    for (direction, message) in messages {
        let Some(message) = message else { continue };
        let bytes = corpus::wire::body(message);
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if text.is_empty() || text.len() > MAX_BODY_BYTES / 4 {
            continue;
        }
        let is_stream = text.starts_with("data:") || text.starts_with("event:");
        let (framing, parts) = match is_stream {
            true => (Framing::Events, of_events(&text)),
            false => (Framing::Whole, vec![part("", &text)]),
        };
        let name = format!("{} {direction:?}", located.place);
        drafts.push(Draft {
            name,
            path: path.clone(),
            protocol,
            direction,
            framing,
            copies: Vec::new(),
            parts,
        });
    }
    drafts
}

/// Forms of our own: fields, files, lines of requests in a file.
fn forms() -> Vec<Draft> {
    let request = r#"{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"hello"}]}}"#;
    let draft = |name: &str, path: &str, framing, parts: &[(&str, &str)]| Draft {
        name: name.to_owned(),
        path: path.to_owned(),
        protocol: Protocol::of_path(path),
        direction: Direction::Request,
        framing,
        copies: Vec::new(),
        parts: parts.iter().map(|(name, text)| part(name, text)).collect(),
    };
    let lines = format!("{request}\n{request}");
    vec![
        draft(
            "form: transcription",
            "/v1/audio/transcriptions",
            Framing::Parts,
            &[
                ("model", "whisper-1"),
                ("prompt", "a talk about gardens"),
                ("file\"; filename=\"a.wav", "RIFF\0\u{1}\u{2}"),
            ],
        ),
        draft(
            "form: batch",
            "/v1/files",
            Framing::Parts,
            &[("purpose", "batch"), ("file\"; filename=\"a.jsonl", &lines)],
        ),
        draft(
            "form: any",
            "/upload",
            Framing::Parts,
            &[
                ("note", "some words"),
                ("payload", r#"{"a":[1,{"b":"c"}]}"#),
                ("file\"; filename=\"a.txt", "first line\r\nsecond line\r\n"),
            ],
        ),
        draft(
            "form: slack",
            "/hook",
            Framing::Form,
            &[
                ("text", "hello there"),
                ("payload", r#"{"text":"a\u0062c","n":4111111111111111}"#),
                ("mail to", "jane@example.org"),
            ],
        ),
        draft(
            "graphql",
            "/graphql",
            Framing::Whole,
            &[(
                "",
                r#"{"query":"query Q($a: String) { f(a: \"x\\u0041\", b: $a) { id } }","variables":{"a":"words"}}"#,
            )],
        ),
    ]
}

fn of_events(text: &str) -> Vec<Part> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let (mut parts, mut name, mut data) = (Vec::new(), "", Vec::new());
    for line in text.lines().chain([""]) {
        match line.split_once(':') {
            Some(("event", value)) => name = value.trim_start(),
            Some(("data", value)) => data.push(value.trim_start()),
            _ if line.is_empty() && !data.is_empty() => {
                parts.push(part(std::mem::take(&mut name), &std::mem::take(&mut data).join("\n")));
            }
            _ => {}
        }
    }
    parts
}

fn fields(text: &str) -> Vec<Part> {
    let pairs = text.trim_end().split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| part(&decoded(name), &decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let escape = rest.get(1..3).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                out.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutate::Dice;

    #[test]
    fn every_protocol_has_seeds_in_both_directions_and_they_are_read_however_they_are_written() {
        let seeds = drafts().unwrap();
        for protocol in Protocol::all() {
            for direction in [Direction::Request, Direction::Response] {
                let has = |draft: &&Draft| draft.protocol == protocol && draft.direction == direction;
                assert!(seeds.iter().any(|draft| has(&draft)), "{protocol:?} {direction:?}");
            }
        }
        let golden = |draft: &&Draft| !draft.name.contains('#');
        for draft in seeds.iter().filter(golden) {
            for seed in 0..8 {
                let mut body = draft.write(&mut Dice::new(seed));
                body.content_type.clone_from(&draft.write(&mut Dice::new(0)).content_type);
                assert!(body.read(&body.bytes).is_ok(), "{} {:?}", draft.name, body.read(&body.bytes).err());
            }
        }
    }
}
