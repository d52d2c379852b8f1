"""Batch norm: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.batch_norm2d import (
    affine,
    backward,
    deviation,
    running,
    statistics,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *affine.HYPOTHESES,
    *backward.HYPOTHESES,
    *deviation.HYPOTHESES,
    *running.HYPOTHESES,
    *statistics.HYPOTHESES,
)
