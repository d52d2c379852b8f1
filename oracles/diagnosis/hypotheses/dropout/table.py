"""Dropout: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.dropout import (
    dropout,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (*dropout.HYPOTHESES,)
