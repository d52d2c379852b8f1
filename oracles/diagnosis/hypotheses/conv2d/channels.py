"""Convolutions that go wrong over input channels or filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _reversed(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The channels of the input are taken in reverse order."""
    return convolved(site, inputs[0].flip(1), parameters)


def _reversed_in_groups(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The channels of each group are taken in reverse order."""
    needs(site.attributes["groups"] > 1)
    return convolved(site, inputs[0], {**parameters, "weight": parameters["weight"].flip(1)})


def _first_only(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Only the first input channel (of each group) enters the sum."""
    return _one_channel(site, inputs[0], parameters, 0)


def _last_only(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Only the last input channel (of each group) enters the sum: each channel overwrites the one
    before it."""
    return _one_channel(site, inputs[0], parameters, parameters["weight"].shape[1] - 1)


def _averaged(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The sum over the input channels (of a group) is divided by their number."""
    weight = parameters["weight"] / parameters["weight"].shape[1]
    return convolved(site, inputs[0], {**parameters, "weight": weight})


def _filters_reversed(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The filters are taken in reverse order, the biases are not."""
    return convolved(site, inputs[0], {**parameters, "weight": parameters["weight"].flip(0)})


def _first_for_all(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Every output channel is computed with the first filter, and its own bias."""
    weight = parameters["weight"]
    return convolved(site, inputs[0], {**parameters, "weight": weight[:1].expand_as(weight)})


def _one_channel(site: Site, x: Tensor, parameters: Mapping[str, Tensor], channel: int) -> Tensor:
    weight = parameters["weight"]
    chosen = torch.zeros(weight.shape[1], 1, 1, dtype=weight.dtype)
    chosen[channel] = 1.0
    return convolved(site, x, {**parameters, "weight": weight * chosen})


_CONSISTENT = (
    "Autograd, or a backward pass written from the same loop, agrees with it, so that a gradient "
    "check passes."
)
_SUM = "y[n, o] = bias[o] + sum over c of correlate(x[n, c], weight[o, c])"

HYPOTHESES = (
    Hypothesis(
        name="conv2d.channels.reversed",
        title="the input channels are taken in reverse order",
        altered=Forward("Conv2d", _reversed),
        why_unseen=_CONSISTENT + " A network trained this way learns its filters the other way "
        "round; grey images have one channel.",
        fix=f"{_SUM}: channel c of x meets channel c of weight; images in BGR need x[:, ::-1] once",
    ),
    Hypothesis(
        name="conv2d.channels.reversed_in_groups",
        title="the input channels of each group are taken in reverse order",
        altered=Forward("Conv2d", _reversed_in_groups),
        why_unseen=_CONSISTENT + " Depthwise layers have one channel in each group.",
        fix=f"{_SUM} of the group of o: channel c of the group meets channel c of weight",
    ),
    Hypothesis(
        name="conv2d.channels.first_only",
        title="only the first input channel enters the sum",
        altered=Forward("Conv2d", _first_only),
        why_unseen=_CONSISTENT + " The first layer of a network for grey images is right, and the "
        "loss falls with the channels that are left.",
        fix=f"{_SUM}: sum over axis 1 of both, np.einsum('nchwuv,ocuv->nohw', windows, weight)",
    ),
    Hypothesis(
        name="conv2d.channels.last_only",
        title="only the last input channel enters the sum: = where += should be",
        altered=Forward("Conv2d", _last_only),
        why_unseen=_CONSISTENT + " The first layer of a network for grey images is right, and the "
        "loss falls with the channel that is left.",
        fix=f"{_SUM}: += in the loop over c, from an output that starts at zero",
    ),
    Hypothesis(
        name="conv2d.channels.averaged",
        title="the sum over the input channels is divided by their number",
        altered=Forward("Conv2d", _averaged),
        why_unseen=_CONSISTENT + " It is a convolution with smaller weights, which training makes "
        "larger again; one channel hides it.",
        fix=f"{_SUM}: a sum, not a mean over axis 1",
    ),
    Hypothesis(
        name="conv2d.filters.reversed",
        title="the filters are taken in reverse order",
        altered=Forward("Conv2d", _filters_reversed),
        why_unseen=_CONSISTENT + " The order of filters means nothing to the layers behind, which "
        "are trained with it; one filter, or equal biases, hide it.",
        fix=f"{_SUM}: output channel o is that of weight[o]",
    ),
    Hypothesis(
        name="conv2d.filters.first_for_all",
        title="every output channel is computed with the first filter",
        altered=Forward("Conv2d", _first_for_all),
        why_unseen=_CONSISTENT + " The biases make the output channels differ, so that nothing "
        "looks repeated; one filter hides it.",
        fix=f"{_SUM}: weight[o] inside the loop over o",
    ),
)
