"""Tokens and hashed features, the same arithmetic as `filter/engine/src/detect/classifier.rs`, over whole corpora at once.

A token is a run of ASCII letters and digits and of characters below U+0800; every character from U+0800 on is a token of
its own, since most of those scripts put no spaces between words. All arithmetic is on unsigned 64-bit integers that wrap.
"""

import numpy as np

U = np.uint64
BLOCK_TOKENS = 8
LOWER = U(0x2020202020202020)
MIX_LOW, MIX_HIGH, MIX_LAST = U(0x9E3779B97F4A7C15), U(0xC2B2AE3D27D4EB4F), U(0xD6E8FEB86659FD93)
SALT_PAIR, SALT_SKIP, SALT_STEMS = U(0xA24BAED4963EE407), U(0x9FB21C651E98DF25), U(0x8EBC6AF09C88C6E3)
NUMBER, LONG = U(0x1), U(0x2)
PAD = 16


def rotate(x: np.ndarray, bits: int) -> np.ndarray:
    """Rotates each number to the left."""
    return (x << U(bits)) | (x >> U(64 - bits))


def wrapped(constant: np.uint64) -> np.uint64:
    """The hash of a constant that stands for many tokens."""
    return (np.full(1, constant) * MIX_LAST)[0]


def tokens(texts: list[bytes]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(text of each token, hash, stem, start, end): starts and ends are byte offsets in the token's own text."""
    gap = bytes(PAD)
    joined = np.frombuffer(gap + gap.join(texts) + gap, dtype=np.uint8)
    lengths = np.array([len(t) for t in texts], dtype=np.int64)
    origins = PAD + np.concatenate([[0], np.cumsum(lengths[:-1] + PAD)])
    lower = joined | np.uint8(0x20)
    digit = (joined >= 0x30) & (joined <= 0x39)
    word = ((lower >= 0x61) & (lower <= 0x7A)) | digit | (joined >= 0x80)
    begins = (joined & 0xC0) != 0x80
    char_starts = np.flatnonzero(begins)
    wide = joined[char_starts] >= 0xE0
    after_wide = np.zeros(len(joined), dtype=bool)
    after_wide[char_starts[1:]] = wide[:-1]
    opens = word.copy()
    opens[1:] &= ~word[:-1] | (begins & ((joined >= 0xE0) | after_wide))[1:]
    starts = np.flatnonzero(opens)
    closes = ~word
    closes[starts] = True
    stops = np.flatnonzero(closes)
    ends = stops[np.searchsorted(stops, starts, side="right")]
    size = ends - starts
    eight = np.zeros(len(joined), dtype=U)
    for i in range(8):
        eight[: len(joined) - i] |= joined[i:].astype(U) << U(8 * i)
    keep = np.minimum(size, 8).astype(U) * U(8)
    mask = np.where(keep >= U(64), ~U(0), (U(1) << (keep % U(64))) - U(1))
    low = (eight[starts] | LOWER) & mask
    high = np.where(size > 8, eight[np.maximum(ends - 8, 0)] | LOWER, U(0))
    mixed = (low * MIX_LOW) ^ rotate(high * MIX_HIGH, 29)
    hashed = (mixed ^ (mixed >> U(32))) * MIX_LAST
    hashed = np.where(size > 16, wrapped(LONG), hashed)
    hashed = np.where(digit[starts], wrapped(NUMBER), hashed)
    stem = np.where(digit[starts], NUMBER, low & U(0xFFFFFFFF)) * MIX_LOW
    owner = np.searchsorted(origins, starts, side="right") - 1
    return owner, hashed, stem, starts - origins[owner], ends - origins[owner]


def indices(owner: np.ndarray, hashed: np.ndarray, stem: np.ndarray, bits: int) -> np.ndarray:
    """One row of table indices per token: pair, pair with a gap, pair of stems. Nothing before a text is zero."""

    def before(x: np.ndarray, steps: int) -> np.ndarray:
        moved = np.zeros_like(x)
        moved[steps:] = np.where(owner[steps:] == owner[:-steps], x[:-steps], U(0))
        return moved

    one, two, stem_one = before(hashed, 1), before(hashed, 2), before(stem, 1)
    shift = U(64 - bits)
    columns = [
        (rotate(one, 17) ^ hashed) * SALT_PAIR,
        (rotate(two, 41) ^ hashed) * SALT_SKIP,
        (rotate(stem_one, 23) ^ stem) * SALT_STEMS,
    ]
    return np.stack([(c >> shift).astype(np.int64) for c in columns], axis=1)
