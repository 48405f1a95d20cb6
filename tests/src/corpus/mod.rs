//! The corpus: cases on disk, what was seen of one in a runner, and the comparison of the two. Runners only observe;
//! nothing here knows how an exchange was played, so every runner is held to the same `want`.

pub mod case;
pub mod envoy;
pub mod native;
pub mod sidecar;
pub mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::envoy::without_sampling;
use crate::failure::{During, Failure, Result};
use case::{Case, Client, Decided, Upstream};

/// What a runner saw of an exchange.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Decisions about the request, in order.
    pub request: Vec<Decided>,
    /// Decisions about the response, in order.
    pub response: Vec<Decided>,
    /// Body that the upstream received; `None` when it received no request.
    pub upstream: Option<Vec<u8>>,
    /// Status that the client got.
    pub status: u16,
    /// Headers that the client got.
    pub headers: BTreeMap<String, String>,
    /// Body that the client got.
    pub body: Vec<u8>,
}

/// A case and where it was read.
#[derive(Clone, Debug)]
pub struct Located {
    /// File, relative to the corpus, and position in it.
    pub place: String,
    /// The case.
    pub case: Case,
}

/// Every case of the corpus, in the order of the files' names.
///
/// # Errors
/// What cannot be read, with file, line and field.
pub fn load() -> Result<Vec<Located>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        let text = std::fs::read_to_string(&file).during(format!("reading `{name}`"))?;
        let list: Vec<Case> = serde_saphyr::from_str(&text).during(format!("reading `{name}`"))?;
        for (position, mut case) in list.into_iter().enumerate() {
            without_sampling(&mut case.policy);
            check(&case).during(format!("`{name}`, case {position}, \"{}\"", case.note))?;
            cases.push(Located { place: format!("{name}#{position}"), case });
        }
    }
    Ok(cases)
}

/// Every disagreement between what a case wants and what was seen; none when it holds.
pub fn disagreements(case: &Case, seen: &Seen) -> Vec<String> {
    let mut found = Vec::new();
    let mut decisions = |half: &str, want: &Option<Vec<Decided>>, got: &[Decided]| {
        if let Some(want) = want
            && want.as_slice() != got
        {
            found.push(format!("{half}: wanted [{}], decided [{}]", list(want), list(got)));
        }
    };
    decisions("request", &case.want.request, &seen.request);
    decisions("response", &case.want.response, &seen.response);
    found.extend(case.want.upstream.as_ref().and_then(|want| upstream(case, want, seen.upstream.as_deref())));
    client(case, &case.want.client, seen, &mut found);
    found
}

fn upstream(case: &Case, want: &Upstream, got: Option<&[u8]>) -> Option<String> {
    let holds = match want {
        Upstream::Nothing => got.is_none(),
        Upstream::Untouched => got == Some(wire::body(&case.events.request).as_slice()),
        Upstream::Text(text) => got == Some(text.as_bytes()),
        Upstream::Json(json) => {
            got.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok()).as_ref() == Some(json)
        }
    };
    let shown = |bytes: &[u8]| shortened(&String::from_utf8_lossy(bytes));
    (!holds)
        .then(|| format!("upstream: wanted {want:?}, received {}", got.map_or("nothing".to_owned(), shown)))
}

