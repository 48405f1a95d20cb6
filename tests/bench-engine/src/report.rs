//! The figures as tables and as JSON: microseconds of a body, megabytes per second, how much worse than chat text of
//! the same size a byte is, and whether a byte costs the same in a long text as in a short one.

use std::fmt::Write;

use serde::Serialize;

use crate::conversation::Row;
use crate::inputs::{INPUTS, Input, LARGEST_BYTES, TYPICAL_BYTES};
use crate::stages::{Bench, STAGES, STEPS, Stage};

/// All figures.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `native` or `wasm`.
    engine: &'static str,
    /// Compiling a policy and the rules, in milliseconds.
    compile_ms: f64,
    /// Memory of the compiled rules, in bytes.
    rules_bytes: usize,
    cells: Vec<Cell>,
    steps: Vec<Steps>,
    conversation: Vec<RowTime>,
}

#[derive(Debug, Serialize)]
struct RowTime {
    row: Row,
    bytes: usize,
    us: f64,
}

#[derive(Debug, Serialize)]
struct Cell {
    stage: Stage,
    input: &'static str,
    bytes: usize,
    us: f64,
    mb_per_s: f64,
    ns_per_byte: f64,
}

/// One exchange of chat text, in microseconds.
#[derive(Debug, Serialize)]
struct Steps {
    bytes: usize,
    us: [f64; STEPS.len()],
}

impl Report {
    /// An empty one.
    pub fn new(bench: &Bench) -> Self {
        Self {
            engine: if cfg!(target_arch = "wasm32") { "wasm" } else { "native" },
            compile_ms: bench.compiling.as_secs_f64() * 1e3,
            rules_bytes: bench.memory_bytes(),
            cells: Vec::new(),
            steps: Vec::new(),
            conversation: Vec::new(),
        }
    }

    /// Adds what `stage` took for a body with `bytes` bytes of text, in nanoseconds.
    pub fn add(&mut self, stage: Stage, input: &Input, bytes: usize, ns: f64) {
        let ns_per_byte = ns / f64_of(bytes);
        let cell =
            Cell { stage, input: input.name, bytes, us: ns / 1e3, mb_per_s: 1e3 / ns_per_byte, ns_per_byte };
        self.cells.push(cell);
    }

    /// Adds what the steps of an exchange took, in nanoseconds.
    pub fn add_steps(&mut self, bytes: usize, ns: [f64; STEPS.len()]) {
        self.steps.push(Steps { bytes, us: ns.map(|ns| ns / 1e3) });
    }

    /// Adds what a row of the conversation took for a request of `bytes` bytes, in nanoseconds.
    pub fn add_row(&mut self, row: Row, bytes: usize, ns: f64) {
        self.conversation.push(RowTime { row, bytes, us: ns / 1e3 });
    }

    /// As JSON.
    pub fn json(&self) -> Result<String, String> {
        serde_json::to_string(self).map(|json| json + "\n").map_err(|e| e.to_string())
    }

    /// As tables.
    pub fn tables(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "engine: {}; compiled in {:.1} ms, rules take {} kB; MB/s are of the text, best of several samples",
            self.engine,
            self.compile_ms,
            self.rules_bytes / 1024
        );
        STAGES.iter().for_each(|stage| self.stage(&mut out, *stage));
        self.exchange_steps(&mut out);
        self.turns(&mut out);
        out
    }

    fn stage(&self, out: &mut String, stage: Stage) {
        let sizes = self.sizes();
        let _ = write!(out, "\n{:<24}", format!("{stage:?}").to_lowercase());
        for bytes in &sizes {
            let _ = write!(out, "{:>19}", size(*bytes));
        }
        let _ = writeln!(out, "{:>10}{:>8}", "x chat", "linear");
        for input in INPUTS {
            let cells: Vec<&Cell> =
                sizes.iter().filter_map(|bytes| self.cell(stage, input.name, *bytes)).collect();
            if cells.is_empty() {
                continue;
            }
            let _ = write!(out, "{:<24}", input.name);
            for cell in &cells {
                let _ = write!(out, "{:>9.1}us{:>5.0}MB", cell.us, cell.mb_per_s);
                out.push_str("/s");
            }
            let worst = cells.iter().filter_map(|cell| self.to_chat(cell)).fold(0.0, f64::max);
            let linear =
                self.linearity(stage, input.name).map_or(String::new(), |ratio| format!("{ratio:.2}"));
            let _ = writeln!(out, "{worst:>10.1}{linear:>8}");
        }
        self.worst(out, stage);
    }

    fn worst(&self, out: &mut String, stage: Stage) {
        let own = self.cells.iter().filter(|cell| cell.stage == stage);
        let ratios = own.filter_map(|cell| Some((self.to_chat(cell)?, cell)));
        if let Some((ratio, cell)) = ratios.max_by(|a, b| a.0.total_cmp(&b.0)) {
            let _ = writeln!(out, "worst byte: {ratio:.1} x chat, `{}` at {}", cell.input, size(cell.bytes));
        }
        let linear = INPUTS.iter().filter_map(|input| Some((self.linearity(stage, input.name)?, input.name)));
        if let Some((ratio, name)) = linear.max_by(|a, b| a.0.total_cmp(&b.0)) {
            let _ = writeln!(out, "least linear: a byte of 1 MB costs {ratio:.2} x one of 4 kB, `{name}`");
        }
    }

    fn exchange_steps(&self, out: &mut String) {
        let _ = writeln!(out, "\nchat, step by step (us)");
        for (at, step) in STEPS.iter().enumerate() {
            let _ = write!(out, "{step:<24}");
            for steps in &self.steps {
                let _ = write!(out, "{:>19.2}", steps.us.get(at).copied().unwrap_or_default());
            }
            out.push('\n');
        }
    }

    fn turns(&self, out: &mut String) {
        let bytes = self.conversation.first().map_or(0, |row| row.bytes);
        let _ = writeln!(out, "\na request with 200 turns of history, {} kB (us)", bytes / 1000);
        for time in &self.conversation {
            let _ = writeln!(out, "{:<24}{:>19.1}", time.row.name(), time.us);
        }
        let us = |row| self.conversation.iter().find(|time| time.row == row).map(|time| time.us);
        if let (Some(warm), Some(parse), Some(last)) = (us(Row::Warm), us(Row::Parse), us(Row::LastTurn)) {
            let _ = writeln!(out, "warm without parse: {:.2} x the last turn alone", (warm - parse) / last);
        }
    }

    fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<usize> = self.cells.iter().map(|cell| cell.bytes).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    fn cell(&self, stage: Stage, input: &str, bytes: usize) -> Option<&Cell> {
        self.cells.iter().find(|c| c.stage == stage && c.input == input && c.bytes == bytes)
    }

    /// How many times a byte of chat text of the same size this byte costs.
    fn to_chat(&self, cell: &Cell) -> Option<f64> {
        let chat = self.cell(cell.stage, INPUTS.first()?.name, cell.bytes)?;
        Some(cell.ns_per_byte / chat.ns_per_byte)
    }

    fn linearity(&self, stage: Stage, input: &str) -> Option<f64> {
        let at = |bytes| self.cell(stage, input, bytes).map(|cell| cell.ns_per_byte);
        Some(at(LARGEST_BYTES)? / at(TYPICAL_BYTES)?)
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{:.1} kB", f64_of(bytes) / 1024.0),
        LARGEST_BYTES.. => format!("{} MB", bytes / LARGEST_BYTES),
        _ => format!("{} kB", bytes / 1024),
    }
}

fn f64_of(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from)
}
