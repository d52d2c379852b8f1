"""torch.nn.Softmax."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from oracles.contract.fills import Shape
from oracles.contract.operations.operation import Operation, ShapeError
from oracles.contract.tables import Integer, KeyPath


class Softmax(Operation):
    """exp(x) divided by its sum along an axis."""

    type: Literal["Softmax"]
    dim: Integer = Field(1, description="not 0, the batch")

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        if self.dim == 0:
            yield ("dim",), "must not be 0: axis 0 is the batch"

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        axes = len(inputs[0]) + 1
        if not -axes < self.dim < axes:
            raise ShapeError(f"has dim = {self.dim}, got axes 0 to {axes - 1}, 0 being the batch")
        return inputs[0]
