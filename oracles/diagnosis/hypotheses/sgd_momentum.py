"""SGD with another momentum."""

from __future__ import annotations

from dataclasses import replace

from oracles.contract.case import Array
from oracles.diagnosis.altered import Updating
from oracles.diagnosis.hypotheses.sgd_step import (
    Updated,
    decayed,
    direction_of,
    remembered,
    sgd,
    some,
    stepped,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import needs


def _missing(updating: Updating) -> Updated:
    """There is no momentum."""
    needs(some(updating, "momentum"))
    return stepped(updating, momentum=0.0)


def _reset(updating: Updating) -> Updated:
    """The momentum buffer starts anew with each step."""
    needs(some(updating, "momentum"))
    return stepped(replace(updating, buffer=None))


def _dampened(updating: Updating) -> Updated:
    """The buffer is a running mean from the first step on: v = mu * v + (1 - mu) * g."""
    mu = _asked(updating)
    return _moved(updating, mu * remembered(updating) + (1 - mu) * decayed(updating))


def _dampening_after_first(updating: Updating) -> Updated:
    """The buffer starts with the gradient and is a running mean from the second step on:
    v = mu * v + (1 - mu) * g."""
    return stepped(updating, dampening=_asked(updating))


def _dampening_ignored(updating: Updating) -> Updated:
    """The gradient is not dampened."""
    needs(some(updating, "momentum") and some(updating, "dampening"))
    return stepped(updating, dampening=0.0)


def _dampening_from_first(updating: Updating) -> Updated:
    """The first gradient is dampened as well, as if the buffer had been zeros before."""
    needs(some(updating, "momentum") and some(updating, "dampening"))
    return stepped(replace(updating, buffer=0.0 * updating.parameter))


def _swapped(updating: Updating) -> Updated:
    """Momentum multiplies the gradient, not the buffer: v = v + mu * g."""
    mu = _asked(updating)
    return _moved(updating, remembered(updating) + mu * decayed(updating))


def _swapped_average(updating: Updating) -> Updated:
    """Momentum is the weight of the new gradient: v = (1 - mu) * v + mu * g."""
    mu = _asked(updating)
    return _moved(updating, (1 - mu) * remembered(updating) + mu * decayed(updating))


def _sign(updating: Updating) -> Updated:
    """The buffer is subtracted from the gradient: v = g - mu * v."""
    mu = _asked(updating)
    kept = (1 - updating.options["dampening"]) if updating.buffer is not None else 1.0
    return _moved(updating, kept * decayed(updating) - mu * remembered(updating))


def _holds_lr(updating: Updating) -> Updated:
    """The learning rate is in the buffer: v = mu * v + lr * g, and the parameter minus v."""
    _needs_plain_momentum(updating)
    if not updating.options["momentum"]:
        return stepped(updating)
    scaled = replace(updating, gradient=updating.lr * decayed(updating))
    direction, v = direction_of(scaled, weight_decay=0.0, maximize=False)
    return updating.parameter - direction, v


def _buffer_is_update(updating: Updating) -> Updated:
    """The buffer is what is added to the parameter: v = mu * v - lr * g, and the parameter plus
    v."""
    _needs_plain_momentum(updating)
    if not updating.options["momentum"]:
        return stepped(updating)
    scaled = replace(updating, gradient=-updating.lr * decayed(updating))
    direction, v = direction_of(scaled, weight_decay=0.0, maximize=False)
    return updating.parameter + direction, v


def _needs_plain_momentum(updating: Updating) -> None:
    assert updating.site.case.optimizer is not None
    options = updating.site.case.optimizer["parameters"].values()
    needs(any(one["momentum"] and not one["nesterov"] for one in options))


def _asked(updating: Updating) -> float:
    needs(some(updating, "momentum"))
    return float(updating.options["momentum"])


def _moved(updating: Updating, v: Array) -> Updated:
    """The step that this buffer leads to."""
    if not updating.options["momentum"]:
        return stepped(updating)
    direction = v
    if updating.options["nesterov"]:
        direction = decayed(updating) + updating.options["momentum"] * v
    return updating.parameter - updating.lr * direction, v


_FIRST = "The first step is right: it takes two to see it. "
_AS_RATE = "It looks like another learning rate, and the loss falls. "
_RIGHT = "v = g if v is None else momentum * v + (1 - dampening) * g; p -= lr * v"

HYPOTHESES = (
    Hypothesis(
        name="sgd.momentum.missing",
        title="there is no momentum",
        altered=sgd(_missing),
        why_unseen=_FIRST + "The loss falls all the same, only slower.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.momentum.reset",
        title="the momentum buffer starts anew with each step",
        altered=sgd(_reset),
        why_unseen=_FIRST + "The buffer is there, and it is just the gradient.",
        fix="keep the buffer from step to step, one for each parameter; " + _RIGHT,
        evidence=("kozistr/pytorch_optimizer#516",),
    ),
    Hypothesis(
        name="sgd.momentum.dampened",
        title="the gradient enters the momentum buffer times 1 - momentum",
        altered=sgd(_dampened),
        why_unseen=_AS_RATE + "In the long run it is the right momentum with a rate that is "
        "smaller by 1 - momentum.",
        fix="v = momentum * v + g: without 1 - momentum, which is Adam's",
        evidence=("intel/BigDL#1499", "torch/optim#163", "ml-explore/mlx#87"),
    ),
    Hypothesis(
        name="sgd.momentum.dampening_after_first",
        title="from the second step on the gradient enters the buffer times 1 - momentum",
        altered=sgd(_dampening_after_first),
        why_unseen=_FIRST + _AS_RATE,
        fix="v = momentum * v + g: dampening is 0 by default, not the momentum",
        evidence=("torch/optim#163",),
    ),
    Hypothesis(
        name="sgd.momentum.dampening_ignored",
        title="dampening is ignored",
        altered=sgd(_dampening_ignored),
        why_unseen=_FIRST + "The default is no dampening.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.momentum.dampening_from_first",
        title="the gradient of the first step is dampened as well",
        altered=sgd(_dampening_from_first),
        why_unseen="Without dampening, the default, nothing is different; with it the difference "
        "fades with each step.",
        fix="the buffer of the first step is the gradient itself: " + _RIGHT,
        evidence=("ml-explore/mlx#473", "pytorch/pytorch#152833"),
        sort="convention",
        declaration='follows = ("sgd.momentum.dampening_from_first",)',
        convention="sgd.dampening_first_step",
    ),
    Hypothesis(
        name="sgd.momentum.swapped",
        title="momentum multiplies the gradient and not the buffer",
        altered=sgd(_swapped),
        why_unseen=_AS_RATE + "With a momentum of 0.9 the first steps hardly differ.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.momentum.swapped_average",
        title="momentum is the weight of the new gradient: v = (1 - momentum) * v + momentum * g",
        altered=sgd(_swapped_average),
        why_unseen=_AS_RATE + "With a momentum of 0.9 the first steps hardly differ, and at 0.5 "
        "it is a running mean.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.momentum.sign",
        title="the momentum buffer is subtracted from the gradient",
        altered=sgd(_sign),
        why_unseen=_FIRST + "The loss falls, with brakes on.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.momentum.holds_lr",
        title="the learning rate is inside the momentum buffer",
        altered=sgd(_holds_lr),
        why_unseen="With a constant rate every parameter is the same: only a change of the rate "
        "shows it, in the steps after it.",
        fix="v = momentum * v + g; p -= lr * v",
        evidence=("pytorch/pytorch#1099", "pytorch/pytorch#44917"),
        sort="convention",
        declaration='follows = ("sgd.momentum.holds_lr",)',
        convention="sgd.velocity",
    ),
    Hypothesis(
        name="sgd.momentum.buffer_is_update",
        title="the momentum buffer is the update itself: -lr is inside of it",
        altered=sgd(_buffer_is_update),
        why_unseen="With a constant rate every parameter is the same: only a change of the rate "
        "shows it, in the steps after it.",
        fix="v = momentum * v + g; p -= lr * v",
        evidence=("keras.optimizers.SGD", "Caffe, solver tutorial"),
        sort="convention",
        declaration='follows = ("sgd.momentum.buffer_is_update",)',
        convention="sgd.velocity",
    ),
)
