"""torch.nn.Linear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from oracles.contract.arrays import AnArray
from oracles.contract.attribute_types import Bias
from oracles.contract.fills import Shape
from oracles.contract.operations.operation import (
    Declared,
    Operation,
    ShapeError,
    at_least,
    default_bias,
    default_weight,
    elements,
)
from oracles.contract.tables import Integer, KeyPath


class Linear(Operation):
    """Product with a matrix over the last axis, and a bias."""

    type: Literal["Linear"]
    in_features: Integer
    out_features: Integer
    bias: Bias = Field(True, description="shape (out_features,)")
    weight: AnArray | None = Field(None, description="shape (out_features, in_features)")

    arrays: ClassVar[tuple[str, ...]] = ("bias", "weight")

    def attributes(self) -> dict[str, Any]:
        return {**super().attributes(), "bias": self.bias is not False}

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from at_least(1, in_features=self.in_features, out_features=self.out_features)

    def declared(self) -> tuple[Declared, ...]:
        shape = (self.out_features, self.in_features)
        weight = Declared("weight", shape, self.weight or default_weight(self.in_features))
        if self.bias is False:
            return (weight,)
        bias = default_bias() if self.bias is True else self.bias
        return weight, Declared("bias", (self.out_features,), bias)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        *rest, features = inputs[0]
        if features != self.in_features:
            hint = ""
            if rest and elements(inputs[0]) == self.in_features:
                hint = "; put a Flatten before it"
            raise ShapeError(
                f"has in_features = {self.in_features}, got {features} on the last axis{hint}"
            )
        return (*rest, self.out_features)
