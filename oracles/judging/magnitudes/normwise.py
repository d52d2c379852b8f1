"""Sums of products by a fast algorithm: FFT, Winograd, and kernels that are made of them (NNPACK).

These transform a whole image, or a tile of it, add up there, and transform back. What is rounded on
the way is as large as the largest number of what is transformed together, so a small element next
to large ones has the error of the large ones, and no bound with M of the element holds. With
Euclidean norms over everything that is transformed together one does (Higham, Accuracy and
Stability of Numerical Algorithms, chapters 23 and 24):

    |actual - y| <= NORMWISE * u * (|x| * |w| + |b|)

Samples are never mixed, nor are filters, nor channels before the sum over them. So the norms are
    output        of a sample of x (the channels of the group) and of a filter
    grad_input    of a sample of grad_output (the filters of the group) and of a channel's weights
    grad weight   of a channel of x and of a channel of grad_output, over all samples

The gradient of a bias is a plain sum, and judged as one. Where the elementwise bound is the larger
one, that is the one that holds: somebody who declares an algorithm need not use it everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging.magnitudes.rule import BackwardSizes
from oracles.judging.magnitudes.sums import SumOfProducts
from oracles.judging.measured import Size


class FastProducts(SumOfProducts):
    """Conv2d and Linear, with the norms of what is combined in each sum."""

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        groups = _groups(call)
        x, weight = groups.samples(call.inputs[0]), groups.filters(call.parameters["weight"])
        norms = _norm(x, -1)[:, :, None] * _norm(weight, -1)[None]  # sample, group, filter
        norms = groups.like(norms, run.output)
        if "bias" in call.parameters:
            norms = norms + groups.like(np.abs(call.parameters["bias"])[None], run.output)
        return replace(super().output(reference, call, run), norms=norms)

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        sizes = super().backward(reference, call, run, grad_output, spread)
        groups = _groups(call)
        x, weight = groups.samples(call.inputs[0]), groups.filters(call.parameters["weight"])
        g = groups.samples(spread)
        of_input = _norm(g, -1)[:, :, None] * _norm(weight, 1)[None]  # sample, group, channel
        of_weight = _norm(g, 0)[:, :, None] * _norm(x, 0)[:, None]  # group, filter, channel
        held = call.parameters["weight"]
        of_weight = of_weight.reshape(held.shape[:2] + (1,) * (held.ndim - 2))
        parameters = dict(sizes.parameters)
        parameters["weight"] = replace(
            parameters["weight"], norms=np.broadcast_to(of_weight, held.shape)
        )
        of_input = groups.like(of_input, call.inputs[0])
        return BackwardSizes([replace(sizes.inputs[0], norms=of_input)], parameters)


@dataclass(frozen=True)
class _Groups:
    """Both operations as one: samples and filters, in groups of channels that are summed over.

    A Linear layer is one group, whose features are the channels; every axis of its input but the
    last counts samples.
    """

    number: int
    images: bool

    def samples(self, x: Array) -> Array:
        """Norms over the area: sample, group, channel."""
        flat = _norm(x, (2, 3)) if self.images else x.reshape(-1, x.shape[-1])
        return flat.reshape(len(flat), self.number, -1)

    def filters(self, weight: Array) -> Array:
        """Norms over the kernel: group, filter, channel."""
        flat = _norm(weight, (2, 3)) if self.images else weight
        return flat.reshape(self.number, -1, flat.shape[1])

    def like(self, norms: Array, array: Array) -> Array:
        """Norms by sample and channel, for every element of an array."""
        norms = norms.reshape(len(norms), -1)
        if self.images:
            return np.broadcast_to(norms[:, :, None, None], array.shape)
        return np.broadcast_to(norms, (array.size // norms.shape[1], norms.shape[1])).reshape(
            array.shape
        )


def _groups(call: Call) -> _Groups:
    images = call.layer.type == "Conv2d"
    return _Groups(int(call.layer.attributes["groups"]) if images else 1, images)


def _norm(x: Array, axes: int | tuple[int, ...]) -> Array:
    norm: Array = np.sqrt(np.sum(np.square(x), axis=axes))
    return norm
