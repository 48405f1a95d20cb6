"""What the teacher learns from: windows of rows, and windows around what was planted in composed texts.

A row's label concerns the whole, so training chooses among its windows. A composed pair differs at one known place, so its window
is cut there, from the attack and from its ordinary neighbour alike. Each window has a target for each side, or none.
"""

from dataclasses import dataclass
from random import Random

import numpy as np

from . import compose, data, near_misses, windows
from .data import DOCUMENT, USER, Row

NONE = -1.0
# How much ordinary technical text is read.
MANUALS, MANUAL_CHARS = 500, 700
FILLERS = ["um", "like", "well", "so", "...", "-", "you know", "please", "*", "hmm", "and", "~", "okay"]


@dataclass
class Lessons:
    """Rows with the numbers of their windows in a store, and pairs of windows with their targets."""

    rows: list[Row]
    of_row: list[list[int]]
    targets: np.ndarray
    pairs: list[list[int]]
    pair_targets: np.ndarray


def targets(row: Row) -> tuple[float, float]:
    """What `row` should score as a user's text and as a document's.

    An attack by a user is one in a document too. A document may ask for what only a user may ask, so nothing is said of it as
    a user's text; near misses in which somebody gives orders are ordinary from users alone."""
    if row.label == 1:
        return (1.0, 1.0) if row.side == USER else (NONE, 1.0)
    if row.source == "composed":
        return (0.0, 0.0) if row.side == USER else (NONE, 0.0)
    if row.side == USER and row.kind in ("near_miss", "near_quoted") and row.source not in near_misses.EITHER:
        return (0.0, NONE)
    return (0.0, 0.0)


def taught(rows: list[Row]) -> list[Row]:
    """The rows that teach: without doubtful ones, and without composed documents, whose look would be learned."""
    return [r for r in rows if not compose.is_doubtful(r) and (r.label == 0 or r.side == USER)]


def manual_rows(manuals: list[str]) -> list[Row]:
    """Ordinary technical text."""
    step = max(1, len(manuals) // MANUALS)
    return [Row(f"manual-{i}", "manual", "tool", 0, text[:MANUAL_CHARS]) for i, text in enumerate(manuals[::step])]


def composed(rows: list[Row], manuals: list[str], families: list[str], pairs: int, seed: int) -> list[Row]:
    """Pairs of an attack and its ordinary neighbour, some of them with the same disturbance, folded."""
    own = compose.composed(rows, manuals, pairs, seed, [f for f in families if f not in near_misses.QUOTING])
    random = Random(seed + 1)
    for attack, neighbour in zip(own[::2], own[1::2], strict=True):
        if random.random() < 0.12:
            kind = random.choice((typos, filled_up))
            for row, (start, end) in zip((attack, neighbour), differences(attack.text, neighbour.text), strict=True):
                row.text = row.text[:start] + kind(row.text[start:end], random) + row.text[end:]
    data.fold(own, data.REPOSITORY)
    return own


def pair_windows(own: list[Row], seed: int) -> list[list[int]]:
    """One window of each of `own`, around the place where the two of a pair differ."""
    spans = [span for a, b in zip(own[::2], own[1::2], strict=True) for span in differences(a.text, b.text)]
    return windows.around([r.text for r in own], spans, np.random.RandomState(seed))


def differences(one: str, two: str) -> list[tuple[int, int]]:
    """Where each of two texts is not the other."""
    shorter, before = min(len(one), len(two)), 0
    while before < shorter and one[before] == two[before]:
        before += 1
    after = 0
    while after < shorter - before and one[-1 - after] == two[-1 - after]:
        after += 1
    return [(before, len(one) - after), (before, len(two) - after)]


def typos(text: str, random: Random) -> str:
    """With one word in four misspelt."""
    words = text.split(" ")
    for i, word in enumerate(words):
        if len(word) > 3 and random.random() < 0.25:
            at = random.randint(1, len(word) - 2)
            words[i] = random.choice((word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + word[at] + word[at:]))
    return " ".join(words)


def filled_up(text: str, random: Random) -> str:
    """With words between words that say nothing."""
    often = random.choice((0.2, 0.5, 1.0))
    return " ".join(w + (" " + random.choice(FILLERS) if random.random() < often else "") for w in text.split(" "))
