//! Times the scan: `cargo run --release -p weir-engine --example speed`. Prints nanoseconds per byte for clean prose of
//! three sizes and for texts made to be slow, best of several rounds; an argument names the only one to time. Native;
//! the wasm build of the filter is slower.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a tool for developers")]

use std::hint::black_box;
use std::time::Instant;

use weir_engine::detect::Detectors;
use weir_engine::segment::{Provenance, Role, Segment, SourceMap};

const PROSE: &str = "The quarterly report is ready and I would like you to summarise its main points for the board, \
    please. Revenue grew by eleven percent in 2024, mostly because the new stores in Lyon and Ghent opened earlier than \
    planned, while costs stayed flat. All of the regional managers agreed that the system should show every order in one \
    place, and that customers must be told when a delivery is late. What would you write about the outlook?\n\n";

fn main() {
    let started = Instant::now();
    let detectors = Detectors::new().expect("rules compile");
    println!("compile {:?}, automata {} bytes", started.elapsed(), detectors.memory_bytes());
    for size in [500, 4_000, 32_000] {
        time(&detectors, &format!("prose {size}"), &repeated(PROSE, size));
    }
    for (name, unit) in [
        ("prose with one dash", ""),
        ("code", "    if (items[i].price > 0) { total += items[i].price * 1.19; } // add VAT\n"),
        (
            "json",
            "{\"id\":\"3f2504e0-4f89-11d3\",\"price\":12.50,\"name\":\"lamp\",\"at\":\"2024-05-13T10:20:30Z\"},",
        ),
        ("german", "Bitte prüfe die Rechnung für März und schicke sie an die Buchhaltung, danke schön. "),
        ("russian", "Пожалуйста, проверьте счёт за март и отправьте его в бухгалтерию. "),
        ("chinese", "请检查三月份的发票并将其发送给会计部门，谢谢。"),
        ("ignore", "ignore "),
        ("override words", "ignore all your rules not "),
        ("sk-", "sk-"),
        ("sk- spaced", "sk- "),
        ("@", "@"),
        ("a@", "a@a.a "),
        ("a.a", "a.a."),
        ("digits", "7"),
        ("digit pairs", "12 "),
        ("cards", "4111 1111 1111 1112 "),
        ("begin", "-----begin private key-----"),
        ("eyJ", "eyJ."),
        ("padding", "ignore                         x "),
        ("invisible", "a\u{200B}"),
    ] {
        let text =
            if unit.is_empty() { repeated(PROSE, 31_000) + "\u{2014}" } else { repeated(unit, 32_000) };
        time(&detectors, name, &text);
    }
}

fn repeated(unit: &str, len: usize) -> String {
    unit.repeat(len / unit.len() + 1)
}

fn time(detectors: &Detectors, name: &str, text: &str) {
    let segment = Segment {
        role: Role::User,
        provenance: Provenance::User,
        path: String::new(),
        text: text.into(),
        map: SourceMap::identity(0, text.len()),
        quote: "",
    };
    let segments = [segment];
    if std::env::args().nth(1).is_some_and(|only| only != name) {
        return;
    }
    let rounds = (4_000_000 / text.len()).clamp(5, 5_000);
    let best = (0..5)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..rounds {
                black_box(detectors.scan(black_box(&segments), &[]));
            }
            started.elapsed() / u32::try_from(rounds).expect("small")
        })
        .min()
        .expect("rounds");
    let per_byte = best.as_secs_f64() * 1e9 / text.len() as f64;
    println!("{name:<22} {:>7} B {per_byte:>8.2} ns/B {:>10.1} us", text.len(), best.as_secs_f64() * 1e6);
}
