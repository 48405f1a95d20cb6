//! The views of a text beyond the first: what may be undone in it, then in what that shows, to a bounded depth. All
//! views of a body together have a bounded number of bytes, so that decoys cost an attacker more than they cost us.
//! It knows which transforms follow which; how each works is `normalize`'s business.

use super::cue::{Cue, Cues};
use super::scan::{Kind, Pass, Reach, Target};
use crate::limits::MAX_VIEW_DEPTH;
use crate::normalize::{self, Doubtful, Survey, Transforms, View};

/// Stands for folding, which follows decoding and nothing else.
const FOLDED: Transforms = Transforms::COMPATIBILITY;

/// A view that has been scanned.
struct Seen<'v> {
    view: View<'v>,
    cues: Cues,
    kind: Kind,
    /// What is not undone again on the way to further views.
    done: Transforms,
}

impl Pass<'_> {
    /// Scans what can be undone in a view that has been scanned as `target`.
    pub fn views_of(&mut self, target: &Target<'_>, cues: Cues) {
        let mut next = Vec::new();
        self.children(target, target.view, cues, Transforms::NONE, &mut next);
        self.level(target, &next, 1);
    }

    /// Scans what can be undone in the views of one level, level by level: decoys deep down take nothing from what
    /// lies above.
    fn level(&mut self, target: &Target<'_>, seen: &[Seen<'_>], depth: usize) {
        if depth >= MAX_VIEW_DEPTH || seen.is_empty() {
            return;
        }
        let mut next = Vec::new();
        for one in seen {
            let target = Target { kind: one.kind, ..*target };
            self.children(&target, &one.view, one.cues, one.done, &mut next);
        }
        self.level(target, &next, depth + 1);
    }

    /// Scans the views made from `view`, and keeps them in `seen`.
    fn children<'v>(
        &mut self,
        target: &Target<'_>,
        view: &'v View<'v>,
        cues: Cues,
        done: Transforms,
        seen: &mut Vec<Seen<'v>>,
    ) {
        let survey = Survey::of(&view.text);
        let reach = data_reach(target);
        self.add(target, normalize::decoded(view, &survey), done.without(FOLDED), reach, seen);
        if target.kind != Kind::First && !done.contains(FOLDED) && !view.text.is_ascii() {
            self.add(target, normalize::refolded(view), done | FOLDED, reach, seen);
            let others = normalize::skeleton_of(view).into_iter().chain(normalize::tagged_of(view));
            self.add(target, others, done | FOLDED, Reach::Injection, seen);
        }
        if reach == Reach::Data {
            return;
        }
        for transform in WORDED.iter().copied().filter(|transform| !done.contains(*transform)) {
            let views = worded(view, &survey, cues, transform);
            self.add(target, views, done | transform, Reach::Injection, seen);
        }
    }

    /// Scans `views`, as long as the body may have more of them.
    fn add<'v>(
        &mut self,
        target: &Target<'_>,
        views: impl IntoIterator<Item = View<'v>>,
        done: Transforms,
        reach: Reach,
        seen: &mut Vec<Seen<'v>>,
    ) {
        let is_joined = done.contains(Transforms::SPACED);
        let kind = if is_joined { Kind::Joined } else { Kind::Derived };
        for view in views {
            if !self.allowance.take(view.text.len()) {
                return;
            }
            let cues = self.view_apart(&Target { view: &view, reach, kind, ..*target });
            seen.push(Seen { view, cues, kind, done });
        }
    }
}

/// What may be done to words, each once on the way to a view.
const WORDED: &[Transforms] =
    &[Transforms::SPACED, Transforms::LEET, Transforms::ROT13, Transforms::REVERSED];

/// The views of `view` in which `transform` is undone.
fn worded<'v>(view: &'v View<'v>, survey: &Survey, cues: Cues, transform: Transforms) -> Vec<View<'v>> {
    match transform {
        Transforms::SPACED => normalize::unspaced(view, survey),
        Transforms::LEET => [Doubtful::AsI, Doubtful::AsL]
            .into_iter()
            .flat_map(|doubtful| normalize::unleeted(view, survey, doubtful))
            .collect(),
        Transforms::ROT13 if cues.show(Cue::Rot13) => vec![normalize::rotated(view)],
        Transforms::REVERSED if cues.show(Cue::Reversed) => {
            vec![normalize::reversed(view), normalize::words_reversed(view)]
        }
        _ => Vec::new(),
    }
}

/// Data is looked for in what is decoded, as it is in the text. Other transforms make numbers and addresses of
/// nothing.
fn data_reach(target: &Target<'_>) -> Reach {
    match target.reach {
        Reach::Data => Reach::Data,
        Reach::All | Reach::Injection => Reach::All,
    }
}
