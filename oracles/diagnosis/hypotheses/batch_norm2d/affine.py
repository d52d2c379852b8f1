"""Batch norms without one of mean, weight and bias. Buffers are as they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.batch_norm2d import normalising as n
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs

Inputs = Sequence[Tensor]
Parameters = Mapping[str, Tensor]


def _mean_not_subtracted(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm divides by the deviation and does not subtract the mean."""
    return n.scaled(inputs[0] / n.deviation(site, n.right(site, inputs[0])), parameters)


def _weight_missing(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm does not multiply by its weight."""
    needs("weight" in parameters)
    return _plain(site, inputs) + n.wide(parameters["bias"])


def _bias_missing(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm does not add its bias."""
    needs("bias" in parameters)
    return _plain(site, inputs) * n.wide(parameters["weight"])


def _bias_subtracted(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm subtracts its bias."""
    needs("bias" in parameters)
    return _plain(site, inputs) * n.wide(parameters["weight"]) - n.wide(parameters["bias"])


def _bias_times_weight(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm adds its bias before it multiplies by its weight: weight * (z + bias)."""
    needs("bias" in parameters)
    return (_plain(site, inputs) + n.wide(parameters["bias"])) * n.wide(parameters["weight"])


def _plain(site: Site, inputs: Inputs) -> Tensor:
    return n.normalised_by(site, inputs[0], n.right(site, inputs[0]))


_FIX = "y = (x - mean) / np.sqrt(variance + eps) * weight + bias"
_FIRST = "A new layer has a weight of ones and a bias of zeros, with which it is right."

HYPOTHESES = (
    Hypothesis(
        name="batch_norm2d.mean.not_subtracted",
        title="the mean is not subtracted",
        altered=Forward("BatchNorm2d", _mean_not_subtracted),
        why_unseen="Where the mean of a channel is near 0, as for random data, it is the same.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.weight.missing",
        title="the weight of the batch norm is not multiplied by",
        altered=Forward("BatchNorm2d", _weight_missing),
        why_unseen=_FIRST + " What follows learns to scale by itself.",
        fix=_FIX,
        evidence=("apache/mxnet#15717",),
    ),
    Hypothesis(
        name="batch_norm2d.bias.missing",
        title="the bias of the batch norm is not added",
        altered=Forward("BatchNorm2d", _bias_missing),
        why_unseen=_FIRST + " What follows has a bias of its own.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.bias.subtracted",
        title="the bias of the batch norm is subtracted",
        altered=Forward("BatchNorm2d", _bias_subtracted),
        why_unseen=_FIRST + " After that it learns a bias of the other sign.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.bias.times_weight",
        title="the bias of the batch norm is added before the weight is multiplied by",
        altered=Forward("BatchNorm2d", _bias_times_weight),
        why_unseen=_FIRST + " After that it learns another bias.",
        fix=_FIX + ": the weight first",
    ),
)
