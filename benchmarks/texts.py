"""Texts of small cases: one of five layers that learns, and tiny ones of all kinds."""

from __future__ import annotations

from collections.abc import Iterator

FIVE_LAYERS = """
format = 1
title = "five tiny layers"
why = "what judging costs is not hidden behind arithmetic"
[input]
shape = [8, 2, 6, 8]
fill = "uniform"
[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 2
out_channels = 3
kernel_size = 3
padding = 1
[[layers]]
type = "ReLU"
name = "relu"
[[layers]]
type = "MaxPool2d"
name = "pool"
kernel_size = 2
[[layers]]
type = "Flatten"
name = "flatten"
[[layers]]
type = "Linear"
name = "fc"
in_features = 36
out_features = 4
[loss]
type = "CrossEntropyLoss"
target = { fill = "classes" }
[optimizer]
type = "SGD"
lr = 0.1
momentum = 0.9
weight_decay = 0.001
[training]
steps = STEPS
batch_size = 4
"""

_HEAD = """
format = 1
title = "TITLE"
why = "one of many"
dtypes = ["DTYPE"]
[input]
shape = SHAPE
fill = "FILL"
seed = SEED
"""

_FILLS = ('uniform"', 'normal"', 'integers"\nlow = -3\nhigh = 3', 'uniform"\nlow = 0.5')

_CONVOLUTION = """
[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 2
out_channels = 3
"""

_TO_LOGITS = """
[[layers]]
type = "Flatten"
name = "flatten"
[[layers]]
type = "Linear"
name = "fc"
in_features = IN
out_features = 3
"""

_SGD = '\n[optimizer]\ntype = "SGD"\nlr = 0.125\n'
_UPSTREAM = '\n[upstream]\nfill = "uniform"\n'
_LABELS = '\n[loss]\ntype = "CrossEntropyLoss"\ntarget = { fill = "classes" }\n'


def _one(type_: str, options: str = "") -> str:
    return f'\n[[layers]]\ntype = "{type_}"\nname = "layer"\n{options}\n'


_KINDS = {
    "conv2d": f"{_CONVOLUTION}kernel_size = [3, 2]\n{_UPSTREAM}",
    "conv2d_strided": f"{_CONVOLUTION}kernel_size = 3\nstride = [2, 1]\npadding = 1\n{_UPSTREAM}",
    "conv2d_dilated": f"{_CONVOLUTION}kernel_size = 2\ndilation = 2\nbias = false\n{_UPSTREAM}",
    "linear": f"{_TO_LOGITS}{_UPSTREAM}",
    "max_pool2d": _one("MaxPool2d", "kernel_size = [2, 3]\nstride = 2") + _UPSTREAM,
    "avg_pool2d": _one("AvgPool2d", "kernel_size = 2\npadding = 1") + _UPSTREAM,
    "batch_norm2d": _one("BatchNorm2d", "num_features = 2") + _UPSTREAM,
    "relu": _one("ReLU") + _UPSTREAM,
    "sigmoid": _one("Sigmoid") + _UPSTREAM,
    "tanh": _one("Tanh") + _UPSTREAM,
    "softmax": _one("Softmax", "dim = 1") + _UPSTREAM,
    "dropout": _one("Dropout", "p = 0.5") + _UPSTREAM,
    "zero_pad2d": _one("ZeroPad2d", "padding = [1, 0, 2, 1]") + _UPSTREAM,
    "residual": _one("ReLU")
    + '[[layers]]\ntype = "Add"\nname = "add"\ninputs = ["layer", "input"]\n'
    + _UPSTREAM,
    "mse": '\n[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform", seed = 5 }\n',
    "bce_with_logits": (
        '\n[loss]\ntype = "BCEWithLogitsLoss"\ntarget = { fill = "bernoulli", p = 0.5 }\n'
    ),
    "cross_entropy": _TO_LOGITS + _LABELS,
    "penalty": f"{_TO_LOGITS}{_LABELS}"
    '[[loss.penalty]]\ntype = "L2"\nfactor = 0.25\nparameters = ["*.weight"]\n',
    "sgd": f"{_TO_LOGITS}{_LABELS}{_SGD}",
    "training": f"{_TO_LOGITS}{_LABELS}{_SGD}momentum = 0.5\n[training]\nsteps = 2\n",
}
"""What follows the input of each kind of tiny case."""


def many(count: int) -> Iterator[tuple[str, str]]:
    """Names and texts of `count` tiny cases, all different."""
    kinds = list(_KINDS)
    for i in range(count):
        kind, row = kinds[i % len(kinds)], i // len(kinds)
        height, width = 4 + row % 3, 5 + row % 2
        text = _HEAD + _body(kind)
        named = {
            "TITLE": f"{kind} {row}",
            "SHAPE": f"[{2 + row % 2}, 2, {height}, {width}]",
            "DTYPE": ("float32", "float64")[row % 2],
            'FILL"': _FILLS[row % len(_FILLS)],
            "SEED": str(i),
            "IN": str(2 * height * width),
        }
        for word, value in named.items():
            text = text.replace(word, value)
        yield f"{kind}_{row}", text


def _body(kind: str) -> str:
    body = _KINDS[kind]
    return body if "[[layers]]" in body else _one("Identity") + body
