"""Sum of layers, as in a residual connection."""

from __future__ import annotations

from typing import ClassVar, Literal

from oracles.contract.fills import Shape
from oracles.contract.operations.operation import Operation, ShapeError


class Add(Operation):
    """Sum of its inputs, all of one shape."""

    type: Literal["Add"]

    many_inputs: ClassVar[bool] = True

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        if len(set(inputs)) > 1:
            raise ShapeError(f"adds inputs of one shape, got {' and '.join(map(str, inputs))}")
        return inputs[0]
