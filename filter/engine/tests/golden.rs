//! Golden files of the protocols: every body under `tests/golden/protocol` is read as its name says
//! (`<protocol>.<request|response>.<what>.<json|jsonl|ndjson|sse>`) and must give exactly the segments written beside it.
//! `WEIR_BLESS=1` rewrites them; a person reads the difference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use weir_engine::protocol::{Document, Hints, Protocol, read_request, read_response};

#[test]
fn bodies_give_the_segments_beside_them() {
    let bodies = bodies();
    assert!(bodies.len() >= 40, "{bodies:?}");
    for path in bodies {
        let body = fs::read(&path).unwrap();
        let found = describe(&read(&path, &body), &body);
        let golden = path.with_added_extension("segments");
        if std::env::var_os("WEIR_BLESS").is_some() {
            fs::write(&golden, &found).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(found, expected, "{}: run with WEIR_BLESS=1 and read the difference", golden.display());
    }
}

#[test]
fn every_golden_file_belongs_to_a_body() {
    let golden = files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "segments"));
    for path in golden {
        assert!(path.with_extension("").exists(), "{}", path.display());
    }
}

fn read<'b>(path: &Path, body: &'b [u8]) -> Document<'b> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let protocol = protocol_of(name);
    let path = format!("/any{}", protocol.paths().first().unwrap_or(&""));
    let hints = Hints { path: &path, ..Hints::default() };
    let document = match name.contains(".request.") {
        true => read_request(&hints, body),
        false => read_response(protocol, &hints, body),
    };
    document.unwrap_or_else(|why| panic!("{name}: {why:?}"))
}

fn protocol_of(name: &str) -> Protocol {
    let is_its = |protocol: &Protocol| name.starts_with(&format!("{}.", protocol.name()));
    Protocol::all().find(is_its).unwrap_or_else(|| panic!("{name} is of no protocol"))
}

/// Every protocol has a request and a response among the bodies, and a streamed one where it has streams.
#[test]
fn every_protocol_has_golden_files() {
    // Those of agents and clouds are replayed in `agents.rs`.
    let all = bodies().into_iter().chain(files_of("agents"));
    let names: Vec<_> = all.map(|body| body.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    for protocol in Protocol::all() {
        for kind in ["request", "response"] {
            let start = format!("{}.{kind}.", protocol.name());
            assert!(names.iter().any(|name| name.starts_with(&start)), "no {start}*");
        }
    }
}

fn describe(document: &Document<'_>, body: &[u8]) -> String {
    let coverage = &document.coverage;
    let mut out = format!(
        "# {} model {:?} stream {} scanned {} skipped {} unknown {}\n",
        document.protocol.name(),
        document.model,
        document.stream,
        coverage.scanned,
        coverage.skipped,
        coverage.unknown,
    );
    for segment in &document.segments {
        let spans = segment.map.spans(0..segment.text.len());
        let sources: Vec<_> = spans.iter().map(|s| String::from_utf8_lossy(&body[s.clone()])).collect();
        writeln!(out, "\n{:?} {:?} {}", segment.role, segment.provenance, segment.path).unwrap();
        writeln!(out, "  text  {:?}", segment.text).unwrap();
        writeln!(out, "  spans {spans:?}").unwrap();
        if !segment.quote.is_empty() || sources.len() != 1 || sources[0] != segment.text {
            writeln!(out, "  from  {sources:?}, quoted {}", segment.quote).unwrap();
        }
    }
    out
}

fn bodies() -> Vec<PathBuf> {
    files().into_iter().filter(|path| path.extension().is_some_and(|e| e != "segments")).collect()
}

fn files() -> Vec<PathBuf> {
    files_of("protocol")
}

fn files_of(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
