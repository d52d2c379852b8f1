"""Every magnitude rule against results that are right to forty digits: it allows what correct
formulas lose, and not many times as much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mpmath  # type: ignore[import-untyped]  # comes with torch, by way of sympy
import numpy as np
import pytest

from oracles.contract.case import Layer
from oracles.contract.reference import Call
from oracles.judging.bounds import arithmetic, expected
from oracles.judging.measured import Measured, Size
from oracles.judging.rules import MeasuredRules
from oracles.references.pytorch import PyTorch
from tests.judging import formulas
from tests.judging import test_batch_norm as batch_norm
from tests.judging import test_losses as losses
from tests.judging.building import Array, loss_case

RULES = MeasuredRules(PyTorch())
EXACT = mpmath.MPContext()
EXACT.dps = 40

Exact = Any
"""Arrays of numbers with forty digits."""

Results = Iterator[tuple[str, Array, Exact, Measured]]
"""What was computed, what is right, and its size: for each quantity of an operation."""

_convert = np.frompyfunc(EXACT.mpf, 1, 1)
_exp = np.frompyfunc(EXACT.exp, 1, 1)
_log = np.frompyfunc(EXACT.log, 1, 1)
_tanh = np.frompyfunc(EXACT.tanh, 1, 1)
_sqrt = np.frompyfunc(EXACT.sqrt, 1, 1)


def exactly(array: Array) -> Exact:
    """The numbers of an array as they are."""
    return _convert(np.asarray(array, np.float64).astype(object))


def sigmoid(x: Exact, g: Exact) -> tuple[Exact, Exact]:
    """1 / (1 + exp(-x)), and its gradient."""
    y = 1 / (1 + _exp(-x))
    return y, g * y * (1 - y)


def tanh(x: Exact, g: Exact) -> tuple[Exact, Exact]:
    """The hyperbolic tangent, and its gradient."""
    y = _tanh(x)
    return y, g * (1 - y * y)


def softmax(z: Exact, g: Exact) -> tuple[Exact, Exact]:
    """Over the classes of each row, and its gradient."""
    e = _exp(z)
    y = e / e.sum(axis=1, keepdims=True)
    return y, y * (g - (g * y).sum(axis=1, keepdims=True))


def cross_entropy(z: Exact, t: Array) -> tuple[Exact, Exact]:
    """The mean over the rows, and its gradient."""
    e = _exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    one_hot = np.eye(z.shape[1])[t]
    return -(one_hot * _log(p)).sum() / len(z), (p - one_hot) / len(z)


def squares(p: Exact, t: Exact) -> tuple[Exact, Exact]:
    """The mean over all elements, and its gradient."""
    return ((p - t) ** 2).sum() / p.size, 2 * (p - t) / p.size


def binary(p: Exact, t: Exact) -> tuple[Exact, Exact]:
    """The mean over all elements, and its gradient."""
    value = -(t * _log(p) + (1 - t) * _log(1 - p)).sum() / p.size
    return value, (p - t) / (p * (1 - p)) / p.size


def binary_logits(z: Exact, t: Exact) -> tuple[Exact, Exact]:
    """The same, of logits."""
    value = (_log(1 + _exp(z)) - t * z).sum() / z.size
    return value, (1 / (1 + _exp(-z)) - t) / z.size


def activation(
    type_: str, formula: formulas.Formula, right: Callable[[Exact, Exact], tuple[Exact, Exact]]
) -> Callable[[np.random.Generator, str], Results]:
    """Output and gradient of a layer without parameters."""

    def results(generator: np.random.Generator, dtype: str) -> Results:
        x = (generator.standard_normal((8, 5)) * generator.choice([0.1, 1, 4])).astype(dtype)
        g = generator.standard_normal((8, 5)).astype(dtype)
        attributes = {"dim": 1} if type_ == "Softmax" else {}
        layer = Layer(type_, "a", attributes, {}, {}, ("input",), ((5,),), (5,))
        run = RULES.run(Call(layer, (x.astype(np.float64),), {}, {}, "train"))
        (grad_input,), _ = run.backward(g.astype(np.float64), np.abs(g, dtype=np.float64))
        actual, rounded_never = formula(x, g), right(exactly(x), exactly(g))
        yield "output", actual[0], rounded_never[0], run.output
        yield "grad_input", actual[1], rounded_never[1], grad_input

    return results


def loss(
    type_: str, formula: losses.Formula, right: Callable[[Exact, Any], tuple[Exact, Exact]]
) -> Callable[[np.random.Generator, str], Results]:
    """Value and gradient of a loss."""

    def results(generator: np.random.Generator, dtype: str) -> Results:
        z = (generator.standard_normal((9, 5)) * generator.choice([0.1, 1, 4])).astype(dtype)
        prediction, target = losses._operands(type_, z, generator)
        labels = type_ == "CrossEntropyLoss"
        case = loss_case(type_, target if labels else np.asarray(target, np.float64))
        exact = np.asarray(prediction, np.float64)
        actual = formula(prediction, target)
        rounded_never = right(exactly(prediction), target if labels else exactly(target))
        yield "value", actual[0], rounded_never[0], RULES.loss(case, case.steps[0], exact, {})
        size = RULES.loss_gradient(case, case.steps[0], exact)
        yield "gradient", actual[1], rounded_never[1], size

    return results


def normalised(
    statistics: batch_norm.Statistics,
) -> Callable[[np.random.Generator, str], Results]:
    """Output and gradients of BatchNorm2d in train mode."""

    def results(generator: np.random.Generator, dtype: str) -> Results:
        x = generator.standard_normal((4, 2, 3, 2)) * 2 + generator.choice([0, 5, 50])
        x, g = x.astype(dtype), generator.standard_normal((4, 2, 3, 2)).astype(dtype)
        weight, bias = generator.uniform(0.5, 1.5, (2, 2)).astype(dtype)
        attributes = {"eps": batch_norm.EPS, "momentum": 0.1, "affine": True}
        layer = Layer("BatchNorm2d", "bn", attributes, {}, {}, ("input",), ((2, 3, 2),), (2, 3, 2))
        held = {"weight": weight.astype(np.float64), "bias": bias.astype(np.float64)}
        run = RULES.run(Call(layer, (x.astype(np.float64),), held, {}, "train"))
        (grad_input,), gradients = run.backward(g.astype(np.float64), np.abs(g, dtype=np.float64))
        actual = batch_norm.in_use(x, weight, bias, g, statistics)
        rounded_never = _normalised(*map(exactly, (x, weight, bias, g)))
        measured = [run.output, grad_input, gradients["weight"], gradients["bias"]]
        names = ["output", "grad_input", "grad weight", "grad bias"]
        yield from zip(names, actual, rounded_never, measured, strict=True)

    return results


def _normalised(x: Exact, weight: Exact, bias: Exact, g: Exact) -> list[Exact]:
    axes, shape = batch_norm.AXES, (1, -1, 1, 1)
    count = x.size // x.shape[1]
    mean = x.sum(axis=axes).reshape(shape) / count
    variance = ((x - mean) ** 2).sum(axis=axes).reshape(shape) / count
    scale = _sqrt(variance + EXACT.mpf(batch_norm.EPS))
    xhat, weight = (x - mean) / scale, weight.reshape(shape)
    grad_weight, grad_bias = (g * xhat).sum(axis=axes), g.sum(axis=axes)
    inner = g - grad_bias.reshape(shape) / count - xhat * grad_weight.reshape(shape) / count
    return [weight * xhat + bias.reshape(shape), weight / scale * inner, grad_weight, grad_bias]


def dense(generator: np.random.Generator, dtype: str) -> Results:
    """Output and gradients of Linear."""
    x, weight, g = (
        generator.standard_normal(shape).astype(dtype) for shape in ((6, 20), (4, 20), (6, 4))
    )
    bias = generator.standard_normal(4).astype(dtype)
    layer = Layer("Linear", "fc", {"in_features": 20, "out_features": 4}, {}, {}, (), (), ())
    held = {"weight": weight.astype(np.float64), "bias": bias.astype(np.float64)}
    run = RULES.run(Call(layer, (x.astype(np.float64),), held, {}, "train"))
    (grad_input,), gradients = run.backward(g.astype(np.float64), np.abs(g, dtype=np.float64))
    ex, ew, eb, eg = map(exactly, (x, weight, bias, g))
    yield "output", x @ weight.T + bias, ex @ ew.T + eb, run.output
    yield "grad_input", g @ weight, eg @ ew, grad_input
    yield "grad weight", g.T @ x, eg.T @ ex, gradients["weight"]
    yield "grad bias", np.add.accumulate(g)[-1], eg.sum(axis=0), gradients["bias"]


OPERATIONS: dict[str, list[Callable[[np.random.Generator, str], Results]]] = {
    "Sigmoid": [
        activation("Sigmoid", formulas.sigmoid_by_exp, sigmoid),
        activation("Sigmoid", formulas.sigmoid_by_two_branches, sigmoid),
        activation("Sigmoid", formulas.sigmoid_by_tanh, sigmoid),
    ],
    "Tanh": [
        activation("Tanh", formulas.tanh_itself, tanh),
        activation("Tanh", formulas.tanh_by_exp, tanh),
        activation("Tanh", formulas.tanh_by_factors, tanh),
    ],
    "Softmax": [
        activation("Softmax", formulas.softmax_shifted, softmax),
        activation("Softmax", formulas.softmax_unshifted, softmax),
        activation("Softmax", formulas.softmax_by_jacobian, softmax),
    ],
    "CrossEntropyLoss": [
        loss("CrossEntropyLoss", losses.log_softmax, cross_entropy),
        loss("CrossEntropyLoss", losses.log_of_softmax, cross_entropy),
    ],
    "MSELoss": [
        loss("MSELoss", losses.mean_of_squares, squares),
        loss("MSELoss", losses.dot_of_differences, squares),
    ],
    "BCELoss": [
        loss("BCELoss", losses.binary_logs, binary),
        loss("BCELoss", losses.binary_two_quotients, binary),
    ],
    "BCEWithLogitsLoss": [
        loss("BCEWithLogitsLoss", losses.binary_from_logits, binary_logits),
        loss("BCEWithLogitsLoss", losses.binary_from_softplus, binary_logits),
    ],
    "BatchNorm2d, two passes": [normalised(batch_norm.two_passes)],
    "BatchNorm2d, one pass": [normalised(batch_norm.one_pass)],
    "Linear": [dense],
}


def largest(operation: str, dtype: str, seeds: int = 40) -> dict[str, float]:
    """The largest error in units of the bound, for each quantity of an operation."""
    found: dict[str, float] = {}
    a = arithmetic(np.dtype(dtype))
    for seed in range(seeds):
        for results in OPERATIONS[operation]:
            for name, actual, right, measured in results(np.random.default_rng(seed), dtype):
                error = np.asarray(abs(exactly(actual) - right)).astype(np.float64)
                size = _allowed(operation, measured.size)
                bound = expected(size, a) / a.sides
                found[name] = max(found.get(name, 0.0), float(np.max(error / bound)))
    return found


def _allowed(operation: str, size: Size) -> Size:
    if size.lenient is None or not operation.endswith("one pass"):
        return size
    return size.lenient.size()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_bounds_hold_and_are_needed(operation: str, dtype: str) -> None:
    """Correct formulas stay below 0.6 of the bound, and it is not a hundred times what they need,
    in short sums of pairs, which lose least of all."""
    found = largest(operation, dtype)
    assert max(found.values()) < 0.6
    assert min(found.values()) > 0.01
