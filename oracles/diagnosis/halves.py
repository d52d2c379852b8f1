"""Wrong gradients that are also those of another mistake, made in the backward pass alone."""

from __future__ import annotations

from collections.abc import Mapping

SAME_BACKWARD: Mapping[str, str] = {
    "conv2d.grad_bias.sign": "conv2d.bias.subtracted",
    "conv2d.grad_bias.zero": "conv2d.bias.missing",
    "dropout.grad_input.scale_missing": "dropout.scale.missing",
    "dropout.grad_input.scaled_twice": "dropout.scale.twice",
    "linear.grad_bias.sign": "linear.bias.subtracted",
    "linear.grad_bias.zero": "linear.bias.missing",
    "loss.gradient.sign": "loss.reduction.sign",
    "mse.gradient.factor_missing": "loss.reduction.half",
    "relu.grad_input.omitted": "relu.identity",
}
"""{mistake in a gradient: mistake in a whole layer or loss whose backward pass alone gives the same
numbers, whatever the case}. No case tells them apart, and the gradient is what is wrong: the other
one is no rival of it. Any other half of a mistake that reproduces the same numbers is a
coincidence, and a tie."""
