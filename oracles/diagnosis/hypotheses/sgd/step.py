"""torch.optim.SGD on one parameter: what altered updates are made of."""

from __future__ import annotations

from typing import Any

from oracles.contract.case import Array
from oracles.diagnosis.altered import Update, UpdateRule, Updating
from oracles.diagnosis.site import needs

Updated = tuple[Array, Array | None]


def sgd(rule: UpdateRule) -> Update:
    """The rule in the place of SGD's."""
    return Update("SGD", rule)


def stepped(updating: Updating, **other: Any) -> Updated:
    """The right step, with `other` options (lr, momentum, dampening, nesterov, weight_decay,
    maximize) in the place of those of the parameter."""
    direction, buffer = direction_of(updating, **other)
    return updating.parameter - other.get("lr", updating.lr) * direction, buffer


def direction_of(updating: Updating, **other: Any) -> Updated:
    """What the learning rate multiplies, and the momentum buffer after the step."""
    options = {**updating.options, **other}
    g, momentum = decayed(updating, **other), options["momentum"]
    if not momentum:
        return g, None
    v = updating.buffer
    v = g if v is None else momentum * v + (1 - options["dampening"]) * g
    return (g + momentum * v if options["nesterov"] else v), v


def decayed(updating: Updating, **other: Any) -> Array:
    """The gradient, of what is maximised the opposite, with weight decay."""
    options = {**updating.options, **other}
    g = -updating.gradient if options["maximize"] else updating.gradient
    return g + float(options["weight_decay"]) * updating.parameter


def remembered(updating: Updating) -> Array | float:
    """The momentum buffer of the step before, 0 in the first one."""
    return 0.0 if updating.buffer is None else updating.buffer


def is_bias(updating: Updating) -> bool:
    """Whether the parameter is a bias."""
    return updating.name.endswith(".bias")


def option_of_case(updating: Updating, name: str) -> Any:
    """An option of the optimizer as it is without groups."""
    assert updating.site.case.optimizer is not None
    return updating.site.case.optimizer[name]


def some(updating: Updating, name: str) -> bool:
    """Whether an option is switched on, or not 0, for any parameter of the case."""
    assert updating.site.case.optimizer is not None
    return any(one[name] for one in updating.site.case.optimizer["parameters"].values())


def momentum_of(updating: Updating) -> float:
    """The momentum of the parameter, in a case that has some."""
    needs(some(updating, "momentum"))
    return float(updating.options["momentum"])


def with_buffer(updating: Updating, v: Array) -> Updated:
    """The step that this buffer leads to."""
    if not updating.options["momentum"]:
        return stepped(updating)
    direction = v
    if updating.options["nesterov"]:
        direction = decayed(updating) + updating.options["momentum"] * v
    return updating.parameter - updating.lr * direction, v
