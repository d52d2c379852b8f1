"""Magnitude rule of BatchNorm2d: one-pass and two-pass statistics pass, mistakes do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from oracles.contract.case import Layer
from oracles.contract.reference import Call
from oracles.judging.comparison import Compared
from oracles.judging.rules import MeasuredRules
from oracles.references.pytorch import PyTorch
from tests.judging.building import Array, held

RULES = MeasuredRules(PyTorch())
AXES = (0, 2, 3)
EPS = 1e-5
MOMENTUM = 0.1

Statistics = Callable[[Array], tuple[Array, Array]]


def two_passes(x: Array) -> tuple[Array, Array]:
    """The mean first, then the mean of squared distances."""
    return x.mean(axis=AXES), x.var(axis=AXES)


def one_pass(x: Array) -> tuple[Array, Array]:
    """Mean of squares minus square of the mean."""
    mean = x.mean(axis=AXES)
    return mean, np.maximum((x * x).mean(axis=AXES) - mean * mean, 0)


def unbiased(x: Array) -> tuple[Array, Array]:
    """Divided by n - 1: not what normalises."""
    return x.mean(axis=AXES), x.var(axis=AXES, ddof=1)


def in_use(x: Array, weight: Array, bias: Array, g: Array, statistics: Statistics) -> list[Array]:
    """y, grad_input, gradients of weight and bias, in the dtype of x."""
    mean, variance = (s[None, :, None, None] for s in statistics(x))
    weight, bias = weight[None, :, None, None], bias[None, :, None, None]
    scale = np.sqrt(variance + x.dtype.type(EPS))
    xhat = (x - mean) / scale
    grad_weight, grad_bias = (g * xhat).sum(axis=AXES), g.sum(axis=AXES)
    count = x.dtype.type(x.size // x.shape[1])
    inner = g - grad_bias[None, :, None, None] / count
    inner = inner - xhat * grad_weight[None, :, None, None] / count
    return [weight * xhat + bias, weight / scale * inner, grad_weight, grad_bias]


def eps_too_large(x: Array) -> tuple[Array, Array]:
    """As if eps were 1e-3."""
    mean, variance = two_passes(x)
    return mean, variance + x.dtype.type(1e-3 - EPS)


def verdicts(dtype: str, offset: float, spread: float, statistics: Statistics) -> set[str]:
    """The verdicts on all four arrays, over several drawn inputs, and remarks about them."""
    return {one.verdict for one in compared(dtype, offset, spread, statistics)}


def remarks(dtype: str, offset: float, spread: float, statistics: Statistics) -> set[str]:
    """What is remarked about them."""
    return {one.remark for one in compared(dtype, offset, spread, statistics)} - {""}


def compared(dtype: str, offset: float, spread: float, statistics: Statistics) -> list[Compared]:
    """All four arrays against the oracle, over several drawn inputs."""
    found: list[Compared] = []
    for seed in range(5):
        generator = np.random.default_rng(seed)
        x = (generator.standard_normal((4, 3, 5, 6)) * spread + offset).astype(dtype)
        g = generator.standard_normal(x.shape).astype(dtype)
        weight, bias = generator.uniform(0.5, 1.5, (2, 3)).astype(dtype)
        actual = in_use(x, weight, bias, g, statistics)
        attributes = {"eps": EPS, "momentum": MOMENTUM, "affine": True}
        layer = Layer("BatchNorm2d", "bn", attributes, {}, {}, ("input",), ((3, 5, 6),), (3, 5, 6))
        exact = {"weight": weight.astype(np.float64), "bias": bias.astype(np.float64)}
        run = RULES.run(Call(layer, (x.astype(np.float64),), exact, {}, "train"))
        (grad_input,), gradients = run.backward(g.astype(np.float64), np.abs(g, dtype=np.float64))
        measured = [run.output, grad_input, gradients["weight"], gradients["bias"]]
        for array, oracle in zip(actual, measured, strict=True):
            found.append(held(array, oracle, dtype))
    return found


@pytest.mark.parametrize("statistics", [two_passes, one_pass], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("offset", "spread"), [(0.0, 1.0), (0.0, 1e-2), (5.0, 1.0), (-300.0, 2.0)])
def test_statistics_in_use(
    statistics: Statistics, dtype: str, offset: float, spread: float
) -> None:
    """No correct way to the variance is called wrong, also far from zero."""
    assert "different" not in verdicts(dtype, offset, spread, statistics)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_unbiased_variance_is_found(dtype: str) -> None:
    """Normalising with the unbiased variance is a mistake of 0.4 % here."""
    assert "different" in verdicts(dtype, 0.0, 1.0, unbiased)


@pytest.mark.parametrize("offset", [0.0, 5.0, 64.0, 400.0])
def test_two_passes_earn_no_remark(offset: float) -> None:
    """The formula that keeps its digits explains itself."""
    assert verdicts("float32", offset, 1.0, two_passes) <= {"exact", "same"}
    assert not remarks("float32", offset, 1.0, two_passes)


@pytest.mark.parametrize(
    ("offset", "statistics"),
    [
        pytest.param(64.0, unbiased, id="unbiased"),
        pytest.param(64.0, eps_too_large, id="eps"),
        pytest.param(400.0, one_pass, id="one pass"),
    ],
)
def test_what_only_one_pass_explains_is_remarked(offset: float, statistics: Statistics) -> None:
    """Far from zero, a small mistake in float32 looks like a variance in one pass."""
    assert remarks("float32", offset, 1.0, statistics) == {"batch_norm.one_pass"}


@pytest.mark.parametrize("statistics", [unbiased, eps_too_large], ids=lambda f: f.__name__)
def test_float64_tells_them_apart(statistics: Statistics) -> None:
    """The same mistakes are outside of any formula there."""
    assert "different" in verdicts("float64", 64.0, 1.0, statistics)


Running = Callable[[Array, Array, float], Array]


def weighted(old: Array, new: Array, momentum: float) -> Array:
    """(1 - momentum) * old + momentum * new."""
    result: Array = (1 - momentum) * old + momentum * new
    return result


def stepped(old: Array, new: Array, momentum: float) -> Array:
    """old + momentum * (new - old)."""
    result: Array = old + old.dtype.type(momentum) * (new - old)
    return result


def momentum_of_the_dtype(old: Array, new: Array, momentum: float) -> Array:
    """1 - momentum taken of a momentum that was rounded."""
    a = old.dtype.type(momentum)
    result: Array = (old.dtype.type(1) - a) * old + a * new
    return result


def exchanged(old: Array, new: Array, momentum: float) -> Array:
    """Keras' meaning of momentum."""
    result: Array = momentum * old + (1 - momentum) * new
    return result


