"""Trainings of two dense layers, small enough for a test, with whatever setting is to be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from oracles.contract.reading import read_case
from oracles.learning.baseline import baseline
from oracles.learning.lesson import Change, lesson
from oracles.learning.situation import Situation
from oracles.learning.training import train_oracle

SMALL = """
format = 1
title = "two dense layers that tell three classes apart"
why = "learns in a few steps, unless a setting keeps it from that"

[input]
shape = [12, {inputs}]
fill = "uniform"
low = {low}
high = {high}

[[layers]]
type = "Linear"
name = "fc1"
in_features = {inputs}
out_features = 10
bias = false
weight = {fc1}

[[layers]]
type = "{activation}"
name = "hidden"

[[layers]]
type = "Linear"
name = "fc2"
in_features = 10
out_features = 3
weight = {fc2}

[loss]
type = "CrossEntropyLoss"
target = {{ fill = "classes", seed = 3 }}

[optimizer]
type = "SGD"
lr = {lr}
momentum = {momentum}
weight_decay = {weight_decay}
"""

USUAL = {
    "inputs": "8",
    "low": "-1",
    "high": "1",
    "fc1": '{ fill = "normal", std = 0.25 }',
    "fc2": '{ fill = "normal", std = 0.25 }',
    "activation": "Tanh",
    "lr": "0.5",
    "momentum": "0.0",
    "weight_decay": "0.0",
}
"""Settings with which it learns."""


def trained(
    folder: Path,
    steps: int = 20,
    changes: tuple[Change, ...] = (),
    settings: Mapping[str, str] = USUAL,
    **others: str,
) -> Situation:
    """The oracle's training with these settings in the place of the usual ones."""
    path = folder / "small.case.toml"
    path.write_text(SMALL.format(**{**USUAL, **settings, **others}), encoding="utf-8")
    used = lesson(read_case(path), steps=steps).changed(*changes)
    course = train_oracle(used, "float64")
    return Situation(used, "float64", baseline(used, "float64"), course)
