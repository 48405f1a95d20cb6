//! What was decided, read where an auditor would read it: the audit log of the sidecar, the decision counter of the
//! filter and the access log. Nothing here takes a decision's word for itself.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde_json::Value;
use weir_engine::policy::Layer;
use weir_engine::wire::decision::DecisionEvent;

use crate::failure::{During, Failure, Result};
use crate::process::until;
use crate::sidecar::Sidecar;
use crate::stack::Stack;

/// The filter's counter of decisions; one count for each event it means to deliver.
pub const DECISIONS: &str = "aisecops_runtime_decision_total";
/// Events travel in batches on the filter's ticks.
const DELIVERY_LIMIT: Duration = Duration::from_secs(20);

/// Every decision of filters in the audit log, oldest first.
///
/// # Errors
/// When the log cannot be read or an event is none.
pub fn stored(sidecar: &Sidecar) -> Result<Vec<DecisionEvent>> {
    let decisions =
        sidecar.audit_lines()?.into_iter().filter(|line| line.get("record") == Some(&"decision".into()));
    decisions.map(|mut line| read_event(line.get_mut("event").map(Value::take))).collect()
}

/// How many decisions the filter has counted.
///
/// # Errors
/// When Envoy's admin port does not answer.
pub async fn counted(stack: &Stack) -> Result<u64> {
    stack.envoy.stat_sum(DECISIONS).await
}

/// How many decisions of filters the audit log holds. Reads line by line: after a soak the log is long.
///
/// # Errors
/// When the log cannot be read.
pub fn stored_count(sidecar: &Sidecar) -> Result<u64> {
    let log = BufReader::new(File::open(sidecar.audit_log()).during("opening the audit log")?);
    let mut count = 0;
    for line in log.lines() {
        count += u64::from(line.during("reading the audit log")?.contains(r#""record":"decision""#));
    }
    Ok(count)
}

/// Waits until every counted decision is stored: how many there are.
///
/// # Errors
/// When they do not become equal in time; says both numbers.
pub async fn settled(stack: &Stack) -> Result<u64> {
    let equal = || async {
        let counted = counted(stack).await.ok()?;
        (stored_count(&stack.sidecar).ok()? == counted).then_some(counted)
    };
    match until(DELIVERY_LIMIT, "equality of counted and stored decisions", equal).await {
        Ok(count) => Ok(count),
        Err(error) => {
            let (counted, stored) = (counted(stack).await?, stored_count(&stack.sidecar)?);
            Err(Failure::new(format!("{error}: {counted} decisions counted, {stored} stored")))
        }
    }
}

/// The events of an exchange, in order.
pub fn of<'e>(events: &'e [DecisionEvent], request_id: &str) -> Vec<&'e DecisionEvent> {
    events.iter().filter(|event| event.request_id == request_id).collect()
}

/// The decision of an exchange. People have the last word; without them the most restrictive event counts, and what
/// would have been done before what merely passed.
pub fn decisive<'e>(events: &[&'e DecisionEvent]) -> Option<&'e DecisionEvent> {
    let people = events.iter().rev().find(|event| event.layer == Layer::Human);
    let restrictive =
        || events.iter().max_by_key(|event| (event.decision, event.would, event.reason != "clean"));
    people.or_else(restrictive).copied()
}

fn read_event(event: Option<Value>) -> Result<DecisionEvent> {
    serde_json::from_value(event.unwrap_or_default()).during("reading an event of the audit log")
}
