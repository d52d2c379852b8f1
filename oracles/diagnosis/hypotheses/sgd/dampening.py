"""SGD whose momentum takes in the gradient with another weight."""

from __future__ import annotations

from dataclasses import replace

from oracles.diagnosis.altered import Updating
from oracles.diagnosis.hypotheses.sgd.step import (
    Updated,
    decayed,
    momentum_of,
    remembered,
    sgd,
    some,
    stepped,
    with_buffer,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import needs


def _dampened(updating: Updating) -> Updated:
    """The buffer is a running mean from the first step on: v = mu * v + (1 - mu) * g."""
    mu = momentum_of(updating)
    return with_buffer(updating, mu * remembered(updating) + (1 - mu) * decayed(updating))


def _dampening_after_first(updating: Updating) -> Updated:
    """The buffer starts with the gradient and is a running mean from the second step on:
    v = mu * v + (1 - mu) * g."""
    return stepped(updating, dampening=momentum_of(updating))


def _dampening_ignored(updating: Updating) -> Updated:
    """The gradient is not dampened."""
    needs(some(updating, "momentum") and some(updating, "dampening"))
    return stepped(updating, dampening=0.0)


def _dampening_from_first(updating: Updating) -> Updated:
    """The first gradient is dampened as well, as if the buffer had been zeros before."""
    needs(some(updating, "momentum") and some(updating, "dampening"))
    buffer = 0.0 * updating.parameter if updating.buffer is None else updating.buffer
    return stepped(replace(updating, buffer=buffer))


def _swapped(updating: Updating) -> Updated:
    """Momentum multiplies the gradient, not the buffer: v = v + mu * g."""
    mu = momentum_of(updating)
    return with_buffer(updating, remembered(updating) + mu * decayed(updating))


def _swapped_average(updating: Updating) -> Updated:
    """Momentum is the weight of the new gradient: v = (1 - mu) * v + mu * g."""
    mu = momentum_of(updating)
    return with_buffer(updating, (1 - mu) * remembered(updating) + mu * decayed(updating))


_FIRST = "The first step is right: it takes two to see it."

_AS_RATE = "It looks like another learning rate, and the loss falls."

_RIGHT = "v = g if v is None else momentum * v + (1 - dampening) * g; p -= lr * v"

HYPOTHESES = (
    Hypothesis(
        name="sgd.momentum.dampened",
        title="the gradient enters the momentum buffer times 1 - momentum",
        altered=sgd(_dampened),
        why_unseen=_AS_RATE + " In the long run it is the right momentum with a rate that is "
        "smaller by 1 - momentum.",
        fix="v = momentum * v + g: without 1 - momentum, which is Adam's",
        evidence=("intel/BigDL#1499", "torch/optim#163", "ml-explore/mlx#87"),
    ),
    Hypothesis(
        name="sgd.momentum.dampening_after_first",
        title="from the second step on the gradient enters the buffer times 1 - momentum",
        altered=sgd(_dampening_after_first),
        why_unseen=f"{_FIRST} {_AS_RATE}",
        fix="v = momentum * v + g: dampening is 0 by default, not the momentum",
        evidence=("torch/optim#163",),
    ),
    Hypothesis(
        name="sgd.momentum.dampening_ignored",
        title="dampening is ignored",
        altered=sgd(_dampening_ignored),
        why_unseen=_FIRST + " The default is no dampening.",
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
        why_unseen=_AS_RATE + " With a momentum of 0.9 the first steps hardly differ.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.momentum.swapped_average",
        title="momentum is the weight of the new gradient: v = (1 - momentum) * v + momentum * g",
        altered=sgd(_swapped_average),
        why_unseen=_AS_RATE + " With a momentum of 0.9 the first steps hardly differ, and at 0.5 "
        "it is a running mean.",
        fix=_RIGHT,
    ),
)
