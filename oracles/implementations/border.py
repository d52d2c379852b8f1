"""Arrays on their way between PyTorch's layout and the implementation's own.

`hand_*` goes to the implementation, `take_*` comes from it and checks what comes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.contract.case import NETWORK_INPUT, Array, Case, Layer, Shape
from oracles.contract.errors import Unsupported
from oracles.implementations.errors import ImplementationError, WrongShape
from oracles.implementations.feature_order import feature_orders
from oracles.implementations.layouts import (
    TORCH_WEIGHTS,
    Layouts,
    orders_that_fit,
    rearranged,
    rearranged_shape,
    rotated,
)


class Border:
    """The border of one case. A place is the name of a layer (its output), or "input"."""

    def __init__(self, case: Case, layouts: Layouts) -> None:
        self.layouts = layouts
        self.orders = feature_orders(case, layouts)
        self.shapes: dict[str, Shape] = {layer.name: layer.output_shape for layer in case.layers}
        first = case.steps[0].input
        self.shapes[NETWORK_INPUT] = first.shape[1:]

    def hand(self, array: Array, place: str) -> Array:
        """A batch in PyTorch's layout, as the implementation keeps it at this place."""
        order = self.orders[place]
        if order is not None:
            array = array[:, order]
        if self.layouts.activations_as_torch:
            return array
        return rearranged(array, *self.layouts.axes(array.ndim))

    def hand_target(self, target: Array, place: str) -> Array:
        """A target of the prediction at this place, or numbers for each of its losses: laid out
        like it, or without the axis of the classes."""
        if target.ndim == len(self.shapes[place]) + 1 and target.dtype.kind == "f":
            return self.hand(target, place)
        if self.orders[place] is not None and target.dtype.kind != "f":
            raise Unsupported("class indices of a prediction whose features a Flatten reordered")
        if target.ndim != 3 or self.layouts.activations_as_torch:
            return target
        return rearranged(target, "NHW", self.layouts.image.replace("C", ""))

    def take_losses(self, value: Any, shape: Shape, place: str, what: str) -> Array:
        """Unreduced losses of the prediction at this place; `shape` is theirs in PyTorch."""
        if len(shape) == len(self.shapes[place]) + 1:
            return self.take(value, place, shape[0], what)
        array = as_array(value, what, shape)
        if array.ndim != 3 or self.layouts.activations_as_torch:
            return array
        return rearranged(array, self.layouts.image.replace("C", ""), "NHW")

    def take(self, value: Any, place: str, samples: int, what: str) -> Array:
        """What an implementation returned for this place, in PyTorch's layout."""
        shape = (samples, *self.shapes[place])
        expected = self._shape_here(shape)
        array = as_array(value, what, expected)
        if array.shape != expected:
            text = self._wrong_activation(array.shape, shape, what)
            raise WrongShape(text, self._turned(array, len(shape)))
        if not self.layouts.activations_as_torch:
            torch_letters, letters = self.layouts.axes(len(shape))
            array = rearranged(array, letters, torch_letters)
        order = self.orders[place]
        return array if order is None else array[:, np.argsort(order)]

    def _turned(self, array: Array, axes: int) -> Array:
        """An array of a wrong shape with its axes in PyTorch's order, as far as it has them."""
        if self.layouts.activations_as_torch:
            return array
        torch_letters, letters = self.layouts.axes(axes)
        fits = array.ndim == len(letters) and set(letters) == set(torch_letters)
        return rearranged(array, letters, torch_letters) if fits else array

    def samples_of(self, array: Array, place: str) -> int:
        """How many samples an array of the implementation has."""
        letters = "N"
        if not self.layouts.activations_as_torch:
            letters = self.layouts.axes(len(self.shapes[place]) + 1)[1]
        return array.shape[letters.index("N")] if "N" in letters else 1

    def hand_parameter(self, layer: Layer, name: str, array: Array) -> Array:
        """A parameter, its gradient or a buffer, as the implementation keeps it."""
        order = self.orders[layer.inputs[0]]
        if order is not None and _runs_over_features(layer, name, array.shape, len(order)):
            array = array[..., order]
        if self._is_rotated(layer, name):
            array = rotated(array)
        torch_letters, letters = self._weight_letters(layer, name)
        return rearranged(array, torch_letters, letters) if letters else array

    def take_parameter(self, layer: Layer, name: str, value: Any, what: str) -> Array:
        """The same from the implementation, in PyTorch's layout. A bias may be a row or column."""
        shape = self._parameter_shape(layer, name)
        torch_letters, letters = self._weight_letters(layer, name)
        expected = rearranged_shape(shape, torch_letters, letters) if letters else shape
        array = as_array(value, what, expected)
        if len(shape) == 1 and array.shape != shape and _without_ones(array.shape) == shape:
            array = array.reshape(shape)
        if array.shape != expected:
            text = _wrong_parameter(array.shape, expected, shape, torch_letters, letters, what)
            turns = letters and array.ndim == len(letters)
            turned = rearranged(array, letters, torch_letters) if turns else array
            raise WrongShape(text, turned)
        if letters:
            array = rearranged(array, letters, torch_letters)
        if self._is_rotated(layer, name):
            array = rotated(array)
        order = self.orders[layer.inputs[0]]
        if order is not None and _runs_over_features(layer, name, shape, len(order)):
            array = array[..., np.argsort(order)]
        return array

    def _shape_here(self, shape: Shape) -> Shape:
        if self.layouts.activations_as_torch:
            return shape
        return rearranged_shape(shape, *self.layouts.axes(len(shape)))

    def _parameter_shape(self, layer: Layer, name: str) -> Shape:
        array = layer.parameters[name] if name in layer.parameters else layer.buffers[name]
        return array.shape

    def _weight_letters(self, layer: Layer, name: str) -> tuple[str, str]:
        if name != "weight" or layer.type not in TORCH_WEIGHTS:
            return "", ""
        return TORCH_WEIGHTS[layer.type], self.layouts.weights[layer.type]

    def _is_rotated(self, layer: Layer, name: str) -> bool:
        """A transposed convolution scatters with the kernel as it stands in either convention."""
        return self.layouts.true_convolution and layer.type == "Conv2d" and name == "weight"

    def _wrong_activation(self, found: Shape, torch_shape: Shape, what: str) -> str:
        expected = self._shape_here(torch_shape)
        text = f"{what} has shape {found}, expected {expected}"
        if len(torch_shape) not in (2, 4):
            return text
        torch_letters, letters = self.layouts.axes(len(torch_shape))
        return (
            text
            + _in_both(letters, torch_letters, torch_shape)
            + _fits(found, torch_shape, torch_letters, "layout")
        )


