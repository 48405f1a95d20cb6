//! A body's scan with the help of the cache: runs of segments that are known are not scanned. What is found is what a scan
//! of the whole body finds, always: where the limits of whole bodies come in (findings, bytes of further views), what is
//! known is put aside and scanned as if there were no cache.

use std::rc::Rc;

use siphasher::sip128::SipHasher13;

use super::Engine;
use super::cache::{Cache, EntryId, Kept, id_of, write};
use crate::detect::{Finding, Prompt, RunFindings, RunScan, field_name, runs};
use crate::limits::{CACHE_SHARES, MAX_CACHED_FINDINGS, MAX_FINDINGS};
use crate::policy::Settings;
use crate::segment::{Role, Segment};

/// What one exchange may know again: what its own tenant sent, under settings that run the same rules.
pub(super) struct Recall<'c> {
    cache: &'c Cache,
    /// Hashed over tenant, policy and rules: every id begins with it.
    scope: SipHasher13,
    share: usize,
}

impl<'c> Recall<'c> {
    pub fn new(cache: &'c Cache, tenant: &str, settings: &Settings) -> Self {
        let mut scope = cache.hasher();
        write(&mut scope, tenant.as_bytes());
        // No text has this byte: a name and a version cannot be another name and another version.
        write(&mut scope, &[0xFF]);
        let [low, _] = id_of(&scope);
        let share = usize::try_from(low % CACHE_SHARES).unwrap_or_default();
        write(&mut scope, cache.engine().policy().version.as_bytes());
        write(&mut scope, &[0xFF]);
        let rules = &settings.disabled_rules;
        write(&mut scope, &rules.len().to_le_bytes());
        let rules: Vec<u8> = rules.iter().flat_map(|rule| rule.to_le_bytes()).collect();
        write(&mut scope, &rules);
        Self { cache, scope, share }
    }

    /// The fingerprints of the system text of a request.
    pub fn prompt(&self, segments: &[Segment<'_>]) -> Rc<Prompt> {
        let mut hasher = self.scope;
        let system = || segments.iter().filter(|s| s.role == Role::System && !s.is_seam);
        if system().next().is_none() {
            return Rc::default();
        }
        for segment in system() {
            write(&mut hasher, &head(PROMPTS, segment, 0));
            write(&mut hasher, segment.text.as_bytes());
        }
        let id = id_of(&hasher);
        if let Some(Kept::Prompt(prompt)) = self.cache.get(id) {
            return prompt;
        }
        let prompt = Rc::new(Prompt::of(segments));
        self.cache.put(id, self.share, Kept::Prompt(Rc::clone(&prompt)));
        prompt
    }

    /// What is known of the run with this id, where its views are allowed.
    fn known(&self, id: EntryId, scan: &mut RunScan<'_>) -> Option<RunFindings> {
        let known = match self.cache.get(id) {
            Some(Kept::Run(found)) if found.views.is_some_and(|views| scan.pass_over(views)) => Some(found),
            _ => None,
        };
        self.cache.count(known.is_some());
        known
    }

    /// Keeps what was found, if it stays true elsewhere and is small.
    fn keep(&self, id: EntryId, found: &RunFindings) {
        if found.views.is_some() && found.findings.len() <= MAX_CACHED_FINDINGS {
            let findings = found.findings.as_slice().to_vec();
            self.cache.put(id, self.share, Kept::Run(RunFindings { findings, ..*found }));
        }
    }

    /// The id of a run: who speaks, and of each segment its text and all that rules know of its place.
    fn run_id(&self, run: &[Segment<'_>]) -> EntryId {
        let mut hasher = self.scope;
        for segment in run {
            let name = field_name(&segment.path).as_bytes();
            // Lengths first, so that no other run is written as this one is.
            write(&mut hasher, &head(RUNS, segment, name.len()));
            write(&mut hasher, name);
            write(&mut hasher, segment.text.as_bytes());
        }
        id_of(&hasher)
    }
}

/// What a segment is hashed after.
fn head(kind: u8, segment: &Segment<'_>, name_bytes: usize) -> [u8; 16] {
    let length = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    // INVARIANT: a text has less than 2^32 bytes and a path less than 2^16, so that nothing is written over.
    let lengths = length(segment.text.len()) << 16 | length(name_bytes);
    let voice = u64::from_le_bytes([kind, segment.role as u8, segment.provenance as u8, 0, 0, 0, 0, 0]);
    (u128::from(lengths) << 64 | u128::from(voice)).to_le_bytes()
}

/// What ids are for.
const RUNS: u8 = 0;
const PROMPTS: u8 = 1;

impl Engine {
    /// What [`Engine::scanned`] finds, without a scan of the runs that `recall` knows. `None` when there is so much that
    /// the limits of a body decide what counts.
    pub(super) fn recalled(
        &self,
        settings: &Settings,
        segments: &[Segment<'_>],
        recall: &Recall<'_>,
    ) -> Option<Vec<Finding>> {
        let mut scan = self.detectors.by_run(&settings.disabled_rules);
        let (mut all, mut made) = (Vec::new(), 0);
        for (first, run) in runs(segments) {
            let id = recall.run_id(run);
            let found = recall.known(id, &mut scan).unwrap_or_else(|| {
                let found = self.run_scanned(settings, run, &mut scan);
                recall.keep(id, &found);
                found
            });
            made += found.made;
            if made > MAX_FINDINGS {
                return None;
            }
            let findings = found.findings.into_iter();
            all.extend(findings.map(|one| Finding { segment: one.segment.saturating_add(first), ..one }));
        }
        Some(all)
    }

    /// What is found in a run, with its segments counted from 0.
    fn run_scanned(&self, settings: &Settings, run: &[Segment<'_>], scan: &mut RunScan<'_>) -> RunFindings {
        let mut found = scan.run(run);
        let terms = self.terms.found(run);
        found.made += terms.len();
        let is_on = |term: &Finding| settings.disabled_rules.binary_search(&term.rule).is_err();
        found.findings.extend(terms.into_iter().filter(is_on));
        found
    }
}
