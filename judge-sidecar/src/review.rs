//! The human layer: reviews, as rows of the store. An approval belongs to one exact action (its hash), is used once,
//! and expires; silence means denied. Every transition is one `UPDATE ... WHERE status = ...`, so two that race
//! cannot both win, and it is in the audit log.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use weir_engine::event::UnixMillis;
use weir_engine::wire::review::{ReviewOutcome, ReviewRequest, ReviewStatus};

use crate::audit::record::{Change, SELF};
use crate::ident;
use crate::limits::{MAX_NAME_BYTES, MAX_PAGE, MAX_REVIEW_SECONDS};
use crate::store::{Store, StoreError, signed, unsigned};

/// Bounds of the queue.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Most pending reviews.
    pub max_pending: u64,
    /// Most pending reviews of one tenant, so that one cannot fill the queue of all.
    pub max_pending_per_tenant: u64,
}

/// Where a review stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has decided.
    Pending,
    /// A person approved; not used yet.
    Approved,
    /// A person denied, or nobody decided in time.
    Denied,
    /// Approved and never used in time.
    Expired,
    /// Approved and used.
    Consumed,
}

/// A review, as operators see it.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    /// Order of opening; the cursor of lists.
    pub position: u64,
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: State,
    /// What is asked.
    pub request: ReviewRequest,
    /// When it was opened, in Unix milliseconds.
    pub created_ms: u64,
    /// When silence becomes a denial.
    pub due_ms: u64,
    /// When it was decided.
    pub decided_ms: Option<u64>,
    /// Who decided; `weir` when time did.
    pub actor: String,
    /// What they noted.
    pub note: String,
    /// Until when an approval may be used.
    pub usable_until_ms: Option<u64>,
    /// When it was used.
    pub consumed_ms: Option<u64>,
}

/// A person's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Let this one action pass, once.
    Approve,
    /// Do not.
    Deny,
}

/// Why a review could not be opened, found or decided.
#[derive(Debug)]
pub enum ReviewError {
    /// The request cannot be right; the text says why.
    Invalid(&'static str),
    /// Too many are pending.
    QueueFull,
    /// There is none of this id.
    NotFound,
    /// It has been decided already.
    AlreadyDecided(State),
    /// The store refused.
    Store(StoreError),
}

/// What is known about an action before anything new is opened.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Nothing that counts.
    Unknown,
    /// The outcome to tell; an approval in it is consumed by this very answer.
    Known(ReviewOutcome),
}

/// The queue.
#[derive(Clone, Debug)]
pub struct Reviews {
    store: Store,
    bounds: Bounds,
}

impl Reviews {
    /// The queue in `store`.
    pub fn new(store: Store, bounds: Bounds) -> Self {
        Self { store, bounds }
    }

    /// Where they are stored.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What people have said about this action: consumes an approval, and repeats a denial for as long as an approval
    /// would have lasted.
    ///
    /// # Errors
    /// When the request is invalid or the store refuses.
    pub async fn redeem(&self, request: &ReviewRequest, now: UnixMillis) -> Result<Standing, ReviewError> {
        validate(request)?;
        let action = request.action_sha256.clone();
        let found = self.store.change(move |tx, changes| redeem(tx, &action, now, changes)).await?;
        Ok(found.map_or(Standing::Unknown, Standing::Known))
    }

    /// [`Reviews::redeem`], and opens a review when nothing is known.
    ///
    /// # Errors
    /// When the request is invalid, the queue is full or the store refuses.
    pub async fn redeem_or_open(
        &self,
        request: &ReviewRequest,
        now: UnixMillis,
    ) -> Result<ReviewOutcome, ReviewError> {
        validate(request)?;
        let (request, bounds) = (request.clone(), self.bounds);
        let opened = self.store.change(move |tx, changes| {
            if let Some(outcome) = redeem(tx, &request.action_sha256, now, changes)? {
                return Ok(Some(outcome));
            }
            open(tx, &request, bounds, now, changes)
        });
        opened.await?.ok_or(ReviewError::QueueFull)
    }

