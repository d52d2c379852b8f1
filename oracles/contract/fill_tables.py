"""The fills of a case file as tables: keys, defaults, and the values that make sense.

What they draw is specified in fills.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field, PlainValidator

from oracles.contract import fills
from oracles.contract.fills import Floats, Shape
from oracles.contract.tables import Flag, Integer, KeyPath, Number, Table, Text, fault, found


def _shape(value: object) -> Shape:
    if not isinstance(value, list) or not all(type(size) is int for size in value):
        raise fault(f"must be a list of integers, got {found(value)}")
    if any(size < 0 for size in value):
        raise fault(f"must not have negative sizes, got {found(value)}")
    return tuple(value)


ShapeOf = Annotated[
    Shape, PlainValidator(_shape, json_schema_input_type=list[Annotated[int, Field(ge=0)]])
]


class Fill(Table):
    """Numbers drawn from a seed."""

    fill: Text
    shape: ShapeOf | None = Field(None, description="may be left out where it is known")
    seed: Integer | None = Field(None, description="0 .. 2^64 - 1; left out: CRC-32 of the name")

    @property
    def random(self) -> bool:
        """Whether the numbers come from the generator."""
        return True

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        """Values that are out of range."""
        yield from check_seed(self.seed)

    def draw(self, shape: Shape, seed: int) -> Floats:
        """The numbers, in float64."""
        raise NotImplementedError


class Uniform(Fill):
    """Uniform in [low, high), exact in float32."""

    fill: Literal["uniform"]
    low: Number = Field(-1.0, description="multiple of 2^-10")
    high: Number = Field(1.0, description="multiple of 2^-10, above low")

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        for key in ("low", "high"):
            limit = getattr(self, key)
            if not math.isfinite(limit) or abs(limit) > 2**14 or limit * 1024 % 1:
                yield (
                    (key,),
                    f"must be a multiple of 2^-10 between -16384 and 16384, got {found(limit)}, "
                    "so that every value is exact in float32",
                )
        if not self.low < self.high:
            yield ("high",), f"must be above low, got low = {self.low}, high = {self.high}"

    def draw(self, shape: Shape, seed: int) -> Floats:
        return fills.uniform(shape, seed, self.low, self.high)


class DefaultFill(Uniform):
    """What an array is filled with that a file leaves out; limits are any powers of two."""

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from ()


class Normal(Fill):
    """Near the normal distribution with mean 0, exact in float32."""

    fill: Literal["normal"]
    std: Number = Field(1.0, description="standard deviation, a power of two")

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        if not (2.0**-60 <= self.std <= 2.0**60 and math.frexp(self.std)[0] == 0.5):
            yield (
                ("std",),
                f"must be a power of two between 2^-60 and 2^60, got {found(self.std)}, "
                "so that every value is exact in float32",
            )

    def draw(self, shape: Shape, seed: int) -> Floats:
        return fills.normal(shape, seed, self.std)


class Integers(Fill):
    """Integers in low .. high, both included; 0 only if asked for."""

    fill: Literal["integers"]
    low: Integer
    high: Integer = Field(description="above low")
    zeros: Flag = Field(False, description="whether 0 may be drawn")

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        for key in ("low", "high"):
            limit = getattr(self, key)
            if abs(limit) > 2**23:
                yield (key,), f"must be between -2^23 and 2^23, got {found(limit)}"
        allowed = self.high - self.low + 1 - (not self.zeros and self.low <= 0 <= self.high)
        if allowed < 2:
            yield (
                ("high",),
                "a fill is never constant: there must be two integers to draw from, "
                f"got low = {found(self.low)}, high = {found(self.high)}"
                + (", zeros = true" if self.zeros else ", zeros = false"),
            )

    def draw(self, shape: Shape, seed: int) -> Floats:
        return fills.integers(shape, seed, self.low, self.high, self.zeros)


class Arange(Fill):
    """start, start + step, start + 2 step, ... in row-major order."""

    fill: Literal["arange"]
    start: Number = 0.0
    step: Number = Field(1.0, description="not 0")

    @property
    def random(self) -> bool:
        return False

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        for key in ("start", "step"):
            if not math.isfinite(getattr(self, key)):
                yield (key,), f"must be finite, got {found(getattr(self, key))}"
        if self.step == 0:
            yield ("step",), "a fill is never constant: step must not be 0"

    def draw(self, shape: Shape, seed: int) -> Floats:
        return fills.arange(shape, self.start, self.step)


class Bernoulli(Fill):
    """1 with probability p, else 0."""

    fill: Literal["bernoulli"]
    p: Number = Field(description="between 0 and 1, both excluded")

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        if not 2.0**-32 <= self.p < 1:
            yield ("p",), f"must be above 0 and below 1, got {found(self.p)}"

    def draw(self, shape: Shape, seed: int) -> Floats:
        return fills.bernoulli(shape, seed, self.p)


class MaskFill(Bernoulli):
    """The mask of a Dropout layer. p = 1 is allowed: a layer may drop nothing."""

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from check_seed(self.seed)


class Permutation(Fill):
    """0 .. n-1 in random order, n the number of elements."""

    fill: Literal["permutation"]

    def draw(self, shape: Shape, seed: int) -> Floats:
        return fills.permutation(shape, seed)


class ClassesFill(Fill):
    """Labels 0 .. K-1 for the K classes of the prediction; only for `target`."""

    fill: Literal["classes"]


FILLS: tuple[type[Fill], ...] = (Uniform, Normal, Integers, Arange, Bernoulli, Permutation)


def fill_name(fill: type[Fill]) -> str:
    """The name of a fill in a case file."""
    return str(get_args(fill.model_fields["fill"].annotation)[0])


def check_seed(seed: int | None) -> Iterator[tuple[KeyPath, str]]:
    """Whether a seed fits the generator."""
    if seed is not None and not 0 <= seed < 2**64:
        yield ("seed",), f"must be between 0 and 2^64 - 1, got {found(seed)}"
