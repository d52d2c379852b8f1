"""Magnitude rules of activations: every formula in use passes, a real mistake does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Layer
from oracles.contract.reference import Call
from oracles.judging.measured import Measured
from oracles.judging.rules import MeasuredRules
from oracles.references.pytorch import PyTorch
from tests.judging import formulas
from tests.judging.building import held
from tests.judging.formulas import Array, Formula

RULES = MeasuredRules(PyTorch())

FORMULAS = [
    ("Sigmoid", {}, formulas.sigmoid_by_exp),
    ("Sigmoid", {}, formulas.sigmoid_by_two_branches),
    ("Sigmoid", {}, formulas.sigmoid_by_tanh),
    ("Tanh", {}, formulas.tanh_itself),
    ("Tanh", {}, formulas.tanh_by_exp),
    ("Tanh", {}, formulas.tanh_by_factors),
    ("Softmax", {"dim": 1}, formulas.softmax_shifted),
    ("Softmax", {"dim": 1}, formulas.softmax_unshifted),
    ("Softmax", {"dim": 1}, formulas.softmax_by_jacobian),
    ("ReLU", {}, formulas.relu_by_maximum),
    ("ReLU", {}, formulas.relu_by_absolute),
]

SPREADS = [1e-3, 0.3, 1.0, 4.0, 9.0]


def ratio(measured: Measured, actual: Array, dtype: str) -> float:
    """Largest error as a share of its bound; above 1 where the array as a whole is refused."""
    result = held(actual, measured, dtype)
    assert result.max_ratio is not None
    return result.max_ratio if result.verdict != "different" else max(result.max_ratio, 1.001)


def worst(
    operation: str,
    attributes: dict[str, Any],
    formula: Formula,
    dtype: str,
    spread: float,
) -> tuple[float, float]:
    """Largest error / bound of output and grad_input over several drawn inputs."""
    ratios = []
    for seed in range(6):
        generator = np.random.default_rng([seed, int(spread * 1000)])
        x = (generator.standard_normal((23, 7)) * spread).astype(dtype)
        g = generator.standard_normal((23, 7)).astype(dtype)
        y, grad_input = formula(x, g)
        layer = Layer(operation, "a", attributes, {}, {}, ("input",), ((7,),), (7,))
        run = RULES.run(Call(layer, (np.asarray(x, np.float64),), {}, {}, "train"))
        (expected,), _ = run.backward(np.asarray(g, np.float64), np.abs(g, dtype=np.float64))
        ratios.append((ratio(run.output, y, dtype), ratio(expected, grad_input, dtype)))
    outputs, gradients = zip(*ratios, strict=True)
    return max(outputs), max(gradients)


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("operation", "attributes", "formula"), FORMULAS, ids=lambda v: getattr(v, "__name__", None)
)
def test_formulas_in_use(
    operation: str, attributes: dict[str, Any], formula: Formula, dtype: str, spread: float
) -> None:
    """No correct formula is called wrong, whatever the size of its arguments."""
    output, gradient = worst(operation, attributes, formula, dtype, spread)
    assert output <= 1.0
    assert gradient <= 1.0


def hard_sigmoid(x: Array, g: Array) -> tuple[Array, Array]:
    """A piecewise linear sigmoid."""
    return np.clip(x / 6 + 0.5, 0, 1), g * (np.abs(x) < 3) / 6


def sigmoid_without_derivative(x: Array, g: Array) -> tuple[Array, Array]:
    """The gradient handed on as it is."""
    return formulas.sigmoid_by_exp(x, g)[0], g


def tanh_derivative_of_input(x: Array, g: Array) -> tuple[Array, Array]:
    """1 - x**2 instead of 1 - y**2."""
    return np.tanh(x), g * (1 - x * x)


def softmax_diagonal(z: Array, g: Array) -> tuple[Array, Array]:
    """Only the diagonal of the Jacobian."""
    y, _ = formulas.softmax_shifted(z, g)
    return y, g * y * (1 - y)


def relu_by_gradient_sign(x: Array, g: Array) -> tuple[Array, Array]:
    """The gradient masked by its own sign."""
    return np.maximum(x, 0), np.maximum(g, 0)


@pytest.mark.parametrize(
    ("operation", "attributes", "formula"),
    [
        ("Sigmoid", {}, hard_sigmoid),
        ("Sigmoid", {}, sigmoid_without_derivative),
        ("Tanh", {}, tanh_derivative_of_input),
        ("Softmax", {"dim": 1}, softmax_diagonal),
        ("ReLU", {}, relu_by_gradient_sign),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
@pytest.mark.parametrize("spread", [0.3, 1.0, 4.0])
def test_mistakes(
    operation: str, attributes: dict[str, Any], formula: Formula, spread: float
) -> None:
    """A wrong formula is at least a hundred times over its bound."""
    assert max(worst(operation, attributes, formula, "float32", spread)) > 100.0
