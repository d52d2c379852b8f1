"""A small case in parts, and data for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.learning.data.dataset import Dataset

HEAD = """\
format = 1
title = "a lesson"
why = "small enough to be trained in a test"
"""

INPUT = """
[input]
shape = [7, 1, 4, 3]
fill = "uniform"
seed = 5
"""

LAYERS = """
[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 1
out_channels = 2
kernel_size = 2

[[layers]]
type = "BatchNorm2d"
name = "norm"
num_features = 2

[[layers]]
type = "Flatten"
name = "flat"

[[layers]]
type = "Dropout"
name = "drop"
p = 0.25

[[layers]]
type = "Linear"
name = "fc"
in_features = 12
out_features = 3
"""

LOSS = """
[loss]
type = "CrossEntropyLoss"
target = { fill = "classes", seed = 6 }
"""

OPTIMIZER = """
[optimizer]
type = "SGD"
lr = 0.1
momentum = 0.9
"""

TRAINING = """
[training]
steps = 4
batch_size = 3
"""

SMALL = HEAD + INPUT + LAYERS + LOSS + OPTIMIZER + TRAINING
"""A convolution, a batch norm, dropout and a dense layer on 7 images of 4x3 in batches of 3."""


def small(folder: Path, text: str = SMALL) -> Definition:
    """The case, read from a file."""
    path = folder / "small.case.toml"
    path.write_text(text, encoding="utf-8")
    return read_case(path)


def images(count: int, held_out: int = 0) -> Dataset:
    """Images (4, 3), image k all k, or k modulo 256, with the labels 0, 1, 2, 0, 1, ..."""
    x = np.repeat((np.arange(count + held_out) % 256).astype(np.uint8), 12).reshape(-1, 4, 3)
    labels = np.arange(count + held_out) % 3
    if not held_out:
        return Dataset("images", x, labels)
    return Dataset("images", x[:count], labels[:count], x[count:], labels[count:])
