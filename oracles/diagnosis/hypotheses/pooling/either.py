"""A mistake that both poolings know is two hypotheses."""

from __future__ import annotations

from typing import Any

from oracles.diagnosis.altered import Backward, BackwardRule, Forward, ForwardRule
from oracles.diagnosis.hypothesis import Hypothesis

POOLS = {"max_pool2d": "MaxPool2d", "avg_pool2d": "AvgPool2d"}
"""Areas of the hypotheses and the layers they are about."""


def forward(name: str, title: str, rule: ForwardRule, **texts: Any) -> tuple[Hypothesis, ...]:
    """The mistake in the forward pass of either."""
    return tuple(
        Hypothesis(name=f"{area}.{name}", title=title, altered=Forward(operation, rule), **texts)
        for area, operation in POOLS.items()
    )


def backward(name: str, title: str, rule: BackwardRule, **texts: Any) -> tuple[Hypothesis, ...]:
    """The mistake in the gradient of either."""
    return tuple(
        Hypothesis(name=f"{area}.{name}", title=title, altered=Backward(operation, rule), **texts)
        for area, operation in POOLS.items()
    )