    /// Opens a review, or finds the open one, and never consumes: for callers nobody waits for.
    ///
    /// # Errors
    /// As [`Reviews::redeem_or_open`].
    pub async fn open(&self, request: &ReviewRequest, now: UnixMillis) -> Result<ReviewOutcome, ReviewError> {
        validate(request)?;
        let (request, bounds) = (request.clone(), self.bounds);
        let opened = self.store.change(move |tx, changes| {
            expire(tx, now, changes)?;
            match unconsumed(tx, &request.action_sha256)? {
                Some((id, _)) => Ok(Some(outcome(id, ReviewStatus::Pending, &request.action_sha256))),
                None => open(tx, &request, bounds, now, changes),
            }
        });
        opened.await?.ok_or(ReviewError::QueueFull)
    }

    /// Decides a pending review.
    ///
    /// # Errors
    /// When there is none, or it has been decided.
    pub async fn decide(
        &self,
        id: String,
        ruling: Ruling,
        actor: String,
        note: String,
        now: UnixMillis,
    ) -> Result<Review, ReviewError> {
        let decided = self.store.change(move |tx, changes| {
            expire(tx, now, changes)?;
            let Some(before) = by_id(tx, &id)? else { return Ok(Err(ReviewError::NotFound)) };
            if before.status != State::Pending {
                return Ok(Err(ReviewError::AlreadyDecided(before.status)));
            }
            decide(tx, &before, ruling, &actor, &note, now)?;
            let after = by_id(tx, &id)?.ok_or_else(|| StoreError::Corrupt("a review vanished".into()))?;
            changes.push(transition(
                &before.id,
                State::Pending,
                after.status,
                &actor,
                &note,
                &before.request,
            ));
            Ok(Ok(after))
        });
        decided.await?
    }

    /// One review.
    ///
    /// # Errors
    /// When there is none.
    pub async fn find(&self, id: String, now: UnixMillis) -> Result<Review, ReviewError> {
        self.expire(now).await?;
        self.store.read(move |c| by_id(c, &id)).await?.ok_or(ReviewError::NotFound)
    }

    /// Reviews opened after `after`, oldest first.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn list(
        &self,
        status: Option<State>,
        after: u64,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<Review>, ReviewError> {
        self.expire(now).await?;
        Ok(self.store.read(move |c| list(c, status, after, limit.clamp(1, MAX_PAGE))).await?)
    }

    /// How many reviews there are, by state.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn counts(&self) -> Result<Vec<(String, u64)>, ReviewError> {
        let counts = self.store.read(|c| {
            let mut query = c.prepare_cached("SELECT status, count(*) FROM reviews GROUP BY status")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        Ok(counts.await?)
    }

    /// Lets time decide what people did not.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn expire(&self, now: UnixMillis) -> Result<(), ReviewError> {
        let due = self.store.read(move |c| any_due(c, now)).await?;
        if due {
            self.store.change(move |tx, changes| expire(tx, now, changes)).await?;
        }
        Ok(())
    }
}

impl State {
    /// As it is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Consumed => "consumed",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Approved, Self::Denied, Self::Expired, Self::Consumed];

    fn of(code: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|s| s.code() == code);
        found.ok_or_else(|| StoreError::Corrupt("unknown review status".into()))
    }
}

const COLUMNS: &str = "position, id, status, request, created_ms, due_ms, decided_ms, actor, note, \
                       usable_until_ms, consumed_ms";

fn validate(request: &ReviewRequest) -> Result<(), ReviewError> {
    if !ident::is_sha256_hex(&request.action_sha256) {
        return Err(ReviewError::Invalid("action_sha256 must be 64 lower-case hex digits"));
    }
    let seconds = 1..=MAX_REVIEW_SECONDS;
    if !seconds.contains(&request.sla_seconds) || !seconds.contains(&request.approval_seconds) {
        return Err(ReviewError::Invalid("sla_seconds and approval_seconds must be 1 to 2592000"));
    }
    let names = [&request.request_id, &request.tenant, &request.agent, &request.route, &request.reason];
    if names.into_iter().chain(&request.rules).any(|n| n.len() > MAX_NAME_BYTES) {
        return Err(ReviewError::Invalid("names are at most 256 bytes"));
    }
    Ok(())
}

