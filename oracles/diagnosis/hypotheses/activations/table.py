"""ReLU, sigmoid, tanh and softmax: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.activations import (
    relu,
    sigmoid,
    softmax,
    tanh,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *relu.HYPOTHESES,
    *sigmoid.HYPOTHESES,
    *softmax.HYPOTHESES,
    *tanh.HYPOTHESES,
)
