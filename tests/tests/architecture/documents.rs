//! The documents, held against the repository: links, files, make targets, tests and policies that they name are
//! there.

use std::collections::BTreeSet;
use std::path::Path;

use weir_engine::policy::Policy;

use super::source::{root, rust_files, walk};

/// Documents written by hand.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "docs/ARCHITECTURE.md",
    "docs/threats.md",
    "docs/decisions/0001-layout.md",
];
/// What a code span begins with when it is a path of the repository.
const TOP: &[&str] = &["filter/", "judge-sidecar/", "envoy/", "tests/", "docs/", ".ci/"];
/// The README promises the policy "in 20 lines".
const README_POLICY_LINES: usize = 20;

#[test]
fn every_link_leads_somewhere() {
    for document in DOCUMENTS {
        let folder = root().join(document).parent().unwrap().to_owned();
        for target in links(&read(document)) {
            let file = target.split('#').next().unwrap();
            let is_elsewhere = target.starts_with("https://") || file.is_empty();
            assert!(is_elsewhere || folder.join(file).exists(), "`{document}` links to `{target}`");
        }
    }
}

#[test]
fn every_path_a_document_names_is_there() {
    for document in DOCUMENTS {
        for span in code_spans(&read(document)) {
            if TOP.iter().any(|top| span.starts_with(top)) && !span.contains(['*', '<', ' ', '{']) {
                let path = span.split(':').next().unwrap();
                assert!(root().join(path).exists(), "`{document}` names `{span}`");
            }
        }
    }
}

#[test]
fn every_make_target_a_document_names_is_there() {
    let makefile = read("Makefile");
    for document in DOCUMENTS {
        for span in code_spans(&read(document)) {
            let Some(target) = span.strip_prefix("make ").and_then(|rest| rest.split(' ').next()) else {
                continue;
            };
            let is_there = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
            assert!(is_there, "`{document}` names `{span}`");
        }
    }
}

#[test]
fn every_test_a_document_names_is_there() {
    let tests: BTreeSet<String> = rust_files().iter().flat_map(|file| functions(&file.text)).collect();
    for document in ["docs/ARCHITECTURE.md", "docs/threats.md"] {
        let mut named = 0;
        for span in code_spans(&read(document)) {
            let is_name = span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            // Test names are sentences; nothing else in these documents has so many words.
            if is_name && span.matches('_').count() >= 3 {
                assert!(tests.contains(&span), "`{document}` names the test `{span}`");
                named += 1;
            }
        }
        assert!(named >= 5, "`{document}` names {named} tests");
    }
}

#[test]
fn every_yaml_block_of_the_readme_is_yaml() {
    for block in blocks(&read("README.md"), "yaml") {
        serde_saphyr::from_str::<serde_json::Value>(block).unwrap_or_else(|error| panic!("{block}: {error}"));
    }
}

#[test]
fn the_policy_of_the_readme_is_one() {
    let readme = read("README.md");
    let policies: Vec<&str> = blocks(&readme, "yaml").filter(|block| block.contains("weir/v1")).collect();
    assert_eq!(policies.len(), 1);
    let lines = policies[0].lines().count();
    assert!(lines <= README_POLICY_LINES, "{lines} lines");
    Policy::parse(policies[0]).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_envoy_file_is_named_in_a_test() {
    let mut tests = String::new();
    let scripts = files_below("tests").into_iter().filter(|f| f.ends_with(".mjs") || f.ends_with(".py"));
    scripts.for_each(|file| tests.push_str(&read(&file)));
    let sources = rust_files().into_iter().filter(|f| f.is_tests() || f.path.starts_with("tests/"));
    sources.for_each(|file| tests.push_str(&file.text));
    for file in files_below("envoy").iter().filter(|file| file.ends_with(".yaml")) {
        let short = file.strip_prefix("envoy/").unwrap();
        assert!(tests.contains(short), "no test names `{file}`");
    }
}

fn files_below(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    walk(&root().join(folder), &mut files);
    files.iter().map(|path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()).collect()
}

fn read(file: &str) -> String {
    let path = root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", Path::new(file).display()))
}

fn links(text: &str) -> Vec<String> {
    let ends = text.match_indices("](").map(|(at, start)| &text[at + start.len()..]);
    ends.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// Code spans outside of code blocks.
fn code_spans(text: &str) -> Vec<String> {
    let outside = text.split("```").step_by(2);
    outside.flat_map(|part| part.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

fn blocks<'t>(text: &'t str, language: &'t str) -> impl Iterator<Item = &'t str> {
    text.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
}

fn functions(text: &str) -> Vec<String> {
    let starts = text.match_indices("fn ").map(|(at, start)| &text[at + start.len()..]);
    let name = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    starts.map(name).collect()
}