/// INVARIANT: at most one review per action is pending or approved (a unique index holds it).
fn redeem(
    tx: &Transaction<'_>,
    action: &str,
    now: UnixMillis,
    changes: &mut Vec<Change>,
) -> Result<Option<ReviewOutcome>, StoreError> {
    expire(tx, now, changes)?;
    let Some((id, state)) = unconsumed(tx, action)? else {
        return Ok(standing_denial(tx, action, now)?.map(|id| outcome(id, ReviewStatus::Denied, action)));
    };
    if state == State::Pending {
        return Ok(Some(outcome(id, ReviewStatus::Pending, action)));
    }
    let sql =
        "UPDATE reviews SET status = 'consumed', consumed_ms = ?2 WHERE id = ?1 AND status = 'approved'";
    if tx.execute(sql, params![id, signed(now.0)])? != 1 {
        return Err(StoreError::Corrupt("an approval was used twice".into()));
    }
    let review = by_id(tx, &id)?.ok_or_else(|| StoreError::Corrupt("a review vanished".into()))?;
    changes.push(transition(&id, State::Approved, State::Consumed, SELF, "redeemed", &review.request));
    Ok(Some(outcome(id, ReviewStatus::Approved, action)))
}

/// `None` when the queue is full.
fn open(
    tx: &Transaction<'_>,
    request: &ReviewRequest,
    bounds: Bounds,
    now: UnixMillis,
    changes: &mut Vec<Change>,
) -> Result<Option<ReviewOutcome>, StoreError> {
    let count = "SELECT count(*), coalesce(sum(tenant = ?1), 0) FROM reviews WHERE status = 'pending'";
    let (all, own): (i64, i64) = tx.query_row(count, [&request.tenant], |r| Ok((r.get(0)?, r.get(1)?)))?;
    if unsigned(all) >= bounds.max_pending || unsigned(own) >= bounds.max_pending_per_tenant {
        return Ok(None);
    }
    let id = ident::random_hex::<16>().map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let text = serde_json::to_string(request).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let due = now.0.saturating_add(request.sla_seconds.saturating_mul(1_000));
    let sql = "INSERT INTO reviews (id, action_sha256, tenant, status, request, created_ms, due_ms) \
               VALUES (?1, ?2, ?3, 'pending', ?4, ?5, ?6)";
    tx.execute(sql, params![id, request.action_sha256, request.tenant, text, signed(now.0), signed(due)])?;
    changes.push(Change {
        action: "review_opened".into(),
        subject: id.clone(),
        actor: SELF.into(),
        reason: request.reason.clone(),
        before: serde_json::Value::Null,
        after: json!({ "status": State::Pending, "action_sha256": request.action_sha256, "due_ms": due,
                       "request_id": request.request_id, "rules": request.rules }),
    });
    Ok(Some(outcome(id, ReviewStatus::Pending, &request.action_sha256)))
}

fn decide(
    tx: &Transaction<'_>,
    review: &Review,
    ruling: Ruling,
    actor: &str,
    note: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (status, usable_until) = match ruling {
        Ruling::Approve => {
            let life = review.request.approval_seconds.saturating_mul(1_000);
            (State::Approved, Some(signed(now.0.saturating_add(life))))
        }
        Ruling::Deny => (State::Denied, None),
    };
    let sql = "UPDATE reviews SET status = ?2, decided_ms = ?3, actor = ?4, note = ?5, usable_until_ms = ?6 \
               WHERE id = ?1 AND status = 'pending'";
    tx.execute(sql, params![review.id, status.code(), signed(now.0), actor, note, usable_until])?;
    Ok(())
}

fn expire(tx: &Transaction<'_>, now: UnixMillis, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let due = "UPDATE reviews SET status = 'denied', decided_ms = ?1, actor = 'weir', note = 'nobody decided in time' \
               WHERE status = 'pending' AND due_ms <= ?1 RETURNING id, request";
    let unused = "UPDATE reviews SET status = 'expired' \
                  WHERE status = 'approved' AND usable_until_ms <= ?1 RETURNING id, request";
    for (sql, from, to, why) in [
        (due, State::Pending, State::Denied, "sla_expired"),
        (unused, State::Approved, State::Expired, "approval_expired"),
    ] {
        let mut update = tx.prepare_cached(sql)?;
        let rows =
            update.query_map([signed(now.0)], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
        for row in rows {
            let (id, text) = row?;
            changes.push(transition(&id, from, to, SELF, why, &parse(&text)?));
        }
    }
    Ok(())
}

fn any_due(c: &Connection, now: UnixMillis) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM reviews WHERE status = 'pending' AND due_ms <= ?1) \
               OR EXISTS (SELECT 1 FROM reviews WHERE status = 'approved' AND usable_until_ms <= ?1)";
    Ok(c.prepare_cached(sql)?.query_row([signed(now.0)], |row| row.get(0))?)
}

