"""What all operations have in common: a row of the contract."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from oracles.contract.arrays import ArrayForm
from oracles.contract.attribute_types import Name
from oracles.contract.fill_tables import DefaultFill
from oracles.contract.fills import Shape
from oracles.contract.tables import KeyPath, Table, Text


class ShapeError(ValueError):
    """An operation cannot read inputs of these shapes."""


@dataclass(frozen=True)
class Declared:
    """An array of a layer: its name and shape, and what it is filled with."""

    name: str
    shape: Shape
    form: ArrayForm
    buffer: bool = False


class Operation(Table):
    """A layer as the case file gives it: torch.nn's name and arguments.

    All shapes are without the batch axis.
    """

    type: Text
    name: Name | None = Field(None, description="default: type in lower case and position")
    inputs: tuple[Text, ...] | None = Field(
        None, description="layers it reads, or `input`; default: the layer before"
    )

    arrays: ClassVar[tuple[str, ...]] = ()
    """Keys that are not attributes."""
    many_inputs: ClassVar[bool] = False
    """Whether it reads two or more inputs, instead of one."""

    def attributes(self) -> dict[str, Any]:
        """torch's arguments, every default filled in."""
        own = [key for key in type(self).model_fields if key not in ("type", "name", "inputs")]
        return {key: getattr(self, key) for key in own if key not in self.arrays}

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        """Values that make no sense, whatever the input is."""
        yield from ()

    def declared(self) -> tuple[Declared, ...]:
        """Parameters and buffers, in torch's order."""
        return ()

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        """Raises ShapeError where the inputs do not fit."""
        return inputs[0]


def at_least(least: int, **values: tuple[int, ...] | int | None) -> Iterator[tuple[KeyPath, str]]:
    """A problem for each value that has a number below `least`."""
    for key, value in values.items():
        sizes = value if isinstance(value, tuple) else (value,)
        if any(size is not None and size < least for size in sizes):
            shown = list(value) if isinstance(value, tuple) and len(set(value)) > 1 else sizes[0]
            yield (key,), f"must be at least {least}, got {shown}"


def image(shape: Shape) -> tuple[int, int, int]:
    """Channels, height and width of a sample."""
    if len(shape) != 3:
        raise ShapeError(f"reads images, (C, H, W) for each sample, got {shape}")
    return shape[0], shape[1], shape[2]


def default_weight(fan_in: int) -> DefaultFill:
    """Uniform in +-2^-r, the power of two nearest to sqrt(3 / fan_in).

    The middle between 2^-r and 2^-(r+1) is 3 * 2^-(r+2), and sqrt(3 / fan_in) lies above it where
    4^(r+2) > 3 * fan_in: exact in integers, and never equal.
    """
    r = -1
    while 4 ** (r + 2) < 3 * fan_in:
        r += 1
    return _uniform(-(2.0**-r), 2.0**-r)


def default_bias() -> DefaultFill:
    """Uniform in +-1/2: biases, and the running mean."""
    return _uniform(-0.5, 0.5)


def default_scale() -> DefaultFill:
    """Uniform in 1/2 .. 3/2: weights of norms, and the running variance."""
    return _uniform(0.5, 1.5)


def elements(shape: Shape) -> int:
    """Number of elements."""
    return math.prod(shape)


def _uniform(low: float, high: float) -> DefaultFill:
    return DefaultFill(fill="uniform", low=low, high=high)
