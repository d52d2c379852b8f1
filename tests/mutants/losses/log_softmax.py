"""The logarithm of softmax over axis 1, as cross-entropy uses it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from tests.mutants.switches import On

Axes = tuple[int, ...]

EPSILONS = {
    "cross entropy: logarithm with 1e-5": 1e-5,
    "cross entropy: logarithm with 1e-7": 1e-7,
    "cross entropy: logarithm with 1e-7, usual gradient": 1e-7,
    "cross entropy: logarithm with 1e-8": 1e-8,
    "cross entropy: logarithm with 1e-12": 1e-12,
}
BASES = {
    "cross entropy: logarithm to base 10": 10.0,
    "cross entropy: logarithm to base 10, usual gradient": 10.0,
    "cross entropy: logarithm to base 2": 2.0,
    "cross entropy: logarithm to base 2, usual gradient": 2.0,
}
AXES: dict[str, int | None] = {
    "cross entropy: softmax over the batch": 0,
    "cross entropy: softmax over everything": None,
    "cross entropy: softmax over the last axis": -1,
}
USUAL = (
    "cross entropy: logarithm with 1e-7, usual gradient",
    "cross entropy: logarithm to base 10, usual gradient",
    "cross entropy: logarithm to base 2, usual gradient",
)
CLIPPED = (
    "cross entropy: probabilities clipped",
    "cross entropy: probabilities clipped, usual gradient",
)


@dataclass(frozen=True)
class LogSoftmax:
    """Logarithms, probabilities, and the way back where it is not that of softmax with
    cross-entropy, p - t."""

    values: Array
    p: Array
    backward: Callable[[Array], Array] | None = None


def log_softmax(on: On, x: Array) -> LogSoftmax:
    """The logarithm of the probabilities."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return _naive(on, x) or _of_probabilities(on, x) or _usual(on, x)


def _usual(on: On, x: Array) -> LogSoftmax:
    axis = _axis(on, x.ndim)
    most = x.max(axis=axis, keepdims=True)
    if on("cross entropy: no maximum subtracted from the logarithm"):
        most = np.zeros_like(most)
    shifted = x - most
    values = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    p = np.exp(values)
    scale = next((1 / math.log(base) for switch, base in BASES.items() if on(switch)), 1.0)
    if scale != 1 and any(on(switch) for switch in USUAL):
        return LogSoftmax(values * scale, p)
    if scale != 1:
        return LogSoftmax(values * scale, p, lambda g: scale * _back(p, (1,), g))
    if axis != (1,) and any(on(f"{switch}, differentiated") for switch in AXES):
        return LogSoftmax(values, p, lambda g: _back(p, axis, g))
    return LogSoftmax(values, p)


def _axis(on: On, ndim: int) -> Axes:
    for switch in AXES:
        if on(switch) or on(f"{switch}, differentiated"):
            return tuple(range(ndim)) if AXES[switch] is None else (int(AXES[switch] or 0),)
    return (1,)


def _naive(on: On, x: Array) -> LogSoftmax | None:
    """Probabilities first, then their logarithm."""
    if on("cross entropy: no maximum subtracted"):
        e = np.exp(x)
    elif on("cross entropy: one maximum for the batch"):
        e = np.exp(x - x.max())
    elif on("cross entropy: maximum of at least zero"):
        e = np.exp(x - np.maximum(x.max(axis=1, keepdims=True), 0))
    elif on("cross entropy: logarithm of a softmax that is zero"):
        e = np.exp(x - x.max(axis=1, keepdims=True))
    else:
        return None
    p = e / e.sum(axis=1, keepdims=True)
    return LogSoftmax(np.log(p), p)


def _of_probabilities(on: On, x: Array) -> LogSoftmax | None:
    """Something else in the place of log(p)."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    epsilon = next((epsilon for switch, epsilon in EPSILONS.items() if on(switch)), 0.0)
    if epsilon and any(on(switch) for switch in USUAL):
        return LogSoftmax(np.log(p + epsilon), p)
    if epsilon:
        return LogSoftmax(np.log(p + epsilon), p, lambda g: _jacobian(p, g / (p + epsilon)))
    if any(on(switch) for switch in CLIPPED):
        clipped = np.clip(p, 1e-7, 1 - 1e-7)
        inside = p == clipped
        if on("cross entropy: probabilities clipped, usual gradient"):
            return LogSoftmax(np.log(clipped), p)
        return LogSoftmax(np.log(clipped), p, lambda g: _jacobian(p, g * inside / clipped))
    if on("cross entropy: no softmax, prediction minus target"):
        return LogSoftmax(np.log(x), x)
    if on("cross entropy: no softmax"):
        return LogSoftmax(np.log(x), x, lambda g: np.where(g != 0, g / x, 0))
    if on("cross entropy: no softmax, usual gradient"):
        return LogSoftmax(np.log(x), p)
    if on("cross entropy: softmax twice"):
        again = _usual(on, p)
        return LogSoftmax(again.values, again.p, lambda g: _jacobian(p, _back(again.p, (1,), g)))
    if on("cross entropy: softmax twice, usual gradient"):
        return LogSoftmax(_usual(on, p).values, p)
    if on("cross entropy: softmax twice, second one minus target"):
        return _usual(on, p)
    return None


def _back(p: Array, axis: Axes, gradient: Array) -> Array:
    """Through the logarithm of softmax."""
    back: Array = gradient - p * gradient.sum(axis=axis, keepdims=True)
    return back


def _jacobian(p: Array, gradient: Array) -> Array:
    """Through softmax."""
    back: Array = p * (gradient - (gradient * p).sum(axis=1, keepdims=True))
    return back
