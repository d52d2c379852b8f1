"""A network small enough to be trained for hundreds of steps in a test."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from oracles.contract.definition import Definition
from oracles.contract.reading import read_case

SMALL = """
format = 1
title = "a small network over many steps"
why = "what adds up over many steps"

[input]
shape = [12, 1, 5, 4]
fill = "uniform"

[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 1
out_channels = 3
kernel_size = 2

[[layers]]
type = "ReLU"
name = "relu"

[[layers]]
type = "MaxPool2d"
name = "pool"
kernel_size = [2, 1]

[[layers]]
type = "Flatten"
name = "flat"

[[layers]]
type = "Linear"
name = "fc"
in_features = 18
out_features = 4

[loss]
type = "CrossEntropyLoss"
target = { fill = "classes", seed = 5 }

[optimizer]
type = "SGD"
lr = { scheduler = "StepLR", lr = 0.0625, step_size = 30, gamma = 0.5 }
momentum = 0.875
weight_decay = 0.01

[[optimizer.groups]]
parameters = ["*.bias"]
weight_decay = 0

[training]
steps = 5
batch_size = 5
"""


def small_case(folder: Path, text: str = SMALL) -> Definition:
    """The case of a text, by the same name in every folder: the judge's noise is drawn by it."""
    path = folder / "small.case.toml"
    path.write_text(text, encoding="utf-8")
    return dataclasses.replace(read_case(path), id="small")
