"""The teacher's file: signed bytes with one scale per row of each matrix, in safetensors, which the crates `safetensors` and `candle`
read as it is; no other runtime is needed.

Computing is in 32-bit floats after each row is multiplied by its scale. Names: `words` (word pieces), `places` (positions, with the
token type added), `first.weight`, `first.bias` (normalisation of their sum), `layers.N.{q,k,v,o,up,down,n1,n2}.{weight,bias}`, `head.weight`,
`head.bias`; a matrix of bytes has its scales in `NAME.scale`. The file's own description holds the window, the heads and the calibration.
"""

import json
from pathlib import Path

import numpy as np
import torch

from .encoder import HEADS, LAYERS, NAMES, Encoder, base_folder
from .windows import STRIDE, WINDOW

BYTES = 127


def quantised(matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(bytes, scale of each row)."""
    scale = matrix.abs().amax(1).clamp(min=1e-8) / BYTES
    return torch.round(matrix / scale[:, None]).to(torch.int8), scale


def tensors(model: Encoder) -> dict[str, torch.Tensor]:
    """Everything the file holds, by name."""
    places = (model.places[:WINDOW] + model.kind[0]).detach().clone()
    out = {"places": places, "first.weight": model.first[0], "first.bias": model.first[1], "head.weight": model.head.weight, "head.bias": model.head.bias}
    matrices = {"words": model.words}
    for number, layer in enumerate(model.layers):
        for short, _ in NAMES:
            where = f"layers.{number}.{short}"
            (out if short.startswith("n") else matrices)[where + ".weight"] = layer[short + "_w"]
            out[where + ".bias"] = layer[short + "_b"]
    for name, matrix in matrices.items():
        out[name], out[name + ".scale"] = quantised(matrix.detach())
    return {name: value.detach().contiguous() for name, value in out.items()}


def write(path: Path, model: Encoder, calibration: dict) -> None:
    """The file, with what a reader has to know of it."""
    from safetensors.torch import save_file

    known = {"window": str(WINDOW), "stride": str(STRIDE), "heads": str(HEADS), "layers": str(LAYERS), "epsilon": "1e-12",
             "outputs": "user,document", "calibration": json.dumps(calibration, sort_keys=True)}
    save_file(tensors(model), str(path), known)


def read(path: Path) -> Encoder:
    """The network that a reader of the file computes with."""
    from safetensors.torch import load_file

    held, published = load_file(str(path)), load_file(str(base_folder() / "model.safetensors"))
    whole = lambda name: held[name].float() * held[name + ".scale"][:, None] if name + ".scale" in held else held[name]  # noqa: E731
    model = Encoder(published)
    with torch.no_grad():
        model.words.copy_(whole("words"))
        model.places[:WINDOW] = held["places"]
        model.kind.zero_()
        for place, name in enumerate(("first.weight", "first.bias")):
            model.first[place].copy_(held[name])
        for number, layer in enumerate(model.layers):
            for short, _ in NAMES:
                layer[short + "_w"].copy_(whole(f"layers.{number}.{short}.weight"))
                layer[short + "_b"].copy_(held[f"layers.{number}.{short}.bias"])
        model.head.weight.copy_(held["head.weight"])
        model.head.bias.copy_(held["head.bias"])
    return model


@torch.no_grad()
def exact(model: Encoder, of_text: list[list[list[int]]]) -> np.ndarray:
    """The strongest window of each text in both logits, in 32-bit floats, window by window, as a reader of the file computes it."""
    return np.array([np.max([model(torch.tensor([w]))[0].numpy() for w in windows_of], axis=0) for windows_of in of_text])
