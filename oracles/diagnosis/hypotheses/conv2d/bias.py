"""Convolutions with the right sums and other biases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _missing(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The bias is not added."""
    return convolved(site, inputs[0], {"weight": parameters["weight"]})


def _twice(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The bias is added twice."""
    return _times(site, inputs, parameters, 2)


def _per_tap(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The bias is added with every product: kernel rows * kernel columns * channels times."""
    return _times(site, inputs, parameters, parameters["weight"][0].numel())


def _per_channel(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The bias is added once for each input channel (of a group)."""
    return _times(site, inputs, parameters, parameters["weight"].shape[1])


def _subtracted(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The bias is subtracted."""
    return _times(site, inputs, parameters, -1)


def _reversed(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The biases are taken in reverse order: the last filter's for the first one."""
    other = {name: one.flip(0) for name, one in parameters.items() if name == "bias"}
    return convolved(site, inputs[0], {**parameters, **other})


def _first_for_all(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The bias of the first filter is added everywhere."""
    other = {name: one[:1].expand_as(one) for name, one in parameters.items() if name == "bias"}
    return convolved(site, inputs[0], {**parameters, **other})


def _summed(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The sum of all biases is added to each output channel."""
    other = {name: one.sum().expand_as(one) for name, one in parameters.items() if name == "bias"}
    return convolved(site, inputs[0], {**parameters, **other})


def _times(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor], factor: int
) -> Tensor:
    other = {name: one * factor for name, one in parameters.items() if name == "bias"}
    return convolved(site, inputs[0], {**parameters, **other})


_ZERO = "Biases that start at zero hide it in a comparison of outputs."
_FIX = "y[n, o, i, j] = sum over c, u, v of ... + bias[o], in NumPy: y += bias.reshape(1, -1, 1, 1)"

HYPOTHESES = (
    Hypothesis(
        name="conv2d.bias.missing",
        title="the bias is not added",
        altered=Forward("Conv2d", _missing),
        why_unseen=_ZERO + " A network learns almost as well without them, and without a gradient "
        "they stay zero.",
        fix=_FIX,
        evidence=("discuss.pytorch.org/t/24978",),
    ),
    Hypothesis(
        name="conv2d.bias.twice",
        title="the bias is added twice",
        altered=Forward("Conv2d", _twice),
        why_unseen=_ZERO + " A network learns half of each bias.",
        fix=f"{_FIX}, in one place: either where the sum begins or where it ends",
    ),
    Hypothesis(
        name="conv2d.bias.per_tap",
        title="the bias is added with every product of the sum",
        altered=Forward("Conv2d", _per_tap),
        why_unseen=_ZERO + " A kernel of 1 x 1 on one channel has one product.",
        fix=f"{_FIX}, once for each output, behind the loops over c, u and v",
        evidence=("LazaroHurtado/micrograd-rs#20",),
    ),
    Hypothesis(
        name="conv2d.bias.per_channel",
        title="the bias is added once for each input channel",
        altered=Forward("Conv2d", _per_channel),
        why_unseen=_ZERO + " A layer on grey images has one input channel.",
        fix=f"{_FIX}, behind the loop over c",
    ),
    Hypothesis(
        name="conv2d.bias.reversed",
        title="the biases are taken in reverse order",
        altered=Forward("Conv2d", _reversed),
        why_unseen=_ZERO + " One filter, or equal biases, hide it as well; a network learns them "
        "in that order.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.bias.first_for_all",
        title="the bias of the first filter is added to every output channel",
        altered=Forward("Conv2d", _first_for_all),
        why_unseen=_ZERO + " One filter, or equal biases, hide it as well.",
        fix=f"{_FIX}: bias[o], not bias[0]",
    ),
    Hypothesis(
        name="conv2d.bias.summed",
        title="the sum of all biases is added to each output channel",
        altered=Forward("Conv2d", _summed),
        why_unseen=_ZERO + " One filter hides it as well, and the gradient is consistent.",
        fix=f"{_FIX}: bias[o], not bias.sum()",
    ),
    Hypothesis(
        name="conv2d.bias.subtracted",
        title="the bias is subtracted",
        altered=Forward("Conv2d", _subtracted),
        why_unseen=_ZERO + " A network learns biases of the opposite sign.",
        fix=_FIX,
    ),
)
