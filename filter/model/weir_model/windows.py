"""Texts as overlapping windows of word pieces, and what the frozen layers make of them, computed once.

A window has `WINDOW` pieces with the marks of begin and end; the next one begins `STRIDE` further, so whatever has at most
`WINDOW - 2 - STRIDE` pieces stands in one window whole.
"""

from pathlib import Path

import numpy as np
import torch

from .encoder import WIDTH, Encoder, base_folder

WINDOW, STRIDE, MOST_CHARS = 80, 48, 8000
BEGIN, END = 101, 102


def tokenizer():
    """The published word pieces, without marks, padding or an end."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
    made.no_padding()
    made.no_truncation()
    return made


def cut(texts: list[str]) -> list[list[list[int]]]:
    """The windows of each text."""
    out = []
    for encoding in tokenizer().encode_batch([t[:MOST_CHARS] for t in texts], add_special_tokens=False):
        ids, size = encoding.ids, WINDOW - 2
        starts = [0] if len(ids) <= size else range(0, len(ids) - size + STRIDE, STRIDE)
        out.append([marked(ids[s : s + size]) for s in starts])
    return out


def around(texts: list[str], spans: list[tuple[int, int]], draw: np.random.RandomState) -> list[list[int]]:
    """Of each text the window at a random place around `span` (in characters); the span's begin is preferred to its end."""
    out, size = [], WINDOW - 2
    for encoding, (start, end) in zip(tokenizer().encode_batch(texts, add_special_tokens=False), spans, strict=True):
        inside = [i for i, (a, b) in enumerate(encoding.offsets) if b > start and a < end]
        first = inside[0] if inside else sum(b <= start for _, b in encoding.offsets)
        last = inside[-1] + 1 if inside else first
        slack = max(0, size - (last - first))
        at = first - draw.randint(0, slack + 1) if slack else first + draw.randint(-8, min(24, last - first - size + 1) + 1)
        at = max(0, min(at, len(encoding.ids) - size))
        out.append(marked(encoding.ids[at : at + size]))
    return out


def marked(ids: list[int]) -> list[int]:
    """With the marks of begin and end."""
    return [BEGIN, *ids, END]


def padded(chosen: list[list[int]]) -> torch.Tensor:
    """Windows as one tensor."""
    longest = max(map(len, chosen))
    return torch.tensor([w + [0] * (longest - len(w)) for w in chosen])


class Store:
    """What the frozen layers made of windows, end to end in half precision, in memory or in a file."""

    def __init__(self, sizes: list[int], path: Path | None = None):
        self.sizes = np.array(sizes, dtype=np.int64)
        self.at = np.concatenate([[0], np.cumsum(self.sizes)])
        shape = (int(self.at[-1]), WIDTH)
        if path is None:
            self.values = torch.empty(shape, dtype=torch.bfloat16)
        else:
            if not path.exists() or path.stat().st_size != shape[0] * WIDTH * 2:
                with path.open("wb") as file:
                    file.truncate(shape[0] * WIDTH * 2)
            self.values = torch.from_file(str(path), shared=True, size=shape[0] * WIDTH, dtype=torch.bfloat16).view(shape)

    @torch.no_grad()
    def fill(self, model: Encoder, windows: list[list[int]], part: int = 0, parts: int = 1, batch: int = 64) -> "Store":
        """Computes every `parts`th batch, from `part` on."""
        order = np.argsort(self.sizes, kind="stable")
        for turn, start in enumerate(range(0, len(order), batch)):
            if turn % parts != part:
                continue
            chosen = order[start : start + batch]
            with torch.autocast("cpu", torch.bfloat16):
                made = model.lower(padded([windows[i] for i in chosen])).to(torch.bfloat16)
            for row, i in zip(made, chosen, strict=True):
                self.values[self.at[i] : self.at[i + 1]] = row[: self.sizes[i]]
            if turn % 100 < parts:
                print(f"stored {start + batch} of {len(order)} windows", flush=True)
        return self

    def batch(self, chosen) -> tuple[torch.Tensor, torch.Tensor]:
        """(values, which are pieces) of the chosen windows."""
        longest = int(self.sizes[chosen].max())
        x = torch.zeros(len(chosen), longest, WIDTH, dtype=torch.bfloat16)
        seen = torch.zeros(len(chosen), longest, dtype=torch.bool)
        for row, i in enumerate(chosen):
            x[row, : self.sizes[i]] = self.values[self.at[i] : self.at[i + 1]]
            seen[row, : self.sizes[i]] = True
        return x, seen
