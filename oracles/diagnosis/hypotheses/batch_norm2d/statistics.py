"""Batch norms that normalise by other statistics. Buffers are as they should be."""

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


def _per_pixel(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """The statistics of a batch run over its samples alone: every pixel has its own."""
    return _over(site, inputs[0], parameters, (0,))


def _per_sample(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """The statistics of a batch are taken for every sample by itself: an instance norm."""
    return _over(site, inputs[0], parameters, (2, 3))


def _over_channels(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """The statistics run over all channels of a sample: a layer norm."""
    return _over(site, inputs[0], parameters, (1, 2, 3))


def _over_everything(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """The statistics of a batch run over its channels as well: one mean for all of them."""
    return _over(site, inputs[0], parameters, (0, 1, 2, 3))


def _over(site: Site, x: Tensor, parameters: Parameters, axes: tuple[int, ...]) -> Tensor:
    if not n.from_batch(site):
        return n.unaltered(site, x, parameters)
    return n.scaled(n.normalised_by(site, x, n.of_batch(x, axes)), parameters)


def _running_in_train(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm uses the running statistics in train mode as well, as they were before."""
    assert site.call is not None
    needs(bool(site.call.buffers))
    statistics = n.running(site.call.buffers)
    return n.scaled(n.normalised_by(site, inputs[0], statistics), parameters)


def _running_updated(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm uses the running statistics in train mode as well, after their update."""
    assert site.call is not None
    needs(bool(site.call.buffers))
    x, old = inputs[0], n.running(site.call.buffers)
    if not n.from_batch(site):
        return n.unaltered(site, x, parameters)
    with torch.no_grad():
        part = n.momentum(site)
        variance = x.var(n.CHANNELS, keepdim=True, unbiased=True)
        new = n.Statistics(
            (1 - part) * old.mean + part * n.of_batch(x).mean,
            (1 - part) * old.variance + part * variance,
        )
    return n.scaled(n.normalised_by(site, x, new), parameters)


def _batch_in_eval(site: Site, inputs: Inputs, parameters: Parameters) -> Tensor:
    """A batch norm uses the statistics of the batch in eval mode as well."""
    assert site.call is not None
    needs(bool(site.call.buffers))
    if n.from_batch(site):
        return n.unaltered(site, inputs[0], parameters)
    return n.scaled(n.normalised_by(site, inputs[0], n.of_batch(inputs[0])), parameters)


_FIX = "mean = x.mean(axis=(0, 2, 3)); variance = x.var(axis=(0, 2, 3)): one number per channel"
_MODES = "train mode: statistics of the batch; eval mode: running_mean and running_var"
_CONSISTENT = "Forward and backward pass belong together: a gradient check passes."

HYPOTHESES = (
    Hypothesis(
        name="batch_norm2d.statistics.per_pixel",
        title="the statistics run over the samples alone, so that every pixel has its own",
        altered=Forward("BatchNorm2d", _per_pixel),
        why_unseen=_CONSISTENT + " It is the batch norm of rows of features, and right for images "
        "of one pixel.",
        fix=_FIX + "; not axis=0",
        evidence=("mlpack/mlpack#2474", "PABannier/nanograd#2"),
    ),
    Hypothesis(
        name="batch_norm2d.statistics.per_sample",
        title="every sample is normalised by itself: an instance norm",
        altered=Forward("BatchNorm2d", _per_sample),
        why_unseen=_CONSISTENT + " With one sample it is right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.statistics.over_channels",
        title="all channels of a sample are normalised together: a layer norm",
        altered=Forward("BatchNorm2d", _over_channels),
        why_unseen=_CONSISTENT + " With one sample of one channel it is right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.statistics.over_everything",
        title="all channels of the batch have one mean and one variance",
        altered=Forward("BatchNorm2d", _over_everything),
        why_unseen=_CONSISTENT + " With one channel it is right, and nearly so where channels are "
        "alike.",
        fix=_FIX + "; x.mean() without an axis is over everything",
    ),
    Hypothesis(
        name="batch_norm2d.statistics.running_in_train",
        title="the running statistics are used in training",
        altered=Forward("BatchNorm2d", _running_in_train),
        why_unseen="Evaluation is right, and the network learns. At the start, with a mean of 0 "
        "and a variance of 1, the layer does nothing.",
        fix=_MODES,
        evidence=("FluxML/NNlib.jl#576",),
    ),
    Hypothesis(
        name="batch_norm2d.statistics.running_updated_in_train",
        title="the running statistics are used in training, after their update",
        altered=Forward("BatchNorm2d", _running_updated),
        why_unseen="Evaluation is right, and the network learns. After many steps the running "
        "statistics are close to those of a batch.",
        fix=_MODES,
    ),
    Hypothesis(
        name="batch_norm2d.statistics.batch_in_eval",
        title="the statistics of the batch are used in evaluation",
        altered=Forward("BatchNorm2d", _batch_in_eval),
        why_unseen="Training is right. Evaluation of large batches is nearly right as well; only "
        "the result for a sample depends on its company.",
        fix=_MODES,
        evidence=("FluxML/NNlib.jl#576",),
    ),
)
