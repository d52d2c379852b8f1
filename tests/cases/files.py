"""The case files of this project, and what the tests want to know of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from oracles.contract.case import Case, Layer
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case

CASES = Path(__file__).parents[2] / "cases"
IDS = tuple(
    path.relative_to(CASES).as_posix().removesuffix(".case.toml")
    for path in sorted(CASES.rglob("*.case.toml"))
)
COMPUTED = tuple(name for name in IDS if not name.startswith("refusals/"))
"""Cases that can be computed: in those to be refused, sizes do not fit."""

REASON = "# Equal sizes: "
"""Begins the comment by which a file says why some of its sizes are equal."""


def path_of(name: str) -> Path:
    """The file of a case."""
    return CASES / f"{name}.case.toml"


@cache
def definition(name: str) -> Definition:
    """The case as the contract reads it."""
    return read_case(path_of(name))


@cache
def document(name: str) -> dict[str, Any]:
    """The case as TOML reads it."""
    return tomllib.loads(path_of(name).read_text(encoding="utf-8"))


def keys(name: str, table: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of a file with its value: `("layers.Conv2d.stride", 2)`, `("loss.factor", 0.5)`."""
    here = document(name) if table is None else table
    for key, value in here.items():
        tables = value if isinstance(value, list) else [value]
        yield f"{prefix}{key}", value
        for inner in tables:
            if isinstance(inner, dict):
                typed = f"{inner['type']}." if "type" in inner else ""
                yield from keys(name, inner, f"{prefix}{key}.{typed}")


def equal_sizes(case: Case) -> tuple[str, ...]:
    """Which sizes of a case are equal, so that one taken for another would not show."""
    found = list(_same_axes(case.steps[0].input.shape))
    for layer in case.layers:
        found += _same_channels(layer, len(case.steps[0].samples))
        found += _same_pairs(layer)
    return tuple(found)


def constant(array: Any) -> bool:
    """Whether an array of several numbers is the same number everywhere."""
    numbers = np.asarray(array)
    return bool(numbers.size > 1 and np.all(numbers == numbers.flat[0]))


def _same_axes(shape: tuple[int, ...]) -> Iterator[str]:
    names = "NCHW" if len(shape) == 4 else "NF" if len(shape) == 2 else "NABCDEFG"
    for (one, size), (other, size2) in combinations(zip(names, shape, strict=False), 2):
        if size == size2:
            yield f"{one} = {other} = {size}"


def _same_channels(layer: Layer, samples: int) -> Iterator[str]:
    for inside, outside in (("in_channels", "out_channels"), ("in_features", "out_features")):
        if outside in layer.attributes:
            goes_in, goes_out = layer.attributes[inside], layer.attributes[outside]
            if goes_in == goes_out:
                yield f"{layer.name}: {inside} = {outside} = {goes_in}"
            if goes_out == samples:
                yield f"{layer.name}: {outside} = N = {samples}"


def _same_pairs(layer: Layer) -> Iterator[str]:
    neutral = {"kernel_size": None, "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
    for key, nothing in neutral.items():
        value = layer.attributes.get(key)
        if isinstance(value, tuple) and len(value) == 2 and value != nothing:
            stride_left_out = key == "stride" and value == layer.attributes["kernel_size"]
            if value[0] == value[1] and not stride_left_out:
                yield f"{layer.name}: {key} = {value[0]} on both axes"