fn unconsumed(tx: &Transaction<'_>, action: &str) -> Result<Option<(String, State)>, StoreError> {
    let sql = "SELECT id, status FROM reviews WHERE action_sha256 = ?1 AND status IN ('pending', 'approved')";
    let found: Option<(String, String)> =
        tx.prepare_cached(sql)?.query_row([action], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    found.map(|(id, code)| Ok((id, State::of(&code)?))).transpose()
}

fn standing_denial(
    tx: &Transaction<'_>,
    action: &str,
    now: UnixMillis,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT id, status, decided_ms, request FROM reviews WHERE action_sha256 = ?1 \
               ORDER BY position DESC LIMIT 1";
    type Latest = (String, String, Option<i64>, String);
    let latest: Option<Latest> = tx
        .prepare_cached(sql)?
        .query_row([action], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
        .optional()?;
    let Some((id, code, Some(decided), text)) = latest else { return Ok(None) };
    let holds = unsigned(decided).saturating_add(parse(&text)?.approval_seconds.saturating_mul(1_000));
    Ok((State::of(&code)? == State::Denied && now.0 < holds).then_some(id))
}

fn by_id(c: &Connection, id: &str) -> Result<Option<Review>, StoreError> {
    let mut query = c.prepare_cached(&format!("SELECT {COLUMNS} FROM reviews WHERE id = ?1"))?;
    query.query_row([id], raw).optional()?.map(Raw::read).transpose()
}

fn list(c: &Connection, status: Option<State>, after: u64, limit: u32) -> Result<Vec<Review>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM reviews WHERE position > ?1 AND (?2 IS NULL OR status = ?2) \
         ORDER BY position LIMIT ?3"
    );
    let mut query = c.prepare_cached(&sql)?;
    let rows = query.query_map(params![signed(after), status.map(State::code), limit], raw)?;
    rows.map(|row| row?.read()).collect()
}

/// A row whose texts are not read yet: a closure SQLite calls can only fail with SQLite's errors.
struct Raw {
    numbers: [Option<u64>; 6],
    texts: [String; 5],
}

impl Raw {
    fn read(self) -> Result<Review, StoreError> {
        let [position, created_ms, due_ms, decided_ms, usable_until_ms, consumed_ms] = self.numbers;
        let [id, status, request, actor, note] = self.texts;
        Ok(Review {
            position: position.unwrap_or_default(),
            id,
            status: State::of(&status)?,
            request: parse(&request)?,
            created_ms: created_ms.unwrap_or_default(),
            due_ms: due_ms.unwrap_or_default(),
            decided_ms,
            actor,
            note,
            usable_until_ms,
            consumed_ms,
        })
    }
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let number = |column: &str| row.get::<_, Option<i64>>(column).map(|v| v.map(unsigned));
    let text = |column: &str| row.get::<_, String>(column);
    Ok(Raw {
        numbers: [
            number("position")?,
            number("created_ms")?,
            number("due_ms")?,
            number("decided_ms")?,
            number("usable_until_ms")?,
            number("consumed_ms")?,
        ],
        texts: [text("id")?, text("status")?, text("request")?, text("actor")?, text("note")?],
    })
}

fn parse(text: &str) -> Result<ReviewRequest, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt(e.to_string()))
}

fn outcome(review_id: String, status: ReviewStatus, action: &str) -> ReviewOutcome {
    ReviewOutcome { review_id, status, action_sha256: action.to_owned() }
}

fn transition(
    id: &str,
    from: State,
    to: State,
    actor: &str,
    reason: &str,
    request: &ReviewRequest,
) -> Change {
    Change {
        action: format!("review_{}", to.code()),
        subject: id.to_owned(),
        actor: actor.to_owned(),
        reason: reason.to_owned(),
        before: json!({ "status": from }),
        after: json!({ "status": to, "action_sha256": request.action_sha256 }),
    }
}

impl From<StoreError> for ReviewError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
