"""Dense layers: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.linear import (
    forward,
    grad_bias,
    grad_input,
    grad_weight,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *forward.HYPOTHESES,
    *grad_bias.HYPOTHESES,
    *grad_input.HYPOTHESES,
    *grad_weight.HYPOTHESES,
)
