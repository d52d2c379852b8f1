"""Sums of products: Conv2d and Linear, and AvgPool2d.

Output and gradients are linear in each operand, so the reference itself yields both parts: on
absolute values it computes M, and on ones the number of terms, with borders and padding accounted
for.

The terms of a convolution on operands of grids g1 and g2 lie on the grid g1 + g2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from oracles.contract.case import Array, Shape
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging import lattice
from oracles.judging.magnitudes.rule import BackwardSizes, NoState
from oracles.judging.measured import Size
from oracles.judging.repetition import repetition


class SumOfProducts(NoState):
    """Conv2d, Linear: y = sum of x * weight, + bias."""

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        x, weight = call.inputs[0], call.parameters["weight"]
        grid = lattice.product(lattice.grid(x), lattice.grid(weight))
        if "bias" in call.parameters:
            grid = lattice.common(grid, lattice.grid(call.parameters["bias"]))
        count = _counts(reference, call).output
        repeated = repetition(x, weight, terms=count)
        return Size(_absolute(reference, call).output, count, grid, repeated)

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        absolute, absolutes = _absolute(reference, call).backward(spread)
        count, counts = _counts(reference, call).backward(np.ones_like(grad_output))
        g = lattice.grid(grad_output)
        others = {
            "weight": lattice.product(g, lattice.grid(call.inputs[0])),
            "bias": g,
        }
        x, weight = call.inputs[0], call.parameters["weight"]
        factors = {"weight": (grad_output, x), "bias": (grad_output,)}
        repeated = {p: repetition(*factors[p], terms=counts[p]) for p in counts}
        x_grid = lattice.product(g, lattice.grid(weight))
        x_repeated = repetition(grad_output, weight, terms=count[0])
        return BackwardSizes(
            [Size(absolute[0], count[0], x_grid, x_repeated)],
            {p: Size(absolutes[p], counts[p], others[p], repeated[p]) for p in absolutes},
        )


class Average(NoState):
    """AvgPool2d: a sum of as many terms as a window has, divided once, or each term divided.

    Both are exact on a grid if the divisor is the same power of two everywhere.
    """

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        absolute = np.abs(_absolute(reference, call).output)
        grid = lattice.product(lattice.grid(call.inputs[0]), _divisor_grid(call))
        terms = float(_window(call))
        return Size(absolute, terms, grid, repetition(call.inputs[0], terms=terms))

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        magnitude = np.abs(run.backward(spread)[0][0])
        grid = lattice.product(lattice.grid(grad_output), _divisor_grid(call))
        return BackwardSizes([Size(magnitude, float(_window(call)), grid)])


def _window(call: Call) -> int:
    height, width = call.layer.attributes["kernel_size"]
    return int(height * width)


def _divisor_grid(call: Call) -> int | None:
    attributes = call.layer.attributes
    if attributes["divisor_override"] is not None:
        return lattice.scale(1.0 / attributes["divisor_override"])
    uneven = attributes["ceil_mode"] or (
        any(attributes["padding"]) and not attributes["count_include_pad"]
    )
    return None if uneven else lattice.scale(1.0 / _window(call))


def _absolute(reference: Reference, call: Call) -> LayerRun:
    return reference.run(
        call.on(
            [np.abs(x) for x in call.inputs],
            {p: np.abs(array) for p, array in call.parameters.items()},
        )
    )


def _counts(reference: Reference, call: Call) -> LayerRun:
    """The same operation on ones; it depends on shapes alone and is evaluated once for each."""
    key = _Shapes(
        call, tuple(x.shape for x in call.inputs), {p: a.shape for p, a in call.parameters.items()}
    )
    return _counted(reference, key)


class _Shapes:
    """Key of a call by everything its counts depend on."""

    def __init__(self, call: Call, inputs: tuple[Shape, ...], parameters: dict[str, Shape]) -> None:
        self.call, self.inputs, self.parameters = call, inputs, parameters
        attributes = tuple(sorted((k, str(v)) for k, v in call.layer.attributes.items()))
        self._key = (call.layer.type, attributes, inputs, tuple(sorted(parameters.items())))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shapes) and self._key == other._key


@lru_cache(maxsize=64)
def _counted(reference: Reference, key: _Shapes) -> LayerRun:
    return reference.run(
        key.call.on(
            [np.ones(shape) for shape in key.inputs],
            {p: np.ones(shape) for p, shape in key.parameters.items()},
        )
    )
