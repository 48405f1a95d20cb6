"""Calibration and the file the filter carries (`student.bin`): magic, logarithm of the table length, two heads, two coded tables.

A score is calibrated by false alarms, not by a share of attacks nobody knows: 0.8 is what at most one ordinary text in 400 and
three near misses in 200 reach, of sources and families that the model never saw.
"""

import struct

import numpy as np

from . import huffman
from .student import BITS, Table

MAGIC = b"WEIRSTU2"
# (share of unseen ordinary texts above, share of near misses of unseen families above, score in thousandths)
ALARMS = [(0.5, 0.8, 0), (0.2, 0.5, 100), (0.05, 0.2, 300), (0.02, 0.1, 500), (0.006, 0.03, 700), (0.0025, 0.015, 800), (0.001, 0.01, 900), (0.0, 0.0, 970)]


def knots(ordinary: np.ndarray, near: np.ndarray) -> list[tuple[int, int]]:
    """Sums at which neither share of `ALARMS` is passed, rising."""
    out: list = []
    for *shares, score in ALARMS:
        at = max(above(sums, share) for sums, share in zip((ordinary, near), shares, strict=True) if len(sums))
        out.append((max(at, out[-1][0] + 8) if out else at, score))
    return out


def above(sums: np.ndarray, share: float) -> int:
    """The sum that `share` of `sums` reach."""
    ordered = np.sort(sums)
    return int(ordered[min(len(ordered) - 1, int(round((1 - share) * len(ordered))))])


def score(sums: np.ndarray, points: list[tuple[int, int]]) -> np.ndarray:
    """What the filter makes of `sums`, in whole thousandths, as a share of one."""
    out = np.full(len(sums), points[-1][1], dtype=np.int64)
    for (low, first), (high, second) in reversed(list(zip(points, points[1:]))):
        part = (np.maximum(sums - low, 0) * (second - first)) // (high - low)
        out = np.where(sums < high, first + part, out)
    return out / 1000.0


def evidence(scores: np.ndarray) -> np.ndarray:
    """What the filter lets a score count for beside its rules."""
    weak = np.round((0.5 + (scores - 0.5) * 0.5) * 1000) / 1000
    return np.where(scores >= 0.8, scores, np.where(scores >= 0.5, weak, 0))


def student_file(user: Table, document: Table, points: dict) -> bytes:
    """The bytes of `student.bin`."""
    heads = b"".join(
        struct.pack("<i", table.bias) + b"".join(struct.pack("<iH", at, value) for at, value in points[side])
        for side, table in (("user", user), ("document", document))
    )
    return MAGIC + bytes([BITS]) + heads + b"".join(huffman.coded(table.weights.tolist()) for table in (user, document))
