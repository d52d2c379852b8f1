"""Whatever stands in a file: it is a case, or there is a list of problems."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.contract.entries import entries
from oracles.contract.errors import InvalidCase
from oracles.contract.reading import read_case

EVERYTHING = """format = 1
title = "t"
why = "w"
tags = ["training"]
preparation = [{ reshape = [1, 6, 6] }, { divide = 255 }]
[input]
shape = [5, 36]
fill = "integers"
low = 0
high = 255
zeros = true
[[layers]]
type = "Conv2d"
name = "conv1"
in_channels = 1
out_channels = 2
kernel_size = [3, 2]
padding = 1
bias = [0.5, 1]
[[layers]]
type = "BatchNorm2d"
num_features = 2
[[layers]]
type = "MaxPool2d"
name = "pool"
kernel_size = 2
[[layers]]
type = "Cat"
inputs = ["pool", "pool"]
[[layers]]
type = "Flatten"
[[layers]]
type = "Dropout"
mask = { seed = 3 }
[[layers]]
type = "Linear"
in_features = 36
out_features = 3
[loss]
type = "CrossEntropyLoss"
target = { classes = [0, 1, 2, 2, 0] }
weight = [1, 2, 3]
[[loss.penalty]]
type = "L2"
factor = 0.01
parameters = ["*.weight"]
[optimizer]
type = "SGD"
lr = { scheduler = "StepLR", lr = 0.1, step_size = 2 }
momentum = 0.9
[[optimizer.groups]]
parameters = ["*.bias"]
lr = 0
[training]
steps = 4
batch_size = 2
"""
HOSTILE = [
    "-1",
    "0",
    "1",
    "2",
    "1000000",
    '"none"',
    "nan",
    "inf",
    "1e400",
    "-1e308",
    "[]",
    "[1]",
    "[1,2]",
    "[[1],[2]]",
    "{}",
    "true",
    '"x"',
    '"*"',
    '["*"]',
    "99999999999999999999",
    "{values=[1,2]}",
    '{file="a.npy"}',
    "{seed=1}",
    '"same"',
    '"eval"',
    '"MSELoss"',
    '"Flatten"',
    '"input"',
    '["input"]',
    "2020-01-01",
    '{fill="uniform"}',
    '{fill="classes"}',
    '{scheduler="StepLR",lr=1,step_size=0}',
]
LINES = EVERYTHING.splitlines()
PLACES = [i for i, line in enumerate(LINES) if " = " in line]


@given(
    places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=3),
    values=st.lists(st.sampled_from(HOSTILE), min_size=3, max_size=3),
    raises=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_a_case_or_problems(places: list[int], values: list[str], raises: bool) -> None:
    """Never any other exception, neither when it is read nor when it is drawn."""
    lines = list(LINES)
    for place, value in zip(places, values, strict=False):
        lines[place] = f"{lines[place].partition(' = ')[0]} = {value}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.case.toml"
        path.write_text("\n".join([*lines, "[raises]" if raises else ""]), encoding="utf-8")
        try:
            definition = read_case(path)
        except InvalidCase as invalid:
            found = len(invalid.problems)
        else:
            found = len(entries(definition.draw("float32")))
    assert found > 0
