"""The right batch norm with other statistics or options: what altered rules are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.contract.case import Array
from oracles.diagnosis.site import Site, tensor

CHANNELS = (0, 2, 3)
"""Axes that the statistics of a channel run over."""


@dataclass(frozen=True)
class Statistics:
    """What a batch norm subtracts and divides by; broadcasts against the input.

    variance   the biased one of a batch, or the running one
    """

    mean: Tensor
    variance: Tensor


def from_batch(site: Site) -> bool:
    """Whether the right rule takes the statistics of the batch."""
    assert site.call is not None
    return site.call.mode == "train" or not site.call.buffers


def of_batch(x: Tensor, axes: tuple[int, ...] = CHANNELS) -> Statistics:
    """Mean and biased variance over some axes."""
    return Statistics(x.mean(axes, keepdim=True), x.var(axes, keepdim=True, unbiased=False))


def running(buffers: Mapping[str, Array]) -> Statistics:
    """The running statistics in these buffers."""
    return Statistics(wide(tensor(buffers["running_mean"])), wide(tensor(buffers["running_var"])))


def right(site: Site, x: Tensor) -> Statistics:
    """The statistics that the layer should use."""
    assert site.call is not None
    return of_batch(x) if from_batch(site) else running(site.call.buffers)


def deviation(site: Site, statistics: Statistics) -> Tensor:
    """What the layer should divide by."""
    return torch.sqrt(statistics.variance + site.attributes["eps"])


def scaled(normalised: Tensor, parameters: Mapping[str, Tensor]) -> Tensor:
    """Times weight, plus bias, where the layer has them."""
    if "weight" not in parameters:
        return normalised
    return normalised * wide(parameters["weight"]) + wide(parameters["bias"])


def normalised_by(site: Site, x: Tensor, statistics: Statistics) -> Tensor:
    """Minus the mean, divided by the root of variance plus eps."""
    return (x - statistics.mean) / deviation(site, statistics)


def wide(per_channel: Tensor) -> Tensor:
    """One number per channel, as it broadcasts against an image."""
    return per_channel.view(1, -1, 1, 1)


def per_channel(image: Tensor) -> Tensor:
    """The sum over everything but the channels."""
    return image.sum(CHANNELS)


def count(x: Tensor) -> int:
    """Numbers of a channel."""
    return x.numel() // x.shape[1]


def unaltered(site: Site, x: Tensor, parameters: Mapping[str, Tensor], **other: float) -> Tensor:
    """Batch norm of the layer, digit for digit, with `other` eps in the place of its own."""
    statistics: tuple[Tensor | None, Tensor | None] = None, None
    if not from_batch(site):
        assert site.call is not None
        statistics = (
            tensor(site.call.buffers["running_mean"]),
            tensor(site.call.buffers["running_var"]),
        )
    return F.batch_norm(
        x,
        *statistics,
        parameters.get("weight"),
        parameters.get("bias"),
        training=from_batch(site),
        eps=other.get("eps", site.attributes["eps"]),
    )


def momentum(site: Site) -> float:
    """The weight of this batch in the running statistics."""
    assert site.call is not None
    given = site.attributes["momentum"]
    return 1.0 / (site.call.batches + 1) if given is None else float(given)
