"""Inverted dropout with a given mask: y = x * mask / (1 - p) in training, x in evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

IN_PLACE = ("sigmoid: output overwritten by dropout", "tanh: output overwritten by dropout")


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Array]:
    """The output; the factor of each element."""
    (x,) = inputs
    p = situation.attributes["p"]
    factor = _factor(on, situation, p, x)
    if situation.train and any(on(switch) for switch in IN_PLACE):
        x *= factor
        return x, factor
    if situation.train and on("dropout: scale missing in forward"):
        return x * situation.mask.astype(x.dtype), factor
    if situation.train and on("dropout: mask ignored in forward"):
        return x.copy(), factor
    return x * factor, _of_backward(on, situation, p, factor)


def _factor(on: Switches, situation: Any, p: float, x: Array) -> Array:
    """What the input is multiplied by."""
    keep = np.asarray(1 - p, dtype=x.dtype)
    one = np.ones_like(x)
    if not situation.train:
        if on("dropout: evaluation scaled") or on("dropout: as in the paper"):
            return one * keep
        if on("dropout: evaluation divided"):
            return one / keep
        return one
    mask = situation.mask.astype(x.dtype)
    if on("dropout: mask inverted"):
        mask = 1 - mask
    if on("dropout: mask of the first sample for all"):
        mask = np.repeat(mask[:1], len(mask), axis=0)
    if on("dropout: mask ignored"):
        return one
    if on("dropout: scale missing") or on("dropout: as in the paper"):
        return mask
    if on("dropout: divided by p"):
        return mask / np.asarray(p, dtype=x.dtype)
    if on("dropout: p kept, not dropped"):
        return (1 - mask) / np.asarray(p, dtype=x.dtype)
    if on("dropout: multiplied by 1 - p"):
        return mask * keep
    if p == 1:
        return np.zeros_like(x)
    if on("dropout: scaled twice"):
        return mask / keep / keep
    return mask / keep


def _of_backward(on: Switches, situation: Any, p: float, factor: Array) -> Array:
    """What the gradient is multiplied by."""
    if not situation.train:
        return factor
    keep = np.asarray(1 - p, dtype=factor.dtype)
    if on("dropout: mask missing in backward"):
        return np.ones_like(factor) / keep
    if on("dropout: gradient handed through"):
        return np.ones_like(factor)
    if on("dropout: scale missing in backward"):
        return factor * keep
    if on("dropout: scaled twice in backward"):
        return factor / keep
    if on("dropout: gradient zero"):
        return np.zeros_like(factor)
    return factor


def backward(
    on: Switches, factor: Array, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient through the mask and the scale of the forward pass."""
    return [grad_output * factor], {}


FORWARD, BACKWARD = "forward.{Dropout}", "backward.{Dropout}"

MUTANTS: tuple[Mutant, ...] = (
    Mutant("dropout: scale missing", "dropout.scale.missing", FORWARD),
    Mutant("dropout: scale missing in forward", "dropout.scale.missing", FORWARD),
    Mutant(
        "dropout: as in the paper",
        "dropout.scale.missing",
        FORWARD,
        alike=("dropout.eval.scaled",),
    ),
    Mutant("dropout: divided by p", "dropout.scale.by_p", FORWARD),
    Mutant("dropout: multiplied by 1 - p", "dropout.scale.multiplied", FORWARD),
    Mutant("dropout: scaled twice", "dropout.scale.twice", FORWARD),
    Mutant("dropout: mask inverted", "dropout.mask.inverted", FORWARD),
    Mutant("dropout: p kept, not dropped", "dropout.mask.p_is_kept", FORWARD),
    Mutant("dropout: mask ignored", "dropout.mask.ignored", FORWARD),
    Mutant("dropout: mask ignored in forward", "dropout.mask.ignored", FORWARD),
    Mutant(
        "dropout: mask of the first sample for all", "dropout.mask.first_sample_for_all", FORWARD
    ),
    Mutant("dropout: evaluation scaled", "dropout.eval.scaled", FORWARD),
    Mutant("dropout: evaluation divided", "dropout.eval.divided", FORWARD),
    Mutant("dropout: mask missing in backward", "dropout.grad_input.mask_missing", BACKWARD),
    Mutant("dropout: gradient handed through", "dropout.grad_input.omitted", BACKWARD),
    Mutant("dropout: scale missing in backward", "dropout.grad_input.scale_missing", BACKWARD),
    Mutant("dropout: scaled twice in backward", "dropout.grad_input.scaled_twice", BACKWARD),
    Mutant("dropout: gradient zero", "dropout.grad_input.zero", BACKWARD),
)
