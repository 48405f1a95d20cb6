"""The teacher's honest figures: every source is scored by a model that never saw it; thresholds where one ordinary text in 200 lies above."""

import numpy as np

from . import evaluate
from .data import DOCUMENT, USER, Row

# Whole numbers per logit, for the calibration that student and teacher share.
UNITS = 1000
NEAR_KINDS = ("near_miss", "near_quoted", "benign_hard")


def figures(rows: list[Row], logits: np.ndarray) -> dict:
    """Calibration, thresholds, recall and alarms by side, source and tier. `logits` has one column per side; NaN where no fold scored."""
    side = np.array([int(r.side == DOCUMENT) for r in rows])
    sums = np.round(logits[np.arange(len(rows)), side] * UNITS)
    report = evaluate.figures(rows, sums)
    for name in (USER, DOCUMENT):
        alone(report, rows, sums, name)
    return report


def alone(report: dict, rows: list[Row], sums: np.ndarray, side: str) -> None:
    """Adds to `report` what the teacher finds without rules, at the alarm rates of 0.5 and 1 %, and its alarms on near misses there."""
    own = ~np.isnan(sums) & np.array([r.side == side for r in rows])
    quiet = np.sort(sums[own & evaluate.ordinary(rows, side)])[::-1]
    at = {rate: quiet[int(rate / 100 * len(quiet))] for rate in (0.5, 1.0)}
    report.setdefault("alone_threshold", {})[side] = {f"{rate} %": float(value) / UNITS for rate, value in at.items()}
    for kind, lines in (("recall", report["recall"][side]), ("alarms", report["alarms"][side])):
        for name, line in lines.items():
            if name == "mean of sources":
                continue
            here = own & np.array([f"{r.source} {r.tier}".strip() == name and r.label == int(kind == "recall") for r in rows])
            for rate, value in at.items():
                line[f"alone_at_{rate}"] = round(100 * float(np.mean(sums[here] > value)), 1)
    named = [v for k, v in report["recall"][side].items() if k != "mean of sources" and not k.startswith(evaluate.UNTOLD)]
    for rate in at:
        report["recall"][side]["mean of sources"][f"alone_at_{rate}"] = round(float(np.mean([v[f"alone_at_{rate}"] for v in named])), 1)
    kinds = {kind: own & np.array([r.kind == kind and r.label == 0 for r in rows]) for kind in NEAR_KINDS}
    report.setdefault("alone_alarms", {})[side] = {kind: round(100 * float(np.mean(sums[which] > at[0.5])), 2) for kind, which in kinds.items() if which.any()}


def lines(report: dict) -> list[str]:
    """The figures as tables of Markdown."""
    out = []
    for side in (USER, DOCUMENT):
        out += [f"### {side}: recall, %", "", "| source and tier | rows | rules at 0.8 | teacher at 0.8 | teacher at 0.5 % alarms | at 1 % | rules and teacher at 0.5 % |", "|---|---|---|---|---|---|---|"]
        for name, v in sorted(report["recall"][side].items(), key=lambda item: item[0] == "mean of sources"):
            out.append(f"| {name} | {v.get('rows', '')} | {v['rules']} | {v['student']} | {v['alone_at_0.5']} | {v['alone_at_1.0']} | {v['both_at_threshold']} |")
        out += ["", f"### {side}: ordinary text and near misses reported, %", "", "| source or family | rows | rules | teacher at 0.8 | teacher at 0.5 % alarms |", "|---|---|---|---|---|"]
        out += [f"| {name} | {v['rows']} | {v['rules']} | {v['student']} | {v['alone_at_0.5']} |" for name, v in report["alarms"][side].items()]
        out.append("")
    return out
