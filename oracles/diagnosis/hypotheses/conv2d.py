"""The known mistakes of convolutions, family by family."""

from __future__ import annotations

from oracles.diagnosis.hypotheses import (
    conv2d_arranging,
    conv2d_bias,
    conv2d_channels,
    conv2d_grad_bias,
    conv2d_grad_input,
    conv2d_grad_input_overwriting,
    conv2d_grad_input_parts,
    conv2d_grad_input_windows,
    conv2d_grad_weight,
    conv2d_grad_weight_factors,
    conv2d_grad_weight_parts,
    conv2d_groups,
    conv2d_kernel,
    conv2d_layout,
    conv2d_output,
    conv2d_padding,
    conv2d_size,
    conv2d_steps,
)
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *conv2d_kernel.HYPOTHESES,
    *conv2d_layout.HYPOTHESES,
    *conv2d_channels.HYPOTHESES,
    *conv2d_bias.HYPOTHESES,
    *conv2d_steps.HYPOTHESES,
    *conv2d_padding.HYPOTHESES,
    *conv2d_size.HYPOTHESES,
    *conv2d_output.HYPOTHESES,
    *conv2d_arranging.HYPOTHESES,
    *conv2d_groups.HYPOTHESES,
    *conv2d_grad_weight.HYPOTHESES,
    *conv2d_grad_weight_factors.HYPOTHESES,
    *conv2d_grad_weight_parts.HYPOTHESES,
    *conv2d_grad_bias.HYPOTHESES,
    *conv2d_grad_input.HYPOTHESES,
    *conv2d_grad_input_windows.HYPOTHESES,
    *conv2d_grad_input_overwriting.HYPOTHESES,
    *conv2d_grad_input_parts.HYPOTHESES,
)