def running_verdicts(form: Running, momentum: float, dtype: str) -> set[str]:
    """The verdicts on both running statistics of 24 channels."""
    generator = np.random.default_rng(8)
    x = generator.standard_normal((4, 24, 3, 2)).astype(dtype)
    old = {"running_mean": generator.standard_normal(24).astype(dtype) * 3}
    old["running_var"] = generator.uniform(0.5, 9.0, 24).astype(dtype)
    new = {"running_mean": x.mean(axis=AXES), "running_var": x.var(axis=AXES, ddof=1)}
    attributes = {"eps": EPS, "momentum": momentum, "affine": False}
    layer = Layer("BatchNorm2d", "bn", attributes, {}, {}, ("input",), ((24, 3, 2),), (24, 3, 2))
    exact = {name: array.astype(np.float64) for name, array in old.items()}
    run = RULES.run(Call(layer, (x.astype(np.float64),), {}, exact, "train"))
    return {
        held(form(old[name], new[name], momentum).astype(dtype), run.buffers[name], dtype).verdict
        for name in old
    }


@pytest.mark.parametrize("momentum", [0.1, 0.7, 0.95, 1.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "form", [weighted, stepped, momentum_of_the_dtype], ids=lambda f: f.__name__
)
def test_running_statistics_in_use(form: Running, momentum: float, dtype: str) -> None:
    """No form of the moving average is called wrong, also where it forgets nearly everything."""
    assert "different" not in running_verdicts(form, momentum, dtype)


@pytest.mark.parametrize("momentum", [0.1, 0.7, 0.95, 1.0])
def test_the_other_momentum_is_found(momentum: float) -> None:
    """The weights of old and new exchanged."""
    assert running_verdicts(exchanged, momentum, "float32") == {"different"}
