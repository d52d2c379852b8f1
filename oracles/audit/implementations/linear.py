"""Linear: BLAS, einsum, or one product after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.evaluated import Evaluated, Gradients
from oracles.audit.implementations.sums import chosen_sum, one_after_the_other
from oracles.contract.case import Array
from oracles.contract.reference import Call

Product = Callable[[Array, Array], Array]
"""(rows, i) times (i, columns)."""


def _by_blas(a: Array, b: Array) -> Array:
    return np.asarray(a @ b)


def _by_einsum(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("ri,ic->rc", a, b))


def _by_loop(a: Array, b: Array) -> Array:
    return one_after_the_other(a[:, :, None] * b, (1,))


PRODUCTS: Mapping[str, Product] = {"blas": _by_blas, "einsum": _by_einsum, "loop": _by_loop}


def linear(call: Call, choices: Choices) -> Evaluated:
    """y = x @ weight.T + bias over the last axis."""
    product = choices.one_of("Linear", PRODUCTS)
    weight, bias = call.parameters["weight"], call.parameters.get("bias")
    x = call.inputs[0]
    rows = x.reshape(-1, x.shape[-1])
    y = product(rows, weight.T)
    y = y if bias is None else y + bias

    def gradients(grad_output: Array) -> Gradients:
        grad = grad_output.reshape(-1, grad_output.shape[-1])
        parameters = {"weight": product(grad.T, rows)}
        if bias is not None:
            parameters["bias"] = chosen_sum(choices)(grad, (0,))
        return [product(grad, weight).reshape(x.shape)], parameters

    return Evaluated(y.reshape(*x.shape[:-1], len(weight)), gradients)
