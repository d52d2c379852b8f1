"""Flatten, padding, sums and concatenations: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.structure import (
    flatten,
    graph,
    zero_pad2d,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *flatten.HYPOTHESES,
    *graph.HYPOTHESES,
    *zero_pad2d.HYPOTHESES,
)
