//! The program `weir scan` on lines that are broken: every line is answered once, in order, and the program ends as it
//! says it does.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::failure::{During, Failure, Result};
use crate::mutate::Dice;

/// Lines given to one run of the program.
const LINES: usize = 1_000;
/// One in so many is broken.
const BROKEN_EACH: usize = 3;
const ROLES: &[&str] = &["user", "system", "assistant", "tool", "tool_call", "tool_definition", "document"];

/// Runs the program on lines with these texts.
///
/// # Errors
/// When it cannot be run, or what it did wrong.
pub fn scan(weir: &str, dice: &mut Dice, mut text: impl FnMut(&mut Dice) -> String) -> Result<()> {
    let mut input = Vec::new();
    let mut ids = Vec::new();
    for id in 0..LINES {
        let role = dice.pick(ROLES).copied().unwrap_or("user");
        let mut line = json!({ "id": id, "role": role, "text": text(dice) }).to_string().into_bytes();
        let is_broken = dice.below(BROKEN_EACH) == 0;
        if is_broken {
            break_line(&mut line, dice);
        }
        ids.push((!is_broken).then_some(id));
        line.push(b'\n');
        input.extend_from_slice(&line);
    }
    let (code, output) = run(weir, input)?;
    let answers: Vec<&str> = output.lines().collect();
    if answers.len() != ids.len() || !matches!(code, Some(0 | 65)) {
        return Err(Failure::new(format!("{} answers to {LINES} lines, exit {code:?}", answers.len())));
    }
    for (answer, id) in answers.iter().zip(ids) {
        let answer: Value = serde_json::from_str(answer).during("reading an answer")?;
        let is_there = |name: &str| answer.get(name).is_some_and(|value| !value.is_null());
        let is_right = id.is_none_or(|id| answer.get("id") == Some(&id.into()) && !is_there("error"));
        if !is_right || is_there("decision") == is_there("error") {
            return Err(Failure::new(format!("line {id:?} got {answer}")));
        }
    }
    Ok(())
}

/// Changes bytes, but never makes one line two.
fn break_line(line: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(line.len());
        let byte = u8::try_from(dice.below(256)).unwrap_or(0);
        match (dice.below(3), line.get_mut(at)) {
            (0, Some(old)) if byte != b'\n' => *old = byte,
            (1, _) => line.truncate(at),
            (_, Some(_)) if byte != b'\n' => line.insert(at, byte),
            _ => {}
        }
    }
}

fn run(weir: &str, input: Vec<u8>) -> Result<(Option<i32>, String)> {
    let mut command = Command::new(weir);
    command.arg("scan").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().during("starting weir")?;
    let mut stdin = child.stdin.take().ok_or_else(|| Failure::new("weir has no standard input"))?;
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().during("waiting for weir")?;
    // A program that ended before it read everything is found by its answers.
    let _ = writer.join();
    Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}
