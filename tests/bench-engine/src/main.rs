//! `make bench-engine`: times the engine alone, without a proxy, stage by stage and whole, on ordinary texts and on
//! texts made to be slow. The same program runs natively and, built for wasm32-wasip1 with the filter's own profile,
//! in V8, where the filter runs. It measures and never asserts: other load on a machine must not fail a build.

mod conversation;
mod inputs;
mod report;
mod stages;
mod timer;

use std::io::Write;
use std::process::ExitCode;

use conversation::{Conversation, ROWS};
use inputs::{INPUTS, SIZES};
use report::Report;
use stages::{Bench, STAGES};
use timer::Timer;

/// What is asked for on the command line.
#[derive(Debug, Default)]
struct Arguments {
    /// JSON instead of tables.
    json: bool,
    /// One round of the small sizes: whether it runs, not how fast.
    quick: bool,
    /// Only inputs with this in their name.
    only: String,
    /// The name of a row of the conversation, and how often to run it: for instruments that count, not time.
    repeat: Option<(String, u32)>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--json" => arguments.json = true,
                "--quick" => arguments.quick = true,
                "--only" => arguments.only = words.next().ok_or("--only needs the name of an input")?,
                "--repeat" => {
                    let times = words.next().zip(words.next());
                    let times = times.and_then(|(row, times)| Some((row, times.parse().ok()?)));
                    arguments.repeat =
                        Some(times.ok_or("--repeat needs a row of the conversation and a number")?);
                }
                _ => {
                    let known = "--json, --quick, --only NAME or --repeat ROW TIMES";
                    return Err(format!("unknown argument `{word}`; {known}"));
                }
            }
        }
        Ok(arguments)
    }
}

fn main() -> ExitCode {
    let ended = Arguments::parse(std::env::args().skip(1)).and_then(|arguments| {
        let report = run(&arguments)?;
        let text = if arguments.json { report.json()? } else { report.tables() };
        std::io::stdout().write_all(text.as_bytes()).map_err(|e| e.to_string())
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // With standard error gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "bench-engine: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<Report, String> {
    let timer = if arguments.quick { Timer::once() } else { Timer::thorough() };
    let bench = Bench::new()?;
    let mut report = Report::new(&bench);
    let prose = INPUTS.first().map(|input| input.text(inputs::TYPICAL_BYTES)).unwrap_or_default();
    let conversation = Conversation::new(bench.engine(), &prose)?;
    if let Some((name, times)) = &arguments.repeat {
        let row = ROWS.iter().find(|row| row.name() == name).ok_or("there is no such row")?;
        (0..*times).for_each(|_| conversation.run(*row));
        return Ok(report);
    }
    for row in ROWS {
        report.add_row(*row, conversation.bytes(), timer.time(|| conversation.run(*row)));
    }
    let sizes = SIZES.iter().filter(|size| !arguments.quick || **size <= inputs::TYPICAL_BYTES);
    for bytes in sizes.copied() {
        for input in INPUTS.iter().filter(|input| input.name.contains(&arguments.only)) {
            let work = bench.prepare(&input.text(bytes))?;
            for stage in STAGES {
                let per_body = timer.time(|| bench.run(*stage, &work));
                report.add(*stage, input, bytes, per_body);
            }
        }
        let work = bench.prepare(&INPUTS.first().map(|input| input.text(bytes)).unwrap_or_default())?;
        report.add_steps(bytes, timer.steps(|spent| bench.exchange(&work, spent)));
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tiny_round_of_every_input_and_stage_is_reported() {
        let report = run(&Arguments { quick: true, ..Arguments::default() }).unwrap();
        let tables = report.tables();
        let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(json["cells"].as_array().unwrap().len(), INPUTS.len() * STAGES.len() * 2);
        for input in INPUTS {
            assert!(tables.contains(input.name), "{tables}");
        }
    }

    #[test]
    fn arguments_that_are_none_are_said() {
        let parse = |words: &[&str]| Arguments::parse(words.iter().map(|word| (*word).to_owned()));
        assert!(parse(&["--json", "--only", "chat"]).is_ok_and(|a| a.json && a.only == "chat"));
        assert!(parse(&["--fast"]).is_err() && parse(&["--only"]).is_err());
    }
}
