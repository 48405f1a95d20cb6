//! The invariants of absence that `docs/ARCHITECTURE.md` states, checked against the sources and the dependency graph.
//! Each list below is the invariant; a module that breaks one is named with its file and line.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking, and its inputs are this repository"
)]

mod crates;
mod documents;
mod source;

use std::collections::BTreeSet;

use crates::Graph;
use source::{SourceFile, rust_files, rust_files_below};

/// Which crates of the workspace each crate may use.
const WORKSPACE_EDGES: &[(&str, &[&str])] = &[
    ("weir-engine", &[]),
    ("weir-filter", &["weir-engine"]),
    ("weir-playground", &["weir-engine"]),
    ("weir", &["weir-engine"]),
];

/// Crates that do I/O, read clocks, draw randomness, start threads or name a host. The engine has none of them, at any
/// depth.
const IMPURE_CRATES: &[&str] = &[
    "proxy-wasm",
    "wasm-bindgen",
    "js-sys",
    "tokio",
    "mio",
    "socket2",
    "hyper",
    "axum",
    "reqwest",
    "rustls",
    "rusqlite",
    "getrandom",
    "rand",
    "rand_core",
    "fastrand",
    "chrono",
    "time",
    "jiff",
    "rayon",
    "crossbeam-channel",
    "tracing",
    "log",
    "env_logger",
    "libc",
    "rustix",
];

/// What the engine's production code never names.
const IMPURE_NAMES: &[&str] = &[
    "proxy_wasm",
    "wasm_bindgen",
    "tokio",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time",
    "SystemTime",
    "Instant",
    "RandomState",
    "HashMap",
    "HashSet",
    "thread_local",
    "Mutex",
    "RwLock",
    "OnceLock",
    "LazyLock",
    "println",
    "eprintln",
];

/// serde_json asks who spells its numbers to do it over `io::Write`; there it is a vector that is written to.
const WRITES_INTO_MEMORY: &str = "filter/engine/src/wire/write.rs:4: std::io";

/// The order of the stages: what each module of the engine may name of the others. `x` alone allows all of it.
const STAGES: &[(&str, &[&str])] = &[
    ("limits", &[]),
    ("segment", &["limits"]),
    ("normalize", &["lanes", "limits", "segment"]),
    ("lanes", &[]),
    ("order", &[]),
    // The JSON reader is for answers that must be JSON of a schema.
    ("detect", &["lanes", "limits", "order", "segment", "normalize", "protocol::json"]),
    // Bytes and shapes, never the policy; only the two shapes of a refusal are its words.
    (
        "protocol",
        &[
            "limits",
            "order",
            "segment",
            "stream",
            "event",
            "wire::decision",
            "policy::document::RefusalShape",
        ],
    ),
    ("stream", &["limits", "segment", "protocol"]),
    // Findings, never text: of a segment what its roles are called, of the detectors what a finding, a rule and a pack
    // are called, how the policy's own terms are read, and what a schema of answers is made of. The JSON reader is for the policy's own document.
    (
        "policy",
        &[
            "limits",
            "order",
            "event",
            "wire",
            "detect::CitationForm",
            "detect::Constraints",
            "detect::Finding",
            "detect::Family",
            "detect::JsonType",
            "detect::Kinds",
            "detect::Language",
            "detect::Members",
            "detect::REGISTRY",
            "detect::Rule",
            "detect::Scalar",
            "detect::Schema",
            "detect::AllowList",
            "detect::TermList",
            "detect::canary_letters",
            "detect::folded_term",
            "detect::packs",
            "protocol::json",
            "protocol::Unscannable",
            "segment::Role",
            "segment::Provenance",
        ],
    ),
    // The JSON reader is for what the sidecar answers.
    (
        "wire",
        &[
            "event",
            "protocol::json",
            "segment::Provenance",
            "segment::Role",
            "policy::Layer",
            "policy::Mode",
            "policy::Tier",
        ],
    ),
    ("event", &["wire"]),
];

/// Names whose value is content: they are never arguments of a log statement.
const CONTENT: &[&str] =
    &["body", "text", "content", "prompt", "segment", "segments", "bytes", "matched", "payload"];

#[test]
fn crates_depend_one_way() {
    let graph = Graph::of_workspace();
    for (name, allowed) in WORKSPACE_EDGES {
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert_eq!(graph.workspace_dependencies(name), allowed, "{name}");
    }
}

#[test]
fn the_engine_depends_on_nothing_impure() {
    let graph = Graph::of_workspace();
    let all = graph.all_dependencies("weir-engine");
    assert!(all.contains("serde_json"), "the graph was not read");
    let impure: Vec<_> = IMPURE_CRATES.iter().filter(|name| all.contains(**name)).collect();
    assert!(impure.is_empty(), "{impure:?}");
}

