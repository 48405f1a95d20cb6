//! The control snapshot: breaker, PACE and kill-switch state, long-polled by one elected worker
//! (`GET /v1/control?after=VERSION&wait_ms=N`) and read by every request. AIRS 2.5, 2.6.

use serde::{Deserialize, Serialize};

/// All control state at one moment. A scope that is not listed is closed and primary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlSnapshot {
    /// Grows with every change; equal versions mean equal content. 0 is "nothing seen yet".
    pub version: u64,
    /// Stops all traffic when set.
    pub kill: Option<Kill>,
    /// Scopes whose state is not the default.
    pub scopes: Vec<ScopeState>,
}

/// The kill switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kill {
    /// Who pulled it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// The state of one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeState {
    /// Which traffic: see [`Scope`].
    pub scope: Scope,
    /// Circuit breaker.
    pub breaker: BreakerState,
    /// PACE state.
    pub pace: Pace,
}

/// Which traffic a state is about, written `global`, `tenant:acme`, `route:chat`, `model:gpt-4o`, `agent:spiffe://...`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Scope {
    /// Everything.
    Global,
    /// One tenant.
    Tenant(String),
    /// One route of the proxy.
    Route(String),
    /// One model, as requested.
    Model(String),
    /// One agent identity.
    Agent(String),
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Tenant(v) => write!(f, "tenant:{v}"),
            Self::Route(v) => write!(f, "route:{v}"),
            Self::Model(v) => write!(f, "model:{v}"),
            Self::Agent(v) => write!(f, "agent:{v}"),
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "global" {
            return Ok(Self::Global);
        }
        match text.split_once(':') {
            Some((_, "")) | None => {}
            Some(("tenant", v)) => return Ok(Self::Tenant(v.into())),
            Some(("route", v)) => return Ok(Self::Route(v.into())),
            Some(("model", v)) => return Ok(Self::Model(v.into())),
            Some(("agent", v)) => return Ok(Self::Agent(v.into())),
            Some(_) => {}
        }
        Err(format!(
            "`{text}` is not a scope; allowed: `global`, `tenant:NAME`, `route:NAME`, `model:NAME`, `agent:NAME`"
        ))
    }
}

/// Circuit breaker state of a scope.
// Read by way of `FlatState`: for a tagged enum serde first reads any JSON into memory, which costs the filter code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", try_from = "FlatState")]
pub enum BreakerState {
    /// Traffic flows.
    #[default]
    Closed,
    /// Nothing flows; clients get the safe fallback.
    Open {
        /// When probing begins; `None` until a person resets it.
        until_unix_ms: Option<u64>,
    },
    /// A bounded number of trial requests flow.
    Probing {
        /// Trial requests allowed in this epoch, per proxy.
        permits: u32,
        /// Grows with every probing period, so that permits are fresh each time.
        epoch: u64,
    },
}

/// The fields of every [`BreakerState`].
#[derive(Deserialize)]
struct FlatState {
    state: StateName,
    until_unix_ms: Option<u64>,
    permits: Option<u32>,
    epoch: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateName {
    Closed,
    Open,
    Probing,
}

impl TryFrom<FlatState> for BreakerState {
    type Error = &'static str;

    fn try_from(flat: FlatState) -> Result<Self, Self::Error> {
        match (flat.state, flat.permits, flat.epoch) {
            (StateName::Closed, _, _) => Ok(Self::Closed),
            (StateName::Open, _, _) => Ok(Self::Open { until_unix_ms: flat.until_unix_ms }),
            (StateName::Probing, Some(permits), Some(epoch)) => Ok(Self::Probing { permits, epoch }),
            (StateName::Probing, _, _) => Err("a probing breaker has `permits` and `epoch`"),
        }
    }
}

/// PACE state of a scope (AIRS 2.6). Ordered: a later state is stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Normal operation.
    #[default]
    Primary,
    /// Judge on everything, tighter thresholds.
    Alternate,
    /// Judge on everything and waited for; without it, refuse.
    Contingency,
    /// Nothing flows.
    Emergency,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_and_read_the_same() {
        for text in ["global", "tenant:acme", "route:chat", "model:gpt-4o", "agent:spiffe://prod/ns/a"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for bad in ["", "tenant:", "tenant", "planet:earth", "Global"] {
            assert!(bad.parse::<Scope>().is_err(), "{bad}");
        }
    }

    #[test]
    fn breaker_states_are_written_and_read_the_same() {
        for (text, state) in [
            (r#"{"state":"closed"}"#, BreakerState::Closed),
            (r#"{"state":"open","until_unix_ms":null}"#, BreakerState::Open { until_unix_ms: None }),
            (r#"{"state":"open","until_unix_ms":5}"#, BreakerState::Open { until_unix_ms: Some(5) }),
            (r#"{"state":"probing","permits":3,"epoch":9}"#, BreakerState::Probing { permits: 3, epoch: 9 }),
        ] {
            assert_eq!(serde_json::to_string(&state).unwrap(), text);
            assert_eq!(serde_json::from_str::<BreakerState>(text).unwrap(), state);
        }
        for bad in [
            "{}",
            r#"{"state":"ajar"}"#,
            r#"{"state":"probing","permits":3}"#,
            r#"{"state":"open","until_unix_ms":-1}"#,
        ] {
            assert!(serde_json::from_str::<BreakerState>(bad).is_err(), "{bad}");
        }
    }
}
