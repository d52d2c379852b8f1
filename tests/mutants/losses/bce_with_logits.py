"""Binary cross-entropy of logits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.losses.elements import Elements
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

TWICE = (
    "bce with logits: sigmoid twice",
    "bce with logits: sigmoid twice, second one minus target",
)


def elements(
    on: Switches, options: Mapping[str, Any], prediction: Array, target: Array
) -> Elements:
    """-weight * (pos_weight * t * log(s) + (1 - t) * log(1 - s)), s = sigmoid(prediction)."""
    x, t = prediction, target
    weight = _wide(options["weight"], x)
    positive, negative = _sides(on, _wide(options["pos_weight"], x))
    if on("bce with logits: weight ignored"):
        weight = np.ones_like(weight)
    log_s, log_not_s = _logarithms(on, x)
    with np.errstate(invalid="ignore"):
        values = -weight * (positive * t * log_s + negative * (1 - t) * log_not_s)

    def backward(scale: Array) -> Array:
        with np.errstate(invalid="ignore", divide="ignore"):
            if on("bce with logits: no sigmoid"):
                return scale * weight * (negative * (1 - t) / (1 - x) - positive * t / x)
            s, not_s = _probabilities(on, x)
            slope = negative * (1 - t) * s - positive * t * not_s
            if on("bce with logits: derivative of the sigmoid too"):
                slope = slope * s * not_s
            if on("bce with logits: sigmoid twice"):
                inner = _sigmoid(x)
                slope = slope * inner * (1 - inner)
            return scale * weight * slope

    return Elements(values, values.size, backward)


def _sides(on: Switches, pos_weight: Array) -> tuple[Array, Array]:
    """What the two terms are multiplied by."""
    if on("bce with logits: pos_weight ignored"):
        return np.ones_like(pos_weight), np.ones_like(pos_weight)
    if on("bce with logits: pos_weight for both"):
        return pos_weight, pos_weight
    if on("bce with logits: pos_weight for the other"):
        return np.ones_like(pos_weight), pos_weight
    return pos_weight, np.ones_like(pos_weight)


def _logarithms(on: Switches, x: Array) -> tuple[Array, Array]:
    """Of sigmoid(x) and of 1 - sigmoid(x)."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if on("bce with logits: no sigmoid"):
            return np.log(x), np.log(1 - x)
        if on("bce with logits: no sigmoid, prediction minus target"):
            return np.log(x), np.log(1 - x)
        s = _sigmoid(x)
        if on("bce with logits: logarithm of a sigmoid"):
            return np.log(s), np.log(1 - s)
        if on("bce with logits: log(1 + exp(x))"):
            softplus = np.log(1 + np.exp(x))
            return x - softplus, -softplus
    if any(on(switch) for switch in TWICE):
        x = s
    small = np.log1p(np.exp(-np.abs(x)))
    return np.minimum(x, 0) - small, -np.maximum(x, 0) - small


def _probabilities(on: Switches, x: Array) -> tuple[Array, Array]:
    """Sigmoid(x) and 1 - sigmoid(x), as the gradient has them."""
    if on("bce with logits: no sigmoid, prediction minus target"):
        return x, 1 - x
    if any(on(switch) for switch in TWICE):
        x = _sigmoid(x)
    return _sigmoid(x), _sigmoid(-x)


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _wide(given: Any, x: Array) -> Array:
    if given is None:
        return np.ones_like(x)
    return np.broadcast_to(np.asarray(given, dtype=x.dtype), x.shape)


def _mutant(mistake: str, cause: str, entry: str = "loss") -> Mutant:
    return Mutant(f"bce with logits: {mistake}", f"bce_with_logits.{cause}", entry)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("no sigmoid", "sigmoid.missing"),
    _mutant("sigmoid twice", "sigmoid.twice"),
    _mutant("no sigmoid, prediction minus target", "sigmoid.missing_by_hand"),
    _mutant("sigmoid twice, second one minus target", "sigmoid.twice_by_hand"),
    _mutant("logarithm of a sigmoid", "overflow"),
    _mutant("log(1 + exp(x))", "softplus_overflow"),
    _mutant("pos_weight ignored", "pos_weight.ignored"),
    _mutant("pos_weight for both", "pos_weight.on_both"),
    _mutant("pos_weight for the other", "pos_weight.on_negative"),
    _mutant("weight ignored", "weight.ignored"),
    _mutant("derivative of the sigmoid too", "gradient.times_derivative", "backward.loss"),
)
