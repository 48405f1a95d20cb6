//! A long conversation: 200 turns, 400 kB of history, 1 kB that is new. What its next turn costs with and without the
//! verdict cache, beside what cannot be saved: reading the body, and the new turn itself.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use weir_engine::event::{BodyPart, Direction, Event};
use weir_engine::protocol;
use weir_engine::session::{Cache, CacheKey, Engine, Session};

use crate::stages::{HINTS, NOW, request_head};

/// What is measured of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// Reading the whole body: JSON and protocol -> segments.
    Parse,
    /// A request with nothing but the last turn in it.
    LastTurn,
    /// The whole request, without a cache.
    Uncached,
    /// The whole request, with a cache that knows nothing.
    Cold,
    /// The whole request, with a cache that knows all turns but the last.
    Warm,
}

/// All of them.
pub const ROWS: &[Row] = &[Row::Parse, Row::LastTurn, Row::Uncached, Row::Cold, Row::Warm];

impl Row {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::LastTurn => "last turn",
            Self::Uncached => "uncached",
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

/// Turns of history, of a question and an answer each.
const TURNS: usize = 200;
/// Bytes of a message of the history.
const MESSAGE_BYTES: usize = 1_000;
/// Bytes that are new.
const NEW_BYTES: usize = 1_000;

/// What each message begins with, before its number.
const PART: &str = "Part ";
/// Digits of that number.
const DIGITS: usize = 7;

/// A conversation as bodies.
#[derive(Debug)]
pub struct Conversation {
    engine: Arc<Engine>,
    /// A cache that knows the history.
    cache: Rc<Cache>,
    last_turn: Vec<u8>,
    whole: RefCell<Vec<u8>>,
    /// Where the number of the last turn ends in `whole`.
    number_ends: usize,
    number: Cell<usize>,
}

impl Conversation {
    /// A conversation of `text`, every message of it another one.
    pub fn new(engine: &Arc<Engine>, text: &str) -> Result<Self, String> {
        let said = |number: usize, bytes: usize| {
            let mut said = format!("{PART}{number:0DIGITS$}. {}", text.split_at(number % 7 * 60).1);
            said.truncate(said.floor_char_boundary(bytes));
            said
        };
        let role = |number: usize| if number.is_multiple_of(2) { "user" } else { "assistant" };
        let history: Vec<Value> = (0..2 * TURNS)
            .map(|number| json!({ "role": role(number), "content": said(number, MESSAGE_BYTES) }))
            .collect();
        let last = json!({ "role": "user", "content": said(2 * TURNS, NEW_BYTES) });
        let body = |messages: &[Value]| {
            let body = json!({ "model": "mock-1", "messages": messages });
            serde_json::to_vec(&body).map_err(|e| e.to_string())
        };
        let whole: Vec<Value> = history.iter().cloned().chain([last.clone()]).collect();
        let (history, whole) = (body(&history)?, body(&whole)?);
        let part = std::str::from_utf8(&whole).ok().and_then(|text| text.rfind(PART));
        let one = Self {
            engine: Arc::clone(engine),
            cache: empty(engine),
            last_turn: body(&[last])?,
            whole: RefCell::new(whole),
            number_ends: part.ok_or("the last turn has no number")? + PART.len() + DIGITS,
            number: Cell::new(2 * TURNS),
        };
        one.play(Session::with_cache(Rc::clone(&one.cache)), &history);
        Ok(one)
    }

    /// Bytes of the whole request.
    pub fn bytes(&self) -> usize {
        self.whole.borrow().len()
    }

    /// Runs `row` once. The last turn is another one each time.
    pub fn run(&self, row: Row) {
        self.renumber();
        let whole = self.whole.borrow();
        match row {
            Row::Parse => drop(black_box(protocol::read_request(&HINTS, black_box(&whole)))),
            Row::LastTurn => self.play(Session::new(Arc::clone(&self.engine)), &self.last_turn),
            Row::Uncached => self.play(Session::new(Arc::clone(&self.engine)), &whole),
            Row::Cold => self.play(Session::with_cache(empty(&self.engine)), &whole),
            Row::Warm => self.play(Session::with_cache(Rc::clone(&self.cache)), &whole),
        }
    }

    fn renumber(&self) {
        let mut number = self.number.get() + 1;
        self.number.set(number);
        let mut whole = self.whole.borrow_mut();
        let digits = whole.get_mut(self.number_ends - DIGITS..self.number_ends);
        for digit in digits.into_iter().flatten().rev() {
            *digit = b"0123456789".get(number % 10).copied().unwrap_or_default();
            number /= 10;
        }
    }

    fn play(&self, mut session: Session, body: &[u8]) {
        black_box(session.on(Event::RequestHead(request_head())));
        let whole = BodyPart::Complete(black_box(body));
        black_box(session.on(Event::Body(Direction::Request, whole, NOW)));
    }
}

fn empty(engine: &Arc<Engine>) -> Rc<Cache> {
    Rc::new(Cache::new(Arc::clone(engine), CacheKey([1, 2])))
}
