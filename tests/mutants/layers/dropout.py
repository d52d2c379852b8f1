"""Inverted dropout with a given mask: y = x * mask / (1 - p) in training, x in evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import BACKWARD_ONLY, FORWARD_ONLY, On, Switches

IN_PLACE = ("sigmoid: output overwritten by dropout", "tanh: output overwritten by dropout")


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Array]:
    """The output; the factor of each element in backward."""
    (x,) = inputs
    factor = _factor(on.forward, situation, x)
    back = _of_backward(on, situation, _factor(on.backward, situation, x))
    if situation.train and any(on(switch) for switch in IN_PLACE):
        x *= factor
        return x, back
    return x * factor, back


def _factor(on: On, situation: Any, x: Array) -> Array:
    """What the input is multiplied by."""
    p = situation.attributes["p"]
    keep = np.asarray(1 - p, dtype=x.dtype)
    one = np.ones_like(x)
    mask = situation.mask
    if mask is None:
        if on("dropout: evaluation scaled") or on("dropout: as in the paper"):
            return one * keep
        if on("dropout: evaluation divided"):
            return one / keep
        mask = situation.step.masks.get(situation.layer.name)
        if mask is None or not on("dropout: active in evaluation"):
            return one
    return _of_mask(on, mask.astype(x.dtype), p, keep)


def _of_mask(on: On, mask: Array, p: float, keep: Array) -> Array:
    if on("dropout: mask ignored"):
        return np.ones_like(mask)
    if on("dropout: mask inverted"):
        mask = 1 - mask
    if on("dropout: mask of the first sample for all"):
        mask = np.repeat(mask[:1], len(mask), axis=0)
    if on("dropout: scale missing") or on("dropout: as in the paper"):
        return mask
    if on("dropout: divided by p"):
        return mask / np.asarray(p, dtype=mask.dtype)
    if on("dropout: p kept, not dropped"):
        return (1 - mask) / np.asarray(p, dtype=mask.dtype)
    if on("dropout: multiplied by 1 - p"):
        return mask * keep
    if on("dropout: scaled twice"):
        return mask / keep / keep
    return mask / keep if p < 1 else np.zeros_like(mask)


def _of_backward(on: Switches, situation: Any, factor: Array) -> Array:
    """What the gradient is multiplied by."""
    if not situation.train:
        return factor
    keep = np.asarray(1 - situation.attributes["p"], dtype=factor.dtype)
    if on("dropout: mask missing in backward"):
        return np.ones_like(factor) / keep
    if on("dropout: gradient zero"):
        return np.zeros_like(factor)
    return factor


def backward(
    on: Switches, factor: Array, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient through the mask and the scale of the forward pass."""
    return [grad_output * factor], {}


FORWARD, BACKWARD = "forward.{Dropout}", "backward.{Dropout}"

PAIRS = {
    "dropout: scale missing": "dropout.scale.missing",
    "dropout: as in the paper": "dropout.scale.in_eval",
    "dropout: divided by p": "dropout.scale.by_p",
    "dropout: multiplied by 1 - p": "dropout.scale.multiplied",
    "dropout: scaled twice": "dropout.scale.twice",
    "dropout: mask inverted": "dropout.mask.inverted",
    "dropout: p kept, not dropped": "dropout.mask.p_is_kept",
    "dropout: mask ignored": "dropout.mask.ignored",
    "dropout: mask of the first sample for all": "dropout.mask.first_sample_for_all",
    "dropout: evaluation scaled": "dropout.eval.scaled",
    "dropout: evaluation divided": "dropout.eval.divided",
    "dropout: active in evaluation": "dropout.eval.active",
}
WITHOUT_EVAL = {"dropout: as in the paper": ("dropout.scale.missing",)}
"""Other names of a mistake where there is nothing but training."""

ALIKE = {
    "dropout: scale missing": ("dropout.grad_input.scale_missing",),
    "dropout: as in the paper": ("dropout.scale.missing", "dropout.grad_input.scale_missing"),
    "dropout: scaled twice": ("dropout.grad_input.scaled_twice",),
}
"""Other names of a mistake that is made in the backward pass alone."""

MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(switch, cause, FORWARD, WITHOUT_EVAL.get(switch, ()))
        for switch, cause in PAIRS.items()
    ),
    *(
        Mutant(
            switch + FORWARD_ONLY,
            cause,
            FORWARD,
            WITHOUT_EVAL.get(switch, ()),
            variant="forward only",
        )
        for switch, cause in PAIRS.items()
    ),
    *(
        Mutant(
            switch + BACKWARD_ONLY,
            cause,
            BACKWARD,
            ALIKE.get(switch, ()),
            variant="backward only",
        )
        for switch, cause in PAIRS.items()
    ),
    Mutant("dropout: mask drawn once", "dropout.mask.first_step_again", FORWARD),
    Mutant("dropout: mask missing in backward", "dropout.grad_input.mask_missing", BACKWARD),
    Mutant("dropout: gradient zero", "dropout.grad_input.zero", BACKWARD),
)
