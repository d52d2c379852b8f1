"""Layers without a gradient, and gradients without a bound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oracles.learning.changes import times_weights
from oracles.learning.checks.exploding_gradients import exploding_gradients
from oracles.learning.checks.vanishing_gradients import vanishing_gradients
from oracles.learning.situation import Situation
from tests.learning.small_cases import trained

CLOSED = {
    "low": "0",
    "high": "1",
    "activation": "ReLU",
    "fc1": '{ fill = "uniform", low = -1, high = 0 }',
}
"""No hidden unit is ever open."""


def test_no_gradient_at_all(tmp_path: Path) -> None:
    """A layer behind closed units is named, with the figures of all layers."""
    situation = trained(tmp_path, settings=CLOSED)
    finding = vanishing_gradients(situation)
    assert finding is not None
    assert finding.prevents
    assert finding.title == "hardly any gradient reaches fc1"
    assert finding.figures["smallest_over_largest_first"] == 0.0
    course = situation.course
    gradient = np.hypot(course.gradients["fc2.weight"][0], course.gradients["fc2.bias"][0])
    size = np.hypot(course.parameters["fc2.weight"][0], course.parameters["fc2.bias"][0])
    expected = f"first step: fc1 0, fc2 {gradient / size:.2g}."
    assert finding.numbers[0] == f"Norm of the gradient over norm of the parameters, {expected}"


@pytest.mark.parametrize(("factor", "found"), [(0.5, True), (2.0, False)])
def test_ten_thousand_times(tmp_path: Path, factor: float, found: bool) -> None:
    """A ratio just beyond ten thousand is one finding, and just below none."""
    assert (vanishing_gradients(_apart(trained(tmp_path, 3), factor * 1e-4)) is not None) == found


def test_layer_that_starts_late(tmp_path: Path) -> None:
    """With outputs from 0 nothing reaches the hidden layer in the first step; but it learns."""
    late = (times_weights({"fc2.weight": 0.0}),)
    situation = trained(tmp_path, 20, late)
    assert situation.course.gradients["fc1.weight"][0] == 0.0
    assert situation.learns
    assert vanishing_gradients(situation) is None


def test_explodes(tmp_path: Path) -> None:
    """Gradients that end a thousand times larger are found, with the steps; clipped, it
    learns."""
    settings = {"lr": "8.0", "activation": "ReLU"}
    situation = trained(tmp_path, settings=settings)
    finding = exploding_gradients(situation)
    assert finding is not None
    assert finding.prevents
    assert float(finding.figures["fc1.growth"]) >= 1e3
    norms = situation.course.gradients["fc1.weight"]
    assert finding.numbers[0] == (
        f"fc1: norm of the gradient {norms[0]:.3g} in step 0, {norms[10]:.3g} in step 10, "
        f"{norms[19]:.3g} in step 19."
    )
    assert finding.remedy is not None
    clipped = trained(tmp_path, 20, (finding.remedy.change,), settings=settings)
    assert clipped.learns


def test_ceases_to_be_finite(tmp_path: Path) -> None:
    """The step is told in which it does."""
    finding = exploding_gradients(trained(tmp_path, 200, lr="1e6", activation="ReLU"))
    assert finding is not None
    assert "not finite in step" in finding.numbers[0]


def test_steps_without_a_backward_pass(tmp_path: Path) -> None:
    """What was not computed has not exploded, and not vanished either."""
    situation = trained(tmp_path, 6, lr="0.0")
    gradients = {name: curve.copy() for name, curve in situation.course.gradients.items()}
    for curve in gradients.values():
        curve[1::2] = np.nan
    course = replace(situation.course, gradients=gradients, loss=np.arange(1.0, 7.0))
    assert exploding_gradients(replace(situation, course=course)) is None
    assert vanishing_gradients(replace(situation, course=course)) is None


@pytest.mark.parametrize("settings", [{}, {"activation": "ReLU"}, {"lr": "1e-5"}, {"lr": "4.0"}])
def test_neither(tmp_path: Path, settings: dict[str, str]) -> None:
    """Networks that learn, and such as do not for other reasons, are told nothing."""
    situation = trained(tmp_path, settings=settings)
    assert exploding_gradients(situation) is None
    assert vanishing_gradients(situation) is None


def _apart(situation: Situation, ratio: float) -> Situation:
    """A training that learned nothing, the relative gradients of its two layers this far apart."""
    relative = {"fc1": ratio, "fc2": 1.0}
    norms = situation.course.parameters
    gradients = {n: curve[:3] * relative[n.split(".")[0]] for n, curve in norms.items()}
    course = replace(situation.course, gradients=gradients, trained_on=None)
    return replace(situation, course=course)
