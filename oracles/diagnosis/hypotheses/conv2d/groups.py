"""Grouped convolutions that take other channels for a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _ignored(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Every filter sees the channels of the first group."""
    channels = parameters["weight"].shape[1]
    return convolved(site, inputs[0][:, :channels], parameters, groups=1)


def _first_only(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Only the filters of the first group are computed: the others give zero."""
    y = convolved(site, inputs[0], parameters)
    filters = y.shape[1] // site.attributes["groups"]
    return torch.cat([y[:, :filters], torch.zeros_like(y[:, filters:])], dim=1)


def _first_only_before_bias(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Only the filters of the first group are computed: the others give their biases."""
    needs("bias" in parameters and site.attributes["groups"] > 1)
    y = convolved(site, inputs[0], {"weight": parameters["weight"]})
    filters = y.shape[1] // site.attributes["groups"]
    sums = torch.cat([y[:, :filters], torch.zeros_like(y[:, filters:])], dim=1)
    return sums + parameters["bias"].view(-1, 1, 1)


def _interleaved(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Filter m of group g is output channel m * groups + g, in place of
    g * (out_channels / groups) + m."""
    y = convolved(site, inputs[0], parameters)
    return _exchanged(y, site.attributes["groups"])


def _interleaved_before_bias(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The sums of filter m of group g get the bias and the place of output channel
    m * groups + g, in place of g * (out_channels / groups) + m."""
    needs("bias" in parameters and site.attributes["groups"] > 1)
    y = convolved(site, inputs[0], {"weight": parameters["weight"]})
    return _exchanged(y, site.attributes["groups"]) + parameters["bias"].view(-1, 1, 1)


def _modulo(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Filter o sees the channels of group o % groups, in place of o // (out_channels / groups)."""
    filters, groups = parameters["weight"].shape[0], site.attributes["groups"]
    by_group = {
        name: _exchanged(one[None], filters // groups)[0] for name, one in parameters.items()
    }
    return _exchanged(convolved(site, inputs[0], by_group), groups)


def _input_interleaved(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Group g sees the input channels c with c % groups == g, not those that lie together."""
    channels = parameters["weight"].shape[1]
    return convolved(site, _exchanged(inputs[0], channels), parameters)


def _exchanged(x: Tensor, blocks: int) -> Tensor:
    """Channels in `blocks` blocks, read across the blocks."""
    n, c, *rest = x.shape
    return x.reshape(n, blocks, c // blocks, *rest).swapaxes(1, 2).reshape(x.shape)


_ONE = "Layers without groups are right; "
_FIX = (
    "filter o belongs to group g = o // (out_channels // groups), which sees the input channels "
    "g * C to (g + 1) * C with C = in_channels // groups = weight.shape[1]"
)

HYPOTHESES = (
    Hypothesis(
        name="conv2d.groups.ignored",
        title="every filter sees the channels of the first group",
        altered=Forward("Conv2d", _ignored),
        why_unseen=_ONE + "all shapes agree, and the first group is right in any case.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.groups.first_only",
        title="only the filters of the first group are computed, the others give zero",
        altered=Forward("Conv2d", _first_only),
        why_unseen=_ONE + "the first group is right in any case, and the network learns with it.",
        fix=f"loop over all groups: {_FIX}",
    ),
    Hypothesis(
        name="conv2d.groups.first_only_before_bias",
        title="only the filters of the first group are computed, the others give their biases",
        altered=Forward("Conv2d", _first_only_before_bias),
        why_unseen=_ONE + "the first group is right in any case, and the network learns with it.",
        fix=f"loop over all groups: {_FIX}",
    ),
    Hypothesis(
        name="conv2d.groups.interleaved",
        title="the outputs of the groups are interleaved instead of following each other",
        altered=Forward("Conv2d", _interleaved),
        why_unseen=_ONE + "the order of channels means nothing to later layers that are trained "
        "with it, and with one filter for each group nothing differs.",
        fix=f"np.concatenate over the groups, not np.stack(..., axis=2): {_FIX}",
        evidence=("apache/tvm#4497", "pytorch/executorch#17423"),
    ),
    Hypothesis(
        name="conv2d.groups.interleaved_before_bias",
        title="the sums of the groups are interleaved, and meet the biases of other filters",
        altered=Forward("Conv2d", _interleaved_before_bias),
        why_unseen=_ONE + "with one filter for each group nothing differs, and a network that is "
        "trained with this order learns as well.",
        fix=f"np.concatenate over the groups, not np.stack(..., axis=2): {_FIX}",
    ),
    Hypothesis(
        name="conv2d.groups.modulo",
        title="filter o sees the channels of group o % groups",
        altered=Forward("Conv2d", _modulo),
        why_unseen=_ONE + "with one filter for each group, as in most depthwise layers, nothing "
        "differs.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.groups.input_interleaved",
        title="a group sees every groups-th input channel instead of those that lie together",
        altered=Forward("Conv2d", _input_interleaved),
        why_unseen=_ONE + "a network that is trained this way learns as well, and depthwise layers "
        "do not differ.",
        fix=f"{_FIX}; x.reshape(N, groups, C, H, W), not x.reshape(N, C, groups, H, W)",
    ),
)
