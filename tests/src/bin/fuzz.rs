//! `make fuzz`: runs the fuzz targets, each for a time, and says what was wrong with which seed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use weir_engine::session::Engine;
use weir_tests::failure::{Failure, Result};
use weir_tests::fuzz::decoders::{self, Checked, Decoders};
use weir_tests::fuzz::pace::{Slowest, prose};
use weir_tests::fuzz::{check, lines, mutation, seeds};
use weir_tests::mutate::Dice;

/// A slow text is looked for with one text in so many.
const TIMED_EACH: u64 = 4;
/// Wrong texts of a target that are shown.
const MAX_SHOWN: usize = 10;
/// Names of the targets that are no family of rules.
const NORMALISE: &str = "normalise";
const MIXED: &str = "mixed";
const SCAN: &str = "scan";
/// A body that takes so long, and so long per byte of it, is an outlier; small ones are measured by the first alone.
const SLOW_BODY: Duration = Duration::from_millis(40);
const SLOW_BYTE: Duration = Duration::from_micros(20);
/// How often a slow body is timed again: other load is not its fault.
const ROUNDS: u32 = 5;
/// Whatever takes longer hangs.
const HANGS: Duration = Duration::from_secs(60);
/// Most memory of the program, in kB: bodies are small, so more means that something grows.
const MAX_MEMORY_KB: u64 = 768 * 1024;

/// Fuzzes decoders and detection.
#[derive(Debug, Parser)]
struct Arguments {
    /// Time for each target, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// First seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ends a target after so many texts; 0 does not.
    #[arg(long, default_value_t = 0)]
    count: u64,
    /// Only this target: json, arguments, requests, responses, forms, flight, frames, policy; normalise, mixed, scan, or a
    /// family of rules.
    #[arg(long, default_value = "")]
    target: String,
    /// Prints the first seed's body and what is wrong with it, and does nothing else (targets that read bytes).
    #[arg(long)]
    show: bool,
    /// How many times prose's time per byte is an outlier.
    #[arg(long, default_value_t = 60.0)]
    outlier: f64,
    /// How many times a byte of a large text may cost one of a small text.
    #[arg(long, default_value_t = 3.0)]
    growth: f64,
    /// The binary weir, for the target `scan`.
    #[arg(long, env = "WEIR_BIN", default_value = "")]
    weir: String,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let engine = Engine::compile("").map_err(|e| Failure::new(e.to_string()))?;
    let families = seeds::of_families()?;
    let odd = seeds::ODD.iter().map(|text| (*text).to_owned());
    let everything: Vec<String> = families.values().flatten().cloned().chain(odd).collect();
    let mut targets = vec![(NORMALISE.to_owned(), everything.clone())];
    targets.extend(families);
    targets.extend([(MIXED.to_owned(), everything.clone()), (SCAN.to_owned(), everything)]);
    targets.extend(decoders::NAMES.iter().map(|name| ((*name).to_owned(), Vec::new())));
    targets.retain(|(name, _)| arguments.target.is_empty() || *name == arguments.target);
    if targets.is_empty() {
        return Err(Failure::new(format!("there is no target `{}`", arguments.target)));
    }
    let mut wrong = 0;
    for (name, seeds) in targets {
        let target = Target { name, seeds, arguments: &arguments, engine: &engine };
        wrong += target.run()?;
    }
    if wrong == 0 { Ok(()) } else { Err(Failure::new(format!("{wrong} texts went wrong"))) }
}

struct Target<'a> {
    name: String,
    seeds: Vec<String>,
    arguments: &'a Arguments,
    engine: &'a Engine,
}

