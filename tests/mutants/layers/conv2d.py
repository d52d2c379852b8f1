"""A convolution: cross-correlation with kernels over channels and windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from oracles.contract.case import Array
from tests.mutants.layers import (
    conv2d_bias,
    conv2d_forward,
    conv2d_geometry,
    conv2d_grad_input,
    conv2d_grad_weight,
)
from tests.mutants.layers.conv2d_forward import Plan, output, plan
from tests.mutants.layers.places import brought_back
from tests.mutants.mutant import Mutant
from tests.mutants.switches import BACKWARD_ONLY, FORWARD_ONLY, Switches


@dataclass(frozen=True)
class _Cache:
    """The input, and what the backward pass takes for its forward pass."""

    x: Array
    plan: Plan
    positive: Array | None


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, _Cache]:
    """The output; what backward needs."""
    (x,) = inputs
    weight, attributes = situation.parameters["weight"], situation.attributes
    y = output(plan(on.forward, attributes, x.shape, weight), x, situation.parameters)
    taken = plan(on.backward, attributes, x.shape, weight)
    positive = None
    if on.backward("conv2d: relu fused"):
        positive = output(taken, x, situation.parameters) > 0
    return y, _Cache(x, taken, positive)


def backward(
    on: Switches, cache: _Cache, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """Gradients of the input, the weight and the bias."""
    taken, weight = cache.plan, parameters["weight"]
    delta = grad_output if cache.positive is None else grad_output * cache.positive
    delta = brought_back(delta, taken.output, taken.computed)
    gradients = {}
    if "bias" in parameters:
        through = conv2d_grad_weight.grad_bias(on, delta)
        bias = parameters["bias"]
        gradients["bias"] = conv2d_bias.gradient(taken.on, through, bias, weight)
    delta = brought_back(delta, taken.before_bias, taken.computed)
    gradients["weight"] = conv2d_grad_weight.grad_weight(on, taken, cache.x, delta, weight)
    return [conv2d_grad_input.grad_input(on, taken, delta, weight)], gradients


_BOTH = conv2d_forward.MUTANTS + conv2d_bias.MUTANTS + conv2d_geometry.MUTANTS

_HALVES = (
    "conv2d: kernel rotated",
    "conv2d: kernel transposed",
    "conv2d: kernel OHWI",
    "conv2d: channels of the image reversed",
    "conv2d: first channel only",
    "conv2d: bias missing",
    "conv2d: padding at the top left",
    "conv2d: padding replicates",
    "conv2d: output reshaped",
    "conv2d: output transposed",
    "conv2d: last row missing",
    "conv2d: first sample only",
    "conv2d: groups interleaved",
    "conv2d: relu fused",
    "conv2d: window offset",
)
"""Mistakes that are made in one pass alone as well."""


def _halves() -> tuple[Mutant, ...]:
    chosen = [mutant for mutant in _BOTH if mutant.switch in _HALVES]
    forward_only = [
        replace(mutant, switch=mutant.switch + FORWARD_ONLY, variant="forward only")
        for mutant in chosen
    ]
    backward_only = [
        replace(
            mutant,
            switch=mutant.switch + BACKWARD_ONLY,
            variant="backward only",
            entry="backward.{Conv2d}",
        )
        for mutant in chosen
        if mutant.switch != "conv2d: bias missing"
    ]
    return (*forward_only, *backward_only)


MUTANTS: tuple[Mutant, ...] = (
    *_BOTH,
    *_halves(),
    *conv2d_grad_weight.MUTANTS,
    *conv2d_grad_input.MUTANTS,
)
