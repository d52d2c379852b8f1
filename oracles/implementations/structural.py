"""Layers that only move numbers around: done by the harness where they are left out.

Nobody writes functions for Identity and Add, and many write no Flatten but a `reshape` in their
network. These layers have no parameters. What is computed here is recorded as supplied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Layer
from oracles.implementations.border import Border
from oracles.implementations.plugs import Gradients, described, view_of

STRUCTURAL = ("Identity", "Flatten", "Add", "Cat")


class StructuralPlug:
    """One of `STRUCTURAL`, computed in PyTorch's layout between two conversions.

    A Flatten between the conversions is the declared one: the features come out in the order in
    which the implementation would have flattened its own layout.
    """

    supplied = True

    def __init__(self, case: Case, layer: Layer, border: Border) -> None:
        self.view = view_of(case, layer, border)
        self.what = described(layer)
        self._layer = layer
        self._border = border
        self._samples = 0

    def start_step(self) -> None:
        pass

    def forward(self, inputs: Sequence[Array]) -> Array:
        arrays = [self._taken(x, name) for x, name in zip(inputs, self._layer.inputs, strict=True)]
        self._samples = len(arrays[0])
        return self._border.hand(self._joined(arrays), self._layer.name).copy()

    def backward(self, grad_output: Array, lr: float | None) -> Gradients:
        layer = self._layer
        gradient = self._border.take(grad_output, layer.name, self._samples, self.what)
        parts = self._parted(gradient)
        pairs = zip(parts, layer.inputs, strict=True)
        return [self._border.hand(part, name).copy() for part, name in pairs], {}

    def parameters(self) -> dict[str, Any]:
        return {}

    def set_parameter(self, name: str, array: Array) -> None:
        raise KeyError(name)

    def buffers(self) -> dict[str, Any]:
        return {}

    def _taken(self, x: Array, place: str) -> Array:
        samples = self._border.samples_of(x, place)
        return self._border.take(x, place, samples, self.what)

    def _joined(self, arrays: Sequence[Array]) -> Array:
        if self._layer.type == "Cat":
            return np.concatenate(arrays, axis=self._layer.attributes["dim"])
        if self._layer.type == "Add":
            total = arrays[0]
            for array in arrays[1:]:
                total = total + array
            return total
        return arrays[0].reshape((self._samples, *self._layer.output_shape))

    def _parted(self, gradient: Array) -> list[Array]:
        shapes = [(self._samples, *shape) for shape in self._layer.input_shapes]
        if self._layer.type == "Cat":
            dim = self._layer.attributes["dim"]
            ends = np.cumsum([shape[dim] for shape in shapes])[:-1]
            return np.split(gradient, ends, axis=dim)
        return [gradient.reshape(shape) for shape in shapes]