#[test]
fn the_engine_names_nothing_impure() {
    let production = |file: &SourceFile| !file.is_tests();
    let files = rust_files_below("filter/engine/src").into_iter().filter(production).collect();
    let found = find(files, IMPURE_NAMES);
    assert_eq!(found, [WRITES_INTO_MEMORY]);
}

#[test]
fn stages_know_only_what_comes_before_them() {
    let mut broken = Vec::new();
    for (stage, allowed) in STAGES {
        let files = stage_files(stage);
        assert!(!files.is_empty(), "there is no stage `{stage}`");
        for file in files {
            for (line, path) in file.crate_paths() {
                let is_own = path == *stage || path.starts_with(&format!("{stage}::"));
                let is_allowed = |a: &str| path == a || path.starts_with(&format!("{a}::"));
                if !is_own && !allowed.iter().any(|a| is_allowed(a)) {
                    broken.push(format!("{}:{line}: {stage} uses {path}", file.path));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn unsafe_stands_in_one_file() {
    let files = rust_files().into_iter().filter(|file| file.path != "filter/plugin/src/host.rs");
    let found = find(files.collect(), &["unsafe"]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_is_unfinished_or_global() {
    let found = find(rust_files(), &["todo!", "unimplemented!", "static mut"]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_filter_and_the_engine_keep_no_static_state() {
    // A static survives a configuration reload and is shared by every configuration of the VM.
    let mut files = rust_files_below("filter/engine/src");
    files.extend(rust_files_below("filter/plugin/src"));
    files.retain(|file| !file.is_tests());
    let found = find(files, &["OnceLock", "LazyLock", "OnceCell", "AtomicU", "AtomicBool", "thread_local"]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_lint_is_silenced_only_with_a_reason() {
    let mut found = Vec::new();
    for file in rust_files() {
        for (line, attribute) in file.lint_exceptions() {
            if !attribute.contains("reason") {
                found.push(format!("{}:{line}: {attribute}", file.path));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_log_statement_carries_content() {
    let mut found = Vec::new();
    for folder in ["judge-sidecar/src", "filter/plugin/src"] {
        for file in rust_files_below(folder) {
            for (line, arguments) in file.log_statements() {
                let carried = CONTENT.iter().find(|name| source::carries(&arguments, name));
                found.extend(carried.map(|name| format!("{}:{line}: logs `{name}`", file.path)));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_source_file_says_what_it_is() {
    let silent: Vec<String> =
        rust_files().into_iter().filter(|f| !f.text.starts_with("//!")).map(|f| f.path).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn no_module_is_a_drawer() {
    let drawer = |file: &SourceFile| {
        ["utils", "util", "common", "helpers", "helper", "misc", "manager"]
            .iter()
            .any(|word| file.path.split(['/', '.']).any(|part| part == *word))
    };
    let drawers: Vec<String> = rust_files().into_iter().filter(drawer).map(|f| f.path).collect();
    assert!(drawers.is_empty(), "{drawers:?}");
}

#[test]
fn the_checks_find_what_they_look_for() {
    let file = SourceFile::of(
        "x.rs",
        "//! unsafe in words\nfn a() { let s = \"unsafe // {\"; unsafe { b() } }\nuse crate::{detect::{self, \
         Finding}, policy};\n#[allow(dead_code)]\nfn c() { tracing::info!(len = 3, body, \"x\"); }\n",
    );
    assert_eq!(find(vec![file.clone()], &["unsafe"]), ["x.rs:2: unsafe"]);
    let paths: Vec<String> = file.crate_paths().into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, ["detect", "detect::Finding", "policy"]);
    assert_eq!(file.lint_exceptions().len(), 1);
    let (_, arguments) = file.log_statements().remove(0);
    assert!(source::carries(&arguments, "body") && !source::carries(&arguments, "bod"));
}

fn stage_files(stage: &str) -> Vec<SourceFile> {
    let folder = format!("filter/engine/src/{stage}/");
    let single = format!("filter/engine/src/{stage}.rs");
    let all = rust_files_below("filter/engine/src");
    all.into_iter().filter(|f| f.path == single || f.path.starts_with(&folder)).collect()
}

/// Where production code names one of `names`.
fn find(files: Vec<SourceFile>, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (index, line) in file.code.lines().enumerate() {
            for name in names.iter().filter(|name| source::names(line, name)) {
                found.push(format!("{}:{}: {name}", file.path, index + 1));
            }
        }
    }
    found
}
