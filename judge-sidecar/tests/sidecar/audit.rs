//! Events: acknowledged when durable, stored once, chained, and whole after a crash.

use std::io::Write;
use std::process::Output;

use serde_json::{Value, json};

use crate::process::{Scratch, Sidecar, batch, weir};

fn verify(scratch: &Scratch, head: Option<&str>) -> Output {
    let log = scratch.audit_log();
    let mut arguments = vec!["audit", "verify", log.to_str().unwrap()];
    arguments.extend(head.iter().flat_map(|head| ["--head", head]));
    weir(&arguments).output().unwrap()
}

fn decisions(scratch: &Scratch) -> Vec<(String, u64)> {
    let lines = scratch.audit_lines();
    let decisions = lines.iter().filter(|l| l["record"] == "decision");
    decisions.map(|l| (l["source"].as_str().unwrap().to_owned(), l["source_seq"].as_u64().unwrap())).collect()
}

async fn head(sidecar: &Sidecar) -> String {
    sidecar.admin_get("/v1/status").await.1["audit"]["head"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn events_are_stored_once_across_repetitions_and_crashes() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let send = async |sidecar: &Sidecar, first: u64, count: u64| {
        let (status, ack) = sidecar.post("/v1/events", &batch("vm", first, count)).await;
        assert_eq!(status, 200);
        ack["next_seq"].as_u64().unwrap()
    };
    assert_eq!(send(&sidecar, 0, 3).await, 3);
    assert_eq!(send(&sidecar, 0, 3).await, 3);
    assert_eq!(send(&sidecar, 1, 4).await, 5);
    sidecar.kill();
    let sidecar = Sidecar::start(&scratch, json!({}));
    assert_eq!(send(&sidecar, 2, 3).await, 5);
    assert_eq!(send(&sidecar, 4, 2).await, 6);
    assert_eq!(decisions(&scratch), (0..6).map(|n| ("vm".to_owned(), n)).collect::<Vec<_>>());
    assert!(verify(&scratch, Some(&head(&sidecar).await)).status.success());
}

#[tokio::test]
async fn a_crash_amid_a_flood_loses_nothing_that_was_acknowledged() {
    let scratch = Scratch::new();
    let sidecar = std::sync::Arc::new(Sidecar::start(&scratch, json!({})));
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..8 {
        let (client, url) = (sidecar.client().clone(), format!("{}/v1/events", sidecar.data));
        senders.spawn(async move {
            let source = format!("vm{sender}");
            let mut acknowledged = 0;
            // Ends when the sidecar does.
            while let Ok(answer) = client.post(&url).json(&batch(&source, acknowledged, 5)).send().await {
                let Ok(ack) = answer.json::<Value>().await else { break };
                acknowledged = ack["next_seq"].as_u64().unwrap();
            }
            (source, acknowledged)
        });
    }
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    std::sync::Arc::into_inner(sidecar).unwrap().kill();
    let acknowledged = senders.join_all().await;
    let sidecar = Sidecar::start(&scratch, json!({}));
    assert!(verify(&scratch, None).status.success());
    let stored = decisions(&scratch);
    for (source, count) in acknowledged {
        let own: Vec<u64> = stored.iter().filter(|(s, _)| *s == source).map(|(_, n)| *n).collect();
        assert!(
            count > 0 && own.len() as u64 >= count,
            "{source}: {count} acknowledged, {} stored",
            own.len()
        );
        assert_eq!(own, (0..own.len() as u64).collect::<Vec<_>>(), "{source}");
        let (_, ack) = sidecar.post("/v1/events", &batch(&source, count, 5)).await;
        assert!(ack["next_seq"].as_u64().unwrap() >= count + 5);
    }
}

#[tokio::test]
async fn loss_and_gaps_are_records_of_their_own() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let mut lossy = batch("vm", 10, 1);
    lossy["lost"] = json!(7);
    for _ in 0..2 {
        sidecar.post("/v1/events", &lossy).await;
    }
    sidecar.post("/v1/events", &batch("vm", 15, 1)).await;
    let lines = scratch.audit_lines();
    let records: Vec<&Value> = lines.iter().map(|l| &l["record"]).collect();
    assert_eq!(records, ["lost", "decision", "gap", "decision"]);
    assert_eq!((&lines[0]["lost"], &lines[2]["from"], &lines[2]["to"]), (&json!(7), &json!(11), &json!(15)));
}