fn client(case: &Case, want: &Client, seen: &Seen, found: &mut Vec<String>) {
    let text = String::from_utf8_lossy(&seen.body);
    let shown = shortened(&text);
    let mut expect = |holds: bool, what: String| {
        if !holds {
            found.push(format!("client: wanted {what}, got {} {shown}", seen.status));
        }
    };
    if let Some(status) = want.status {
        expect(seen.status == status, format!("status {status}"));
    }
    for (name, value) in &want.headers {
        expect(seen.headers.get(name) == Some(value), format!("{name}: {value}"));
    }
    if want.body.is_some() {
        expect(seen.body == wire::body(&wire::response(case)), "the upstream's body".into());
    }
    if let Some(exact) = &want.text {
        expect(seen.body == exact.as_bytes(), format!("`{exact}`"));
    }
    if let Some(events) = &want.sse {
        let exact = wire::sse(events);
        expect(seen.body == exact.as_bytes(), format!("`{exact}`"));
    }
    if let Some(json) = &want.json {
        let got: Option<Value> = serde_json::from_slice(&seen.body).ok();
        expect(got.is_some_and(|got| is_subset(json, &got)), json.to_string());
    }
    for part in &want.contains {
        expect(text.contains(part), format!("`{part}` in it"));
    }
    for part in &want.lacks {
        expect(!text.contains(part), format!("no `{part}` in it"));
    }
}

/// Whether `got` is `want`, where objects may have more members.
fn is_subset(want: &Value, got: &Value) -> bool {
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => {
            want.iter().all(|(key, value)| got.get(key).is_some_and(|g| is_subset(value, g)))
        }
        (Value::Array(want), Value::Array(got)) => {
            want.len() == got.len() && want.iter().zip(got).all(|(w, g)| is_subset(w, g))
        }
        _ => want == got,
    }
}

fn list(decided: &[Decided]) -> String {
    decided.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn shortened(text: &str) -> String {
    text.chars().take(600).collect()
}

/// What the types cannot say.
fn check(case: &Case) -> Result<()> {
    let wants_something = case.want.request.is_some() || case.want.response.is_some();
    if case.note.is_empty() || !wants_something {
        return Err(Failure::new("a case needs a note and the decisions it wants"));
    }
    let bodies = [&case.events.request, &wire::response(case)].map(|m| wire::try_body(m).map(drop));
    bodies.into_iter().collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(directory).during(format!("listing `{}`", directory.display()))? {
        let path = entry.during("listing the corpus")?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(want: &str) -> Case {
        let text = format!(
            "note: n\nevents: {{request: {{body: {{text: abc}}}}, response: {{body: {{text: xyz}}}}}}\nwant: {want}\n"
        );
        serde_saphyr::from_str(&text).unwrap()
    }

    #[test]
    fn every_kind_of_want_can_fail() {
        let seen = Seen { status: 200, body: b"{\"a\":{\"b\":1,\"c\":2}}".to_vec(), ..Seen::default() };
        let check = |want: &str, expected: usize| {
            assert_eq!(disagreements(&case(want), &seen).len(), expected, "{want}");
        };
        check("{request: []}", 0);
        check("{request: [allow guardrail clean]}", 1);
        check("{response: [block judge judge_escalated]}", 1);
        check("{upstream: nothing}", 0);
        check("{upstream: untouched}", 1);
        check("{upstream: {text: abc}}", 1);
        check("{upstream: {json: {a: 1}}}", 1);
        check("{client: {status: 200}}", 0);
        check("{client: {status: 403, headers: {x-a: b}, body: untouched, text: q}}", 4);
        check("{client: {json: {a: {b: 1}}}}", 0);
        check("{client: {json: {a: {b: 2}}}}", 1);
        check("{client: {contains: [\"c\", \"zz\"], lacks: [\"b\", \"yy\"]}}", 2);
    }

    #[test]
    fn a_misspelt_field_is_an_error() {
        for text in [
            "note: n\nevents: {request: {}}\nwant: {requests: []}\n",
            "note: n\nevents: {request: {bodi: {}}}\nwant: {}\n",
            "note: n\nevents: {request: {body: {txt: a}}}\nwant: {}\n",
            "note: n\nevents: {request: {}}\nwant: {request: [allow guardrail]}\n",
            "note: n\nevents: {request: {}}\nwant: {request: [permit guardrail clean]}\n",
            "note: n\nevents: {request: {}, control: sometimes}\nwant: {}\n",
        ] {
            assert!(serde_saphyr::from_str::<Case>(text).is_err(), "{text}");
        }
    }
}
