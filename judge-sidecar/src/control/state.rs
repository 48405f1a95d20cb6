//! Breakers, PACE and the kill switch of all scopes: steps the pure machines, makes every change durable with its
//! audit record, then publishes a snapshot. What tightens takes effect even when the disk refuses; what loosens only
//! when it is durable.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};
use weir_engine::event::UnixMillis;
use weir_engine::wire::control::{BreakerState, ControlSnapshot, Kill, Pace, Scope, ScopeState};

use super::breaker::{self, Breaker};
use super::pace::{self, PaceMachine};
use super::window::Outcome;
use crate::audit::record::{Change, SELF};
use crate::limits::{MAX_LISTED_SCOPES, MAX_TRACKED_SCOPES};
use crate::store::{Store, StoreError};

/// When machines move by themselves.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// Breakers.
    pub breaker: breaker::Thresholds,
    /// PACE.
    pub pace: pace::Thresholds,
}

/// What a person orders.
#[derive(Clone, Debug)]
pub struct Order {
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// What.
    pub command: Command,
}

/// What can be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open a breaker.
    Trip {
        /// Which.
        scope: Scope,
        /// For how long; `None` until reset.
        seconds: Option<u64>,
    },
    /// Close a scope's breaker and hand its PACE state back to the automatic.
    Reset {
        /// Which.
        scope: Scope,
    },
    /// Set a PACE state.
    Pace {
        /// Of which scope.
        scope: Scope,
        /// To what.
        state: Pace,
    },
    /// Stop everything.
    Kill,
    /// Stop stopping everything.
    Unkill,
}

/// Why an order was not carried out as ordered.
#[derive(Debug)]
pub enum ControlError {
    /// Too many scopes have a state of their own.
    TooManyScopes,
    /// It is in force, but the store refused: a restart would forget it.
    NotDurable(StoreError),
    /// The store refused, so nothing was changed.
    Refused(StoreError),
}

/// Control state of all scopes.
#[derive(Debug)]
pub struct Control {
    store: Store,
    thresholds: Thresholds,
    state: Mutex<State>,
    publish: watch::Sender<Arc<ControlSnapshot>>,
}

impl Control {
    /// Takes up the stored state, or begins one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn resume(store: Store, thresholds: Thresholds, now: UnixMillis) -> Result<Self, StoreError> {
        let mut state = store.read(load).await?.map(State::resumed).unwrap_or_default();
        // Versions follow the clock at every start, so that they grow past the loss of the database, and past a
        // version that was published and not made durable before a crash.
        state.version = now.0.max(state.version.saturating_add(1));
        let (publish, _) = watch::channel(Arc::new(state.snapshot(&thresholds)));
        Ok(Self { store, thresholds, state: Mutex::new(state), publish })
    }

    /// The last snapshot, and what follows it.
    pub fn watch(&self) -> watch::Receiver<Arc<ControlSnapshot>> {
        self.publish.subscribe()
    }

    /// Carries out an order.
    ///
    /// # Errors
    /// See [`ControlError`].
    pub async fn order(&self, order: &Order, now: UnixMillis) -> Result<Arc<ControlSnapshot>, ControlError> {
        let mut state = self.state.lock().await;
        let mut next = state.clone();
        next.obey(order, now, &self.thresholds)?;
        let cause = Cause { action: order.command.name(), actor: &order.actor, reason: &order.reason };
        let mut changes = differences(&state, &next, &self.thresholds, cause);
        if changes.is_empty() {
            changes.push(unchanged(order));
        }
        next.version += 1;
        if order.command.tightens() {
            let kept = self.keep(&next, changes);
            // In force before it is durable: a slow disk must not delay a kill switch.
            let snapshot = self.install(&mut state, next.clone());
            return kept.await.map(|()| snapshot).map_err(ControlError::NotDurable);
        }
        self.keep(&next, changes).await.map_err(ControlError::Refused)?;
        Ok(self.install(&mut state, next))
    }

    /// Counts upstream calls.
    pub async fn upstream_calls(&self, calls: Vec<(Scope, Outcome)>, now: UnixMillis) {
        self.automatic(|state, t| {
            for (scope, outcome) in calls {
                state.step_breaker(scope, breaker::Input::Call(outcome), now, t);
            }
        })
        .await;
    }

    /// Counts judge calls.
    pub async fn judge_calls(&self, calls: Vec<(Scope, Outcome)>, now: UnixMillis) {
        self.automatic(|state, t| {
            for (scope, outcome) in calls {
                state.step_pace(scope, pace::Input::Call(outcome), now, t);
            }
        })
        .await;
    }

    /// Lets time pass.
    pub async fn tick(&self, now: UnixMillis) {
        self.automatic(|state, t| state.tick(now, t)).await;
    }

    async fn automatic(&self, step: impl FnOnce(&mut State, &Thresholds)) {
        let mut state = self.state.lock().await;
        let mut next = state.clone();
        step(&mut next, &self.thresholds);
        let cause = Cause { action: "control_automatic", actor: SELF, reason: "thresholds" };
        let changes = differences(&state, &next, &self.thresholds, cause);
        if changes.is_empty() {
            *state = next;
            return;
        }
        next.version += 1;
        self.install(&mut state, next.clone());
        if let Err(error) = self.keep(&next, changes).await {
            tracing::error!(%error, "a control transition is in force but not durable");
        }
    }

    fn keep(
        &self,
        next: &State,
        changes: Vec<Change>,
    ) -> impl Future<Output = Result<(), StoreError>> + use<> {
        let (text, store) = (next.kept_json(), self.store.clone());
        async move {
            let text = text?;
            let save = move |tx: &rusqlite::Transaction<'_>, outbox: &mut Vec<Change>| {
                outbox.extend(changes);
                save(tx, &text)
            };
            store.change(save).await
        }
    }

    fn install(&self, state: &mut State, next: State) -> Arc<ControlSnapshot> {
        let snapshot = Arc::new(next.snapshot(&self.thresholds));
        *state = next;
        self.publish.send_replace(snapshot.clone());
        snapshot
    }
}

