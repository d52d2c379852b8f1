"""torch.nn.ReLU."""

from __future__ import annotations

from typing import Literal

from oracles.contract.operations.operation import Operation


class ReLU(Operation):
    """The number where it is positive, else 0."""

    type: Literal["ReLU"]
