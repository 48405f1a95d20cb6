//! weir-playground: the engine behind one function, JSON in and JSON out, for browsers, Node and documentation.
//!
//! It decides nothing: a [`rehearsal`] plays an exchange against the very session the proxy runs. It never panics on
//! any input (bad input is an answer, not an exception), and it has no clock and no network: time, control state and
//! the sidecar's answers are part of the question.

pub mod answer;
pub mod question;
pub mod rehearsal;

#[cfg(test)]
mod tests;

use wasm_bindgen::prelude::wasm_bindgen;

use answer::Answer;
use question::Question;

/// Answers a [`Question`] (JSON) with an [`Answer`] (JSON).
#[wasm_bindgen]
pub fn rehearse(question: &str) -> String {
    let answer = match serde_json::from_str::<Question>(question) {
        Ok(question) => rehearsal::rehearse(&question),
        Err(error) => Answer::InvalidQuestion { message: error.to_string() },
    };
    serde_json::to_string(&answer).unwrap_or_else(|_| UNWRITABLE.to_owned())
}

/// Only maps with keys that are not strings, and failing writers, make JSON fail; an answer has neither.
const UNWRITABLE: &str = r#"{"result":"invalid_question","message":"the answer could not be written"}"#;
