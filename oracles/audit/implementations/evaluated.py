"""A layer as a correct implementation has evaluated it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from oracles.audit.implementations.choices import Choices
from oracles.contract.case import Array
from oracles.contract.reference import Call

Gradients = tuple[list[Array], dict[str, Array]]
"""With respect to the inputs, and to the parameters."""


@dataclass(frozen=True)
class Evaluated:
    """The output, what gives the gradients, and the buffers after the forward pass."""

    output: Array
    gradients: Callable[[Array], Gradients]
    buffers: dict[str, Array] = field(default_factory=dict)

    def backward(self, grad_output: Array, spread: Array) -> Gradients:
        """What a walk through the steps asks for; `spread` is for judges."""
        return self.gradients(grad_output)


LayerFormula = Callable[[Call, Choices], Evaluated]
"""Evaluates a layer in the dtype of its operands, by one of its formulas."""
