"""SGD with another weight decay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oracles.diagnosis.altered import Updating
from oracles.diagnosis.hypotheses.sgd.step import Updated, is_bias, sgd, some, stepped
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import needs


def _missing(updating: Updating) -> Updated:
    """There is no weight decay."""
    return stepped(updating, weight_decay=0.0 * _asked(updating))


def _half(updating: Updating) -> Updated:
    """The decay is half of what is asked for."""
    return stepped(updating, weight_decay=_asked(updating) / 2)


def _double(updating: Updating) -> Updated:
    """The decay is twice what is asked for: the derivative of decay * w ** 2."""
    return stepped(updating, weight_decay=_asked(updating) * 2)


def _sign(updating: Updating) -> Updated:
    """The decay is subtracted from the gradient, so that weights grow."""
    return stepped(updating, weight_decay=-_asked(updating))


def _on_biases_too(updating: Updating) -> Updated:
    """The largest decay of all parameters holds for the biases as well."""
    _asked(updating)
    if not is_bias(updating):
        return stepped(updating)
    return stepped(updating, weight_decay=_largest(updating))


def _not_on_biases(updating: Updating) -> Updated:
    """The biases do not decay."""
    _asked(updating)
    return stepped(updating, **({"weight_decay": 0.0} if is_bias(updating) else {}))


def _decoupled(updating: Updating) -> Updated:
    """The decay is taken off the parameter beside the step, lr * decay * w, and does not go through
    the momentum."""
    p, buffer = stepped(updating, weight_decay=0.0)
    return p - updating.lr * _asked(updating) * updating.parameter, buffer


def _decoupled_without_lr(updating: Updating) -> Updated:
    """The decay is taken off the parameter beside the step, decay * w, whatever the learning rate
    is."""
    p, buffer = stepped(updating, weight_decay=0.0)
    return p - _asked(updating) * updating.parameter, buffer


def _l1(updating: Updating) -> Updated:
    """The decay is that of absolute values: the sign of the parameter, not the parameter."""
    penalty = _asked(updating) * np.sign(updating.parameter)
    turned = -1.0 if updating.options["maximize"] else 1.0
    gradient = updating.gradient + turned * penalty
    return stepped(replace(updating, gradient=gradient), weight_decay=0.0)


def _asked(updating: Updating) -> float:
    needs(some(updating, "weight_decay"))
    return float(updating.options["weight_decay"])


def _largest(updating: Updating) -> float:
    assert updating.site.case.optimizer is not None
    options = updating.site.case.optimizer["parameters"].values()
    return max(float(one["weight_decay"]) for one in options)


_RIGHT = "g = g + weight_decay * w, before momentum and learning rate"
_SMALL = "A decay is small beside the gradient of the data, and the loss falls all the same."

HYPOTHESES = (
    Hypothesis(
        name="sgd.weight_decay.missing",
        title="there is no weight decay",
        altered=sgd(_missing),
        why_unseen=_SMALL + " Gradients are right: only parameters after a step show it.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.weight_decay.half",
        title="the weight decay is half of what it should be",
        altered=sgd(_half),
        why_unseen=_SMALL + " Gradients are right: only parameters after a step show it.",
        fix=_RIGHT + ", without 1/2",
        evidence=("liuzhuang13/DenseNetCaffe#2",),
    ),
    Hypothesis(
        name="sgd.weight_decay.double",
        title="the weight decay is twice what it should be",
        altered=sgd(_double),
        why_unseen=_SMALL + " 2 * decay * w is the derivative of decay * w ** 2, so that it looks "
        "right on paper.",
        fix=_RIGHT + ", without 2",
        evidence=("titu1994/DenseNet#57",),
    ),
    Hypothesis(
        name="sgd.weight_decay.sign",
        title="the weight decay has the wrong sign: weights grow",
        altered=sgd(_sign),
        why_unseen=_SMALL,
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.weight_decay.on_biases_too",
        title="the biases decay as well",
        altered=sgd(_on_biases_too),
        why_unseen=_SMALL + " Biases that start at 0 hide it in the first step.",
        fix="weight_decay = 0 for the group of the biases",
        evidence=("autrainer/autrainer#166", "vturrisi/solo-learn#289"),
    ),
    Hypothesis(
        name="sgd.weight_decay.not_on_biases",
        title="the biases do not decay",
        altered=sgd(_not_on_biases),
        why_unseen=_SMALL + " Biases that start at 0 hide it in the first step.",
        fix=_RIGHT + ", for biases as well unless a group says otherwise",
        evidence=("tensorflow/models#2755",),
    ),
    Hypothesis(
        name="sgd.weight_decay.decoupled",
        title="the weight decay is decoupled: it does not go through the momentum",
        altered=sgd(_decoupled),
        why_unseen="Without momentum both are the same, and with it the first step is.",
        fix=_RIGHT,
        evidence=("NVIDIA/apex#1849", "pytorch/pytorch#4429"),
        sort="convention",
        declaration='follows = ("sgd.weight_decay.decoupled",)',
        convention="sgd.weight_decay",
    ),
    Hypothesis(
        name="sgd.weight_decay.decoupled_without_lr",
        title="the weight decay is decoupled, and not multiplied by the learning rate",
        altered=sgd(_decoupled_without_lr),
        why_unseen="Weights shrink as they should, only faster; a test with a rate of 1 hides it.",
        fix=_RIGHT + ": the learning rate multiplies it too",
        evidence=("google-deepmind/optax#292", "egg-west/AdamW-pytorch#1"),
    ),
    Hypothesis(
        name="sgd.weight_decay.l1",
        title="the weight decay pulls by the sign of the weights, not by the weights",
        altered=sgd(_l1),
        why_unseen=_SMALL + " Weights shrink in the right direction.",
        fix=_RIGHT,
    ),
)
