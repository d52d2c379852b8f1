"""Losses that are compared with another target, or whose gradient is another one altogether."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Loss, LossGradient
from oracles.diagnosis.hypotheses.losses.loss_terms import ALL, evaluated, right_gradient
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _shifted_up(site: Site, prediction: Tensor) -> Tensor:
    """Every label is one too large; the class behind the last one is the first."""
    return evaluated(site, prediction, _shifted(site, prediction, 1))


def _shifted_down(site: Site, prediction: Tensor) -> Tensor:
    """Every label is one too small; the class before the first one is the last."""
    return evaluated(site, prediction, _shifted(site, prediction, -1))


def _shifted(site: Site, prediction: Tensor, by: int) -> Tensor:
    target = site.target
    if not target.is_floating_point():
        moved = (target + by) % prediction.shape[1]
        return torch.where(target == site.loss["ignore_index"], target, moved)
    needs(target.dim() > 1 and target.shape[1] > 1)
    one_hot = ((target == 0) | (target == 1)).all() and (target.sum(1) == 1).all()
    needs(bool(one_hot))
    return target.roll(by, 1)


def _reversed(site: Site, prediction: Tensor) -> Tensor:
    """The targets of the batch are in reverse order."""
    return evaluated(site, prediction, site.target.flip(0))


def _rolled(site: Site, prediction: Tensor) -> Tensor:
    """Every sample has the target of the one before it in the batch."""
    return evaluated(site, prediction, site.target.roll(1, 0))


def _rolled_back(site: Site, prediction: Tensor) -> Tensor:
    """Every sample has the target of the one behind it in the batch."""
    return evaluated(site, prediction, site.target.roll(-1, 0))


def _negative(site: Site, prediction: Tensor) -> Tensor:
    """The loss is right and its gradient has the opposite sign."""
    return -right_gradient(site, prediction)


def _of_output(site: Site, prediction: Tensor) -> Tensor:
    """Ones are handed to the network: its output is differentiated, not the loss."""
    return torch.ones_like(prediction)


_OTHER_LABELS = (
    "Loss and gradient agree on the same wrong labels, so that a gradient check passes, and the "
    "loss falls: "
)

HYPOTHESES = (
    Hypothesis(
        name="loss.target.shifted_up",
        title="the labels are one too large",
        altered=Loss(ALL, _shifted_up),
        why_unseen=_OTHER_LABELS + "the network learns the shifted classes. Only a comparison with "
        "labels that others predict shows it.",
        fix="labels count from 0: y is the column of p, without + 1",
        evidence=("vlfeat/matconvnet#467", "BVLC/caffe#6318", "tensorflow/tpu#521"),
    ),
    Hypothesis(
        name="loss.target.shifted_down",
        title="the labels are one too small",
        altered=Loss(ALL, _shifted_down),
        why_unseen=_OTHER_LABELS + "the network learns the shifted classes, and the label -1 means "
        "the last column to NumPy.",
        fix="labels count from 0: y is the column of p, without - 1",
        evidence=("zhanghang1989/ResNet-Matconvnet#4", "mlcommons/inference#550"),
    ),
    Hypothesis(
        name="loss.target.reversed_samples",
        title="the targets are in reverse order within the batch",
        altered=Loss(ALL, _reversed),
        why_unseen=_OTHER_LABELS + "the network learns them by heart. A batch of one hides it.",
        fix="take inputs and targets by the same indices: x[idx], t[idx]",
    ),
    Hypothesis(
        name="loss.target.rolled",
        title="every sample has the target of the one before it",
        altered=Loss(ALL, _rolled),
        why_unseen=_OTHER_LABELS + "the network learns them by heart. A batch of one hides it.",
        fix="take inputs and targets by the same indices: x[idx], t[idx]",
        evidence=("tensorflow/tensorflow#21033", "keras-team/keras#7520"),
    ),
    Hypothesis(
        name="loss.target.rolled_back",
        title="every sample has the target of the one behind it",
        altered=Loss(ALL, _rolled_back),
        why_unseen=_OTHER_LABELS + "the network learns them by heart. A batch of one hides it.",
        fix="take inputs and targets by the same indices: x[idx], t[idx]",
        evidence=("tensorflow/tensorflow#21033", "keras-team/keras#7520"),
    ),
    Hypothesis(
        name="loss.gradient.sign",
        title="the gradient of the loss has the wrong sign",
        altered=LossGradient(ALL, _negative),
        why_unseen="The loss itself is right, and an update that adds the gradient turns the sign "
        "back; only a comparison of the gradient itself shows it.",
        fix="the gradient is prediction minus target, p - t, and the update subtracts it",
        evidence=("davharris/mistnet#29",),
    ),
    Hypothesis(
        name="loss.gradient.of_output",
        title="ones are handed to the network in place of the gradient of the loss",
        altered=LossGradient(ALL, _of_output),
        why_unseen="The backward pass is right for what it is given: it is the derivative of the "
        "sum of the outputs, and not of the loss.",
        fix="start the backward pass with the derivative of the loss, 2 * (p - t) / p.size for "
        "MSELoss; or compare with prediction.sum().backward()",
        evidence=("stats.stackexchange.com/q/188678",),
    ),
)