impl Target<'_> {
    /// Runs it for its time; how many texts went wrong.
    fn run(&self) -> Result<usize> {
        let end = Instant::now() + Duration::from_secs(self.arguments.seconds);
        let limit = if self.arguments.count == 0 { u64::MAX } else { self.arguments.count };
        let mut seeds = self.arguments.seed..self.arguments.seed.saturating_add(limit);
        if self.name == SCAN {
            return self.run_scan(end, &mut seeds);
        }
        if decoders::NAMES.contains(&self.name.as_str()) {
            return self.run_decoder(end, &mut seeds);
        }
        let work = |text: &str| self.work(text);
        let (mut slowest, mut wrong, mut count) = (Slowest::default(), 0, 0);
        let mut expected = prose(work);
        for seed in seeds.by_ref().take_while(|_| Instant::now() < end) {
            let mut dice = Dice::new(seed);
            let text = self.text(&mut dice, &slowest);
            count += 1;
            if let Some(why) = self.wrong(&text, &mut dice) {
                wrong += 1;
                if wrong <= MAX_SHOWN {
                    println!("{} WRONG, seed {seed}: {why}: {}", self.name, shown(&text));
                }
            } else if seed % TIMED_EACH == 0 {
                slowest.consider(&text, expected, work);
            }
            if count % 4_096 == 0 {
                expected = prose(work);
            }
        }
        wrong += self.report(count, &slowest);
        Ok(wrong)
    }

    /// Says what was done and what was slow; how many outliers there are.
    fn report(&self, count: u64, slowest: &Slowest) -> usize {
        let work = |text: &str| self.work(text);
        let (ratio, slow) = slowest.worst(work).unwrap_or_default();
        let (growth, steep) = slowest.least_linear(work).unwrap_or_default();
        println!("{}: {count} texts; slowest {ratio:.1} x prose, {}", self.name, shown(slow));
        println!("{}: least linear {growth:.2} x, {}", self.name, shown(steep));
        let outliers = [ratio > self.arguments.outlier, growth > self.arguments.growth];
        let outliers = outliers.into_iter().filter(|is_outlier| *is_outlier).count();
        if outliers > 0 {
            println!("{} OUTLIER: {slow:?}, {steep:?}", self.name);
        }
        outliers
    }

    /// Mutated seeds, and now and then a mutation of what was slow.
    fn text(&self, dice: &mut Dice, slowest: &Slowest) -> String {
        let slow = slowest.nth(dice.below(1 << 16)).filter(|_| dice.below(4) == 0);
        match slow {
            Some(slow) => mutation::text(dice, &[slow.to_owned()]),
            None => mutation::text(dice, &self.seeds),
        }
    }

    fn wrong(&self, text: &str, dice: &mut Dice) -> Option<String> {
        let checked = catch_unwind(AssertUnwindSafe(|| match self.name.as_str() {
            NORMALISE => check::views(text, dice),
            _ => check::decision(self.engine, text, dice),
        }));
        checked.unwrap_or_else(|_| Some("it panicked".to_owned()))
    }

    /// What is timed.
    fn work(&self, text: &str) {
        let mut dice = Dice::new(0);
        std::hint::black_box(match self.name.as_str() {
            NORMALISE => check::views(text, &mut dice),
            _ => check::once(self.engine, text),
        });
    }

    /// What reads bytes has its own seeds, and a loop of its own.
    fn run_decoder(&self, end: Instant, seeds: &mut std::ops::Range<u64>) -> Result<usize> {
        let decoders = Decoders::new()?;
        if self.arguments.show {
            return Ok(show(&decoders.check(&self.name, self.arguments.seed)));
        }
        let check = |seed| timed(|| catch_unwind(AssertUnwindSafe(|| decoders.check(&self.name, seed))));
        let (mut count, mut wrong, mut bytes) = (0, 0, 0);
        let mut slowest = (Duration::ZERO, 0, 0);
        let watched = AtomicU64::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| watch(&watched, &self.name));
            for seed in seeds.take_while(|_| Instant::now() < end) {
                watched.store(seed, Ordering::Relaxed);
                let (checked, mut took) = check(seed);
                count += 1;
                let len = checked.as_ref().map_or(0, |checked| checked.bytes.len());
                bytes += len;
                let why = checked.map_or_else(|_| Some("it panicked".to_owned()), |checked| checked.wrong);
                if is_slow(took, len) {
                    took = (0..ROUNDS).map(|_| check(seed).1).min().unwrap_or(took).min(took);
                }
                slowest = slowest.max((took, len, seed));
                let why = why.or_else(|| is_slow(took, len).then(|| format!("{took:?} for {len} bytes")));
                if let Some(why) = why {
                    wrong += 1;
                    if wrong <= MAX_SHOWN {
                        println!("{} WRONG, seed {seed}: {why}", self.name);
                    }
                }
            }
            watched.store(u64::MAX, Ordering::Relaxed);
        });
        let (took, len, seed) = slowest;
        let memory = peak_memory_kb();
        println!(
            "{}: {count} bodies of {bytes} bytes; slowest {took:?}, {len} bytes, seed {seed}",
            self.name
        );
        println!("{}: at most {} MB of memory, {wrong} wrong", self.name, memory / 1024);
        Ok(wrong + usize::from(memory > MAX_MEMORY_KB))
    }

    fn run_scan(&self, end: Instant, seeds: &mut std::ops::Range<u64>) -> Result<usize> {
        if self.arguments.weir.is_empty() {
            return Err(Failure::new("the target `scan` needs --weir, the binary"));
        }
        let mut count = 0;
        for seed in seeds.take_while(|_| Instant::now() < end) {
            let mut dice = Dice::new(seed);
            let text = |dice: &mut Dice| mutation::text(dice, &self.seeds);
            if let Err(why) = lines::scan(&self.arguments.weir, &mut dice, text) {
                println!("{} WRONG, seed {seed}: {why}", self.name);
                return Ok(1);
            }
            count += 1;
        }
        println!("{}: {count} runs of the program", self.name);
        Ok(0)
    }
}

/// Shows a body as it is; how much is wrong with it.
fn show(checked: &Checked) -> usize {
    println!("{}", String::from_utf8_lossy(&checked.bytes));
    let why = checked.wrong.iter();
    why.inspect(|why| println!("WRONG: {why}")).count()
}

/// Time that this thread was given so far: other load on the machine is nobody's fault.
fn thread_time() -> Option<Duration> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    times.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// The time that `work` takes.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let (before, started) = (thread_time(), Instant::now());
    let done = work();
    let own = before.and_then(|before| thread_time()?.checked_sub(before));
    (done, own.unwrap_or_else(|| started.elapsed()))
}

fn is_slow(took: Duration, len: usize) -> bool {
    let allowed = SLOW_BYTE.saturating_mul(u32::try_from(len).unwrap_or(u32::MAX));
    took > SLOW_BODY + allowed
}

/// Ends the program when one seed is not done in time. The last value of `seed` is the highest.
fn watch(seed: &AtomicU64, target: &str) {
    let (mut last, mut since) = (0, Instant::now());
    while last != u64::MAX {
        std::thread::sleep(Duration::from_millis(100));
        let now = seed.load(Ordering::Relaxed);
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > HANGS {
            println!("{target} HANGS, seed {now}");
            std::process::exit(1);
        }
    }
}

/// The most memory that the program had, in kB; 0 where the system does not say.
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The start of a text, in ASCII.
fn shown(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_default).collect()
}
