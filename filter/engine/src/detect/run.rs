//! Runs: segments in a row that speak with one voice, which phrases go on through. Nothing that a scan knows goes from
//! one run to the next but how many bytes of further views there may still be, so what was found in a run stays true
//! in any other body that has the run and allows those views. Limits of whole bodies are the caller's business.

use super::scan::Pass;
use super::{Detectors, Finding};
use crate::segment::Segment;

/// Runs of `segments`, each with the number of its first segment. A seam is a run of its own: nothing goes on from it, and what is
/// known of it stays true however many others there are.
pub(crate) fn runs<'s, 'b>(segments: &'s [Segment<'b>]) -> impl Iterator<Item = (u32, &'s [Segment<'b>])> {
    let voice = |segment: &Segment<'_>| (segment.role, segment.provenance);
    let mut first = 0usize;
    segments.chunk_by(move |a, b| voice(a) == voice(b) && !b.is_seam).map(move |run| {
        let number = u32::try_from(first).unwrap_or(u32::MAX);
        first += run.len();
        (number, run)
    })
}

/// A scan of a body, run by run.
pub(crate) struct RunScan<'d> {
    pass: Pass<'d>,
}

/// What a scan of one run showed.
#[derive(Clone, Debug)]
pub(crate) struct RunFindings {
    /// In order of segment and position, the segments counted from the run's first.
    pub findings: Vec<Finding>,
    /// How many findings they were made of. While all runs of a body together made at most
    /// [`MAX_FINDINGS`](crate::limits::MAX_FINDINGS), the findings of the body are those of its runs.
    pub made: usize,
    /// What the run's further views took; `None` when there would have been more of them.
    pub views: Option<ViewsTaken>,
}

/// What the further views of a run take of a body's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ViewsTaken {
    /// Bytes that must be allowed before the run.
    needed: u32,
    /// Bytes that are allowed after it and were not before.
    change: i32,
}

impl Detectors {
    /// Begins a scan of a body. `disabled` holds sorted registry indices.
    pub(crate) fn by_run<'d>(&'d self, disabled: &'d [u16]) -> RunScan<'d> {
        RunScan { pass: Pass::new(&self.scanner, disabled) }
    }
}

impl RunScan<'_> {
    /// Scans the next run of a body.
    pub fn run(&mut self, run: &[Segment<'_>]) -> RunFindings {
        let start = self.pass.allowance.mark();
        self.pass.run(0, run);
        let views = self.pass.allowance.taken_since(start);
        let (findings, made) = self.pass.take(run);
        RunFindings { findings, made, views }
    }

    /// Passes over the next run, of which it is known what its views take. `false`, and nothing has happened, when
    /// there may not be as many here.
    pub fn pass_over(&mut self, views: ViewsTaken) -> bool {
        self.pass.allowance.apply(views)
    }
}

/// Bytes that the further views of a body may still have.
#[derive(Debug)]
pub(super) struct Allowance {
    left: usize,
    /// The least there was since the mark.
    least: usize,
    /// Whether a view was refused since the mark.
    is_short: bool,
}

impl Allowance {
    pub fn new(left: usize) -> Self {
        Self { left, least: left, is_short: false }
    }

    /// Allows `bytes` more.
    pub fn give(&mut self, bytes: usize) {
        self.left = self.left.saturating_add(bytes);
    }

    /// Takes `bytes`, unless there are fewer.
    pub fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                self.least = self.least.min(left);
                true
            }
            None => {
                self.is_short = true;
                false
            }
        }
    }

    fn mark(&mut self) -> usize {
        (self.least, self.is_short) = (self.left, false);
        self.left
    }

    fn taken_since(&self, start: usize) -> Option<ViewsTaken> {
        let signed = |bytes: usize| i32::try_from(bytes).ok();
        let needed = u32::try_from(start.saturating_sub(self.least)).ok()?;
        let change = signed(self.left)?.checked_sub(signed(start)?)?;
        (!self.is_short).then_some(ViewsTaken { needed, change })
    }

    fn apply(&mut self, views: ViewsTaken) -> bool {
        let is_enough = usize::try_from(views.needed).is_ok_and(|needed| needed <= self.left);
        let after =
            isize::try_from(views.change).ok().and_then(|change| self.left.checked_add_signed(change));
        match after.filter(|_| is_enough) {
            Some(after) => {
                self.left = after;
                true
            }
            None => false,
        }
    }
}
