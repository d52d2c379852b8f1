"""torch.nn.Tanh."""

from __future__ import annotations

from typing import Literal

from oracles.contract.operations.operation import Operation


class Tanh(Operation):
    """Hyperbolic tangent."""

    type: Literal["Tanh"]
