"""torch.nn.ZeroPad2d."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from oracles.contract.attribute_types import Four
from oracles.contract.fills import Shape
from oracles.contract.operations.operation import Operation, at_least, image
from oracles.contract.tables import KeyPath


class ZeroPad2d(Operation):
    """Zeros around each image: left, right, top, bottom."""

    type: Literal["ZeroPad2d"]
    padding: Four

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from at_least(0, padding=self.padding)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, height, width = image(inputs[0])
        left, right, top, bottom = self.padding
        return channels, top + height + bottom, left + width + right
