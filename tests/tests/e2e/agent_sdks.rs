//! The official MCP SDK through the proxy, in front of a real MCP server made with it, in the handshake's revisions and in
//! 2026-07-28. What it must see is in `tests/sdk/agents.py`.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;
use weir_tests::ports::Port;

use crate::rig::{Plan, Rig};
use crate::sdks::python;

async fn the_mcp_sdk_understands_every_answer(version: &str) {
    let server = Port::free().unwrap();
    let rig = Rig::start(Plan::new(version, server.number())).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/agents.py");
    let mut command = Command::new(python());
    command.arg(script).arg(format!("http://127.0.0.1:{}", rig.port())).arg(server.number().to_string());
    let output = tokio::time::timeout(Duration::from_secs(180), command.kill_on_drop(true).output()).await;
    let output = output.expect("the SDK hangs").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(" passed (mcp)"), "{said}");
    rig.end().await;
}

on_both_envoys!(the_mcp_sdk_understands_every_answer);
