"""Losses and penalties: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.losses import (
    bce,
    bce_log,
    bce_with_logits,
    cross_entropy_gradient,
    cross_entropy_labels,
    cross_entropy_log,
    cross_entropy_overflow,
    cross_entropy_softmax,
    loss_factor,
    loss_reduction,
    loss_target,
    mse,
    penalty,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *bce.HYPOTHESES,
    *bce_log.HYPOTHESES,
    *bce_with_logits.HYPOTHESES,
    *cross_entropy_gradient.HYPOTHESES,
    *cross_entropy_labels.HYPOTHESES,
    *cross_entropy_log.HYPOTHESES,
    *cross_entropy_overflow.HYPOTHESES,
    *cross_entropy_softmax.HYPOTHESES,
    *loss_factor.HYPOTHESES,
    *loss_reduction.HYPOTHESES,
    *loss_target.HYPOTHESES,
    *mse.HYPOTHESES,
    *penalty.HYPOTHESES,
)
