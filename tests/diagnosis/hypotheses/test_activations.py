"""Mistakes in ReLU, sigmoid and tanh are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.contract.reading import read_case
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.halves import SAME_BACKWARD
from oracles.diagnosis.hypotheses.activations import relu, sigmoid, tanh
from oracles.diagnosis.hypotheses.course import modes, own_output
from oracles.judging.diagnosis import Variant
from tests.diagnosis.hypotheses.single_layers import GradInput, Layer, Output, named
from tests.diagnosis.self_made import definition, evidence, made

ALL = (
    *relu.HYPOTHESES,
    *sigmoid.HYPOTHESES,
    *tanh.HYPOTHESES,
    *own_output.HYPOTHESES,
    *(one for one in modes.HYPOTHESES if one.area == "relu"),
)
NAMED = {one.name: one for one in ALL}

HALVES = {
    "relu.grad_input.omitted": "relu.identity",
    "relu.grad_input.inverted": "relu.minimum",
    "sigmoid.grad_input.sign": "sigmoid.mirrored",
}
"""Gradients that are those of another mistake, made in the backward pass alone."""

DROPPED = """
format = 1
title = "an activation in front of a dropout"
why = "a derivative of what is scaled and dropped is another number"

[input]
shape = [3, 2, 4]
fill = "uniform"

[[layers]]
type = "{type}"
name = "act"

[[layers]]
type = "Dropout"
name = "drop"
p = 0.25
mask = {{ seed = 7 }}

[upstream]
fill = "uniform"

[[steps]]

[[steps]]
mode = "eval"
backward = true
"""

CASES = {
    "relu.grad_input.at_zero": "activations/relu_zeros",
    "relu.grad_input.half_at_zero": "activations/relu_zeros",
    "relu.grad_input.inverted": "activations/relu_zeros",
    "sigmoid.overflow": "activations/sigmoid_large",
    "tanh.overflow": "activations/tanh_large",
}
"""The cases on which these mistakes are made; the others on the plain case of their layer."""

ALONE = [
    name
    for name in NAMED
    if name not in HALVES
    and not name.endswith("of_dropped_output")
    and name not in ("relu.in_place", "course.backward_of_own_output")
]


@pytest.mark.parametrize("name", [*ALONE, "relu.grad_input.inverted"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_is_named(name: str, dtype: str) -> None:
    """Who makes this mistake reads its name, and nothing else."""
    case = CASES.get(name, f"activations/{NAMED[name].area}")
    drawn = definition(case).draw(dtype)
    found = diagnose(evidence(drawn, made(drawn, NAMED[name])), ALL)
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, "certain")]


@pytest.mark.parametrize("name", HALVES)
def test_a_gradient_is_named_before_half_of_a_layer(name: str) -> None:
    """A wrong gradient is named as such, although it is also that of another layer, made in the
    backward pass alone."""
    drawn = definition(f"activations/{NAMED[name].area}").draw("float64")
    seen = evidence(drawn, made(drawn, NAMED[name]))
    found = diagnose(seen, ALL)
    certainty = "certain" if name in SAME_BACKWARD else "likely"
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, certainty)]
    half = diagnose(seen, [NAMED[HALVES[name]]])
    assert [cause.variant for cause in half.causes] == ["backward only"]


@pytest.mark.parametrize("type_", ["Sigmoid", "Tanh"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_dropout_did_is_seen_in_a_derivative(tmp_path: Path, type_: str, dtype: str) -> None:
    """Who takes the derivative from the dropped and scaled output reads that, in train mode; in
    eval mode it is the right one."""
    path = tmp_path / "dropped.case.toml"
    path.write_text(DROPPED.format(type=type_), encoding="utf-8")
    drawn = read_case(path).draw(dtype)
    name = f"{type_.lower()}.grad_input.of_dropped_output"
    found = diagnose(evidence(drawn, made(drawn, NAMED[name])), ALL)
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, "certain")]
    assert found.causes[0].explains == ("step0.backward.act",)


SHORTCUT = """
format = 1
title = "a ReLU and a shortcut that read the same output"
why = "a ReLU in place takes the negative numbers from the shortcut as well"

[input]
shape = [3, 4]
fill = "uniform"

[[layers]]
type = "Linear"
name = "fc1"
in_features = 4
out_features = 5

[[layers]]
type = "ReLU"
name = "relu"

[[layers]]
type = "Linear"
name = "fc2"
in_features = 5
out_features = 5

[[layers]]
type = "Add"
name = "sum"
inputs = ["fc2", "fc1"]

[upstream]
fill = "uniform"
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_input_that_is_overwritten_is_seen_at_a_shortcut(tmp_path: Path, dtype: str) -> None:
    """A ReLU in place is named where somebody else reads its input."""
    path = tmp_path / "shortcut.case.toml"
    path.write_text(SHORTCUT, encoding="utf-8")
    drawn = read_case(path).draw(dtype)
    found = diagnose(evidence(drawn, made(drawn, NAMED["relu.in_place"])), ALL)
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [
        ("relu.in_place", "certain")
    ]


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("relu.six", "activations/relu_zeros"),
        ("relu.in_place", "activations/relu_between_layers"),
        ("relu.grad_input.at_zero", "activations/relu"),
        ("relu.grad_input.half_at_zero", "activations/relu"),
        ("sigmoid.overflow", "activations/sigmoid"),
        ("tanh.overflow", "activations/tanh"),
    ],
)
def test_a_mistake_without_effect_changes_nothing(name: str, case: str) -> None:
    """Where a mistake has no effect, it predicts the right numbers."""
    drawn = definition(case).draw("float64")
    assert evidence(drawn, made(drawn, NAMED[name])).failing == ()


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


