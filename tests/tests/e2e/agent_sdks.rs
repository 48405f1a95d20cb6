//! The SDKs of agents through the proxy, each in front of a real server made with it. What MCP's must see, in the
//! handshake's revisions and in 2026-07-28, is in `tests/sdk/agents.py`; A2A's plays the table of `tests/sdk/table.py`.

use tokio::process::Command;
use weir_tests::ports::Port;

use crate::rig::{Plan, Rig};
use crate::sdks::{assert_passed, guarded, python, sdk};

async fn the_mcp_sdk_understands_every_answer(version: &str) {
    let server = Port::free().unwrap();
    let rig = Rig::start(Plan::new(version, server.number())).await;
    let mut command = Command::new(python());
    command.arg(sdk().join("agents.py")).arg(format!("http://127.0.0.1:{}", rig.port()));
    command.arg(server.number().to_string());
    assert_passed(command).await;
    rig.end().await;
}

async fn the_a2a_sdk_understands_every_answer(version: &str) {
    let server = Port::free().unwrap();
    let (rig, _silent) = guarded(version, server.number()).await;
    let mut command = Command::new(python());
    command.arg(sdk()).arg(format!("http://127.0.0.1:{}", rig.port()));
    command.args(["--agent", &server.number().to_string()]);
    assert_passed(command).await;
    rig.end().await;
}

on_every_envoy!(the_a2a_sdk_understands_every_answer, the_mcp_sdk_understands_every_answer);
