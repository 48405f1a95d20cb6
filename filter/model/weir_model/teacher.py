"""The teacher: all-MiniLM-L6-v2 fine-tuned on windows; a text's score is the maximum over its windows, in the logit of its side.

Of a row, training takes the window that the model itself finds strongest of a few (multiple-instance choice), for attacks so that the
right sentence is learned, for ordinary text so that the worst false alarm is. Of composed pairs both windows stand in one batch.
"""

import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from . import encoder, student
from .data import DOCUMENT
from .lessons import NONE, Lessons
from .windows import Store

STEPS, BATCH_ROWS, BATCH_PAIRS = 400, 18, 7
RATE, HEAD_RATE, DROP, SEED, CHOICES = 1e-4, 1e-3, 0.1, 5, 3
# Chunks of a batch, sorted by length, so that short windows are not padded to long ones.
CHUNK = 11
# Steps between two states that training can go on from.
KEPT_EVERY = 50
# What the other side's target counts for.
OTHER_SIDE, SMOOTHING = 0.5, 0.02


@torch.no_grad()
def logits(model: encoder.Encoder, store: Store, chosen: np.ndarray, batch: int = 48) -> np.ndarray:
    """Two logits of each chosen window."""
    order = np.argsort(store.sizes[chosen], kind="stable")
    out = np.zeros((len(chosen), 2), dtype=np.float32)
    for at in range(0, len(order), batch):
        part = order[at : at + batch]
        with torch.autocast("cpu", torch.bfloat16):
            out[part] = model.upper(*store.batch(chosen[part])).numpy()
    return out


def scores(model: encoder.Encoder, store: Store, of_row: list[list[int]]) -> np.ndarray:
    """The strongest window of each row, in both logits."""
    each = logits(model, store, np.concatenate([np.array(w) for w in of_row]))
    ends = np.cumsum([len(w) for w in of_row])
    return np.stack([each[end - len(w) : end].max(0) for end, w in zip(ends, of_row, strict=True)])


def train(store: Store, pair_store: Store, lessons: Lessons, kept: Path, steps: int = STEPS, seed: int = SEED) -> encoder.Encoder:
    """Trains the upper layers and the head. `kept` holds the state of an unfinished training, which goes on from there as if it had not stopped."""
    torch.manual_seed(seed)
    draw, model = np.random.RandomState(seed), encoder.load()
    optimiser, schedule = optimisers(model, steps)
    weights = student.importance(lessons.rows)
    taken = draw.choice(len(lessons.rows), size=(steps, BATCH_ROWS), p=weights / weights.sum())
    pairs = np.concatenate([draw.permutation(len(lessons.pairs)) for _ in range(1 + steps * BATCH_PAIRS // len(lessons.pairs))])
    own = np.array([int(r.side == DOCUMENT) for r in lessons.rows])
    state = {"optimiser": optimiser, "schedule": schedule, "model": model}
    began, (first, running) = time.time(), resume(kept, steps, state, draw)
    for step in range(first, steps):
        picked = strongest(model, store, [lessons.of_row[i] for i in taken[step]], own[taken[step]], draw)
        two = pairs[step * BATCH_PAIRS : (step + 1) * BATCH_PAIRS]
        windows_of = np.concatenate([np.array(lessons.pairs[i]) for i in two])
        loss = learn(model, [(store, picked, weighed(lessons.targets[taken[step]], own[taken[step]])),
                             (pair_store, windows_of, weighed(lessons.pair_targets[windows_of], np.full(len(windows_of), -1)))])
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        running = 0.98 * running + 0.02 * loss
        if step % KEPT_EVERY == KEPT_EVERY - 1:
            print(f"step {step + 1} of {steps}, loss {running / (1 - 0.98 ** (step + 1)):.4f}, {time.time() - began:.0f} s", flush=True)
            keep(kept, steps, state, draw, step + 1, running)
    kept.unlink(missing_ok=True)
    return model


def keep(path: Path, steps: int, state: dict, draw: np.random.RandomState, step: int, running: float) -> None:
    """Writes everything that the next step depends on."""
    part = path.with_suffix(".part")
    parts = {name: it.state_dict() for name, it in state.items()}
    torch.save(parts | {"steps": steps, "step": step, "running": running, "draw": draw.get_state(), "torch": torch.get_rng_state()}, part)
    part.replace(path)


def resume(path: Path, steps: int, state: dict, draw: np.random.RandomState) -> tuple[int, float]:
    """(first step, running loss): where a training of as many steps was left, or the beginning."""
    # A file of our own that holds more than tensors.
    held = torch.load(path, weights_only=False) if path.exists() else {"steps": None}
    if held["steps"] != steps:
        return 0, 0.0
    for name, it in state.items():
        it.load_state_dict(held[name])
    draw.set_state(held["draw"])
    torch.set_rng_state(held["torch"])
    return held["step"], held["running"]


def optimisers(model: encoder.Encoder, steps: int):
    """AdamW, a short rise and a straight fall of the rate."""
    head = list(model.head.parameters())
    body = [p for p in model.parameters() if p.requires_grad and not any(p is h for h in head)]
    optimiser = torch.optim.AdamW([{"params": body, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01)
    shape = lambda s: min(1.0, (s + 1) / (0.06 * steps)) * max(0.02, 1 - s / steps)  # noqa: E731
    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, shape)


def weighed(targets: np.ndarray, own: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """(smoothed targets, weight of each): what is not the own side counts less, what has no target nothing."""
    weight = np.where(targets == NONE, 0.0, OTHER_SIDE)
    known = own >= 0
    weight[np.flatnonzero(known), own[known]] = 1.0
    weight[~known] *= 1.0 / OTHER_SIDE
    target = np.clip(targets, 0, 1) * (1 - 2 * SMOOTHING) + SMOOTHING
    return torch.from_numpy(target).float(), torch.from_numpy(weight).float()


def learn(model: encoder.Encoder, parts: list) -> float:
    """Adds the gradients of all `parts` (store, windows, targets with weights), in chunks of about one length."""
    count, total = sum(len(chosen) for _, chosen, _ in parts), 0.0
    for store, chosen, (target, weight) in parts:
        order = np.argsort(store.sizes[chosen], kind="stable")
        for at in range(0, len(order), CHUNK):
            part = order[at : at + CHUNK]
            with torch.autocast("cpu", torch.bfloat16):
                out = model.upper(*store.batch(chosen[part]), drop=DROP)
            loss = (F.binary_cross_entropy_with_logits(out, target[part], reduction="none") * weight[part]).sum() / count
            loss.backward()
            total += loss.item()
    return total


def strongest(model: encoder.Encoder, store: Store, of_row: list[list[int]], own: np.ndarray, draw: np.random.RandomState) -> np.ndarray:
    """The strongest of at most `CHOICES` random windows of each row; a row with one window has no choice."""
    offered = [draw.choice(w, size=min(CHOICES, len(w)), replace=False) for w in of_row]
    several = [i for i, w in enumerate(offered) if len(w) > 1]
    out = np.array([w[0] for w in offered])
    if several:
        each = logits(model, store, np.concatenate([offered[i] for i in several]))
        ends = np.cumsum([len(offered[i]) for i in several])
        for i, end in zip(several, ends, strict=True):
            out[i] = offered[i][int(each[end - len(offered[i]) : end, own[i]].argmax())]
    return out
