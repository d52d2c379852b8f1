"""What a loss is before it is reduced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oracles.contract.case import Array


@dataclass(frozen=True)
class Elements:
    """A loss for each element.

    values     one number for each element
    count      what "mean" divides their sum by
    backward   gradient of sum(scale * values) with respect to the prediction
    """

    values: Array
    count: float
    backward: Callable[[Array], Array]