def as_array(value: Any, what: str, expected: Shape) -> Array:
    """An array of numbers, or the message that there is none."""
    if value is None:
        raise ImplementationError(
            f"{what} is None, expected an array of shape {expected}; is there a `return`?"
        )
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ImplementationError(f"{what} is no array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise ImplementationError(
            f"{what} is a {type(value).__name__} (dtype {array.dtype}), "
            f"expected an array of numbers of shape {expected}"
        )
    return array


def _runs_over_features(layer: Layer, name: str, shape: Shape, features: int) -> bool:
    """Whether the last axis of a parameter counts the features that the layer reads."""
    if layer.type == "Linear":
        return name == "weight"
    return shape == (features,)


def _without_ones(shape: Shape) -> Shape:
    return tuple(n for n in shape if n != 1) or (1,)


def _wrong_parameter(
    found: Shape, expected: Shape, shape: Shape, torch_letters: str, letters: str, what: str
) -> str:
    text = f"{what} has shape {found}, expected {expected}"
    if not letters:
        return text
    return (
        text + _in_both(letters, torch_letters, shape) + _fits(found, shape, torch_letters, "order")
    )


def _in_both(letters: str, torch_letters: str, torch_shape: Shape) -> str:
    if letters == torch_letters:
        return f" ({' '.join(letters)})"
    return (
        f" ({' '.join(letters) or 'one number'}), which is {torch_shape} "
        f"({' '.join(torch_letters)}) in PyTorch's layout"
    )


def _fits(found: Shape, torch_shape: Shape, torch_letters: str, noun: str) -> str:
    fitting = orders_that_fit(found, torch_shape, torch_letters)
    if not fitting:
        return ""
    return f"; the {noun} {' or '.join(repr(order) for order in fitting)} would fit"
