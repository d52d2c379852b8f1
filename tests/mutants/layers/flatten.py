"""Several axes made one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oracles.contract.case import Array, Shape
from tests.mutants.mutant import Mutant
from tests.mutants.switches import BACKWARD_ONLY, FORWARD_ONLY, Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Array]:
    """The output; the input for backward."""
    (x,) = inputs
    first = situation.attributes["start_dim"] % x.ndim
    last = situation.attributes["end_dim"] % x.ndim
    if (first, last, x.ndim) == (1, 3, 4):
        for order, (there, _) in ORDERS.items():
            if on.forward(f"flatten: {order}"):
                return there(x), x
    return x.reshape(*x.shape[:first], -1, *x.shape[last + 1 :]), x


def backward(
    on: Switches, x: Array, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient in the shape of the input."""
    shape = x.shape
    if on("flatten: gradient not reshaped"):
        return [grad_output], {}
    if len(shape) == 4 and grad_output.ndim == 2:
        for order, (_, back) in ORDERS.items():
            if on.backward(f"flatten: {order}"):
                return [back(grad_output, shape)], {}
    if on("flatten: derivative of a sigmoid"):
        a = x.reshape(grad_output.shape)
        return [(grad_output * a * (1 - a)).reshape(shape)], {}
    return [grad_output.reshape(shape)], {}


def _channels_last(x: Array) -> Array:
    return x.transpose(0, 2, 3, 1).reshape(len(x), -1)


def _from_channels_last(flat: Array, shape: Shape) -> Array:
    n, c, h, w = shape
    return flat.reshape(n, h, w, c).transpose(0, 3, 1, 2)


def _column_major(x: Array) -> Array:
    return x.reshape(len(x), -1, order="F")


def _from_column_major(flat: Array, shape: Shape) -> Array:
    return flat.reshape(shape, order="F")


def _rows_columns_swapped(x: Array) -> Array:
    return x.swapaxes(2, 3).reshape(len(x), -1)


def _from_rows_columns_swapped(flat: Array, shape: Shape) -> Array:
    n, c, h, w = shape
    return flat.reshape(n, c, w, h).swapaxes(2, 3)


def _samples_last(x: Array) -> Array:
    return x.reshape(-1, len(x)).T


def _from_samples_last(flat: Array, shape: Shape) -> Array:
    return flat.T.reshape(shape)


def _samples_last_column_major(x: Array) -> Array:
    return x.reshape(-1, len(x), order="F").T


def _from_samples_last_column_major(flat: Array, shape: Shape) -> Array:
    return flat.T.reshape(shape, order="F")


ORDERS: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Shape], Array]]] = {
    "channels last": (_channels_last, _from_channels_last),
    "column-major": (_column_major, _from_column_major),
    "rows and columns swapped": (_rows_columns_swapped, _from_rows_columns_swapped),
    "samples last": (_samples_last, _from_samples_last),
    "samples last, column-major": (_samples_last_column_major, _from_samples_last_column_major),
}
"""Ways to make images rows, each with its way back."""

CAUSES = {
    "channels last": "flatten.order.channels_last",
    "column-major": "flatten.order.column_major",
    "rows and columns swapped": "flatten.order.rows_columns_swapped",
    "samples last": "flatten.order.samples_mixed",
    "samples last, column-major": "flatten.order.samples_mixed_order_f",
}

FORWARD, BACKWARD = "forward.{Flatten}", "backward.{Flatten}"

MUTANTS: tuple[Mutant, ...] = (
    *(Mutant(f"flatten: {order}", cause, FORWARD) for order, cause in CAUSES.items()),
    *(
        Mutant(f"flatten: {order}{FORWARD_ONLY}", cause, FORWARD, variant="forward only")
        for order, cause in CAUSES.items()
    ),
    *(
        Mutant(f"flatten: {order}{BACKWARD_ONLY}", cause, BACKWARD, variant="backward only")
        for order, cause in CAUSES.items()
    ),
    Mutant(
        "flatten: gradient not reshaped", "flatten.grad_input.not_reshaped", BACKWARD, crash=True
    ),
    Mutant("flatten: derivative of a sigmoid", "flatten.grad_input.sigmoid_derivative", BACKWARD),
)
