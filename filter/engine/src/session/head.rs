//! What headers alone decide: control state, encodings, announced sizes, upgrades, and how the body will be
//! watched. Everything here happens before a byte of the body is seen.

use super::exchange::{Exchange, HeadFacts, TIER_HEADER, value};
use super::flight::Flight;
use super::{Phase, Session, Watch, flow};
use crate::act::{Evidence, edit, record, refuse};
use crate::event::{
    Direction, Effects, Flow, HeaderEdit, Headers, Origin, RequestHead, ResponseHead, UnixMillis,
};
use crate::policy::decide;
use crate::policy::document::{HeaderHold, RefusalShape};
use crate::protocol::Unscannable;
use crate::wire::decision::Action;

impl Session {
    pub(super) fn request_head(&mut self, head: RequestHead<'_>) -> Effects {
        if self.exchange.is_some() {
            return self.unasked(Direction::Request);
        }
        let (headers, ends, now) = (head.headers, head.end_of_stream, head.now);
        let mut exchange = Exchange::new(&self.engine, head);
        let mut effects = Effects::default();
        let mut refused = None;
        if let Some(stop) = exchange.control_decision(now) {
            let must_read = stop.action == Action::Block
                && exchange.settings.fallback.shape == RefusalShape::Completion
                && !ends;
            if must_read {
                exchange.stop_later(stop);
            } else {
                effects.events.push(record::event(
                    &self.engine,
                    &exchange,
                    Direction::Request,
                    &stop,
                    &Evidence::default(),
                    now,
                ));
                refused = Some(stop).filter(|s| s.action == Action::Block);
            }
        }
        effects.headers.extend(request_edits(&exchange, headers, now));
        self.exchange = Some(exchange);
        if let Some(stop) = refused {
            return self.refuse(Direction::Request, &stop, "", effects, now);
        }
        let decided = self.head(Direction::Request, ends, upgrade(headers), now);
        join(effects, decided)
    }

    pub(super) fn response_head(&mut self, head: &ResponseHead<'_>) -> Effects {
        // Our own refusal comes back through here, and nothing is decided about it twice.
        let (Some(exchange), Phase::Start) = (&mut self.exchange, &self.response) else {
            return self.unasked(Direction::Response);
        };
        exchange.upstream_status = std::str::from_utf8(value(head.headers, ":status"))
            .ok()
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        exchange.heads.response = HeadFacts::of(head.headers);
        if head.origin == Origin::Proxy {
            return self.proxy_reply(head.end_of_stream, head.now);
        }
        self.head(Direction::Response, head.end_of_stream, None, head.now)
    }

    /// Decides how a message is watched, or that it cannot be.
    fn head(
        &mut self,
        direction: Direction,
        ends: bool,
        upgrade: Option<Unscannable>,
        now: UnixMillis,
    ) -> Effects {
        let Some(exchange) = &self.exchange else { return self.unasked(direction) };
        let Some(mut watch) = exchange.watch(direction, now) else {
            return self.release(direction, None, Effects::default());
        };
        if direction == Direction::Response && matches!(watch, Watch::Hold) && exchange.flows_in_flight(now) {
            watch = Watch::Flight(Box::new(Flight::new(exchange, now)));
        }
        let facts = exchange.heads.of_ref(direction);
        let limit = exchange.settings.max_body_bytes.of(direction);
        let too_large = facts.content_length.is_some_and(|n| n > u64::try_from(limit).unwrap_or(u64::MAX))
            && !matches!(watch, Watch::Flight(_));
        let unscannable = match () {
            () if upgrade.is_some() => upgrade,
            () if ends => None,
            () if facts.is_encoded => Some(Unscannable::Encoding),
            // Whoever waits for the end of a call may wait for ever: it is a conversation.
            () if facts.is_grpc => Some(Unscannable::MediaType),
            () if too_large => Some(Unscannable::TooLarge),
            () => None,
        };
        if let Some(why) = unscannable {
            return self.unscannable(direction, why, now);
        }
        if ends {
            return self.without_body(direction, now);
        }
        let mut effects = flow(match &watch {
            Watch::Hold => Flow::Hold,
            Watch::Observe(_) => Flow::Observe,
            Watch::Flight(_) => Flow::Stream,
        });
        // The headers of a stream in flight go at once.
        let goes_now = match &watch {
            Watch::Hold => exchange.header_hold == HeaderHold::Continue,
            Watch::Observe(_) => false,
            Watch::Flight(_) => true,
        };
        if goes_now {
            effects.headers = edit::unlock_length(facts);
        }
        *self.phase(direction) = Phase::Body(watch);
        effects
    }

    fn without_body(&mut self, direction: Direction, now: UnixMillis) -> Effects {
        let Some(exchange) = &self.exchange else { return self.unasked(direction) };
        let clean = decide::guardrails(&exchange.settings, direction, &[], exchange.pace, now);
        let event = record::event(&self.engine, exchange, direction, &clean, &Evidence::default(), now);
        self.release(direction, None, Effects { events: vec![event], ..Effects::default() })
    }

    /// An answer of the proxy's own is not inspected. Where it is Envoy's plain words for a failure, it gets the shape of the
    /// caller's protocol.
    fn proxy_reply(&mut self, ends: bool, now: UnixMillis) -> Effects {
        let Some(exchange) = &self.exchange else { return self.unasked(Direction::Response) };
        let decision = decide::proxy_reply(&exchange.settings, now);
        let event =
            record::event(&self.engine, exchange, Direction::Response, &decision, &Evidence::default(), now);
        let reworded = refuse::reworded(exchange, now)
            .filter(|_| !ends && matches!(exchange.watch(Direction::Response, now), Some(Watch::Hold)));
        let effects = Effects { events: vec![event], ..Effects::default() };
        let mut effects = self.release(Direction::Response, None, effects);
        if let Some(refusal) = reworded {
            effects.headers = edit::reworded(&refusal);
            effects.flow = Flow::Replace(refusal.body);
        }
        effects
    }
}

/// Header edits every inspected request gets: our own headers do not travel on, and neither an encoding we could not
/// read nor a part that says nothing alone (a secret, half by half) is asked for.
fn request_edits(exchange: &Exchange, headers: Headers<'_>, now: UnixMillis) -> Vec<HeaderEdit> {
    let mut edits = Vec::new();
    let mut remove = |name: &str| {
        if headers.iter().any(|(n, _)| *n == name.as_bytes()) {
            edits.push(HeaderEdit::Remove(name.to_owned()));
        }
    };
    remove(TIER_HEADER);
    if exchange.watch(Direction::Response, now).is_some() {
        remove("accept-encoding");
        remove("range");
        remove("if-range");
    }
    edits
}

/// A request that stops being HTTP once it is accepted cannot be inspected.
fn upgrade(headers: Headers<'_>) -> Option<Unscannable> {
    let has = |name: &str| headers.iter().any(|(n, _)| *n == name.as_bytes());
    let connects = value(headers, ":method").eq_ignore_ascii_case(b"connect");
    (has("upgrade") || has(":protocol") || connects).then_some(Unscannable::Upgrade)
}

fn join(mut first: Effects, second: Effects) -> Effects {
    first.flow = second.flow;
    first.headers.extend(second.headers);
    first.calls.extend(second.calls);
    first.events.extend(second.events);
    first
}
