"""torch.nn.Identity."""

from __future__ import annotations

from typing import Literal

from oracles.contract.operations.operation import Operation


class Identity(Operation):
    """Its input, for cases of a loss alone."""

    type: Literal["Identity"]
