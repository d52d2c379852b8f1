"""Preparation of the data: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.data import (
    images,
    integers,
    samples,
    scale,
    values,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *images.HYPOTHESES,
    *integers.HYPOTHESES,
    *scale.HYPOTHESES,
    *samples.HYPOTHESES,
    *values.HYPOTHESES,
)
