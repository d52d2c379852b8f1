"""torch.nn.BatchNorm2d."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from oracles.contract.arrays import AnArray
from oracles.contract.attribute_types import NumberOrNone
from oracles.contract.fills import Shape
from oracles.contract.operations.operation import (
    Declared,
    Operation,
    ShapeError,
    at_least,
    default_bias,
    default_scale,
    image,
)
from oracles.contract.tables import Flag, Integer, KeyPath, Number, found


class BatchNorm2d(Operation):
    """Each channel with mean 0 and variance 1, times weight, plus bias."""

    type: Literal["BatchNorm2d"]
    num_features: Integer
    eps: Number = Field(1e-5, description="above 0")
    momentum: NumberOrNone = Field(0.1, description='0 .. 1; "none": mean over all batches')
    affine: Flag = Field(True, description="whether there are weight and bias")
    track_running_stats: Flag = Field(True, description="whether there are running statistics")
    weight: AnArray | None = Field(None, description="shape (num_features,)")
    bias: AnArray | None = Field(None, description="shape (num_features,)")
    running_mean: AnArray | None = Field(None, description="shape (num_features,)")
    running_var: AnArray | None = Field(None, description="shape (num_features,), not negative")

    arrays: ClassVar[tuple[str, ...]] = ("weight", "bias", "running_mean", "running_var")

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from at_least(1, num_features=self.num_features)
        if not 0 < self.eps < 1e300:
            yield ("eps",), f"must be above 0, got {found(self.eps)}"
        if self.momentum is not None and not 0 <= self.momentum <= 1:
            yield ("momentum",), f"must be between 0 and 1, got {found(self.momentum)}"
        absent = [(key, "affine") for key in self.arrays[:2] if not self.affine]
        absent += [
            (key, "track_running_stats") for key in self.arrays[2:] if not self.track_running_stats
        ]
        for key, switch in absent:
            if getattr(self, key) is not None:
                yield (key,), f"there is none with {switch} = false"

    def declared(self) -> tuple[Declared, ...]:
        shape = (self.num_features,)
        affine = (
            Declared("weight", shape, self.weight or default_scale()),
            Declared("bias", shape, self.bias or default_bias()),
        )
        statistics = (
            Declared("running_mean", shape, self.running_mean or default_bias(), buffer=True),
            Declared("running_var", shape, self.running_var or default_scale(), buffer=True),
        )
        return (affine if self.affine else ()) + (statistics if self.track_running_stats else ())

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, _, _ = image(inputs[0])
        if channels != self.num_features:
            raise ShapeError(f"has num_features = {self.num_features}, got {channels} channels")
        return inputs[0]
