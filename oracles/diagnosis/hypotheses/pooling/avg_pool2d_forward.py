"""Average pooling that computes something else. What both poolings know is in pooling_forward.py
and pooling_options.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.pooling.windows import (
    largest,
    pooled,
    read,
    windows_of,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _maximum(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The maximum of each window is taken, not its mean."""
    return largest(read(inputs[0], windows_of(site), -torch.inf))


def _over_channels(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The mean is taken over the channels as well: one channel is left."""
    return pooled(site, inputs[0], windows_of(site)).mean(1, keepdim=True)


HYPOTHESES = (
    Hypothesis(
        name="avg_pool2d.type.maximum",
        title="the maximum of each window is taken, not its mean",
        altered=Forward("AvgPool2d", _maximum),
        why_unseen="Forward and backward pass are consistent, so that a gradient check passes, and "
        "a network learns with maxima too.",
        fix="y[n, c, i, j] = sum over u, v of x[n, c, i*sh + u - ph, j*sw + v - pw] / (kh*kw)",
    ),
    Hypothesis(
        name="avg_pool2d.channels.averaged",
        title="the mean is taken over the channels too",
        altered=Forward("AvgPool2d", _over_channels),
        why_unseen="With one channel it is right, and a layer behind that is built for one channel "
        "does not complain.",
        fix="x.mean((2, 3), keepdims=True) for a global mean in NCHW: channels are axis 1",
        evidence=("gmalivenko/onnx2keras#19", "onnx/onnx#3478", "traveller59/spconv#722"),
    ),
)
