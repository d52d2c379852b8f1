"""The formula as nested loops: one product after the other is added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from oracles.audit.implementations.convolutions.algorithm import Geometry
from oracles.audit.implementations.sums import backwards, one_after_the_other
from oracles.contract.case import Array


@dataclass(frozen=True)
class DirectLoops:
    """Upwards from the bias on, or with every loop counting down and the bias last."""

    down: bool = False

    def output(self, x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
        y = np.zeros((len(x), len(weight), *geometry.output), x.dtype)
        if bias is not None and not self.down:
            y += bias[:, None, None]
        for c, (u, v, rows, columns) in self._terms(x.shape[1], geometry):
            y += x[:, c, None, rows, columns] * weight[:, c, u, v][:, None, None]
        return y + bias[:, None, None] if bias is not None and self.down else y

    def grad_weight(self, x: Array, grad_output: Array, geometry: Geometry) -> Array:
        grad = np.empty((grad_output.shape[1], x.shape[1], *geometry.kernel), x.dtype)
        total = backwards if self.down else one_after_the_other
        for u, v, rows, columns in geometry.taps():
            products = grad_output[:, :, None] * x[:, None, :, rows, columns]
            grad[:, :, u, v] = total(products, (0, 3, 4))
        return grad

    def grad_input(self, weight: Array, grad_output: Array, geometry: Geometry) -> Array:
        grad = np.zeros((len(grad_output), weight.shape[1], *geometry.size), weight.dtype)
        for k, (u, v, rows, columns) in self._terms(len(weight), geometry):
            grad[:, :, rows, columns] += grad_output[:, k, None] * weight[k, :, u, v][:, None, None]
        return grad

    def _terms(
        self, channels: int, geometry: Geometry
    ) -> Iterator[tuple[int, tuple[int, int, slice, slice]]]:
        terms = [(c, tap) for c in range(channels) for tap in geometry.taps()]
        return reversed(terms) if self.down else iter(terms)
