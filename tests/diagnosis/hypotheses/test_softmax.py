"""Mistakes in softmax layers are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.contract.reading import read_case
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.activations import softmax
from oracles.diagnosis.hypotheses.course import own_output
from oracles.diagnosis.site import Inapplicable
from tests.diagnosis.hypotheses.single_layers import Given, GradInput, Layer, Output, named
from tests.diagnosis.self_made import definition, evidence, made

ALL = (*softmax.HYPOTHESES, *own_output.HYPOTHESES)
NAMED = {one.name: one for one in softmax.HYPOTHESES}

CASES = {
    "softmax.over_channels": "activations/softmax_last_axis",
    "softmax.overflow": "activations/softmax_large",
    "softmax.max_over_batch": "activations/softmax_large",
    "softmax.max_from_zero": "activations/softmax_large",
}
"""The cases on which these mistakes are made; the others on the plain case."""


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_is_named(name: str, dtype: str) -> None:
    """Who makes this mistake reads its name, and nothing else."""
    drawn = definition(CASES.get(name, "activations/softmax_channels")).draw(dtype)
    found = diagnose(evidence(drawn, made(drawn, NAMED[name])), ALL)
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, "certain")]


@pytest.mark.parametrize(
    "name", ["softmax.overflow", "softmax.max_over_batch", "softmax.max_from_zero"]
)
@pytest.mark.parametrize("case", ["activations/softmax_channels", "activations/softmax_last_axis"])
def test_an_unsafe_exponential_is_right_for_small_scores(name: str, case: str) -> None:
    """Where nothing overflows, what is subtracted makes no difference, whatever the axis."""
    drawn = definition(case).draw("float64")
    assert evidence(drawn, made(drawn, NAMED[name])).failing == ()


FLOAT32_ONLY = """
format = 1
title = "scores whose exponentials float32 does not hold"
why = "exp(120) overflows in float32 and not in float64, exp(-120) is 0 there"

[input]
values = [[120.0, 119.0, 117.0], [-120.0, -121.5, -120.5], [0.5, 1.0, 0.25]]

[[layers]]
type = "Softmax"
name = "softmax"
dim = 1

[upstream]
fill = "uniform"
"""


@pytest.mark.parametrize(
    "name", ["softmax.overflow", "softmax.max_over_batch", "softmax.max_from_zero"]
)
def test_an_exponential_overflows_in_the_dtype_of_the_case(tmp_path: Path, name: str) -> None:
    """What float32 does not hold and float64 does is a mistake in float32 alone."""
    path = tmp_path / "scores.case.toml"
    path.write_text(FLOAT32_ONLY, encoding="utf-8")
    single, double = (read_case(path).draw(dtype) for dtype in ("float32", "float64"))
    found = diagnose(evidence(single, made(single, NAMED[name])), ALL)
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, "certain")]
    assert evidence(double, made(double, NAMED[name])).failing == ()


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("softmax.over_channels", "activations/softmax_channels"),
        ("softmax.over_last", "activations/softmax_last_axis"),
        ("softmax.over_sample", "activations/softmax_large"),
    ],
)
def test_the_right_axis_is_no_mistake(name: str, case: str) -> None:
    """A mistake is not tried where it is what should be done."""
    drawn = definition(case).draw("float64")
    with pytest.raises(Inapplicable):
        made(drawn, NAMED[name])


def _over(x: Array, axis: int | tuple[int, ...] | None) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _right(given: Given) -> Array:
    return _over(given.x, given.attributes["dim"])


IN_NUMPY: list[tuple[str, Output, GradInput]] = [
    (
        "softmax.over_batch",
        lambda s: _over(s.x, 0),
        lambda s, y, g: y * (g - (g * y).sum(axis=0, keepdims=True)),
    ),
    (
        "softmax.over_last",
        lambda s: _over(s.x, -1),
        lambda s, y, g: y * (g - (g * y).sum(axis=-1, keepdims=True)),
    ),
    (
        "softmax.over_sample",
        lambda s: _over(s.x, (1, 2, 3)),
        lambda s, y, g: y * (g - (g * y).sum(axis=(1, 2, 3), keepdims=True)),
    ),
    (
        "softmax.over_everything",
        lambda s: _over(s.x, None),
        lambda s, y, g: y * (g - (g * y).sum()),
    ),
    (
        "softmax.log",
        lambda s: np.log(_right(s)),
        lambda s, y, g: g - np.exp(y) * g.sum(axis=1, keepdims=True),
    ),
    ("softmax.sigmoid", lambda s: 1 / (1 + np.exp(-s.x)), lambda s, y, g: g * y * (1 - y)),
    ("softmax.not_normalised", lambda s: np.exp(s.x), lambda s, y, g: g * y),
    ("softmax.grad_input.omitted", _right, lambda s, y, g: g),
    ("softmax.grad_input.diagonal", _right, lambda s, y, g: g * y * (1 - y)),
    ("softmax.grad_input.sum_missing", _right, lambda s, y, g: g * y),
    ("softmax.grad_input.sum_over_everything", _right, lambda s, y, g: y * (g - (g * y).sum())),
]


@pytest.mark.parametrize(("name", "output", "grad_input"), IN_NUMPY)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_in_numpy_is_named(
    name: str, output: Output, grad_input: GradInput, dtype: str
) -> None:
    """A mistake is recognised in code that was written without its rule."""
    layer = Layer(output, grad_input)
    assert named("activations/softmax_channels", dtype, layer, ALL) == [(name, "")]


@pytest.mark.parametrize(
    ("name", "subtracted"),
    [
        ("softmax.overflow", lambda x: 0.0),
        ("softmax.max_over_batch", lambda x: x.max()),
        ("softmax.max_from_zero", lambda x: np.maximum(0, x.max(axis=1, keepdims=True))),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_unsafe_exponential_in_numpy_is_named(
    name: str, subtracted: Callable[[Array], Any], dtype: str
) -> None:
    """Which rows become NaN says what was subtracted, in either dtype."""

    def output(given: Given) -> Array:
        e = np.exp(given.x - subtracted(given.x))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def grad_input(given: Given, y: Array, g: Array) -> Array:
        return np.asarray(y * (g - (g * y).sum(axis=1, keepdims=True)))

    layer = Layer(output, grad_input)
    assert named("activations/softmax_large", dtype, layer, ALL) == [(name, "")]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_gradient_that_follows_from_a_wrong_output_is_said_to(dtype: str) -> None:
    """A softmax over the batch whose backward pass sums over the classes has one mistake, in the
    output."""
    layer = Layer(
        lambda s: _over(s.x, 0), lambda s, y, g: y * (g - (g * y).sum(axis=1, keepdims=True))
    )
    found = named("activations/softmax_channels", dtype, layer, ALL)
    expected = [("course.backward_of_own_output", ""), ("softmax.over_batch", "forward only")]
    assert sorted(found) == expected
