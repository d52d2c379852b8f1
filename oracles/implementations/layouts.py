"""In which order of axes an implementation keeps its arrays, as declared by its author.

Activations   letters N C H W in the order of the axes. "NHWC": channels last. Without N, one sample
              has no axis of its own ("HWC", for one sample at a time). Arrays of features, before
              and after dense layers, follow N: "NHWC" goes with (N, F), "HWCN" with (F, N), "HWC"
              with (F,). A second word says otherwise: "CHW FN" has samples (C, H, W) and columns
              (F, 1).
Weights       letters O I H W: output channels, input channels, height, width of Conv2d and
              ConvTranspose2d ("OIHW" and "IOHW" in PyTorch), O I of Linear ("OI" in PyTorch).
Flatten       "C": the last axis of the declared order runs fastest, as in `x.reshape(n, -1)`; "F":
              the first one, as in MATLAB. The axis of the samples is left out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Literal

import numpy as np

from oracles.contract.case import Array, Shape
from oracles.contract.errors import Unsupported
from oracles.implementations.errors import ImplementationError, did_you_mean

TORCH_WEIGHTS: Mapping[str, str] = {"Conv2d": "OIHW", "ConvTranspose2d": "IOHW", "Linear": "OI"}
"""PyTorch's order of the axes of `weight`, where a type has one worth a name."""

_TORCH_IMAGE = "NCHW"
_TORCH_FEATURES = "NF"


@dataclass(frozen=True)
class Layouts:
    """What was declared, checked.

    image      order of the axes of an image batch
    features   order of the axes of a feature batch
    weights    {type: order of the axes of `weight`}
    """

    image: str = _TORCH_IMAGE
    features: str = _TORCH_FEATURES
    weights: Mapping[str, str] = field(default_factory=lambda: dict(TORCH_WEIGHTS))
    flatten: Literal["C", "F"] = "C"
    true_convolution: bool = False

    def axes(self, ndim: int) -> tuple[str, str]:
        """PyTorch's letters and the declared ones, for activations with `ndim` axes in PyTorch."""
        if ndim == 4:
            return _TORCH_IMAGE, self.image
        if ndim == 2:
            return _TORCH_FEATURES, self.features
        if ndim == 1:
            return "N", "N" if "N" in self.image else ""
        raise Unsupported(f"layout {self.image!r} does not say how {ndim} axes are ordered")

    @property
    def activations_as_torch(self) -> bool:
        """Whether activations need no conversion, of however many axes."""
        return self.image == _TORCH_IMAGE and self.features == _TORCH_FEATURES

    def of_whole_batches(self) -> Layouts:
        """The same with an axis for the samples, in front, where there was none."""
        if "N" in self.image:
            return self
        features = self.features if "N" in self.features else f"N{self.features}"
        return Layouts(
            f"N{self.image}", features, self.weights, self.flatten, self.true_convolution
        )


def declared(
    layout: str,
    weights: Mapping[str, str] | None = None,
    flatten: str = "C",
    true_convolution: bool = False,
    batched: bool = True,
) -> Layouts:
    """Check a declaration. Raises ImplementationError for letters that make no sense."""
    image, features = _activation_letters(layout, batched)
    if flatten not in ("C", "F"):
        raise ImplementationError(f"flatten must be 'C' or 'F', got {flatten!r}")
    orders = dict(TORCH_WEIGHTS)
    for type_, order in (weights or {}).items():
        if type_ not in TORCH_WEIGHTS:
            raise ImplementationError(
                f"weights names {type_!r}; the weights of {', '.join(TORCH_WEIGHTS)} have an order"
                f"{did_you_mean(type_, TORCH_WEIGHTS)}"
            )
        if sorted(order) != sorted(TORCH_WEIGHTS[type_]):
            raise ImplementationError(
                f"weights[{type_!r}] must have the letters of {TORCH_WEIGHTS[type_]!r}, each once, "
                f"got {order!r}"
            )
        orders[type_] = order
    return Layouts(image, features, orders, "F" if flatten == "F" else "C", true_convolution)


def _activation_letters(layout: str, batched: bool) -> tuple[str, str]:
    words = layout.split()
    image = words[0] if words else ""
    if sorted(image) not in (sorted("NCHW"), sorted("CHW")):
        raise ImplementationError(
            f"layout must have the letters N C H W, each once, or C H W for samples without an "
            f"axis of their own, got {layout!r}"
        )
    if batched and "N" not in image:
        raise ImplementationError(
            f"layout {layout!r} has no N, so one sample is given at a time: say batched=False"
        )
    features = words[1] if len(words) == 2 else _features_like(image)
    if len(words) > 2 or features not in ("NF", "FN", "F") or (batched and features == "F"):
        raise ImplementationError(
            f"the second word of a layout is the order of features, 'NF' or 'FN' "
            f"(or 'F' for one sample at a time), got {layout!r}"
        )
    return image, features


def _features_like(image: str) -> str:
    if "N" not in image:
        return "F"
    return "FN" if image.endswith("N") else "NF"


def rearranged(array: Array, source: str, target: str) -> Array:
    """The same array with its axes in another order.

    A letter of `target` that `source` lacks becomes an axis of length 1; one of `source` that
    `target` lacks must be of length 1. Without a change it is the same object, with a change a
    copy, contiguous as an implementation would have made it.
    """
    if source == target:
        return array
    absent = [letter for letter in source if letter not in target]
    kept = [letter for letter in source if letter in target]
    array = array.reshape([n for n, a in zip(array.shape, source, strict=True) if a not in absent])
    array = array.transpose([kept.index(letter) for letter in target if letter in kept])
    array = array.reshape([*_with_ones(array.shape, target, kept)])
    return np.array(array, order="C", copy=True)


def rearranged_shape(shape: Shape, source: str, target: str) -> Shape:
    """The shape of `rearranged`."""
    sizes = dict(zip(source, shape, strict=True))
    return tuple(sizes.get(letter, 1) for letter in target)


def orders_that_fit(shape: Shape, torch_shape: Shape, letters: str) -> list[str]:
    """The orders of `letters` in which an array of `torch_shape` would have `shape`."""
    orders = ("".join(order) for order in permutations(letters))
    return [o for o in orders if rearranged_shape(torch_shape, letters, o) == tuple(shape)]


def rotated(weight: Array) -> Array:
    """A kernel (..., KH, KW) turned by 180 degrees."""
    return np.ascontiguousarray(weight[..., ::-1, ::-1])


def _with_ones(shape: Shape, target: str, kept: list[str]) -> Iterator[int]:
    sizes = iter(shape)
    for letter in target:
        yield next(sizes) if letter in kept else 1
