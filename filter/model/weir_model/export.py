"""Calibration and the file the filter carries (`student.bin`): magic, logarithm of the table length, two heads, two coded tables.

A score is calibrated by false alarms, not by a share of attacks nobody knows: 0.8 is what one ordinary text in 400 reaches that
comes from a source the model never saw.
"""

import struct

import numpy as np

from . import huffman
from .student import BITS, Table

MAGIC = b"WEIRSTU2"
# (share of unseen ordinary texts above, score in thousandths)
ALARMS = [(0.5, 0), (0.2, 100), (0.05, 300), (0.02, 500), (0.006, 700), (0.0025, 800), (0.001, 900), (0.0, 970)]


def knots(ordinary: np.ndarray) -> list[tuple[int, int]]:
    """Sums at which the shares of `ALARMS` are reached, rising."""
    ordered, out = np.sort(ordinary), []
    for share, score in ALARMS:
        at = int(ordered[min(len(ordered) - 1, int(round((1 - share) * len(ordered))))])
        out.append((max(at, out[-1][0] + 8) if out else at, score))
    return out


def score(sums: np.ndarray, points: list[tuple[int, int]]) -> np.ndarray:
    """What the filter makes of `sums`, in whole thousandths, as a share of one."""
    out = np.full(len(sums), points[-1][1], dtype=np.int64)
    for (low, first), (high, second) in reversed(list(zip(points, points[1:]))):
        part = (np.maximum(sums - low, 0) * (second - first)) // (high - low)
        out = np.where(sums < high, first + part, out)
    return out / 1000.0


def student_file(user: Table, document: Table, points: dict) -> bytes:
    """The bytes of `student.bin`."""
    heads = b"".join(
        struct.pack("<i", table.bias) + b"".join(struct.pack("<iH", at, value) for at, value in points[side])
        for side, table in (("user", user), ("document", document))
    )
    return MAGIC + bytes([BITS]) + heads + b"".join(huffman.coded(table.weights.tolist()) for table in (user, document))
