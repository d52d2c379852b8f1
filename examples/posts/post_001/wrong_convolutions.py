"""Forty-one convolutions with one line wrong each: 18 in the forward pass, 23 in the backward pass.

They are wrong in one pass alone, so that every one of them is a mistake that somebody's test of
outputs and gradients is there to see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

import oracles
from examples.posts.post_001.convolving import Array, Back, Pair, convolved

Change: TypeAlias = Callable[[Array], Array]
Gradient: TypeAlias = Callable[[Back], Array]


def _as_it_is(array: Array) -> Array:
    return array


@dataclass(frozen=True)
class Convolution:
    """A convolution with one of its parts replaced; with none it is right.

    name   what is wrong, as a clause
    x, weight, bias, y   what becomes of them in the forward pass; y has no bias yet
    stride               likewise
    grad_weight, grad_bias, grad_input   the derivatives
    """

    name: str = "right"
    x: Change = _as_it_is
    weight: Change = _as_it_is
    bias: Change = _as_it_is
    y: Change = _as_it_is
    stride: Callable[[Pair], Pair] = lambda stride: stride
    grad_weight: Gradient = Back.grad_weight
    grad_bias: Gradient = Back.grad_bias
    grad_input: Gradient = Back.grad_input

    def forward(self, x: Array, layer: Any) -> tuple[Array, Any]:
        """As `oracles.from_functions` wants it."""
        (top, left), stride = _supported(layer)
        padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
        weight = layer.parameters["weight"]
        y = self.y(convolved(self.x(padded), self.weight(weight), self.stride(stride)))
        bias = layer.parameters.get("bias", np.zeros(len(weight), x.dtype))
        return y + self.bias(bias)[:, None, None], (padded, layer)

    def backward(self, delta: Array, cache: Any) -> tuple[Array, dict[str, Array]]:
        """Likewise."""
        padded, layer = cache
        (top, left), stride = _supported(layer)
        back = Back(padded, layer.parameters["weight"], delta, stride)
        gradients = {"weight": self.grad_weight(back), "bias": self.grad_bias(back)}
        inside = np.s_[:, :, top : padded.shape[2] - top, left : padded.shape[3] - left]
        grad_input = self.grad_input(back)[inside]
        return grad_input, {name: gradients[name] for name in layer.parameters}

    @property
    def implementation(self) -> Any:
        """For the harness."""
        return oracles.from_functions(
            {"Conv2d": (self.forward, self.backward)}, name=f"convolution, {self.name}"
        )


def _supported(layer: Any) -> tuple[Pair, Pair]:
    attributes = layer.attributes
    if attributes["dilation"] != (1, 1) or attributes["groups"] != 1:
        raise oracles.Unsupported("no dilation and no groups")
    if isinstance(attributes["padding"], str):
        raise oracles.Unsupported("padding is a number here")
    return attributes["padding"], attributes["stride"]


def _rotated(weight: Array) -> Array:
    return weight[:, :, ::-1, ::-1]


def _transposed(array: Array) -> Array:
    return array.swapaxes(2, 3)


def _channels_and_filters_swapped(weight: Array) -> Array:
    o, c, kh, kw = weight.shape
    return weight.reshape(c, o, kh, kw).swapaxes(0, 1)


def _size_from_the_other_axis(y: Array) -> Array:
    rows, columns = y.shape[2:]
    return y[:, :, :columns, :rows]


def _last_window_wins(back: Back) -> Array:
    grad = np.zeros_like(back.x)
    for window, part in back.parts():
        grad[window] = part
    return grad


def _without_stride(back: Back) -> Back:
    return replace(back, stride=(1, 1))


def _last_sample(back: Back) -> Back:
    return replace(back, x=back.x[-1:], delta=back.delta[-1:])


def _of_filter(back: Back, which: slice) -> Array:
    return replace(back, weight=back.weight[which], delta=back.delta[:, which]).grad_input()


def _positions(back: Back) -> int:
    return int(np.prod(back.delta.shape[2:]))


_FORWARD = (
    Convolution("true convolution: the kernel is rotated", weight=_rotated),
    Convolution("kernel transposed", weight=_transposed),
    Convolution("kernel mirrored", weight=lambda w: w[:, :, :, ::-1]),
    Convolution("image transposed", x=_transposed),
    Convolution("output transposed", y=_transposed),
    Convolution("height and width of the output swapped", y=_size_from_the_other_axis),
    Convolution("strides of rows and columns swapped", stride=lambda s: (s[1], s[0])),
    Convolution("stride ignored", stride=lambda s: (1, 1)),
    Convolution("last row and column of the output missing", y=lambda y: y[:, :, :-1, :-1]),
    Convolution("bias missing", bias=np.zeros_like),
    Convolution("first bias for all filters", bias=lambda b: np.full_like(b, b[0])),
    Convolution("biases reversed", bias=lambda b: b[::-1]),
    Convolution("sum of the biases for all filters", bias=lambda b: np.full_like(b, b.sum())),
    Convolution("channels reversed", x=lambda x: x[:, ::-1]),
    Convolution("first channel only", x=lambda x: x * (np.arange(x.shape[1]) == 0)[:, None, None]),
    Convolution("mean over channels", weight=lambda w: w / w.shape[1]),
    Convolution("filters and channels swapped", weight=_channels_and_filters_swapped),
    Convolution("first sample for all", x=lambda x: np.repeat(x[:1], len(x), axis=0)),
)

_BACKWARD = (
    Convolution(
        "grad_input: kernel not rotated",
        grad_input=lambda at: replace(at, weight=_rotated(at.weight)).grad_input(),
    ),
    Convolution(
        "grad_input: kernel transposed",
        grad_input=lambda at: replace(at, weight=_transposed(at.weight)).grad_input(),
    ),
    Convolution("grad_input: windows overwrite each other", grad_input=_last_window_wins),
    Convolution(
        "grad_input: filters overwrite each other",
        grad_input=lambda at: _of_filter(at, np.s_[-1:]),
    ),
    Convolution("grad_input: first filter only", grad_input=lambda at: _of_filter(at, np.s_[:1])),
    Convolution("grad_input: channels reversed", grad_input=lambda at: at.grad_input()[:, ::-1]),
    Convolution(
        "grad_input: divided by filters",
        grad_input=lambda at: at.grad_input() / len(at.weight),
    ),
    Convolution("grad_input: wrong sign", grad_input=lambda at: -at.grad_input()),
    Convolution(
        "backward pass: stride ignored",
        grad_input=lambda at: _without_stride(at).grad_input(),
        grad_weight=lambda at: _without_stride(at).grad_weight(),
    ),
    Convolution(
        "backward pass: last sample only",
        grad_weight=lambda at: _last_sample(at).grad_weight(),
        grad_bias=lambda at: _last_sample(at).grad_bias(),
    ),
    Convolution(
        "backward pass: mean over the batch",
        grad_weight=lambda at: at.grad_weight() / len(at.x),
        grad_bias=lambda at: at.grad_bias() / len(at.x),
        grad_input=lambda at: at.grad_input() / len(at.x),
    ),
    Convolution(
        "grad_weight: delta transposed",
        grad_weight=lambda at: replace(at, delta=_transposed(at.delta)).grad_weight(),
    ),
    Convolution("grad_weight: transposed", grad_weight=lambda at: _transposed(at.grad_weight())),
    Convolution("grad_weight: rotated", grad_weight=lambda at: _rotated(at.grad_weight())),
    Convolution("grad_weight: wrong sign", grad_weight=lambda at: -at.grad_weight()),
    Convolution(
        "grad_weight: mean over the batch", grad_weight=lambda at: at.grad_weight() / len(at.x)
    ),
    Convolution(
        "grad_weight: mean over positions",
        grad_weight=lambda at: at.grad_weight() / _positions(at),
    ),
    Convolution("grad_weight: filters reversed", grad_weight=lambda at: at.grad_weight()[::-1]),
    Convolution("grad_weight: channels reversed", grad_weight=lambda at: at.grad_weight()[:, ::-1]),
    Convolution("grad_bias: mean over the batch", grad_bias=lambda at: at.grad_bias() / len(at.x)),
    Convolution(
        "grad_bias: mean over positions", grad_bias=lambda at: at.grad_bias() / _positions(at)
    ),
    Convolution(
        "grad_bias: summed over filters",
        grad_bias=lambda at: np.full_like(at.grad_bias(), at.delta.sum()),
    ),
    Convolution(
        "grad_bias: last position only", grad_bias=lambda at: at.delta[:, :, -1, -1].sum(axis=0)
    ),
)

WRONG: tuple[Convolution, ...] = (*_FORWARD, *_BACKWARD)
"""All of them."""
