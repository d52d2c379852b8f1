"""What is done to each sample before the first layer sees it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field, PlainValidator

from oracles.contract.attribute_types import Described
from oracles.contract.fill_tables import ShapeOf
from oracles.contract.fills import Floats, Shape
from oracles.contract.tables import KeyPath, Table, fault, found, listed, unknown

PerChannel = float | tuple[float, ...]


def _per_channel(value: Any) -> PerChannel:
    if type(value) in (int, float):
        return _finite(value)
    if isinstance(value, list) and value and all(type(item) in (int, float) for item in value):
        return tuple(_finite(item) for item in value)
    raise fault(f"must be a number or a list with one for each channel, got {found(value)}")


def _limits(value: Any) -> tuple[float, float]:
    if isinstance(value, list) and len(value) == 2:
        numbers = [_finite(item) for item in value if type(item) in (int, float)]
        if len(numbers) == 2:
            return numbers[0], numbers[1]
    raise fault(f"must be two numbers, [low, high], got {found(value)}")


def _finite(value: float) -> float:
    if not abs(value) <= 1e300:
        raise fault(f"must be finite, got {found(value)}")
    return float(value)


_Numbers = Annotated[
    PerChannel,
    PlainValidator(_per_channel, json_schema_input_type=float | list[float]),
    Described("number or list"),
]


class Preparation(Table):
    """One step of the preparation: a table with exactly one of these keys."""

    reshape: ShapeOf | None = Field(None, description="new shape of a sample, row-major")
    divide: _Numbers | None = Field(None, description="by a number, or by one for each channel")
    subtract: _Numbers | None = Field(None, description="a number, or one for each channel")
    minmax: (
        Annotated[
            tuple[float, float],
            PlainValidator(_limits, json_schema_input_type=list[float]),
            Described("[low, high]"),
        ]
        | None
    ) = Field(None, description="stretch each sample from its least and largest number to these")

    def option(self) -> dict[str, Any]:
        """The one key and what it says."""
        return {key: value for key, value in self if value is not None}

    def check(self, shape: Shape) -> Iterator[tuple[KeyPath, str]]:
        """Whether it can be done to samples of this shape."""
        ((key, value),) = self.option().items()
        if key == "reshape" and math.prod(value) != math.prod(shape):
            text = f"a sample of shape {shape} has {math.prod(shape)} numbers"
            yield (key,), f"{text}, {value} has {math.prod(value)}"
        if key == "reshape" and not value:
            yield (key,), "must have at least one axis"
        if key in ("divide", "subtract") and isinstance(value, tuple) and len(value) != shape[0]:
            text = f"must have one number for each of the {shape[0]} channels"
            yield (key,), f"{text} of a sample of shape {shape}, got {len(value)}"
        if key == "divide" and 0 in (value if isinstance(value, tuple) else (value,)):
            yield (key,), "must not be 0"
        if key == "minmax" and value[0] == value[1]:
            yield (key,), f"the two limits must differ, got {found(list(value))}"


def prepare(samples: Floats, preparation: Sequence[Mapping[str, Any]]) -> Floats:
    """All steps of the preparation, in float64, for samples along axis 0.

    reshape    the numbers of a sample in row-major order, in a new shape
    divide     x / d, where d has one number, or one for each channel (axis 0 of the sample)
    subtract   x - s, likewise
    minmax     low + (x - min) / (max - min) * (high - low), min and max of the sample
    """
    x = np.asarray(samples, dtype=np.float64)
    for step in preparation:
        ((key, value),) = step.items()
        if key == "reshape":
            x = x.reshape(len(x), *value)
        elif key == "divide":
            x = x / _broadcast(value, x.ndim)
        elif key == "subtract":
            x = x - _broadcast(value, x.ndim)
        else:
            low, high = value
            axes = tuple(range(1, x.ndim))
            least, largest = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
            x = low + (x - least) / (largest - least) * (high - low)
    return x


def prepared_shape(shape: Shape, preparation: Sequence[Mapping[str, Any]]) -> Shape:
    """Shape of a sample after the preparation."""
    for step in preparation:
        shape = step.get("reshape", shape)
    return shape


def _broadcast(value: PerChannel, axes: int) -> Floats:
    return np.asarray(value, dtype=np.float64).reshape((-1,) + (1,) * (axes - 2))


def _preparation(value: Any) -> Preparation:
    keys = tuple(Preparation.model_fields)
    if not isinstance(value, dict) or len(value) != 1:
        raise fault(f"must be a table with one key, {listed(keys)}, got {found(value)}")
    if next(iter(value)) not in keys:
        raise fault(unknown("preparation", next(iter(value)), keys))
    return Preparation.model_validate(value)


APreparation = Annotated[
    Preparation, PlainValidator(_preparation, json_schema_input_type=Preparation)
]
