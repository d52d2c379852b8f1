"""SGD and clipping: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.sgd import (
    clip,
    clip_norms,
    dampening,
    momentum,
    nesterov,
    parameters,
    rate,
    weight_decay,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *clip.HYPOTHESES,
    *clip_norms.HYPOTHESES,
    *dampening.HYPOTHESES,
    *momentum.HYPOTHESES,
    *nesterov.HYPOTHESES,
    *parameters.HYPOTHESES,
    *rate.HYPOTHESES,
    *weight_decay.HYPOTHESES,
)
