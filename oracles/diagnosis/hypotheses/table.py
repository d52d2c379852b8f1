"""Every known mistake. The order decides nothing but the order of trying."""

from __future__ import annotations

from oracles.diagnosis.hypotheses import conv2d_backward, conv2d_forward, precision
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *conv2d_forward.HYPOTHESES,
    *conv2d_backward.HYPOTHESES,
    *precision.HYPOTHESES,
)


def hypothesis(name: str) -> Hypothesis:
    """The hypothesis of this name."""
    return next(one for one in HYPOTHESES if one.name == name)
