"""Magnitude rules of SGD: forms in use pass, other rules do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracles.judging.rules import MeasuredRules
from oracles.references.pytorch import PyTorch
from tests.judging.building import Array, held, sgd_case

RULES = MeasuredRules(PyTorch())
Update = Callable[[Array, Array, Array, float, dict[str, float]], Array]

OPTIONS = {"momentum": 0.9, "dampening": 0.0, "weight_decay": 0.05, "nesterov": False}
NESTEROV = {**OPTIONS, "nesterov": True}
DAMPENED = {**OPTIONS, "dampening": 0.3}


def as_written(p: Array, g: Array, v: Array, lr: float, o: dict[str, float]) -> Array:
    """The rule in torch's order."""
    d = g + o["weight_decay"] * p
    v = o["momentum"] * v + (1 - o["dampening"]) * d
    return p - lr * (d + o["momentum"] * v if o["nesterov"] else v)


def collected(p: Array, g: Array, v: Array, lr: float, o: dict[str, float]) -> Array:
    """The same with the factors of p, g and v collected."""
    keep, mu = 1 - o["dampening"], o["momentum"]
    on_d, on_v = (1 + mu * keep, mu * mu) if o["nesterov"] else (keep, mu)
    return p * (1 - lr * on_d * o["weight_decay"]) - g * (lr * on_d) - v * (lr * on_v)


def no_decay(p: Array, g: Array, v: Array, lr: float, o: dict[str, float]) -> Array:
    """Weight decay left out."""
    return as_written(p, g, v, lr, {**o, "weight_decay": 0.0})


def always_dampened(p: Array, g: Array, v: Array, lr: float, o: dict[str, float]) -> Array:
    """(1 - momentum) * gradient, an average instead of a sum."""
    return as_written(p, g, v, lr, {**o, "dampening": o["momentum"]})


def verdict(rule: Update, options: dict[str, Any], dtype: str, size: float) -> str:
    """The verdict on an updated parameter of this size."""
    generator = np.random.default_rng(3)
    p, g, v = (generator.standard_normal((3, 40)) * [[size], [1.0], [0.5]]).astype(dtype)
    actual = rule(p, g, v, 0.1, options)
    case = sgd_case(0.1, {"fc.weight": p}, **options)
    exact = [{"fc.weight": a.astype(np.float64)} for a in (p, g)]
    slots = {"fc.weight": {"momentum_buffer": v.astype(np.float64)}}
    updated, _ = RULES.update(case, case.steps[0], exact[0], exact[1], slots)
    return held(actual, updated["fc.weight"], dtype).verdict


@pytest.mark.parametrize("size", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "options", [OPTIONS, NESTEROV, DAMPENED], ids=["plain", "nesterov", "damped"]
)
@pytest.mark.parametrize("rule", [as_written, collected], ids=lambda f: f.__name__)
def test_forms_in_use(rule: Update, options: dict[str, Any], dtype: str, size: float) -> None:
    """No order of the same operations is called wrong."""
    assert verdict(rule, options, dtype, size) in ("same", "exact")


@pytest.mark.parametrize("rule", [no_decay, always_dampened], ids=lambda f: f.__name__)
@pytest.mark.parametrize("size", [0.01, 1.0, 100.0])
def test_other_rules(rule: Update, size: float) -> None:
    """Another rule is found even where it moves a parameter by a hundred-thousandth."""
    assert verdict(rule, OPTIONS, "float32", size) == "different"


@pytest.mark.parametrize("dampening", [0.3, 0.1, 0.9])
def test_integers_times_a_dampening_are_rounded(dampening: float) -> None:
    """1 - 0.3 is no power of two, although 0.7 + 0.3 is: integers do not stay exact."""
    generator = np.random.default_rng(4)
    p, g, v = generator.integers(-3, 4, (3, 40)).astype(np.float32)
    options = {"momentum": 0.5, "dampening": dampening, "weight_decay": 0.0, "nesterov": False}
    keep = np.float32(1) - np.float32(dampening)
    case = sgd_case(0.5, {"fc.weight": p}, **options)
    slots = {"fc.weight": {"momentum_buffer": v.astype(np.float64)}}
    exact = [{"fc.weight": a.astype(np.float64)} for a in (p, g)]
    _, remembered = RULES.update(case, case.steps[0], exact[0], exact[1], slots)
    actual = np.float32(0.5) * v + keep * g
    oracle = remembered["fc.weight"]["momentum_buffer"]
    assert held(actual, oracle, "float32").verdict == "same"
