"""A fully connected layer: y = x @ weight.T + bias over the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array
from tests.mutants.layers import linear_gradients
from tests.mutants.layers.linear_weight import read
from tests.mutants.mutant import Mutant
from tests.mutants.switches import BACKWARD_ONLY, FORWARD_ONLY, On, Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Array]:
    """The output, and the input as what backward needs."""
    (x,) = inputs
    y = x @ read(on.forward, situation.parameters["weight"])
    if "bias" in situation.parameters:
        y = _with_bias(on.forward, y, situation.parameters["bias"])
    return y, x


def _with_bias(on: On, y: Array, bias: Array) -> Array:
    if on("linear: bias missing"):
        return y
    if on("linear: bias twice"):
        y = y + bias
    if on("linear: bias subtracted"):
        return y - bias
    if on("linear: first bias for all"):
        return y + bias[0]
    if on("linear: bias reversed"):
        return y + bias[::-1]
    return y + bias


def backward(
    on: Switches, x: Array, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """Gradients of the input, the weight and the bias."""
    weight = parameters["weight"]
    gradients = {"weight": linear_gradients.of_weight(on.backward, x, grad_output, weight)}
    if "bias" in parameters:
        gradients["bias"] = linear_gradients.of_bias(on.backward, grad_output, parameters["bias"])
    return [linear_gradients.of_input(on.backward, grad_output, weight)], gradients


FORWARD, INPUT = "forward.{Linear}", "backward.{Linear}"

WEIGHTS = {
    "linear: weight not transposed": "linear.weight.transposed",
    "linear: weight reshaped": "linear.weight.reshaped",
    "linear: weight in column-major order": "linear.weight.column_major",
    "linear: rows of the weight reversed": "linear.weight.rows_reversed",
    "linear: columns of the weight reversed": "linear.weight.columns_reversed",
}
BIASES = {
    "linear: bias missing": "linear.bias.missing",
    "linear: bias twice": "linear.bias.twice",
    "linear: bias subtracted": "linear.bias.subtracted",
    "linear: first bias for all": "linear.bias.first_for_all",
    "linear: bias reversed": "linear.bias.reversed",
}
PAIRS = {**WEIGHTS, **BIASES}
CRASHES = "linear: weight not transposed"
SQUARE = {CRASHES: ("linear.weight.reshaped", "linear.weight.column_major")}
"""Other names of what only a square weight can be."""

ALIKE = {
    "linear: bias missing": ("linear.grad_bias.zero",),
    "linear: bias subtracted": ("linear.grad_bias.sign",),
}
"""Other names of a mistake that is made in the backward pass alone."""

MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(switch, cause, FORWARD, SQUARE.get(switch, ()), crash=switch == CRASHES)
        for switch, cause in PAIRS.items()
    ),
    *(
        Mutant(
            switch + FORWARD_ONLY,
            cause,
            FORWARD,
            SQUARE.get(switch, ()),
            crash=switch == CRASHES,
            variant="forward only",
        )
        for switch, cause in PAIRS.items()
    ),
    *(
        Mutant(
            switch + BACKWARD_ONLY,
            cause,
            "gradient.{Linear}.bias" if switch in BIASES else INPUT,
            ALIKE.get(switch, ()) + SQUARE.get(switch, ()),
            crash=switch == CRASHES,
            variant="backward only",
        )
        for switch, cause in PAIRS.items()
    ),
    *linear_gradients.MUTANTS,
)
