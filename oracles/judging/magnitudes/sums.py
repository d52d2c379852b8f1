"""Sums of products: Conv2d and Linear, and AvgPool2d.

Output and gradients are linear in each operand, so the reference itself yields both parts: on
absolute values it computes M, and on ones the number of terms, with borders and padding accounted
for.

The terms of a convolution on operands of grids g1 and g2 lie on the grid g1 + g2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging import lattice
from oracles.judging.magnitudes.rule import BackwardSizes, NoState
from oracles.judging.measured import Size
from oracles.judging.repetition import repetition, repetition_of_channels


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
        counted = _counts(reference, call)
        count, counts = counted.inputs, counted.parameters
        g = lattice.grid(grad_output)
        others = {
            "weight": lattice.product(g, lattice.grid(call.inputs[0])),
            "bias": g,
        }
        x, weight = call.inputs[0], call.parameters["weight"]
        factors = {"weight": (grad_output, x), "bias": (grad_output,)}
        repeated = {p: repetition(*factors[p], terms=counts[p]) for p in counts}
        if "bias" in counts and call.layer.type == "Conv2d":
            repeated["bias"] = repetition_of_channels(grad_output, terms=counts["bias"])
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


@dataclass(frozen=True)
class _Counts:
    """How many terms there are in each element of the output and of the gradients."""

    output: Array
    inputs: list[Array]
    parameters: dict[str, Array]


def _counts(reference: Reference, call: Call) -> _Counts:
    """The same operation on ones; it depends on shapes alone and is evaluated once for each."""
    return _counted(reference, _Shapes(call))


class _Shapes:
    """Everything the counts of a call depend on. The arrays of the call are not kept: what is
    equal may come from another case, long after this one."""

    def __init__(self, call: Call) -> None:
        self._call: Call | None = call
        self.inputs = tuple(x.shape for x in call.inputs)
        self.parameters = tuple((p, array.shape) for p, array in call.parameters.items())
        attributes = tuple(sorted((k, str(v)) for k, v in call.layer.attributes.items()))
        self._key = (call.layer.type, attributes, self.inputs, self.parameters)

    def on_ones(self) -> Call:
        """The call with ones in all arrays; to be asked for once."""
        assert self._call is not None
        call, self._call = self._call, None
        ones = {p: np.ones(shape) for p, shape in self.parameters}
        return call.on([np.ones(shape) for shape in self.inputs], ones)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shapes) and self._key == other._key


@lru_cache(maxsize=64)
def _counted(reference: Reference, shapes: _Shapes) -> _Counts:
    run = reference.run(shapes.on_ones())
    return _Counts(run.output, *run.backward(np.ones_like(run.output)))
