//! Nanoseconds per byte of the classifier alone, on prose: `cargo run --release -p weir-engine --example classifier_speed`.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a tool for developers")]

use std::time::Instant;

use weir_engine::detect::Detectors;
use weir_engine::segment::Role;

const PROSE: &str = "The garden behind the house had been neglected for years, and nobody could say who had planted the old \
pear tree that leaned over the wall. In spring it was full of bees; in autumn children came to collect the fruit, although \
their parents had warned them about the well. Maria, who had moved in three weeks ago, wrote down everything she saw. ";

fn main() {
    let detectors = Detectors::new().expect("rules compile");
    let chinese = "今天下午我们去公园散步，看到许多人在湖边钓鱼，孩子们在草地上放风筝。".repeat(3000);
    for (name, text) in
        [("prose", PROSE.repeat(1000)), ("prose 4 kB", PROSE.repeat(10)), ("chinese", chinese)]
    {
        let rounds = (400_000 / text.len()).max(1);
        let mut best = f64::MAX;
        for _ in 0..400 {
            let started = Instant::now();
            let sum: i64 = (0..rounds)
                .filter_map(|_| detectors.classify(&text, Role::User))
                .map(|s| i64::from(s.0))
                .sum();
            let taken = started.elapsed().as_secs_f64() * 1e9;
            best = best.min(taken / f64::from(u32::try_from(rounds * text.len()).expect("small")));
            assert_ne!(sum, i64::MAX);
        }
        println!("{name:<12} {best:.2} ns per byte");
    }
}
