"""The student: hashed pairs of words -> one signed byte each -> sum over the strongest window, from labels of whole texts.

A single thread, seeded draws and plain kernels (`ATEN_CPU_CAPABILITY=default`, set by the Makefile), so that the same data gives
the same table bit for bit. Weights are trained in logits and stored in steps of 1/32.
"""

import numpy as np
import torch

from . import features
from .data import Row

BITS = 17
WINDOW_BLOCKS = 4
UNITS = 32  # table units per logit
EPOCHS, RATE, DROP, BATCH, SEED = 3, 0.02, 0.5, 128, 3
SHARPNESS = 1.0  # of the soft maximum over windows while training


class Corpus:
    """Rows as blocks of table indices."""

    def __init__(self, texts: list[str]):
        owner, hashed, stem, _, _ = features.tokens([t.encode() for t in texts])
        self.index = torch.from_numpy(features.indices(owner, hashed, stem, BITS))
        self.first = np.searchsorted(owner, np.arange(len(texts)))
        self.tokens = np.bincount(owner, minlength=len(texts))
        self.blocks = np.maximum(1, -(-self.tokens // features.BLOCK_TOKENS))

    def batch(self, chosen: np.ndarray):
        """(indices, offset of each block, row of each block) of the chosen rows."""
        parts, offsets, owners, at = [], [], [], 0
        width = self.index.shape[1]
        for place, row in enumerate(chosen):
            first, count, blocks = self.first[row], self.tokens[row], self.blocks[row]
            parts.append(self.index[first : first + count].reshape(-1))
            offsets.append(at + np.arange(blocks) * features.BLOCK_TOKENS * width)
            owners.append(np.full(blocks, place))
            at += count * width
        return torch.cat(parts), torch.from_numpy(np.concatenate(offsets)), torch.from_numpy(np.concatenate(owners))


class Student(torch.nn.Module):
    """A weight for each place of the table, and a bias."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.EmbeddingBag(2**BITS, 1, mode="sum")
        torch.nn.init.zeros_(self.table.weight)
        self.bias = torch.nn.Parameter(torch.tensor(-3.0))

    def windows(self, index, offsets, owners, keep):
        """Logit of the window that ends with each block."""
        blocks = self.table(index, offsets, per_sample_weights=keep).squeeze(1)
        total = blocks.clone()
        for back in range(1, WINDOW_BLOCKS):
            same = owners[back:] == owners[:-back]
            total = total + torch.nn.functional.pad(blocks[:-back] * same, (back, 0))
        return total + self.bias

    def forward(self, index, offsets, owners, count, keep):
        """Soft maximum of each row's windows."""
        logits = self.windows(index, offsets, owners, keep)
        peak = torch.full((count,), -1e9).scatter_reduce(0, owners, logits, "amax").detach()
        near = torch.zeros(count).index_add(0, owners, torch.exp((logits - peak[owners]) * SHARPNESS))
        return peak + torch.log(near) / SHARPNESS


def importance(rows: list[Row]) -> np.ndarray:
    """A large source counts by the square root of its size, so that none decides alone."""
    sizes: dict = {}
    for row in rows:
        sizes[row.source, row.label] = sizes.get((row.source, row.label), 0) + 1
    own = ("composed", "manual")
    return np.array([1.0 if r.source in own or r.kind == "near_miss" else min(1.0, (400 / sizes[r.source, r.label]) ** 0.5) for r in rows])


def train(rows: list[Row]) -> "Table":
    """Trains on whole-text labels."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    draw, corpus, model = np.random.RandomState(SEED), Corpus([r.text for r in rows]), Student()
    labels = torch.tensor([float(r.label) for r in rows])
    weights = torch.tensor(importance(rows), dtype=torch.float32)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    steps = EPOCHS * (len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: max(0.02, 1 - s / max(1, steps)))
    for _ in range(EPOCHS):
        order = draw.permutation(len(rows))
        for at in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[at : at + BATCH]
            index, offsets, owners = corpus.batch(chosen)
            keep = (torch.rand(len(index)) > DROP).float() / (1 - DROP)
            scores = model(index, offsets, owners, BATCH, keep)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, labels[chosen], weight=weights[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return Table.quantised(model)


class Table:
    """The quantised student: what the filter carries."""

    def __init__(self, weights: np.ndarray, bias: int):
        self.weights, self.bias = weights, bias

    @classmethod
    def quantised(cls, model: Student) -> "Table":
        """Steps of 1/UNITS, within a signed byte. Weights of one step are noise, and cost the file 9 kB."""
        units = np.round(model.table.weight.detach().double().numpy().reshape(-1) * UNITS)
        units[np.abs(units) <= 1] = 0
        return cls(np.clip(units, -127, 127).astype(np.int8), int(round(model.bias.item() * UNITS)))

    def sums(self, texts: list[str]) -> np.ndarray:
        """The strongest window of each text, in whole units: the filter's own arithmetic."""
        corpus = Corpus(texts)
        each = self.weights[corpus.index.numpy()].astype(np.int64).sum(1)
        out = np.zeros(len(texts), dtype=np.int64)
        for row in range(len(texts)):
            own = each[corpus.first[row] : corpus.first[row] + corpus.tokens[row]]
            if len(own) == 0:
                continue
            blocks = np.add.reduceat(own, np.arange(0, len(own), features.BLOCK_TOKENS))
            window = np.convolve(blocks, np.ones(WINDOW_BLOCKS, dtype=np.int64))[: len(blocks)]
            out[row] = window.max() + self.bias
        return out
