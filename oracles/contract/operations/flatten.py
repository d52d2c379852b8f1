"""torch.nn.Flatten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from oracles.contract.fills import Shape
from oracles.contract.operations.operation import Operation, ShapeError, elements
from oracles.contract.tables import Integer, KeyPath


class Flatten(Operation):
    """Axes start_dim .. end_dim made one; axis 0 is the batch."""

    type: Literal["Flatten"]
    start_dim: Integer = Field(1, description="at least 1")
    end_dim: Integer = Field(-1, description="negative counts from the end")

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        if self.start_dim < 1:
            text = "must be at least 1, axis 0 is the batch"
            yield ("start_dim",), f"{text}, got {self.start_dim}"
        if 0 <= self.end_dim < self.start_dim:
            text = f"must not be below start_dim = {self.start_dim}"
            yield ("end_dim",), f"{text}, got {self.end_dim}"

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape = inputs[0]
        axes = len(shape) + 1
        end = self.end_dim if self.end_dim >= 0 else self.end_dim + axes
        if not self.start_dim <= end < axes:
            raise ShapeError(
                f"flattens axes {self.start_dim} to {self.end_dim}, got axes 0 to {axes - 1}"
            )
        flat = elements(shape[self.start_dim - 1 : end])
        return (*shape[: self.start_dim - 1], flat, *shape[end:])
