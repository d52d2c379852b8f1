"""The networks of the question, and where they start from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from oracles.case_paths import bundled_cases
from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case

RATES: Mapping[str, float] = MappingProxyType({"A": 1e-3, "B": 5e-4, "C": 5e-4})
"""Network and learning rate, as the question has them."""

HERE = Path(__file__).parent


def bundled(name: str) -> Definition:
    """A case of the harness, by its id."""
    return read_case(bundled_cases() / f"{name}.case.toml")


def net(name: str) -> Definition:
    """A, B or C, in the sizes of the question."""
    return bundled(f"posts/001_net_{name.lower()}")


def digits_c() -> Definition:
    """C for digits of 8 by 8 pixels."""
    return read_case(HERE / "digits_c.case.toml")


def digits_c_without_root() -> Definition:
    """The same, begun with weights whose standard deviation is 2 / fan_in."""
    return read_case(HERE / "digits_c_without_root.case.toml")


def initialised(case: Case, generator: np.random.Generator) -> Case:
    """The case with normal weights of standard deviation sqrt(2 / fan_in), and biases of zero."""
    for layer in case.layers:
        for name, array in layer.parameters.items():
            fan_in = np.prod(layer.parameters["weight"].shape[1:])
            std = np.sqrt(2 / fan_in) if name == "weight" else 0.0
            array[...] = generator.normal(size=array.shape) * std
    return case
