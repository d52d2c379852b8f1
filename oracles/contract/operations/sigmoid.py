"""torch.nn.Sigmoid."""

from __future__ import annotations

from typing import Literal

from oracles.contract.operations.operation import Operation


class Sigmoid(Operation):
    """1 / (1 + exp(-x))."""

    type: Literal["Sigmoid"]
