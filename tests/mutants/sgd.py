"""SGD with switches; clipping is beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants import learning_rates
from tests.mutants.clipping import MUTANTS as CLIPPING
from tests.mutants.clipping import clipped
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

__all__ = ["MUTANTS", "clipped", "updated"]


def updated(
    on: Switches,
    case: Case,
    step: Step,
    parameters: Mapping[str, Array],
    gradients: Mapping[str, Array],
    velocity: dict[str, Array],
) -> dict[str, Array]:
    """The parameters after the step; `velocity` is changed in place."""
    after = {}
    for name, p in parameters.items():
        lr = learning_rates.used(on, case, step, name)
        options = _options(on, case, name)
        new = _of_one(on, options, lr, name, p, gradients[name], velocity)
        if _twice(on, name):
            new = _of_one(on, options, lr, name, new, gradients[name], velocity)
        after[name] = _written(on, list(parameters), name, lr, p, new)
    return after


def _twice(on: Switches, name: str) -> bool:
    biases = name.endswith(".bias") and on("sgd: biases updated twice")
    return biases or on("sgd: everything updated twice")


def _of_one(
    on: Switches,
    o: Mapping[str, Any],
    lr: float,
    name: str,
    p: Array,
    g: Array,
    velocity: dict[str, Array],
) -> Array:
    """The new value of one parameter."""
    if o["maximize"] and not on("sgd: maximize ignored"):
        g = -g
    decay = _decay(on, o, name)
    beside = 0.0
    if decay and (on("sgd: decay beside the gradient") or on("sgd: decay without the rate")):
        beside = decay * (1 if on("sgd: decay without the rate") else lr)
    elif decay:
        g = g + decay * (np.sign(p) if on("sgd: decay by the sign") else p)
    if not o["momentum"] or on("sgd: no momentum"):
        change = lr * g
    else:
        velocity[name], change = _momentum(on, o, lr, g, velocity.get(name))
    if on("sgd: ascent") or (p.ndim == 4 and on("sgd: ascent of kernels")):
        change = -change
    after = p - change
    return after - beside * p if beside else after


def _decay(on: Switches, o: Mapping[str, Any], name: str) -> float:
    decay: float = o["weight_decay"]
    bias = name.endswith(".bias")
    if on("sgd: no decay") or (bias and on("sgd: no decay of biases")):
        return 0.0
    if on("sgd: half the decay"):
        return decay / 2
    if on("sgd: twice the decay"):
        return 2 * decay
    if on("sgd: sign of the decay"):
        return -decay
    return decay


def _momentum(
    on: Switches, o: Mapping[str, Any], lr: float, g: Array, v: Array | None
) -> tuple[Array, Array]:
    """The new velocity, and what is subtracted from the parameter."""
    mu, damping = o["momentum"], o["dampening"]
    if on("sgd: velocity forgotten"):
        v = None
    zero, first = np.zeros_like(g), v is None
    old = zero if v is None else v
    if on("sgd: rate in the velocity"):
        new = mu * old + lr * g
        return new, mu * new + lr * g if o["nesterov"] else new
    if on("sgd: velocity is the step"):
        new = mu * old - lr * g
        return new, -(mu * new - lr * g if o["nesterov"] else new)
    if o["nesterov"] and on("sgd: Nesterov with the rate in the velocity"):
        new = mu * old + lr * g
        return new, mu * new + lr * g
    if on("sgd: average of gradients"):
        new = mu * old + (1 - mu) * g
    elif on("sgd: average of gradients from the first one"):
        new = g if first else mu * old + (1 - mu) * g
    elif on("sgd: dampening ignored"):
        new = mu * old + g
    elif on("sgd: dampening of the first gradient too"):
        new = mu * old + (1 - damping) * g
    elif on("sgd: momentum on the gradient"):
        new = old + mu * g
    elif on("sgd: average, momentum on the gradient"):
        new = (1 - mu) * old + mu * g
    elif on("sgd: velocity subtracted"):
        new = g - mu * old
    else:
        new = g if first else mu * old + (1 - damping) * g
    nesterov = o["nesterov"] or on("sgd: Nesterov where it is not asked for")
    if not nesterov or on("sgd: Nesterov ignored"):
        return new, lr * new
    if on("sgd: Nesterov by the velocity before"):
        return new, lr * (g + mu * old)
    return new, lr * (g + mu * new)


def _options(on: Switches, case: Case, name: str) -> Mapping[str, Any]:
    """The options of one parameter."""
    assert case.optimizer is not None
    own: dict[str, Any] = dict(case.optimizer["parameters"][name])
    if on("sgd: groups ignored"):
        return {key: case.optimizer[key] for key in own}
    if name.endswith(".bias") and on("sgd: decay of biases too"):
        every = case.optimizer["parameters"].values()
        own["weight_decay"] = max(one["weight_decay"] for one in every)
    return own


def _written(on: Switches, names: list[str], name: str, lr: float, p: Array, new: Array) -> Array:
    """What ends up in the parameter."""
    layer, last = name.rpartition(".")[0], names[-1].rpartition(".")[0]
    bias = name.endswith(".bias")
    if on("sgd: nothing is updated"):
        return p.copy()
    if bias and on("sgd: biases never updated"):
        return p.copy()
    if bias and on("sgd: biases updated by their values"):
        return p - lr * p
    if not bias and layer == last and on("sgd: weights of the last layer never updated"):
        return p.copy()
    if layer == names[0].rpartition(".")[0] and on("sgd: first layer never updated"):
        return p.copy()
    return new


UPDATE = "[ou]p*"
"""`optimizer.*` where there is a momentum buffer, and `update.*` where there is none."""
PARAMETER, BUFFER = "update.*", "optimizer.*"


def _mutant(mistake: str, cause: str, entry: str = UPDATE, *alike: str) -> Mutant:
    return Mutant(f"sgd: {mistake}", f"sgd.{cause}", entry, alike)


MUTANTS: tuple[Mutant, ...] = (
    *CLIPPING,
    *learning_rates.MUTANTS,
    _mutant("ascent", "sign.ascent", PARAMETER),
    _mutant("ascent of kernels", "sign.ascent_of_kernels", PARAMETER),
    _mutant("maximize ignored", "maximize.ignored"),
    _mutant("groups ignored", "groups.ignored"),
    _mutant("no momentum", "momentum.missing", PARAMETER),
    _mutant("velocity forgotten", "momentum.reset"),
    _mutant("average of gradients", "momentum.dampened", BUFFER),
    _mutant("average of gradients from the first one", "momentum.dampening_after_first", BUFFER),
    _mutant("dampening ignored", "momentum.dampening_ignored", BUFFER),
    _mutant("dampening of the first gradient too", "momentum.dampening_from_first", BUFFER),
    _mutant("momentum on the gradient", "momentum.swapped", BUFFER),
    _mutant("average, momentum on the gradient", "momentum.swapped_average", BUFFER),
    _mutant("velocity subtracted", "momentum.sign", BUFFER),
    _mutant("rate in the velocity", "momentum.holds_lr", BUFFER, "sgd.nesterov.rate_inside"),
    _mutant("velocity is the step", "momentum.buffer_is_update", BUFFER),
    _mutant("Nesterov ignored", "nesterov.missing", PARAMETER),
    _mutant("Nesterov where it is not asked for", "nesterov.unasked", PARAMETER),
    _mutant("Nesterov by the velocity before", "nesterov.missing", PARAMETER),
    _mutant("Nesterov with the rate in the velocity", "nesterov.rate_inside", BUFFER),
    _mutant("no decay", "weight_decay.missing"),
    _mutant("half the decay", "weight_decay.half"),
    _mutant("twice the decay", "weight_decay.double"),
    _mutant("sign of the decay", "weight_decay.sign"),
    _mutant("decay by the sign", "weight_decay.l1"),
    _mutant("decay of biases too", "weight_decay.on_biases_too"),
    _mutant("no decay of biases", "weight_decay.not_on_biases"),
    _mutant("decay beside the gradient", "weight_decay.decoupled"),
    _mutant("decay without the rate", "weight_decay.decoupled_without_lr"),
    _mutant("nothing is updated", "update.missing", PARAMETER),
    _mutant("biases never updated", "update.biases_frozen", PARAMETER),
    _mutant("biases updated twice", "update.biases_twice"),
    _mutant("biases updated by their values", "update.biases_by_value", PARAMETER),
    _mutant(
        "weights of the last layer never updated", "update.weights_of_last_layer_frozen", PARAMETER
    ),
    # With one layer that is everything.
    _mutant(
        "first layer never updated", "update.first_layer_frozen", PARAMETER, "sgd.update.missing"
    ),
    _mutant("everything updated twice", "update.twice"),
)
