"""Layers that hand values on: Identity, Flatten, ZeroPad2d, Cat, Add, Dropout, ReLU, MaxPool2d.

What comes out is one of the numbers that went in, so M = |y|. One rounding is allowed all the same
(a mask may be applied as a factor), and one for each further term of an Add.

Dropout multiplies by 1 / (1 - p). Where p is rounded to the dtype first, 1 - p is off by u * p, and
the scale by u * p / (1 - p) of its size: M = |y| * (1 + p / (1 - p)) = |y| / (1 - p), with two more
roundings for the scale and the product.

Values stay on their grid; with Dropout on that of the scaled ones if the scale is a power of two.

Gradients: that of MaxPool2d is a sum over the windows that chose an element. Its M and n come from
the reference, which sends |grad_output| and ones to where the maxima of this very input are.
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging import lattice
from oracles.judging.magnitudes.rule import BackwardSizes, NoState
from oracles.judging.measured import Size


class PassedOn(NoState):
    """Each output element is one input element, or a constant."""

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        return Size(np.abs(run.output), 1.0, lattice.common(*map(lattice.grid, call.inputs)))

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        grid = lattice.grid(grad_output)
        passed, _ = run.backward(spread)
        return BackwardSizes([Size(np.abs(g), 1.0, grid) for g in passed])


class Rectified(PassedOn):
    """ReLU, which chooses by sign."""

    def branch(self, call: Call, run: LayerRun) -> Array | None:
        return np.greater(call.inputs[0], 0)


class Chosen(PassedOn):
    """MaxPool2d, which chooses by size."""

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        (magnitude,), _ = run.backward(spread)
        (count,), _ = run.backward(np.ones_like(grad_output))
        return BackwardSizes([Size(magnitude, count, lattice.grid(grad_output))])

    def branch(self, call: Call, run: LayerRun) -> Array | None:
        numbered = np.arange(1.0, run.output.size + 1).reshape(run.output.shape)
        return run.backward(numbered)[0][0]


class Summed(PassedOn):
    """Add."""

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        magnitude = np.sum([np.abs(x) for x in call.inputs], axis=0)
        grid = lattice.common(*map(lattice.grid, call.inputs))
        return Size(magnitude, float(len(call.inputs)), grid)


class Masked(NoState):
    """Dropout: x * mask / (1 - p) in train mode, x in eval mode."""

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        return self._scaled(call, call.inputs[0], run.output)

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        (passed,), _ = run.backward(spread)
        return BackwardSizes([self._scaled(call, grad_output, passed)])

    def _scaled(self, call: Call, x: Array, y: Array) -> Size:
        p = call.layer.attributes["p"]
        factor = 1.0 if call.mask is None or p == 1.0 else 1.0 / (1.0 - p)
        magnitude = np.abs(y) * factor
        return Size(magnitude, 2.0, lattice.product(lattice.grid(x), lattice.scale(factor)))