IN_NUMPY: list[tuple[str, Variant, Output, GradInput]] = [
    ("relu.identity", "", lambda s: s.x, lambda s, y, g: g),
    ("relu.identity", "forward only", lambda s: s.x, lambda s, y, g: g * (s.x > 0)),
    ("relu.absolute", "", lambda s: np.abs(s.x), lambda s, y, g: g * np.sign(s.x)),
    ("relu.minimum", "", lambda s: np.minimum(s.x, 0), lambda s, y, g: g * (s.x < 0)),
    (
        "relu.leaky",
        "",
        lambda s: np.where(s.x > 0, s.x, 0.01 * s.x),
        lambda s, y, g: np.where(s.x > 0, g, 0.01 * g),
    ),
    (
        "relu.leaky_large",
        "forward only",
        lambda s: np.maximum(s.x, s.x / 5),
        lambda s, y, g: np.where(s.x > 0, g, 0),
    ),
    ("relu.six", "forward only", lambda s: np.clip(s.x, 0, 6), lambda s, y, g: g * (s.x > 0)),
    ("relu.grad_input.omitted", "", lambda s: _relu(s.x), lambda s, y, g: g),
    (
        "relu.grad_input.of_gradient",
        "",
        lambda s: _relu(s.x),
        lambda s, y, g: np.where(g <= 0, 0, g),
    ),
    ("relu.grad_input.times_output", "", lambda s: _relu(s.x), lambda s, y, g: y * g),
    (
        "sigmoid.hard",
        "",
        lambda s: np.clip(s.x / 5 + 0.5, 0, 1),
        lambda s, y, g: np.where(np.abs(s.x) < 2.5, g / 5, 0),
    ),
    ("sigmoid.tanh", "", lambda s: np.tanh(s.x), lambda s, y, g: g * (1 - y * y)),
    (
        "sigmoid.doubled_slope",
        "",
        lambda s: (np.tanh(s.x) + 1) / 2,
        lambda s, y, g: 2 * g * y * (1 - y),
    ),
    ("sigmoid.grad_input.omitted", "", lambda s: _sigmoid(s.x), lambda s, y, g: g),
    (
        "sigmoid.grad_input.of_input",
        "",
        lambda s: _sigmoid(s.x),
        lambda s, y, g: g * s.x * (1 - s.x),
    ),
    (
        "sigmoid.grad_input.of_output",
        "",
        lambda s: _sigmoid(s.x),
        lambda s, y, g: g * _sigmoid(y) * (1 - _sigmoid(y)),
    ),
    ("tanh.sigmoid", "", lambda s: _sigmoid(s.x), lambda s, y, g: g * y * (1 - y)),
    ("tanh.half_slope", "", lambda s: 2 * _sigmoid(s.x) - 1, lambda s, y, g: g * (1 - y * y) / 2),
    ("tanh.grad_input.of_input", "", lambda s: np.tanh(s.x), lambda s, y, g: g * (1 - s.x * s.x)),
    ("tanh.grad_input.not_squared", "", lambda s: np.tanh(s.x), lambda s, y, g: g * (1 - y)),
]


@pytest.mark.parametrize(("name", "half", "output", "grad_input"), IN_NUMPY)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_in_numpy_is_named(
    name: str, half: Variant, output: Output, grad_input: GradInput, dtype: str
) -> None:
    """A mistake is recognised in code that was written without its rule."""
    case = f"activations/{NAMED[name].area}"
    assert named(case, dtype, Layer(output, grad_input), ALL) == [(name, half)]


@pytest.mark.parametrize(
    ("name", "case", "output", "grad_input"),
    [
        (
            "sigmoid.overflow",
            "activations/sigmoid_large",
            lambda s: np.exp(s.x) / (1 + np.exp(s.x)),
            lambda s, y, g: g * y * (1 - y),
        ),
        (
            "tanh.overflow",
            "activations/tanh_large",
            lambda s: (np.exp(s.x) - np.exp(-s.x)) / (np.exp(s.x) + np.exp(-s.x)),
            lambda s, y, g: g * (1 - y * y),
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_overflow_in_numpy_is_named(
    name: str, case: str, output: Output, grad_input: GradInput, dtype: str
) -> None:
    """Exponentials that overflow are recognised by where they do, in either dtype."""
    assert named(case, dtype, Layer(output, grad_input), ALL)[0] == (name, "")


@pytest.mark.parametrize(
    ("name", "output", "grad_input"),
    [
        (
            "sigmoid.hard",
            lambda s: np.clip(s.x / 5 + 0.5, 0, 1),
            lambda s, y, g: g * y * (1 - y),
        ),
        ("sigmoid.tanh", lambda s: np.tanh(s.x), lambda s, y, g: g * y * (1 - y)),
        (
            "tanh.scaled",
            lambda s: 1.7159 * np.tanh(2 / 3 * s.x),
            lambda s, y, g: g * (1 - y**2),
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_gradient_that_follows_from_a_wrong_output_is_said_to(
    name: str, output: Output, grad_input: GradInput, dtype: str
) -> None:
    """Where the usual formula is given a wrong output, the output is the mistake, and the gradient
    is explained by it."""
    found = named(f"activations/{NAMED[name].area}", dtype, Layer(output, grad_input), ALL)
    assert sorted(found) == sorted([(name, "forward only"), ("course.backward_of_own_output", "")])
