//! `weir scan`: decides texts, one JSON line each, by the code that decides in the filter. Lines are dealt to workers
//! in turn and collected in the same turn, so order needs no memory: whatever the input's length, a bounded number of
//! bounded batches is under way. A line that cannot be read is answered too, so that lines of input and output match.

pub mod lines;
pub mod row;

use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use weir_engine::event::UnixMillis;
use weir_engine::session::Engine;

use super::check;
use crate::exit::Failure;
use crate::limits::{MAX_SCAN_LINE_BYTES, MAX_SCAN_QUEUE_BATCHES, MAX_SCAN_WORKERS, SCAN_READ_BYTES};
use lines::{Batch, Lines};

/// Answers every line of `input` on `out`, in order, under the default settings of the policy; complaints about lines
/// go to `complaints`.
///
/// # Errors
/// When the policy is wrong, when a stream fails, and, after everything was answered, when lines were bad.
pub fn scan(
    policy: Option<&Path>,
    input: impl Read + Send,
    out: &mut impl Write,
    complaints: &mut impl Write,
) -> Result<(), Failure> {
    let engine = check::engine(policy)?;
    let now = now();
    let (dealt, hands, answers) = channels(worker_count());
    let lines = Lines::new(BufReader::with_capacity(SCAN_READ_BYTES, input), MAX_SCAN_LINE_BYTES);
    let engine = &engine;
    thread::scope(|scope| {
        let reader = scope.spawn(move || deal(lines, &dealt));
        for (hand, answer) in hands {
            scope.spawn(move || work(engine, now, &hand, &answer));
        }
        let told = collect(answers, out, complaints);
        // A reader whose answers nobody takes ends at its next batch.
        let read = reader.join().map_err(|_| Failure::other("the reader of standard input failed"))?;
        let tally = told.map_err(|e| Failure::other(format!("the output cannot be written: {e}")))?;
        read.map_err(|e| Failure::other(format!("standard input cannot be read: {e}")))?;
        tally.into_result()
    })
}

/// How many lines there were.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    lines: u64,
    bad: u64,
}

impl Tally {
    fn into_result(self) -> Result<(), Failure> {
        if self.bad == 0 {
            return Ok(());
        }
        Err(Failure::data(format!("{} of {} lines could not be scanned", self.bad, self.lines)))
    }
}

/// The answers to a batch.
#[derive(Debug, Default)]
struct Answers {
    out: Vec<u8>,
    complaints: Vec<u8>,
    tally: Tally,
}

type Hand = (Receiver<Batch>, SyncSender<Answers>);

/// For each of `count` workers: where its batches are sent, what it holds, where its answers come out.
fn channels(count: usize) -> (Vec<SyncSender<Batch>>, Vec<Hand>, Vec<Receiver<Answers>>) {
    let (mut dealt, mut hands, mut collected) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        let (deal, batches) = sync_channel(MAX_SCAN_QUEUE_BATCHES);
        let (answer, answers) = sync_channel(MAX_SCAN_QUEUE_BATCHES);
        dealt.push(deal);
        hands.push((batches, answer));
        collected.push(answers);
    }
    (dealt, hands, collected)
}

fn worker_count() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MAX_SCAN_WORKERS)
}

/// Deals batches until the input ends or nobody wants more.
fn deal(mut lines: Lines<impl std::io::BufRead>, workers: &[SyncSender<Batch>]) -> std::io::Result<()> {
    for worker in workers.iter().cycle() {
        let Some(batch) = lines.batch()? else { break };
        if worker.send(batch).is_err() {
            break;
        }
    }
    Ok(())
}

fn work(engine: &Engine, now: UnixMillis, batches: &Receiver<Batch>, answers: &SyncSender<Answers>) {
    for batch in batches {
        if answers.send(answered(engine, now, batch)).is_err() {
            return;
        }
    }
}

fn answered(engine: &Engine, now: UnixMillis, batch: Batch) -> Answers {
    let mut answers = Answers::default();
    for (number, line) in (batch.first..).zip(batch.lines) {
        answers.tally.lines += 1;
        if let Err(why) = row::answer(engine, now, number, line.as_deref(), &mut answers.out) {
            answers.tally.bad += 1;
            // A Vec takes every write.
            let _ = writeln!(answers.complaints, "line {number}: {why}");
        }
    }
    answers
}

/// Takes the answers in the order of the deal. The first worker without one got no batch, so nobody after it did.
fn collect(
    workers: Vec<Receiver<Answers>>,
    out: &mut impl Write,
    complaints: &mut impl Write,
) -> std::io::Result<Tally> {
    let mut tally = Tally::default();
    for answers in workers.iter().cycle() {
        let Ok(answers) = answers.recv() else { break };
        out.write_all(&answers.out)?;
        out.flush()?;
        complaints.write_all(&answers.complaints)?;
        tally.lines += answers.tally.lines;
        tally.bad += answers.tally.bad;
    }
    Ok(tally)
}

/// The machine's time; it decides only whether a layer's mode has ended.
pub fn now() -> UnixMillis {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
