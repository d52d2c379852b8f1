"""Magnitude rules of losses: formulas in use pass in both dtypes, small mistakes do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracles.judging.rules import MeasuredRules
from oracles.references.pytorch import PyTorch
from tests.judging.building import Array, held, loss_case

RULES = MeasuredRules(PyTorch())
Formula = Callable[[Array, Array], tuple[Array, Array]]


def labels(classes: int, count: int) -> Array:
    """Class indices, the first and the last class among them."""
    return np.arange(count) % classes


def log_softmax(z: Array, t: Array) -> tuple[Array, Array]:
    """Cross-entropy by log-sum-exp."""
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(z))
    gradient = np.exp(log_p)
    gradient[rows, t] -= 1
    return -log_p[rows, t].mean(), gradient / len(z)


def log_of_softmax(z: Array, t: Array) -> tuple[Array, Array]:
    """Cross-entropy by the logarithm of a softmax without a shift."""
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    one_hot = np.eye(z.shape[1], dtype=z.dtype)[t]
    return -(one_hot * np.log(p)).sum() / z.dtype.type(len(z)), (p - one_hot) / len(z)


def log_with_floor(z: Array, t: Array) -> tuple[Array, Array]:
    """log(p + 1e-5), which is not the cross-entropy."""
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    one_hot = np.eye(z.shape[1], dtype=z.dtype)[t]
    floor = z.dtype.type(1e-5)
    return -(one_hot * np.log(p + floor)).sum() / z.dtype.type(len(z)), (p - one_hot) / len(z)


def log_with_small_floor(z: Array, t: Array) -> tuple[Array, Array]:
    """log(p + 1e-7), differentiated as it stands."""
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    one_hot = np.eye(z.shape[1], dtype=z.dtype)[t]
    floor = z.dtype.type(1e-7)
    chosen = (one_hot * p).sum(axis=1, keepdims=True)
    gradient = (p - one_hot) * (chosen / (chosen + floor)) / z.dtype.type(len(z))
    return -np.log(chosen + floor).mean(), gradient


def mean_of_squares(p: Array, t: Array) -> tuple[Array, Array]:
    """The mean of all squared differences."""
    return ((p - t) ** 2).mean(), 2 * (p - t) / p.dtype.type(p.size)


def dot_of_differences(p: Array, t: Array) -> tuple[Array, Array]:
    """The same by a dot product, and the division first."""
    d = (p - t).ravel()
    return np.dot(d, d) / p.dtype.type(p.size), (p - t) / p.dtype.type(p.size / 2)


def mean_over_samples(p: Array, t: Array) -> tuple[Array, Array]:
    """Divided by the samples instead of the elements."""
    return ((p - t) ** 2).sum() / len(p), 2 * (p - t) / len(p)


def binary_logs(p: Array, t: Array) -> tuple[Array, Array]:
    """Two logarithms, and the quotient of the textbook."""
    value = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    return value, (p - t) / (p * (1 - p)) / p.dtype.type(p.size)


def binary_two_quotients(p: Array, t: Array) -> tuple[Array, Array]:
    """The gradient as two quotients."""
    value = -(t * np.log(p) + (1 - t) * np.log1p(-p)).mean()
    return value, ((1 - t) / (1 - p) - t / p) / p.dtype.type(p.size)


def binary_from_logits(z: Array, t: Array) -> tuple[Array, Array]:
    """max(z, 0) - z t + log(1 + exp(-|z|))."""
    value = (np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))).mean()
    return value, (1 / (1 + np.exp(-z)) - t) / z.dtype.type(z.size)


def binary_from_softplus(z: Array, t: Array) -> tuple[Array, Array]:
    """softplus(z) - z t, with an overflow-safe softplus."""
    value = (np.logaddexp(z, 0) - z * t).mean(dtype=z.dtype)
    return value, (0.5 * (1 + np.tanh(0.5 * z)) - t).astype(z.dtype) / z.dtype.type(z.size)


def worst(type_: str, formula: Formula, dtype: str, spread: float) -> float:
    """Largest error / bound of loss and gradient over several drawn predictions."""
    found = []
    for seed in range(6):
        generator = np.random.default_rng([seed, int(spread * 1000)])
        z = (generator.standard_normal((11, 5)) * spread).astype(dtype)
        prediction, target = _operands(type_, z, generator)
        value, gradient = formula(prediction, target)
        case = loss_case(type_, np.asarray(target, np.int64 if target.ndim == 1 else np.float64))
        exact = np.asarray(prediction, np.float64)
        measured = [
            RULES.loss(case, case.steps[0], exact, {}),
            RULES.loss_gradient(case, case.steps[0], exact),
        ]
        for actual, oracle in zip((value, gradient), measured, strict=True):
            result = held(actual, oracle, dtype)
            found.append(1.001 if result.verdict == "different" else 0.0)
            found.append(result.max_ratio or 0.0)
    return max(found)


def _operands(type_: str, z: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    if type_ == "CrossEntropyLoss":
        return z, labels(z.shape[1], len(z))
    if type_ == "BCELoss":
        p = np.clip(1 / (1 + np.exp(-z)), 1e-6, 1 - 1e-6).astype(z.dtype)
        return p, generator.integers(0, 2, z.shape).astype(z.dtype)
    if type_ == "BCEWithLogitsLoss":
        return z, generator.integers(0, 2, z.shape).astype(z.dtype)
    return z, generator.standard_normal(z.shape).astype(z.dtype)


@pytest.mark.parametrize("spread", [0.01, 1.0, 6.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("type_", "formula"),
    [
        ("CrossEntropyLoss", log_softmax),
        ("CrossEntropyLoss", log_of_softmax),
        ("MSELoss", mean_of_squares),
        ("MSELoss", dot_of_differences),
        ("BCELoss", binary_logs),
        ("BCELoss", binary_two_quotients),
        ("BCEWithLogitsLoss", binary_from_logits),
        ("BCEWithLogitsLoss", binary_from_softplus),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_formulas_in_use(type_: str, formula: Formula, dtype: str, spread: float) -> None:
    """No correct formula is called wrong."""
    assert worst(type_, formula, dtype, spread) <= 1.0


@pytest.mark.parametrize(
    ("type_", "formula", "dtype"),
    [
        ("CrossEntropyLoss", log_with_floor, "float32"),
        ("CrossEntropyLoss", log_with_floor, "float64"),
        ("MSELoss", mean_over_samples, "float32"),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_mistakes(type_: str, formula: Formula, dtype: str) -> None:
    """A wrong formula is outside its bound."""
    assert worst(type_, formula, dtype, 1.0) > 10.0


def test_few_class_weights_drift() -> None:
    """The divisor adds up hundreds of numbers of which many are equal, one after the other."""
    weight = np.array([0.1, 0.7, 1.3])
    target = labels(3, 900)
    z = np.random.default_rng(2).standard_normal((900, 3)).astype(np.float32)
    case = loss_case("CrossEntropyLoss", target, weight=weight)
    per_sample = weight.astype(np.float32)[target]
    divisor = np.add.accumulate(per_sample, dtype=np.float32)[-1] * np.float32(1 + 200 * 2.0**-24)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    gradient = per_sample[:, None] * (p - np.eye(3, dtype=np.float32)[target]) / divisor
    oracle = RULES.loss_gradient(case, case.steps[0], z.astype(np.float64))
    assert held(gradient, oracle, "float32").verdict == "same"


@pytest.mark.parametrize("classes", [3, 10])
@pytest.mark.parametrize("spread", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_floor_of_a_ten_millionth_is_found(dtype: str, spread: float, classes: int) -> None:
    """Also where no probability is small: the gradients of all rows are too small by a little."""
    generator = np.random.default_rng([classes, int(spread * 10)])
    z = (generator.standard_normal((32, classes)) * spread).astype(dtype)
    target = labels(classes, 32)
    case = loss_case("CrossEntropyLoss", target)
    oracle = RULES.loss_gradient(case, case.steps[0], z.astype(np.float64))
    assert held(log_with_small_floor(z, target)[1], oracle, dtype).verdict == "different"
    assert held(log_of_softmax(z, target)[1], oracle, dtype).verdict in ("exact", "same")


@pytest.mark.parametrize("reduction", ["mean", "sum", "batchmean", "none"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight": np.array([0.5, 1.0, 2.0, 0.25, 3.0])},
        {"label_smoothing": 0.1},
        {"ignore_index": 2},
        {"factor": 0.5},
    ],
    ids=lambda options: "plain" if not options else next(iter(options)),
)
def test_sizes_hold_what_they_measure(reduction: str, options: dict[str, Any]) -> None:
    """M is never smaller than the value, whatever the options: it is the same sum made positive."""
    z = np.random.default_rng(5).standard_normal((11, 5)) * 3
    case = loss_case("CrossEntropyLoss", labels(5, 11), reduction, **options)
    loss = RULES.loss(case, case.steps[0], z, {})
    gradient = RULES.loss_gradient(case, case.steps[0], z)
    assert np.all(loss.size.magnitude >= np.abs(loss.value) * (1 - 1e-12))
    assert np.all(gradient.size.magnitude >= np.abs(gradient.value) * (1 - 1e-12))
    assert np.all(loss.size.magnitude <= 40 * np.max(np.abs(loss.value)))
    assert np.all(gradient.size.magnitude.shape == gradient.value.shape)


def test_predictions_that_rounding_puts_outside() -> None:
    """A softmax of one class may be 1 + 1e-16, which is no reason to stop."""
    case = loss_case("BCELoss", np.array([[1.0], [0.0]]))
    prediction = np.array([[1.0 + 2e-16], [-1e-17]])
    loss = RULES.loss(case, case.steps[0], prediction, {})
    gradient = RULES.loss_gradient(case, case.steps[0], prediction)
    assert loss.value == 0.0
    assert np.all(np.isfinite(gradient.value))


def test_a_divisor_of_few_class_weights_drifts() -> None:
    """Thousands of equal numbers, added one after the other: the gradient has their error."""
    weight, target = np.full(3, 0.1, dtype=np.float32), labels(3, 4000)
    z = np.random.default_rng(4).standard_normal((4000, 3)).astype(np.float32)
    case = loss_case("CrossEntropyLoss", target, weight=weight.astype(np.float64))
    oracle = RULES.loss_gradient(case, case.steps[0], z.astype(np.float64))
    divisor = np.add.accumulate(weight[target])[-1]
    gradient = log_softmax(z, target)[1] * np.float32(4000) * weight[0] / divisor
    found = held(gradient, oracle, "float32")
    assert found.verdict == "same", found.max_ratio
    larger = gradient * np.float32(1.001)
    assert held(larger, oracle, "float32").verdict == "different"
