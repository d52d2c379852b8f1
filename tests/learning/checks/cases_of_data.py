"""Small trainings to be checked: a case as text, trained for a few steps by PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reading import read_case
from oracles.learning.baseline import baseline
from oracles.learning.data.dataset import Dataset
from oracles.learning.data.digits import digits
from oracles.learning.lesson import lesson
from oracles.learning.situation import Situation
from oracles.learning.training import train_oracle

HEAD = """
format = 1
title = "a small training"
why = "what its settings do"
"""

DENSE = """
[[layers]]
type = "Linear"
name = "fc1"
in_features = 6
out_features = 5

[[layers]]
type = "Tanh"
name = "tanh"

[[layers]]
type = "Linear"
name = "fc2"
in_features = 5
out_features = 3
"""
"""Six numbers to three outputs."""

DIGITS = """
[input]
shape = [2, 1, 8, 8]
dtype = "uint8"
fill = "integers"
low = 0
high = 16
zeros = true

[[layers]]
type = "Flatten"
name = "flat"

[[layers]]
type = "Linear"
name = "fc"
in_features = 64
out_features = 10

[loss]
type = "CrossEntropyLoss"
target = { fill = "classes" }

[optimizer]
type = "SGD"
lr = 0.125
"""
"""One dense layer for images of 8 by 8 pixels."""

SIX_NUMBERS = """
[input]
shape = [8, 6]
fill = "normal"
seed = 3
"""

LABELS = """
[loss]
type = "CrossEntropyLoss"
target = { classes = [0, 1, 0, 2, 0, 1, 0, 0] }
"""
"""Five of eight samples are of class 0."""

SGD = """
[optimizer]
type = "SGD"
"""


def situation(
    folder: Path,
    *text: str,
    steps: int,
    data: Dataset | None = None,
    batch_size: int | None = None,
) -> Situation:
    """The oracle trained for `steps` on the case of this text."""
    path = folder / "small.case.toml"
    path.write_text("\n".join((HEAD, *text)), encoding="utf-8")
    used = lesson(read_case(path), data, steps=steps, batch_size=batch_size)
    course = train_oracle(used, "float64")
    return Situation(used, "float64", baseline(used, "float64"), course)


def handwritten(count: int) -> Dataset:
    """The first so many of scikit-learn's digits, nothing held out."""
    data = digits()
    return Dataset("digits", data.x[:count], data.target[:count])


def of(x: Array, target: Array) -> Dataset:
    """These samples, nothing held out."""
    return Dataset("drawn", np.asarray(x), np.asarray(target))
