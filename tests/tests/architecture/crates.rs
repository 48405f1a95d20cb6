//! The dependency graph as Cargo resolves it, of production dependencies only.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::source::root;

/// Who depends on whom, by name.
#[derive(Debug)]
pub struct Graph {
    edges: BTreeMap<String, BTreeSet<String>>,
    workspace: BTreeSet<String>,
}

impl Graph {
    /// The graph of this workspace.
    pub fn of_workspace() -> Self {
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--format-version",
                "1",
                "--locked",
                "--offline",
                "--filter-platform",
                &host(),
            ])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let names: BTreeMap<&str, &str> =
            list(&metadata["packages"]).iter().map(|p| (text(&p["id"]), text(&p["name"]))).collect();
        let mut edges = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let used = list(&node["deps"]).iter().filter(|dependency| is_normal(dependency));
            let used = used.map(|dependency| names[text(&dependency["pkg"])].to_owned());
            edges.insert(names[text(&node["id"])].to_owned(), used.collect());
        }
        let members = list(&metadata["workspace_members"]);
        Self { edges, workspace: members.iter().map(|id| names[text(id)].to_owned()).collect() }
    }

    /// The crates of the workspace that `name` depends on.
    pub fn workspace_dependencies(&self, name: &str) -> BTreeSet<&str> {
        self.edges[name].intersection(&self.workspace).map(String::as_str).collect()
    }

    /// Everything `name` depends on, at any depth.
    pub fn all_dependencies(&self, name: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            for used in self.edges.get(next).into_iter().flatten() {
                if seen.insert(used.as_str()) {
                    open.push(used);
                }
            }
        }
        seen
    }
}

/// The platform the tests run on: crates of others need not be downloaded.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").current_dir(root()).output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Neither a build nor a test dependency.
fn is_normal(dependency: &Value) -> bool {
    list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
