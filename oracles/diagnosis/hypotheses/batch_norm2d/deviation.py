"""Batch norms that divide by another deviation. Buffers are as they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.batch_norm2d import normalising as n
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs

Inputs = Sequence[Tensor]
Parameters = Mapping[str, Tensor]


def _larger(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm has an eps of 1e-3."""
    needs(site.attributes["eps"] != 1e-3)
    return n.unaltered(site, inputs[0], parameters, eps=1e-3)


def _smaller(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm has an eps of 1e-6."""
    needs(site.attributes["eps"] != 1e-6)
    return n.unaltered(site, inputs[0], parameters, eps=1e-6)


def _tiny(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm has an eps of 1e-8."""
    needs(site.attributes["eps"] != 1e-8)
    return n.unaltered(site, inputs[0], parameters, eps=1e-8)


def _default(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm has an eps of 1e-5, whatever it was given."""
    needs(site.attributes["eps"] != 1e-5)
    return n.unaltered(site, inputs[0], parameters, eps=1e-5)


def _zero(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm divides by the root of the variance alone, without eps."""
    statistics = n.right(site, inputs[0])
    z = (inputs[0] - statistics.mean) / statistics.variance.sqrt()
    return n.scaled(z, parameters)


def _outside_root(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm adds eps to the root of the variance: sqrt(variance) + eps."""
    statistics = n.right(site, inputs[0])
    positive = statistics.variance > 0  # the derivative of a root is infinite at 0
    root = torch.where(positive, statistics.variance, 1.0).sqrt() * positive
    return n.scaled((inputs[0] - statistics.mean) / (root + site.attributes["eps"]), parameters)


def _not_rooted(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm divides by variance + eps, without the root."""
    statistics = n.right(site, inputs[0])
    z = (inputs[0] - statistics.mean) / (statistics.variance + site.attributes["eps"])
    return n.scaled(z, parameters)


def _unbiased(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm divides by the root of the unbiased variance of the batch."""
    x = inputs[0]
    needs(n.count(x) > 1)
    if not n.from_batch(site):
        return n.unaltered(site, x, parameters)
    variance = x.var(n.CHANNELS, keepdim=True, unbiased=True)
    statistics = n.Statistics(n.of_batch(x).mean, variance)
    return n.scaled(n.normalised_by(site, x, statistics), parameters)


def _around_zero(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """The variance of a batch is taken as the mean of the squares, without the mean subtracted."""
    x = inputs[0]
    if not n.from_batch(site):
        return n.unaltered(site, x, parameters)
    squares = (x * x).mean(n.CHANNELS, keepdim=True)
    statistics = n.Statistics(n.of_batch(x).mean, squares)
    return n.scaled(n.normalised_by(site, x, statistics), parameters)


_FIX = "y = (x - mean) / np.sqrt(variance + eps) * weight + bias, variance = x.var(axis=(0, 2, 3))"
_LARGE = (
    "Where the variance is near 1, the numbers agree to a few digits, and forward and backward "
    "pass belong together."
)

HYPOTHESES = (
    Hypothesis(
        name="batch_norm2d.eps.larger",
        title="the batch norm has an eps of 1e-3",
        altered=Forward("BatchNorm2d", _larger),
        why_unseen=_LARGE + " 1e-3 is the default of TensorFlow and Keras. Only a channel with a "
        "small variance shows it.",
        fix="eps = 1e-5, PyTorch's default, or what the layer is given",
        evidence=("qqwweee/keras-yolo3#451", "r9y9/tacotron_pytorch#19"),
    ),
    Hypothesis(
        name="batch_norm2d.eps.smaller",
        title="the batch norm has an eps of 1e-6",
        altered=Forward("BatchNorm2d", _smaller),
        why_unseen=_LARGE + " Only a channel with a small variance shows it.",
        fix="eps = 1e-5, PyTorch's default, or what the layer is given",
        evidence=("ceccocats/tkDNN#167",),
    ),
    Hypothesis(
        name="batch_norm2d.eps.tiny",
        title="the batch norm has an eps of 1e-8",
        altered=Forward("BatchNorm2d", _tiny),
        why_unseen=_LARGE + " Only a channel with a small variance shows it.",
        fix="eps = 1e-5, PyTorch's default, or what the layer is given",
    ),
    Hypothesis(
        name="batch_norm2d.eps.default",
        title="the batch norm has an eps of 1e-5, whatever it was given",
        altered=Forward("BatchNorm2d", _default),
        why_unseen="Nearly every layer is made with the default.",
        fix="store eps in the constructor and use it",
    ),
    Hypothesis(
        name="batch_norm2d.eps.zero",
        title="the batch norm has no eps",
        altered=Forward("BatchNorm2d", _zero),
        why_unseen=_LARGE + " A channel that is the same number everywhere, as under a ReLU that "
        "never lets anything through, gives 0 / 0.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.eps.outside_root",
        title="eps is added to the deviation, not to the variance",
        altered=Forward("BatchNorm2d", _outside_root),
        why_unseen=_LARGE + " Only where the variance is not far above eps is it another number.",
        fix=_FIX + ": eps is inside of the root",
        evidence=("pjreddie/darknet#1634", "pjreddie/darknet#1723"),
        sort="convention",
        declaration='follows = ("batch_norm2d.eps.outside_root",)',
        convention="batch_norm.epsilon",
    ),
    Hypothesis(
        name="batch_norm2d.variance.not_rooted",
        title="the batch norm divides by the variance, not by its root",
        altered=Forward("BatchNorm2d", _not_rooted),
        why_unseen="Where the variance is near 1 there is hardly a difference, and what follows "
        "learns around any factor per channel.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.variance.unbiased",
        title="the batch is divided by the root of its unbiased variance",
        altered=Forward("BatchNorm2d", _unbiased),
        why_unseen="The factor is sqrt((m - 1) / m) for the m = N*H*W numbers of a channel: 0.9995 "
        "for a thousand of them.",
        fix=_FIX + ", which is ddof=0; the unbiased one is for running_var alone",
        evidence=("karpathy/nn-zero-to-hero#44", "LBANN/lbann#2024"),
    ),
    Hypothesis(
        name="batch_norm2d.variance.around_zero",
        title="the variance is the mean of the squares, around 0 and not around the mean",
        altered=Forward("BatchNorm2d", _around_zero),
        why_unseen="Where the mean of a channel is near 0, as for random data, it is the same.",
        fix=_FIX + " = np.mean((x - mean) ** 2)",
    ),
)