#[tokio::test]
async fn batches_that_cannot_be_right_are_refused() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let mut unknown = batch("vm", 0, 1);
    unknown["events"][0]["decision"] = json!("shrug");
    for (body, expected) in [
        (batch("", 0, 1), 400),
        (batch("weir", 0, 1), 400),
        (batch(&"x".repeat(300), 0, 1), 400),
        (unknown, 400),
        (json!([]), 400),
    ] {
        assert_eq!(sidecar.post("/v1/events", &body).await.0, expected);
    }
    assert!(decisions(&scratch).is_empty());
}

#[tokio::test]
async fn a_torn_last_line_is_removed_and_said() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    sidecar.post("/v1/events", &batch("vm", 0, 2)).await;
    sidecar.kill();
    for torn in [&b"{\"hash\":\"00"[..], &[0; 4096]] {
        let mut log = std::fs::OpenOptions::new().append(true).open(scratch.audit_log()).unwrap();
        log.write_all(torn).unwrap();
        assert_eq!(verify(&scratch, None).status.code(), Some(1));
        let sidecar = Sidecar::start(&scratch, json!({}));
        let last = scratch.audit_lines().pop().unwrap();
        assert_eq!((&last["record"], &last["removed_bytes"]), (&json!("repaired"), &json!(torn.len())));
        sidecar.kill();
    }
    let sidecar = Sidecar::start(&scratch, json!({}));
    let (_, ack) = sidecar.post("/v1/events", &batch("vm", 0, 3)).await;
    assert_eq!(ack["next_seq"], 3);
    assert_eq!(decisions(&scratch).len(), 3);
    assert!(verify(&scratch, None).status.success());
}

#[tokio::test]
async fn a_log_somebody_edited_is_kept_as_evidence() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    sidecar.post("/v1/events", &batch("vm", 0, 3)).await;
    sidecar.kill();
    let edited = std::fs::read_to_string(scratch.audit_log()).unwrap().replacen("\"allow\"", "\"block\"", 2);
    std::fs::write(scratch.audit_log(), &edited).unwrap();
    let checked = verify(&scratch, None);
    assert!(!checked.status.success());
    assert!(String::from_utf8_lossy(&checked.stderr).contains("audit.jsonl:1: "));
    let sidecar = Sidecar::start(&scratch, json!({}));
    sidecar.post("/v1/events", &batch("vm", 3, 1)).await;
    let lines = scratch.audit_lines();
    assert_eq!((&lines[0]["record"], &lines[0]["broken_line"]), (&json!("continued"), &json!(1)));
    let kept = std::fs::read_to_string(scratch.store().join(lines[0]["file"].as_str().unwrap())).unwrap();
    assert_eq!(kept, edited);
    assert!(verify(&scratch, None).status.success());
}

#[tokio::test]
async fn records_cut_off_the_end_are_seen_with_a_head() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    sidecar.post("/v1/events", &batch("vm", 0, 3)).await;
    let head = head(&sidecar).await;
    sidecar.kill();
    let text = std::fs::read_to_string(scratch.audit_log()).unwrap();
    let cut: String = text.split_inclusive('\n').take(2).collect();
    std::fs::write(scratch.audit_log(), cut).unwrap();
    assert!(verify(&scratch, None).status.success());
    let checked = verify(&scratch, Some(&head));
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&checked.stderr).contains("cut off"));
}

#[tokio::test]
async fn metrics_count_decisions_once() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    for _ in 0..3 {
        sidecar.post("/v1/events", &batch("vm", 0, 4)).await;
    }
    let (_, metrics) = sidecar.admin_get("/metrics").await;
    let metrics = metrics.as_str().unwrap();
    for line in [
        "aisecops_runtime_decision_total{decision=\"allow\"} 4",
        "weir_events_stored_total 4",
        "weir_events_repeated_total 8",
    ] {
        assert!(metrics.contains(line), "{line} not in {metrics}");
    }
}
