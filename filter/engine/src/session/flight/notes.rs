//! What was found in a field of a stream in flight: what is noted of it, what is replaced for it, what comes back, and what
//! is kept for the judge. It never decides what may leave.

use super::{Around, Due, Stop, settings, uncut};
use crate::act::edit::{self, Placeholders};
use crate::act::restore;
use crate::act::token::Tokens;
use crate::detect::{Family, Finding, REGISTRY};
use crate::event::Direction;
use crate::limits::{MAX_TRANSCRIPT_BYTES, MAX_UNDECIDED_BYTES};
use crate::policy::decide;
use crate::protocol::carrier::Edit;
use crate::segment::{Segment, SourceMap};
use crate::stream::fields::Field;

/// Where what is found in a field goes.
pub(super) struct Notes<'n> {
    pub findings: &'n mut Vec<Finding>,
    pub edits: &'n mut Vec<Edit>,
    pub placeholders: &'n mut Placeholders,
    pub tokens: &'n mut Tokens,
    pub room: &'n mut usize,
    pub transcripts: Option<&'n mut Vec<(u32, Transcript)>>,
    pub paths: &'n mut Vec<(u32, String)>,
}

impl Notes<'_> {
    /// Settles a field up to where it can be, with what was found in it.
    pub fn take(&mut self, around: &Around<'_>, due: Due<'_>, found: &[&Finding]) -> Result<(), Stop> {
        let Due { path, field, to } = due;
        let failed = || Stop::Decided(decide::edit_failed(settings(around), around.now));
        let action_on = |f: &Finding| decide::action_on(settings(around), Direction::Response, f);
        let is_edited = |f: &Finding| action_on(f).is_edit();
        let to = before_what_goes_on(field, to, found, &is_edited);
        let to = if to < field.end() { uncut(around, field, to) } else { to };
        if field.end() - to > 2 * MAX_UNDECIDED_BYTES {
            return Err(failed());
        }
        let mut holes = Vec::new();
        for finding in found {
            let edits = is_edited(finding);
            if edits && finding.range.start >= to {
                continue;
            }
            let is_known = self.learn(field.id, path, finding);
            if !edits || finding.range.end <= field.settled && is_known {
                continue;
            }
            let has_left = finding.range.start < field.settled;
            if has_left && !is_known && family(finding) != Some(Family::Leak) {
                return Err(failed());
            }
            let at = |position: usize| position.clamp(field.settled, to) - field.settled;
            let range = at(finding.range.start)..at(finding.range.end);
            if !range.is_empty() {
                holes.push(Finding { range, segment: 0, ..(*finding).clone() });
            }
        }
        let open = field.open_part(path);
        let edits = edit::replacements(&[open], &holes, &action_on, self.placeholders, self.tokens);
        let edits = edits.map_err(|_| failed())?;
        let given_back = given_back(around, field, path, to, self.room);
        field.is_edited = !holes.is_empty() || !given_back.is_empty();
        self.edits.extend(given_back);
        self.edits.extend(edits);
        field.scanned = field.end();
        note(self.transcripts.as_deref_mut(), field, path, to, &holes);
        field.settle(to);
        Ok(())
    }

    /// Notes a finding of the field `id`; whether it was known, or is part of what is replaced already.
    fn learn(&mut self, id: u32, path: &str, finding: &Finding) -> bool {
        let new = Finding { segment: id, ..finding.clone() };
        let meets = |old: &Finding| old.range.start <= new.range.end && new.range.start <= old.range.end;
        let mut near = self.findings.iter_mut().rev().filter(|old| old.segment == id && meets(old));
        let mut is_covered = false;
        for old in near.by_ref() {
            if old.rule == new.rule && old.list == new.list {
                old.range = old.range.start.min(new.range.start)..old.range.end.max(new.range.end);
                old.score = old.score.max(new.score);
                return true;
            }
            is_covered |= family(old) == family(&new);
        }
        if self.paths.iter().all(|(of, _)| *of != id) {
            self.paths.push((id, path.trim_end_matches('\n').to_owned()));
        }
        let at = self.findings.partition_point(|old| old.segment <= id);
        self.findings.insert(at, new);
        is_covered
    }
}

/// The edits that give back what the request lost, in what of a field is settled up to `to`.
pub(super) fn given_back(
    around: &Around<'_>,
    field: &mut Field,
    path: &str,
    to: usize,
    room: &mut usize,
) -> Vec<Edit> {
    let tokens = &around.exchange.known.tokens;
    if tokens.is_empty() {
        return Vec::new();
    }
    let mut part = field.open_part(path);
    let text = part.text.get(..to - field.settled).unwrap_or_default().to_owned();
    part.text = text.into();
    let edits = restore::restored_part(&part, field.may_be_json(), tokens, field.address, room);
    let text = part.text.into_owned();
    field.address.see(&text);
    edits
}

/// `to`, or where something begins that is to be replaced and goes on behind it: it is replaced once, when its end has come.
fn before_what_goes_on(
    field: &Field,
    to: usize,
    found: &[&Finding],
    is_edited: &dyn Fn(&Finding) -> bool,
) -> usize {
    let mut to = to;
    for finding in found.iter().rev() {
        let crosses = finding.range.start < to && to < finding.range.end;
        if crosses && is_edited(finding) {
            to = finding.range.start.max(field.settled);
        }
    }
    to
}

fn family(finding: &Finding) -> Option<Family> {
    REGISTRY.get(usize::from(finding.rule)).map(|rule| rule.family)
}

/// Keeps what is settled up to `to` for the judge, without what it need not see.
pub(super) fn note(
    transcripts: Option<&mut Vec<(u32, Transcript)>>,
    field: &Field,
    path: &str,
    to: usize,
    holes: &[Finding],
) {
    let Some(transcripts) = transcripts else { return };
    let mut part = field.open_part(path);
    let text = part.text.get(..to - field.settled).unwrap_or_default().to_owned();
    part.text = text.into();
    let masked = edit::masked(&part, holes).text.into_owned();
    let at = transcripts.partition_point(|(of, _)| *of < field.id);
    if transcripts.get(at).is_none_or(|(of, _)| *of != field.id) {
        let shown = Segment { text: String::new().into(), map: SourceMap::default(), ..part.into_owned() };
        transcripts.insert(at, (field.id, Transcript { shown, latest: String::new() }));
    }
    if let Some((_, transcript)) = transcripts.get_mut(at) {
        transcript.push(&masked);
    }
}

/// What a field said, from both ends.
#[derive(Debug)]
pub(super) struct Transcript {
    /// Its beginning.
    shown: Segment<'static>,
    /// Its end.
    latest: String,
}

impl Transcript {
    fn push(&mut self, text: &str) {
        if self.latest.is_empty() && self.shown.text.len() + text.len() <= MAX_TRANSCRIPT_BYTES / 2 {
            self.shown.text.to_mut().push_str(text);
            return;
        }
        self.latest.push_str(text);
        if self.latest.len() > MAX_TRANSCRIPT_BYTES {
            let cut = self.latest.ceil_char_boundary(self.latest.len() - MAX_TRANSCRIPT_BYTES / 2);
            self.latest.drain(..cut);
        }
    }

    pub fn segment(&self) -> Segment<'_> {
        let text = [self.shown.text.as_ref(), self.latest.as_str()].concat();
        Segment { text: text.into(), ..self.shown.clone() }
    }
}
