"""SGD with another Nesterov momentum."""

from __future__ import annotations

from dataclasses import replace

from oracles.diagnosis.altered import Updating
from oracles.diagnosis.hypotheses.sgd.step import (
    Updated,
    decayed,
    direction_of,
    sgd,
    some,
    stepped,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import needs


def _missing(updating: Updating) -> Updated:
    """The momentum is the plain one, which is also what Sutskever's form gives with a gradient
    that is taken at the parameters themselves, and what g + mu * v is with the old buffer v."""
    needs(some(updating, "nesterov"))
    return stepped(updating, nesterov=False)


def _unasked(updating: Updating) -> Updated:
    """The momentum is Nesterov's where plain momentum is asked for."""
    needs(some(updating, "momentum"))
    return stepped(updating, nesterov=True)


def _rate_inside(updating: Updating) -> Updated:
    """The learning rate is in the buffer: v = mu * v + lr * g, and the parameter minus
    lr * g + mu * v."""
    needs(some(updating, "nesterov"))
    if not updating.options["nesterov"]:
        return stepped(updating)
    scaled = replace(updating, gradient=updating.lr * decayed(updating))
    direction, v = direction_of(scaled, weight_decay=0.0, maximize=False)
    return updating.parameter - direction, v


_RIGHT = "v = momentum * v + g; p -= lr * (g + momentum * v)"

HYPOTHESES = (
    Hypothesis(
        name="sgd.nesterov.missing",
        title="the momentum is plain, not Nesterov's: the step takes v, not g + momentum * v",
        altered=sgd(_missing),
        why_unseen="The buffer is right, and both forms lead to the same minimum.",
        fix=_RIGHT + ", with the new v",
        evidence=("torch/optim#27", "keras-team/keras#14115"),
        sort="convention",
        declaration='follows = ("sgd.nesterov.missing",)',
        convention="sgd.nesterov",
    ),
    Hypothesis(
        name="sgd.nesterov.unasked",
        title="the momentum is Nesterov's where it should be plain",
        altered=sgd(_unasked),
        why_unseen="The buffer is right, and both forms lead to the same minimum.",
        fix="v = momentum * v + g; p -= lr * v",
    ),
    Hypothesis(
        name="sgd.nesterov.rate_inside",
        title="the learning rate is inside the buffer of Nesterov's momentum",
        altered=sgd(_rate_inside),
        why_unseen="With a constant rate every parameter is the same: only a change of the rate "
        "shows it, in the steps after it.",
        fix=_RIGHT,
        evidence=("pytorch/pytorch#5920", "keras.optimizers.SGD"),
        sort="convention",
        declaration='follows = ("sgd.nesterov.rate_inside",)',
        convention="sgd.nesterov",
    ),
)
