"""Double-double dot products as an oracle: Conv2d, Linear, AvgPool2d and Add with all gradients, in
twice the precision of float64 and by index lists alone.

Nothing of it is shared with an oracle that is compared with it: not the order of summation, not the
layout, not even the precision. What is not a sum of products is declined.
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.errors import Unsupported
from oracles.contract.reference import Call, Parameters, Slots
from oracles.references.dot2.error_free import Pair, quotient, sums, two_product
from oracles.references.dot2.products import LAYERS, Products

LIMIT = 10**6
"""Products of one call of a layer: each takes some 130 bytes while it is summed."""


class DoubleDoubleRun:
    """One evaluated layer; the list of its products serves the gradients as well."""

    def __init__(self, call: Call) -> None:
        self._call, self._products = call, _listed(call)
        self._x = np.concatenate([_flat(x) for x in call.inputs])
        self.output = self._forward()

    @property
    def buffers(self) -> dict[str, Array]:
        """None of these layers has any."""
        return {}

    def backward(self, grad_output: Array) -> tuple[list[Array], dict[str, Array]]:
        """Gradients with respect to the inputs and the parameters."""
        p, g = self._products, _flat(grad_output)
        exact = Pair(g, np.zeros_like(g))
        if p.divisor is not None:
            exact = quotient(exact, p.divisor)
        terms = Pair(exact.high[p.output], exact.low[p.output])
        parameters: dict[str, Array] = {}
        if p.weight is not None:
            weight = self._call.parameters["weight"]
            terms = two_product(g[p.output], _flat(weight)[p.weight])
            with_x = two_product(g[p.output], self._x[p.x])
            total = sums(with_x, p.weight, weight.size).rounded()
            parameters["weight"] = total.reshape(weight.shape)
        if p.channel is not None:
            bias = self._call.parameters["bias"]
            parameters["bias"] = sums(Pair(g, np.zeros_like(g)), p.channel, bias.size).rounded()
        total = sums(terms, p.x, self._x.size).rounded()
        return self._by_input(total), parameters

    def _forward(self) -> Array:
        p, size = self._products, int(np.prod(self._products.shape))
        x = self._x[p.x]
        terms, group = Pair(x, np.zeros_like(x)), p.output
        if p.weight is not None:
            terms = two_product(x, _flat(self._call.parameters["weight"])[p.weight])
        if p.channel is not None:
            bias = _flat(self._call.parameters["bias"])[p.channel]
            high = np.concatenate([terms.high, bias])
            terms = Pair(high, np.concatenate([terms.low, np.zeros_like(bias)]))
            group = np.concatenate([group, np.arange(size)])
        total = sums(terms, group, size)
        if p.divisor is not None:
            total = quotient(total, p.divisor)
        return total.rounded().reshape(p.shape)

    def _by_input(self, gradients: Array) -> list[Array]:
        ends = np.cumsum([x.size for x in self._call.inputs])[:-1]
        parts = np.split(gradients, ends)
        return [g.reshape(x.shape) for g, x in zip(parts, self._call.inputs, strict=True)]


class DoubleDouble:
    """Sums of products in twice the precision of float64; Unsupported for everything else."""

    name = "dot2"

    def run(self, call: Call) -> DoubleDoubleRun:
        """Evaluate one layer.

        Raises Unsupported for layers that are no sums of products, and for more than LIMIT
        products before anything is computed.
        """
        return DoubleDoubleRun(call)

    def loss(self, case: Case, step: Step, prediction: Array) -> Array:
        """Declined."""
        raise _declined("losses")

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        """Declined."""
        raise _declined("losses")

    def penalty(self, case: Case, step: Step, parameters: Parameters) -> Array:
        """Declined."""
        raise _declined("penalties")

    def penalty_gradients(self, case: Case, step: Step, parameters: Parameters) -> Parameters:
        """Declined."""
        raise _declined("penalties")

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        """Declined."""
        raise _declined("clipping")

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        """Declined."""
        raise _declined("optimizers")


def _declined(what: str) -> Unsupported:
    return Unsupported(f"dot2 does sums of products, and no {what}")


def _listed(call: Call) -> Products:
    layer = LAYERS.get(call.layer.type)
    if layer is None:
        raise _declined(call.layer.type)
    count = layer.count(call)
    if count > LIMIT:
        raise Unsupported(f"dot2 does up to {LIMIT} products, {call.layer.name} has {count}")
    return layer.listed(call)


def _flat(array: Array) -> Array:
    """A float64 copy, so that nobody's memory is shared."""
    if np.iscomplexobj(array):
        raise _declined("complex numbers")
    return np.array(array, dtype=np.float64).ravel()