impl Command {
    /// Its name in the audit log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trip { .. } => "control_trip",
            Self::Reset { .. } => "control_reset",
            Self::Pace { .. } => "control_pace",
            Self::Kill => "control_kill",
            Self::Unkill => "control_unkill",
        }
    }

    fn tightens(&self) -> bool {
        match self {
            Self::Trip { .. } | Self::Kill => true,
            Self::Pace { state, .. } => *state > Pace::Primary,
            Self::Reset { .. } | Self::Unkill => false,
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Trip { scope, .. } | Self::Reset { scope } | Self::Pace { scope, .. } => scope.to_string(),
            Self::Kill | Self::Unkill => "kill".into(),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct State {
    version: u64,
    kill: Option<Kill>,
    scopes: BTreeMap<Scope, Machines>,
}

#[derive(Clone, Debug, Default)]
struct Machines {
    breaker: Breaker,
    pace: PaceMachine,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u64,
    kill: Option<Kill>,
    scopes: Vec<KeptScope>,
}

#[derive(Serialize, Deserialize)]
struct KeptScope {
    scope: Scope,
    breaker: breaker::Phase,
    pace: pace::Kept,
}

impl State {
    fn resumed(kept: Kept) -> Self {
        let machines = |s: KeptScope| {
            let machines =
                Machines { breaker: Breaker::resumed(s.breaker), pace: PaceMachine::resumed(s.pace) };
            (s.scope, machines)
        };
        Self {
            version: kept.version,
            kill: kept.kill,
            scopes: kept.scopes.into_iter().map(machines).collect(),
        }
    }

    fn kept_json(&self) -> Result<String, StoreError> {
        let scopes = self.scopes.iter().filter(|(_, m)| !m.is_default());
        let scopes = scopes.map(|(scope, m)| KeptScope {
            scope: scope.clone(),
            breaker: m.breaker.phase(),
            pace: m.pace.kept(),
        });
        let kept = Kept { version: self.version, kill: self.kill.clone(), scopes: scopes.collect() };
        serde_json::to_string(&kept).map_err(|e| StoreError::Corrupt(e.to_string()))
    }

    fn snapshot(&self, thresholds: &Thresholds) -> ControlSnapshot {
        let scopes = self.scopes.iter().map(|(scope, m)| m.told(scope, thresholds));
        let scopes =
            scopes.filter(|s| s.breaker != BreakerState::Closed || s.pace != Pace::Primary).collect();
        ControlSnapshot { version: self.version, kill: self.kill.clone(), scopes }
    }

    fn obey(&mut self, order: &Order, now: UnixMillis, thresholds: &Thresholds) -> Result<(), ControlError> {
        match order.command.clone() {
            Command::Kill => {
                self.kill = Some(Kill { actor: order.actor.clone(), reason: order.reason.clone() });
            }
            Command::Unkill => self.kill = None,
            Command::Reset { scope } => {
                self.step_breaker(scope.clone(), breaker::Input::Reset, now, thresholds);
                self.step_pace(scope, pace::Input::Reset, now, thresholds);
            }
            Command::Trip { scope, seconds } => {
                self.make_room(&scope)?;
                let for_ms = seconds.map(|s| s.saturating_mul(1_000));
                self.step_breaker(scope, breaker::Input::Trip { for_ms }, now, thresholds);
            }
            Command::Pace { scope, state } => {
                self.make_room(&scope)?;
                self.step_pace(scope, pace::Input::Set(state), now, thresholds);
            }
        }
        Ok(())
    }

    /// Makes sure that a person's order about `scope` finds a place in the snapshot and in the books; what is only
    /// counted gives way.
    fn make_room(&mut self, scope: &Scope) -> Result<(), ControlError> {
        if self.scopes.contains_key(scope) {
            return Ok(());
        }
        if self.listed() >= MAX_LISTED_SCOPES {
            return Err(ControlError::TooManyScopes);
        }
        if self.scopes.len() >= MAX_TRACKED_SCOPES {
            self.scopes.retain(|_, m| !m.is_default());
        }
        Ok(())
    }

    fn listed(&self) -> usize {
        self.scopes.values().filter(|m| !m.is_default()).count()
    }

    fn step_breaker(&mut self, scope: Scope, input: breaker::Input, now: UnixMillis, t: &Thresholds) {
        self.step(scope, |m| m.breaker = std::mem::take(&mut m.breaker).step(input, now.0, &t.breaker));
    }

    fn step_pace(&mut self, scope: Scope, input: pace::Input, now: UnixMillis, t: &Thresholds) {
        self.step(scope, |m| m.pace = std::mem::take(&mut m.pace).step(input, now.0, &t.pace));
    }

    /// Steps one scope's machines. A scope beyond the bounds is not counted, and one that would have to be listed
    /// beyond them stays as it was: the books stay small, and what a person ordered always has a place.
    fn step(&mut self, scope: Scope, step: impl FnOnce(&mut Machines)) {
        let full = self.listed() >= MAX_LISTED_SCOPES;
        if self.scopes.len() >= MAX_TRACKED_SCOPES && !self.scopes.contains_key(&scope) {
            return;
        }
        let machines = self.scopes.entry(scope).or_default();
        let before = machines.clone();
        step(machines);
        if full && before.is_default() && !machines.is_default() {
            tracing::warn!("too many scopes have a state of their own; one more was left as it is");
            *machines = before;
        }
    }

    fn tick(&mut self, now: UnixMillis, t: &Thresholds) {
        for machines in self.scopes.values_mut() {
            machines.breaker =
                std::mem::take(&mut machines.breaker).step(breaker::Input::Tick, now.0, &t.breaker);
            machines.pace = std::mem::take(&mut machines.pace).step(pace::Input::Tick, now.0, &t.pace);
        }
        self.scopes.retain(|_, m| !(m.breaker.is_idle() && m.pace.is_idle()));
    }
}

impl Machines {
    fn is_default(&self) -> bool {
        self.breaker.phase() == breaker::Phase::Closed && self.pace.kept().is_default()
    }

    fn told(&self, scope: &Scope, thresholds: &Thresholds) -> ScopeState {
        let breaker = self.breaker.state(&thresholds.breaker);
        ScopeState { scope: scope.clone(), breaker, pace: self.pace.state() }
    }
}

/// Who did what, and why.
#[derive(Clone, Copy)]
struct Cause<'a> {
    action: &'a str,
    actor: &'a str,
    reason: &'a str,
}

/// The audit records of a step: one per scope whose state is another one now, and one for the kill switch.
fn differences(before: &State, after: &State, t: &Thresholds, cause: Cause<'_>) -> Vec<Change> {
    let change = |subject: String, before: Value, after: Value| Change {
        action: cause.action.to_owned(),
        subject,
        actor: cause.actor.to_owned(),
        reason: cause.reason.to_owned(),
        before,
        after,
    };
    let mut changes = Vec::new();
    if before.kill != after.kill {
        changes.push(change("kill".into(), json!(before.kill), json!(after.kill)));
    }
    let untouched = Machines::default();
    let gone = before.scopes.keys().filter(|scope| !after.scopes.contains_key(scope));
    for scope in after.scopes.keys().chain(gone) {
        let was = before.scopes.get(scope).unwrap_or(&untouched).told(scope, t);
        let is = after.scopes.get(scope).unwrap_or(&untouched).told(scope, t);
        if was != is {
            changes.push(change(scope.to_string(), state_json(&was), state_json(&is)));
        }
    }
    changes
}

fn unchanged(order: &Order) -> Change {
    Change {
        action: order.command.name().into(),
        subject: order.command.subject(),
        actor: order.actor.clone(),
        reason: order.reason.clone(),
        before: json!("unchanged"),
        after: json!("unchanged"),
    }
}

fn state_json(state: &ScopeState) -> Value {
    json!({ "breaker": state.breaker, "pace": state.pace })
}

fn load(connection: &rusqlite::Connection) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT state FROM control";
    let text: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    text.map(|t| serde_json::from_str(&t).map_err(|e| StoreError::Corrupt(e.to_string()))).transpose()
}

fn save(tx: &rusqlite::Transaction<'_>, state: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO control VALUES (1, ?1) ON CONFLICT DO UPDATE SET state = excluded.state",
        [state],
    )?;
    Ok(())
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyScopes => write!(f, "{MAX_LISTED_SCOPES} scopes have a state of their own already"),
            Self::NotDurable(error) => write!(f, "in force now, but a restart would forget it: {error}"),
            Self::Refused(error) => write!(f, "nothing was changed: {error}"),
        }
    }
}
