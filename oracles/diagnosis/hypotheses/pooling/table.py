"""Max and average pooling: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.pooling import (
    avg_pool2d_backward,
    avg_pool2d_divisor,
    avg_pool2d_forward,
    backward,
    forward,
    max_pool2d_backward,
    max_pool2d_forward,
    max_pool2d_index,
    max_pool2d_ties,
    options,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *avg_pool2d_backward.HYPOTHESES,
    *avg_pool2d_divisor.HYPOTHESES,
    *avg_pool2d_forward.HYPOTHESES,
    *backward.HYPOTHESES,
    *forward.HYPOTHESES,
    *max_pool2d_backward.HYPOTHESES,
    *max_pool2d_forward.HYPOTHESES,
    *max_pool2d_index.HYPOTHESES,
    *max_pool2d_ties.HYPOTHESES,
    *options.HYPOTHESES,
)
