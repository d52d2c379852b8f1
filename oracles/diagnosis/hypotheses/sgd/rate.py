"""SGD with another learning rate, sign or group."""

from __future__ import annotations

from collections.abc import Mapping

from oracles.contract.case import Step
from oracles.contract.schedulers import SCHEDULERS
from oracles.diagnosis.altered import Updating
from oracles.diagnosis.hypotheses.sgd.step import (
    Updated,
    direction_of,
    option_of_case,
    sgd,
    some,
    stepped,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import needs

_OPTIONS = ("momentum", "dampening", "nesterov", "weight_decay", "maximize")


def _ascent(updating: Updating) -> Updated:
    """The step is added to the parameter, not subtracted."""
    direction, buffer = direction_of(updating)
    return updating.parameter + updating.lr * direction, buffer


def _ascent_of_kernels(updating: Updating) -> Updated:
    """The step is added to the kernels of convolutions, and subtracted from all other
    parameters."""
    kernels = [f"{one.name}.weight" for one in updating.site.case.layers if one.type == "Conv2d"]
    needs(bool(kernels))
    return _ascent(updating) if updating.name in kernels else stepped(updating)


def _maximize_ignored(updating: Updating) -> Updated:
    """Gradients are descended although the case asks to ascend them."""
    needs(some(updating, "maximize"))
    return stepped(updating, maximize=False)


def _divided_by_batch(updating: Updating) -> Updated:
    """The learning rate is divided by the samples of the batch."""
    return stepped(updating, lr=updating.lr / updating.site.samples)


def _times_batch(updating: Updating) -> Updated:
    """The learning rate is multiplied by the samples of the batch."""
    return stepped(updating, lr=updating.lr * updating.site.samples)


def _constant(updating: Updating) -> Updated:
    """The learning rate of the first step is kept."""
    return stepped(updating, lr=_train_steps(updating)[0].learning_rates[updating.name])


def _schedule_late(updating: Updating) -> Updated:
    """Every step takes the learning rate of the one before it."""
    steps = _train_steps(updating)
    before = steps[max(0, _position(updating, steps) - 1)]
    return stepped(updating, lr=before.learning_rates[updating.name])


def _schedule_early(updating: Updating) -> Updated:
    """Every step takes the learning rate of the one behind it."""
    steps = _train_steps(updating)
    t = _position(updating, steps) + 1
    if t < len(steps):
        return stepped(updating, lr=steps[t].learning_rates[updating.name])
    rate = option_of_case(updating, "lr")
    if not isinstance(rate, Mapping) or updating.lr != updating.site.step.lr:
        return stepped(updating)
    return stepped(updating, lr=SCHEDULERS[rate["scheduler"]].model_validate(dict(rate)).at(t))


def _train_steps(updating: Updating) -> list[Step]:
    return [step for step in updating.site.case.steps if step.update]


def _position(updating: Updating, steps: list[Step]) -> int:
    return [step.index for step in steps].index(updating.site.step.index)


def _rate_of_groups_ignored(updating: Updating) -> Updated:
    """The learning rate of the groups is ignored."""
    return stepped(updating, lr=updating.site.step.lr)


def _groups_ignored(updating: Updating) -> Updated:
    """The options of the groups are ignored: those of the optimizer hold for all parameters."""
    general = {name: option_of_case(updating, name) for name in _OPTIONS}
    return stepped(updating, lr=updating.site.step.lr, **general)


_RATE = "Gradients are right, and training looks as it does with another learning rate."

HYPOTHESES = (
    Hypothesis(
        name="sgd.sign.ascent",
        title="the step is added to the parameters: gradient ascent",
        altered=sgd(_ascent),
        why_unseen="Gradients are right, and a gradient check does not look at updates. With a "
        "gradient of the wrong sign the two mistakes cancel.",
        fix="p -= lr * g",
        evidence=("math.techqa.club 3808435",),
    ),
    Hypothesis(
        name="sgd.sign.ascent_of_kernels",
        title="the step is added to the kernels of the convolutions: gradient ascent",
        altered=sgd(_ascent_of_kernels),
        why_unseen="The layers behind learn around it, so that the loss may fall all the same.",
        fix="weight -= lr * grad_weight, in convolutions as in all other layers",
    ),
    Hypothesis(
        name="sgd.maximize.ignored",
        title="gradients are descended where the case asks to ascend",
        altered=sgd(_maximize_ignored),
        why_unseen="The default is to descend.",
        fix="g = -g if maximize else g, before weight decay and momentum",
    ),
    Hypothesis(
        name="sgd.lr.divided_by_batch",
        title="the learning rate is divided by the number of samples",
        altered=sgd(_divided_by_batch),
        why_unseen=_RATE + " Where the loss is a mean as well, that makes N ** 2.",
        fix="divide by N once: in the mean of the loss; p -= lr * g",
        evidence=("AlexeyAB/darknet#1943", "fetchai/ledger#1580"),
    ),
    Hypothesis(
        name="sgd.lr.times_batch",
        title="the learning rate is multiplied by the number of samples",
        altered=sgd(_times_batch),
        why_unseen=_RATE,
        fix="p -= lr * g",
    ),
    Hypothesis(
        name="sgd.lr.constant",
        title="the learning rate does not change",
        altered=sgd(_constant),
        why_unseen=_RATE + " Up to the first change of the rate every number is right.",
        fix="take the rate of this step: step.lr",
    ),
    Hypothesis(
        name="sgd.lr.schedule_early",
        title="the learning rate changes one step too early",
        altered=sgd(_schedule_early),
        why_unseen=_RATE + " It shows only at steps where the rate changes.",
        fix="first optimizer.step(), then scheduler.step(): step t takes the rate of t",
        evidence=("huggingface/pytorch-image-models#2745", "karpathy/nanoGPT#443"),
    ),
    Hypothesis(
        name="sgd.lr.schedule_late",
        title="the learning rate changes one step too late",
        altered=sgd(_schedule_late),
        why_unseen=_RATE + " It shows only at steps where the rate changes.",
        fix="step t, counted from 0, takes the rate of t: milestone 1 is the second step",
        evidence=("huggingface/pytorch-image-models#2745", "torch/optim#74"),
    ),
    Hypothesis(
        name="sgd.lr.groups_ignored",
        title="the learning rate of parameter groups is ignored",
        altered=sgd(_rate_of_groups_ignored),
        why_unseen=_RATE + " Without groups nothing is different.",
        fix="take the rate of this parameter: step.learning_rates[name]",
    ),
    Hypothesis(
        name="sgd.groups.ignored",
        title="parameter groups are ignored: the same options hold for all parameters",
        altered=sgd(_groups_ignored),
        why_unseen=_RATE + " Without groups nothing is different.",
        fix='take the options of this parameter: optimizer["parameters"][name]',
    ),
)
