"""Magnitude rule of Dropout: every way to the scale passes, another scale does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from oracles.contract.reference import Call
from oracles.judging.rules import MeasuredRules
from oracles.references.pytorch import PyTorch
from tests.judging.building import Array, held, layer

RULES = MeasuredRules(PyTorch())
Scale = Callable[[Array, Array, float], Array]


def divided(x: Array, mask: Array, p: float) -> Array:
    """x * mask / (1 - p)."""
    y: Array = x * mask / (1 - p)
    return y


def p_of_the_dtype(x: Array, mask: Array, p: float) -> Array:
    """1 - p taken of a p that was rounded to the dtype of x."""
    dtype = x.dtype.type
    y: Array = x * (mask / (dtype(1) - dtype(p)))
    return y


def by_keep_probability(x: Array, mask: Array, p: float) -> Array:
    """Multiplied by a reciprocal."""
    y: Array = x * mask * x.dtype.type(1 / (1 - p))
    return y


def by_p(x: Array, mask: Array, p: float) -> Array:
    """Divided by p, as if it were the probability to keep."""
    y: Array = x * mask / x.dtype.type(p)
    return y


def verdict(scale: Scale, p: float, dtype: str) -> str:
    """The verdict on an output of 600 elements."""
    generator = np.random.default_rng(int(1000 * p))
    x = generator.standard_normal((20, 30)).astype(dtype)
    mask = (generator.random(x.shape) >= p).astype(dtype)
    call = Call(layer("Dropout", p=p), (x.astype(np.float64),), {}, {}, "train", mask)
    return held(scale(x, mask, p).astype(dtype), RULES.run(call).output, dtype).verdict


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "scale", [divided, p_of_the_dtype, by_keep_probability], ids=lambda f: f.__name__
)
def test_scales_in_use(scale: Scale, p: float, dtype: str) -> None:
    """Also where 1 - p has lost digits."""
    assert verdict(scale, p, dtype) in ("same", "exact")


@pytest.mark.parametrize("p", [0.1, 0.25, 0.9, 0.99])
def test_the_other_probability(p: float) -> None:
    """p for 1 - p is found unless both are one half."""
    assert verdict(by_p, p, "float32") == "different"
