"""SGD with momentum, and clipping before it: where factors are collected, and where rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.contract.case import Array, Case, Step
from oracles.contract.reference import Parameters, Slots

Update = Callable[
    [Array, Array, Array | None, float, Mapping[str, Any]], tuple[Array, Array | None]
]
"""(parameter, gradient, momentum buffer, lr, options) -> (parameter, momentum buffer)."""


def _as_written(
    p: Array, g: Array, buffer: Array | None, lr: float, options: Mapping[str, Any]
) -> tuple[Array, Array | None]:
    """torch.optim.SGD line by line."""
    d = g + options["weight_decay"] * p
    return _moved(p, d, buffer, lr, options, 1 - options["dampening"])


def _in_the_dtype(
    p: Array, g: Array, buffer: Array | None, lr: float, options: Mapping[str, Any]
) -> tuple[Array, Array | None]:
    """1 - dampening rounded to the dtype as well, as in C."""
    one = p.dtype.type(1)
    d = g + options["weight_decay"] * p
    return _moved(p, d, buffer, lr, options, one - p.dtype.type(options["dampening"]))


def _collected(
    p: Array, g: Array, buffer: Array | None, lr: float, options: Mapping[str, Any]
) -> tuple[Array, Array | None]:
    """Factors multiplied with each other first."""
    decay, damped = options["weight_decay"], 1 - options["dampening"]
    if not options["momentum"]:
        return p * (1 - lr * decay) - lr * g, None
    if buffer is None:
        return _as_written(p, g, buffer, lr, options)
    new = options["momentum"] * buffer + (damped * g + damped * decay * p)
    if options["nesterov"]:
        return p - (lr * g + lr * decay * p + lr * options["momentum"] * new), new
    return p - lr * new, new


UPDATES: Mapping[str, Update] = {
    "as written": _as_written,
    "factors in the dtype": _in_the_dtype,
    "factors collected": _collected,
}


def _root_of_squares(gradients: Parameters) -> Array:
    return np.asarray(np.sqrt(sum(np.dot(g.ravel(), g.ravel()) for g in gradients.values())))


def _norm_of_norms(gradients: Parameters) -> Array:
    norms = np.asarray([np.linalg.norm(g.ravel()) for g in gradients.values()])
    return np.asarray(np.linalg.norm(norms))


NORMS: Mapping[str, Callable[[Parameters], Array]] = {
    "root of the sum of squares": _root_of_squares,
    "norm of norms": _norm_of_norms,
}


def clip(case: Case, gradients: Parameters, choices: Choices) -> Parameters:
    """By value, or by limit / (norm + 1e-6) over all of them together."""
    assert case.optimizer is not None
    limit = case.optimizer["clip_grad_value"]
    if limit is not None:
        return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}
    kind = case.dtype.type
    norm = choices.one_of("norm of gradients", NORMS)(gradients)
    factor = np.minimum(kind(1), kind(case.optimizer["clip_grad_norm"]) / (norm + kind(1e-6)))
    return {name: g * factor for name, g in gradients.items()}


def update(
    case: Case,
    step: Step,
    parameters: Parameters,
    gradients: Parameters,
    slots: Slots,
    choices: Choices,
) -> tuple[Parameters, Slots]:
    """All parameters and their momentum buffers after the step."""
    assert case.optimizer is not None
    rule = choices.one_of("SGD", UPDATES)
    updated: Parameters = {}
    remembered: Slots = {}
    for name, p in parameters.items():
        options = case.optimizer["parameters"][name]
        g = -gradients[name] if options["maximize"] else gradients[name]
        old = slots.get(name, {}).get("momentum_buffer")
        updated[name], new = rule(p, g, old, step.learning_rates[name], options)
        remembered[name] = {} if new is None else {"momentum_buffer": new}
    return updated, remembered


def _moved(
    p: Array,
    d: Array,
    buffer: Array | None,
    lr: float,
    options: Mapping[str, Any],
    damped: float,
) -> tuple[Array, Array | None]:
    momentum = options["momentum"]
    if not momentum:
        return p - lr * d, None
    new = d if buffer is None else momentum * buffer + damped * d
    return p - lr * (d + momentum * new if options["nesterov"] else new), new
