"""Initial weights of the wrong size are found, and those of the usual ways to draw them are not."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oracles.contract.case import Case
from oracles.learning.changes import times_weights
from oracles.learning.checks.initial_std import initial_std
from oracles.learning.lesson import Change
from oracles.learning.situation import Situation
from tests.learning.small_cases import trained


def test_much_too_small(tmp_path: Path) -> None:
    """The ratio is told, and the remedy gives the weights their size."""
    small = '{ fill = "normal", std = 0.0009765625 }'
    situation = trained(tmp_path, fc1=small, fc2=small)
    finding = initial_std(situation)
    assert finding is not None
    assert finding.prevents
    weight = situation.case.layer("fc1").parameters["weight"]
    ratio = weight.std() * np.sqrt(8)
    assert finding.figures["fc1.weight.ratio"] == pytest.approx(ratio)
    assert finding.numbers[0] == (
        f"fc1.weight: standard deviation {weight.std():.3g}, which is {ratio:.2g} times "
        "sqrt(1 / 8) = 0.354."
    )
    assert finding.remedy is not None
    changed = finding.remedy.change(situation.case).layer("fc1").parameters["weight"]
    assert changed.std() == pytest.approx(np.sqrt(1 / 8))


def test_much_too_large_and_yet_it_learns(tmp_path: Path) -> None:
    """It is said, as a remark."""
    situation = trained(tmp_path, fc1='{ fill = "normal", std = 16.0 }')
    finding = initial_std(situation)
    assert situation.learns
    assert finding is not None
    assert not finding.prevents
    assert list(finding.figures) == ["fc1.weight.ratio"]


@pytest.mark.parametrize(("gain", "name"), [(2, "2/fan_in"), (1, "1/fan_in")])
def test_missing_root(tmp_path: Path, gain: int, name: str) -> None:
    """A variance in the place of a standard deviation is called by its name, and the remedy takes
    the root."""
    situation = _wide(tmp_path, gain / 400)
    finding = initial_std(situation)
    assert finding is not None
    assert finding.title == f"{name} is a variance: the initial weights lack its square root"
    assert finding.numbers[0].endswith(f"; it is {name} without the root.")
    assert finding.remedy is not None
    changed = finding.remedy.change(situation.case).layer("fc1").parameters["weight"]
    assert changed.std() == pytest.approx(np.sqrt(gain / 400), rel=0.03)


def test_small_without_a_name(tmp_path: Path) -> None:
    """As small, but not the variance: it is not called so."""
    finding = initial_std(_wide(tmp_path, 1.5 / 400))
    assert finding is not None
    assert finding.title == "the initial weights of a layer have another size than it needs"


USUAL = {
    "He": math.sqrt(2 / 400),
    "LeCun": math.sqrt(1 / 400),
    "Glorot": math.sqrt(2 / (400 + 10)),
    "PyTorch's default": math.sqrt(1 / (3 * 400)),
}


@pytest.mark.parametrize("activation", ["ReLU", "Tanh"])
@pytest.mark.parametrize("name", USUAL)
def test_usual_ways(tmp_path: Path, name: str, activation: str) -> None:
    """What frameworks draw is right, with whatever comes behind it."""
    assert initial_std(_wide(tmp_path, USUAL[name], activation)) is None


def test_default_fill(tmp_path: Path) -> None:
    """And so is what the harness draws."""
    default = '{ fill = "uniform", low = -0.5, high = 0.5 }'
    assert initial_std(trained(tmp_path, 1, fc1=default, fc2=default)) is None


def test_equal_units(tmp_path: Path) -> None:
    """Hidden units with the same weights are found; there is nothing that a factor could mend."""
    finding = initial_std(trained(tmp_path, 1, (_constant("fc1"),)))
    assert finding is not None
    assert finding.numbers == (
        "fc1.weight: every unit begins with the same weights, and only what reads them can tell "
        "them apart.",
    )
    assert finding.remedy is None


def test_output_from_zero(tmp_path: Path) -> None:
    """Weights of the last layer may start from 0: the targets tell its units apart."""
    assert initial_std(trained(tmp_path, 1, (times_weights({"fc2.weight": 0.0}),))) is None


def _constant(name: str) -> Change:
    """All weights of a layer 0.25."""

    def of(case: Case) -> Case:
        layers = tuple(
            replace(layer, parameters={p: a * 0 + 0.25 for p, a in layer.parameters.items()})
            if layer.name == name
            else layer
            for layer in case.layers
        )
        return replace(case, layers=layers)

    return of


def _wide(folder: Path, std: float, activation: str = "Tanh") -> Situation:
    """A training of one step: fc1 reads 400 features, with normal weights of this standard
    deviation."""
    change = times_weights({"fc1.weight": std / 0.25})
    return trained(folder, 1, (change,), inputs="400", activation=activation)
