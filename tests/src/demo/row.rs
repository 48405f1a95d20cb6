//! One row of the demo's table: what was expected, what was seen, and whether they agree.

use std::fmt::Write;
use std::time::Duration;

use weir_engine::wire::decision::DecisionEvent;

use super::Seen;
use super::ask::Ask;

/// Longest answer that is printed, in characters.
const SHOWN_CHARACTERS: usize = 300;

/// What a row expects.
#[derive(Clone, Debug, Default)]
pub struct Want {
    /// `ACTION`, or `allow (would ACTION)`.
    pub decision: &'static str,
    /// Reason code.
    pub reason: &'static str,
    /// Layer.
    pub layer: &'static str,
    /// Reason of another event of the exchange; empty when none matters.
    pub by_way_of: &'static str,
    /// Status at the client.
    pub status: u16,
    /// Texts in the client's answer.
    pub client_sees: Vec<String>,
    /// Texts that must not be in it.
    pub client_sees_not: Vec<String>,
    /// What the model gets.
    pub model: Model,
}

/// What the model gets.
#[derive(Clone, Debug, Default)]
pub enum Model {
    /// Nothing.
    #[default]
    NotAsked,
    /// The request.
    Asked,
    /// The request without the first text, but with the second.
    AskedWith {
        /// Must not be there.
        hidden: String,
        /// Must be there.
        shown: String,
    },
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was tried.
    pub title: String,
    /// What was decided.
    pub decision: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub layer: String,
    /// Against plain Envoy for the same request, in milliseconds; below zero when the model was spared.
    pub added_ms: Option<f64>,
    /// What was expected: `decision reason layer`.
    pub expected: String,
    /// What is not as expected; empty when all is.
    pub wrong: Vec<String>,
}

impl Row {
    /// Compares what was seen with what was expected.
    pub fn judge(title: &str, seen: &Seen, want: Want, plain: Duration) -> Self {
        let [decision, reason, layer] = seen.event.as_ref().map_or_else(Default::default, words);
        let expected = [want.decision, want.reason, want.layer].join(" ");
        let mut wrong = Vec::new();
        if [&*decision, &*reason, &*layer].join(" ") != expected {
            wrong.push(format!("decided `{decision} {reason} {layer}`"));
        }
        if !want.by_way_of.is_empty() && !seen.reasons.iter().any(|reason| reason == want.by_way_of) {
            wrong.push(format!("no event says `{}`", want.by_way_of));
        }
        if seen.response.status != want.status {
            wrong.push(format!("status {} instead of {}", seen.response.status, want.status));
        }
        let answer = said(&seen.response.text());
        wrong.extend(
            want.client_sees.iter().filter(|t| !answer.contains(*t)).map(|t| format!("client misses `{t}`")),
        );
        wrong.extend(
            want.client_sees_not
                .iter()
                .filter(|t| answer.contains(*t))
                .map(|_| "client sees too much".into()),
        );
        wrong.extend(want.model.complaint(seen.model.as_deref()));
        let added_ms = Some((seen.elapsed.as_secs_f64() - plain.as_secs_f64()) * 1e3);
        Self { title: title.into(), decision, reason, layer, added_ms, expected, wrong }
    }

    /// A row about something that is no request.
    pub fn fact(title: &str, expected: &str, seen: &str) -> Self {
        let wrong = if expected == seen { Vec::new() } else { vec![format!("saw `{seen}`")] };
        Self {
            title: title.into(),
            decision: seen.into(),
            reason: String::new(),
            layer: String::new(),
            added_ms: None,
            expected: expected.into(),
            wrong,
        }
    }

    /// Whether all is as expected.
    pub fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }

    /// The exchange for the terminal: curl line, what the model received, the answer.
    pub fn transcript(&self, ask: &Ask, port: u16, seen: &Seen) -> String {
        let mut text = format!("\n### {}\n{}\n", self.title, ask.curl(port));
        // Writing to a String cannot fail.
        let _ = match &seen.model {
            Some(body) => writeln!(text, "--> the model received: {}", shortened(body)),
            None => writeln!(text, "--> the model was not asked"),
        };
        let _ = writeln!(text, "<-- {} {}", seen.response.status, shortened(&seen.response.text()));
        for name in ["x-weir-request-id", "x-weir-review-id", "retry-after"] {
            let value = seen.response.header(name);
            if !value.is_empty() {
                let _ = writeln!(text, "    {name}: {value}");
            }
        }
        for wrong in &self.wrong {
            let _ = writeln!(text, "!!! {wrong}");
        }
        text
    }
}

impl Model {
    fn complaint(&self, received: Option<&str>) -> Option<String> {
        match (self, received) {
            (Self::NotAsked, None) | (Self::Asked, Some(_)) => None,
            (Self::NotAsked, Some(_)) => Some("the model was asked".into()),
            (Self::Asked | Self::AskedWith { .. }, None) => Some("the model was not asked".into()),
            (Self::AskedWith { hidden, .. }, Some(body)) if body.contains(hidden) => {
                Some("the model sees too much".into())
            }
            (Self::AskedWith { shown, .. }, Some(body)) if !body.contains(shown) => {
                Some(format!("the model misses `{shown}`"))
            }
            (Self::AskedWith { .. }, Some(_)) => None,
        }
    }
}

fn words(event: &DecisionEvent) -> [String; 3] {
    let decision = match event.would {
        Some(would) => format!("{} (would {})", event.decision.name(), would.name()),
        None => event.decision.name().into(),
    };
    let layer = serde_json::to_value(event.layer)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default();
    [decision, event.reason.clone(), layer]
}

/// What a client would show a person: the deltas of a stream joined, anything else as it is.
fn said(body: &str) -> String {
    let events: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    if events.is_empty() {
        return body.to_owned();
    }
    let values = events.iter().filter_map(|event| serde_json::from_str::<serde_json::Value>(event).ok());
    let deltas = values.filter_map(|v| v.pointer("/choices/0/delta/content")?.as_str().map(str::to_owned));
    // The raw stream is kept beside the joined text: what must not be seen must be in neither.
    format!("{}\n{body}", deltas.collect::<String>())
}

fn shortened(text: &str) -> String {
    let text = text.trim().replace("\n\n", " ");
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_as_a_person_reads_it() {
        let delta =
            |text: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
        let stream = [delta("one se"), delta("cret"), "data: [DONE]\n\n".into()].concat();
        assert!(said(&stream).starts_with("one secret\n"));
    }

    #[test]
    fn a_model_that_sees_too_much_is_named() {
        let want = Model::AskedWith { hidden: "a@b.c".into(), shown: "[EMAIL_1]".into() };
        assert_eq!(want.complaint(Some("write to [EMAIL_1]")), None);
        assert!(want.complaint(Some("write to a@b.c, [EMAIL_1]")).is_some());
        assert!(want.complaint(None).is_some());
    }
}
