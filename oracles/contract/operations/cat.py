"""torch.cat of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from oracles.contract.fills import Shape
from oracles.contract.operations.operation import Operation, ShapeError
from oracles.contract.tables import Integer, KeyPath


class Cat(Operation):
    """Its inputs one after the other along an axis."""

    type: Literal["Cat"]
    dim: Integer = Field(1, description="at least 1, 0 is the batch")

    many_inputs: ClassVar[bool] = True

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        if self.dim < 1:
            yield ("dim",), f"must be at least 1, axis 0 is the batch, got {self.dim}"

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        axis = self.dim - 1
        if any(axis >= len(shape) for shape in inputs):
            raise ShapeError(f"has dim = {self.dim}, got {' and '.join(map(str, inputs))}")
        rest = {(*shape[:axis], *shape[axis + 1 :]) for shape in inputs}
        if len(rest) > 1:
            shapes = " and ".join(map(str, inputs))
            raise ShapeError(f"needs inputs that differ on axis {self.dim} only, got {shapes}")
        total = sum(shape[axis] for shape in inputs)
        return (*inputs[0][:axis], total, *inputs[0][axis + 1 :])
