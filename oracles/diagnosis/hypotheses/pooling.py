"""Every known mistake of max_pool2d and avg_pool2d."""

from __future__ import annotations

from oracles.diagnosis.hypotheses import (
    avg_pool2d_backward,
    avg_pool2d_divisor,
    avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
    max_pool2d_index,
    max_pool2d_ties,
    pooling_backward,
    pooling_forward,
    pooling_options,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *pooling_options.HYPOTHESES,
    *pooling_forward.HYPOTHESES,
    *pooling_backward.HYPOTHESES,
    *max_pool2d_forward.HYPOTHESES,
    *max_pool2d_backward.HYPOTHESES,
    *max_pool2d_index.HYPOTHESES,
    *max_pool2d_ties.HYPOTHESES,
    *avg_pool2d_forward.HYPOTHESES,
    *avg_pool2d_divisor.HYPOTHESES,
    *avg_pool2d_backward.HYPOTHESES,
)
