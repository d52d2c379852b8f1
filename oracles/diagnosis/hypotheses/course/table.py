"""What happens when in a step: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.course import (
    backward,
    modes,
    own_output,
    steps,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *backward.HYPOTHESES,
    *modes.HYPOTHESES,
    *own_output.HYPOTHESES,
    *steps.HYPOTHESES,
)
