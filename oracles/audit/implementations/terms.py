"""What a loss is made of."""

from __future__ import annotations

from dataclasses import dataclass

from oracles.contract.case import Array


@dataclass(frozen=True)
class Terms:
    """A loss before it is reduced.

    each         the loss of every element, or of every pixel
    derivative   of each with respect to the prediction, shaped like the prediction
    count        what "mean" divides by
    """

    each: Array
    derivative: Array
    count: float
