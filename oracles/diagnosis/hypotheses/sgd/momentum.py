"""SGD with another momentum."""

from __future__ import annotations

from dataclasses import replace

from oracles.diagnosis.altered import Updating
from oracles.diagnosis.hypotheses.sgd.step import (
    Updated,
    decayed,
    direction_of,
    momentum_of,
    remembered,
    sgd,
    some,
    stepped,
    with_buffer,
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


def _sign(updating: Updating) -> Updated:
    """The buffer is subtracted from the gradient: v = g - mu * v."""
    mu = momentum_of(updating)
    kept = (1 - updating.options["dampening"]) if updating.buffer is not None else 1.0
    return with_buffer(updating, kept * decayed(updating) - mu * remembered(updating))


def _holds_lr(updating: Updating) -> Updated:
    """The learning rate is in the buffer: v = mu * v + lr * g, and the parameter minus v."""
    _needs_plain_momentum(updating)
    if not updating.options["momentum"]:
        return stepped(updating)
    scaled = replace(updating, gradient=updating.lr * decayed(updating))
    direction, v = direction_of(scaled, weight_decay=0.0, maximize=False)
    return updating.parameter - direction, v


def _buffer_is_update(updating: Updating) -> Updated:
    """The buffer is what is added to the parameter: v = mu * v - lr * g, and the parameter plus v,
    or with Nesterov's momentum plus mu * v - lr * g."""
    needs(some(updating, "momentum"))
    if not updating.options["momentum"]:
        return stepped(updating)
    scaled = replace(updating, gradient=-updating.lr * decayed(updating))
    direction, v = direction_of(scaled, weight_decay=0.0, maximize=False)
    return updating.parameter + direction, v


def _needs_plain_momentum(updating: Updating) -> None:
    assert updating.site.case.optimizer is not None
    options = updating.site.case.optimizer["parameters"].values()
    needs(any(one["momentum"] and not one["nesterov"] for one in options))


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
