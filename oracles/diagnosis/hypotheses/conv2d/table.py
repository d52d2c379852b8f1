"""Convolutions: every known mistake."""

from __future__ import annotations

from oracles.diagnosis.hypotheses.conv2d import (
    arranging,
    bias,
    channels,
    grad_bias,
    grad_input,
    grad_input_overwriting,
    grad_input_parts,
    grad_input_windows,
    grad_weight,
    grad_weight_factors,
    grad_weight_parts,
    groups,
    kernel,
    layout,
    output,
    padding,
    size,
    steps,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *arranging.HYPOTHESES,
    *bias.HYPOTHESES,
    *channels.HYPOTHESES,
    *grad_bias.HYPOTHESES,
    *grad_input.HYPOTHESES,
    *grad_input_overwriting.HYPOTHESES,
    *grad_input_parts.HYPOTHESES,
    *grad_input_windows.HYPOTHESES,
    *grad_weight.HYPOTHESES,
    *grad_weight_factors.HYPOTHESES,
    *grad_weight_parts.HYPOTHESES,
    *groups.HYPOTHESES,
    *kernel.HYPOTHESES,
    *layout.HYPOTHESES,
    *output.HYPOTHESES,
    *padding.HYPOTHESES,
    *size.HYPOTHESES,
    *steps.HYPOTHESES,
)
