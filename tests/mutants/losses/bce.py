"""Binary cross-entropy of probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from oracles.judging.diagnosis import Variant
from tests.mutants.losses.elements import Elements
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

EPSILONS = {
    "bce: logarithm with 1e-5": 1e-5,
    "bce: logarithm with 1e-7": 1e-7,
    "bce: logarithm with 1e-8": 1e-8,
    "bce: logarithm with 1e-12": 1e-12,
}


CLIPPED = ("bce: clipped", "bce: clipped, usual gradient", "bce: clipped everywhere")


def elements(
    on: Switches, options: Mapping[str, Any], prediction: Array, target: Array
) -> Elements:
    """-weight * (t * log(p) + (1 - t) * log(1 - p)), logarithms not below -100."""
    p, t = prediction, target
    weight = np.ones_like(p)
    if options["weight"] is not None and not on("bce: weight ignored"):
        weight = weight * np.asarray(options["weight"], dtype=p.dtype)
    clipped = np.clip(p, 1e-7, 1 - 1e-7)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p, log_q = _logarithms(on, p, clipped)
        values = -weight * (t * log_p + (1 - t) * log_q)
    if on("bce: only where the target is 1"):
        values = -weight * t * log_p

    def backward(scale: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return scale * weight * _slope(on, p, clipped, t)

    return Elements(values, values.size, backward)


def _logarithms(on: Switches, p: Array, clipped: Array) -> tuple[Array, Array]:
    """Of p and of 1 - p."""
    epsilon = _epsilon(on) or 1e-7 * on("bce: logarithm with 1e-7, usual gradient")
    if epsilon:
        return np.log(p + epsilon), np.log(1 - p + epsilon)
    if any(on(switch) for switch in CLIPPED):
        return np.log(clipped), np.log(1 - clipped)
    if on("bce: logarithm of zero"):
        return np.log(p), np.log(1 - p)
    return np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)


def _epsilon(on: Switches) -> float:
    return next((epsilon for switch, epsilon in EPSILONS.items() if on(switch)), 0.0)


def _slope(on: Switches, p: Array, clipped: Array, t: Array) -> Array:
    """Derivative of an element without its weight."""
    epsilon = _epsilon(on)
    if epsilon:
        return -t / (p + epsilon) + (1 - t) / (1 - p + epsilon)
    if on("bce: clipped"):
        return np.where(p == clipped, (1 - t) / (1 - clipped) - t / clipped, 0)
    if on("bce: clipped everywhere"):
        return (clipped - t) / (clipped * (1 - clipped))
    if on("bce: logarithm of zero"):
        return (1 - t) / (1 - p) - t / p
    if on("bce: only where the target is 1"):
        return -t / np.maximum(p, 1e-12)
    if on("bce: gradient p - t"):
        return p - t
    return (p - t) / np.maximum(p * (1 - p), 1e-12)


def _mutant(mistake: str, cause: str, entry: str = "loss", *alike: str) -> Mutant:
    half: Variant = "forward only" if mistake.endswith("usual gradient") else ""
    return Mutant(f"bce: {mistake}", f"bce.{cause}", entry, alike, variant=half)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("logarithm with 1e-7", "log.epsilon"),
    _mutant("logarithm with 1e-7, usual gradient", "log.epsilon"),
    _mutant("logarithm with 1e-8", "log.epsilon_small"),
    _mutant("logarithm with 1e-12", "log.epsilon_tiny"),
    _mutant("logarithm with 1e-5", "log.epsilon_large"),
    _mutant("clipped", "log.clipped"),
    _mutant("clipped, usual gradient", "log.clipped", "loss", "bce.log.clipped_by_hand"),
    _mutant("clipped everywhere", "log.clipped_by_hand"),
    _mutant("logarithm of zero", "log.unclamped"),
    _mutant("only where the target is 1", "one_sided"),
    _mutant("weight ignored", "weight.ignored"),
    _mutant("gradient p - t", "gradient.difference", "backward.loss"),
)
