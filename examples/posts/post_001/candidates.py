"""What may have been wrong: the code is not in the question, so each candidate is one mistake in a
network that is right otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from examples.posts.post_001 import layers
from examples.posts.post_001.layers import Array
from examples.posts.post_001.network import GradientDescent
from examples.posts.post_001.plugged import RIGHT, Build, Plugged, convolution, max_pool


@dataclass(frozen=True)
class Candidate:
    """A mistake.

    name    of the object in `asked.py`
    what    it does, as a clause
    cause   what the harness calls it
    layers  made otherwise than they should be
    """

    name: str
    what: str
    cause: str
    layers: Mapping[str, Build] = field(default_factory=dict)
    descent: type[GradientDescent] = GradientDescent

    @property
    def implementation(self) -> Plugged:
        """The network with this mistake."""
        return Plugged(self.name, MappingProxyType({**RIGHT, **self.layers}), self.descent)


class _TanhSlopeOfInput(layers.Tanh):
    def backward(self, delta: Array) -> Array:
        grad: Array = delta * (1 - self.z**2)
        return grad


class _SwappedIndex(layers.MaxPool):
    def places(self, index: Array) -> tuple[Array, Array]:
        return index % self.size, index // self.size


class _TransposedGradient(layers.Convolution):
    def grad_weight(self, delta: Array) -> Array:
        return super().grad_weight(delta).swapaxes(2, 3)


class _GradientOfWrongSign(layers.Convolution):
    def grad_weight(self, delta: Array) -> Array:
        return -super().grad_weight(delta)


class _KernelNotTurned(layers.Convolution):
    def grad_input(self, delta: Array, weight: Array) -> Array:
        return super().grad_input(delta, weight[:, :, ::-1, ::-1])


class _NotZeroed(GradientDescent):
    def zero(self) -> None:
        """Forgotten: every batch adds to those before it."""


class _BiasesStay(GradientDescent):
    def move(self, name: str, parameter: Array, by: Array) -> None:
        if name != "bias":
            super().move(name, parameter, by)


CANDIDATES: tuple[Candidate, ...] = (
    Candidate(
        "gradients_not_zeroed",
        "gradients are not set to zero between batches",
        "course.gradients_not_zeroed",
        descent=_NotZeroed,
    ),
    Candidate(
        "tanh_slope_of_input",
        "the slope of tanh is taken at its input, 1 - z^2",
        "tanh.grad_input.of_input",
        {"Tanh": lambda layer: _TanhSlopeOfInput()},
    ),
    Candidate(
        "wrong_pool_index",
        "max pooling sends its gradient to (column, row)",
        "max_pool2d.grad_input.swapped_index",
        {"MaxPool2d": max_pool(_SwappedIndex)},
    ),
    Candidate(
        "transposed_gradient",
        "the gradient of each kernel is transposed",
        "conv2d.grad_weight.transposed",
        {"Conv2d": convolution(_TransposedGradient)},
    ),
    Candidate(
        "wrong_sign",
        "the gradient of each kernel has the wrong sign",
        "conv2d.grad_weight.sign",
        {"Conv2d": convolution(_GradientOfWrongSign)},
    ),
    Candidate(
        "kernel_not_turned",
        "the kernel is not turned for the gradient of the input",
        "conv2d.grad_input.kernel_not_rotated",
        {"Conv2d": convolution(_KernelNotTurned)},
    ),
    Candidate(
        "biases_stay",
        "biases are never updated",
        "sgd.update.biases_frozen",
        descent=_BiasesStay,
    ),
)
"""Every candidate in the arithmetic. An initial standard deviation without its root is one in the
settings, and stands in `digits_c_without_root.case.toml`."""
