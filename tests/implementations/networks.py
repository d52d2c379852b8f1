"""Case files for the tests of adapters. All sizes differ, so that a swap of axes shows."""

from pathlib import Path

from oracles.contract.definition import Definition
from oracles.contract.reading import read_case

_HEAD = """
format = 1
title = "a small network"
why = "axes of every length"

[input]
shape = [7, 2, 9, 10]
fill = "uniform"

[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 2
out_channels = 5
kernel_size = [4, 3]

[[layers]]
type = "ReLU"
name = "relu"

[[layers]]
type = "Flatten"
name = "flatten"

[[layers]]
type = "Linear"
name = "dense"
in_features = 240
out_features = 11
"""

_LOSS = """
[loss]
type = "MSELoss"
target = { fill = "uniform", seed = 3 }
"""

_PENALTY = """
[[loss.penalty]]
type = "L2"
factor = 0.01
parameters = ["*.weight"]
"""

_STEPS = """
[training]
steps = 2
batch_size = 7
"""

NETWORKS = {
    "gradients": _HEAD + '\n[upstream]\nfill = "uniform"\nseed = 9\n',
    "plain training": _HEAD + _LOSS + '[optimizer]\ntype = "SGD"\nlr = 0.05\n' + _STEPS,
    "momentum": _HEAD + _LOSS + '[optimizer]\ntype = "SGD"\nlr = 0.05\nmomentum = 0.9\n' + _STEPS,
    "penalty": _HEAD + _LOSS + _PENALTY + '[optimizer]\ntype = "SGD"\nlr = 0.05\n' + _STEPS,
    "clipping": _HEAD
    + _LOSS
    + '[optimizer]\ntype = "SGD"\nlr = 0.05\nclip_grad_norm = 0.01\n'
    + _STEPS,
}
"""Networks of a convolution and a dense layer, with what follows their forward pass."""


def definition(folder: Path, text: str) -> Definition:
    """The case of a text."""
    path = folder / "network.case.toml"
    path.write_text(text, encoding="utf-8")
    return read_case(path)
