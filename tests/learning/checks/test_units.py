"""Units that are flat or closed for every sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oracles.learning.checks.dead_units import dead_units
from oracles.learning.checks.layer_outputs import by_unit
from oracles.learning.checks.saturated_units import saturated_units
from tests.learning.small_cases import trained

RAW = {"low": "0", "high": "255"}


@pytest.mark.parametrize("activation", ["Sigmoid", "Tanh"])
def test_raw_pixels_saturate(tmp_path: Path, activation: str) -> None:
    """The share of saturated outputs is told, and dividing the inputs undoes it."""
    situation = trained(tmp_path, 3, activation=activation, settings=RAW)
    finding = saturated_units(situation)
    assert finding is not None
    weight = situation.case.layer("fc1").parameters["weight"]
    z = situation.first.input @ weight.T
    beyond = {"Sigmoid": np.abs(z) > 5.99, "Tanh": np.abs(z) > 2.99}[activation]
    assert finding.figures["hidden.start"] == pytest.approx(beyond.mean())
    assert finding.title == "most units of hidden are saturated: their derivative is near 0"
    assert finding.remedy is not None
    assert finding.remedy.text.startswith("inputs divided by ")
    mended = trained(tmp_path, 3, (finding.remedy.change,), activation=activation, settings=RAW)
    assert saturated_units(mended) is None


def test_large_weights_saturate(tmp_path: Path) -> None:
    """With inputs of size 1 it is the weights in front that are to be smaller. As it learns all
    the same, it is a remark."""
    settings = {"fc1": '{ fill = "normal", std = 16.0 }'}
    situation = trained(tmp_path, settings=settings)
    finding = saturated_units(situation)
    assert situation.learns
    assert finding is not None
    assert not finding.prevents
    assert finding.remedy is not None
    assert finding.remedy.text.startswith("fc1.weight times ")
    assert (
        saturated_units(trained(tmp_path, 20, (finding.remedy.change,), settings=settings)) is None
    )


def test_driven_there_by_the_training(tmp_path: Path) -> None:
    """Flat in the end and not at the start: that is not mended at the start."""
    finding = saturated_units(trained(tmp_path, lr="64.0"))
    assert finding is not None
    assert finding.prevents
    assert (finding.figures["hidden.start"], finding.figures["hidden.end"]) == (0.0, 1.0)
    assert finding.remedy is None


def test_dead_units(tmp_path: Path) -> None:
    """Where no unit opens for any sample, nothing can be learned in front of them."""
    closed = '{ fill = "uniform", low = -1, high = 0 }'
    finding = dead_units(trained(tmp_path, low="0", high="1", activation="ReLU", fc1=closed))
    assert finding is not None
    assert finding.prevents
    assert finding.figures == {"hidden.start": 1.0, "hidden.end": 1.0}
    assert (
        finding.numbers[0] == "Units at the start that are 0 for each of 12 samples: hidden 100%."
    )


def test_units_that_die(tmp_path: Path) -> None:
    """Killed by the training: fewer at the start than in the end."""
    finding = dead_units(trained(tmp_path, activation="ReLU", settings=RAW))
    assert finding is not None
    assert float(finding.figures["hidden.start"]) < 0.5 < float(finding.figures["hidden.end"])


@pytest.mark.parametrize("activation", ["ReLU", "Sigmoid", "Tanh"])
def test_usual_networks(tmp_path: Path, activation: str) -> None:
    """Nothing is said of networks that learn."""
    situation = trained(tmp_path, activation=activation)
    assert situation.learns
    assert saturated_units(situation) is None
    assert dead_units(situation) is None


def test_channels_are_units() -> None:
    """A channel is one unit, over all its positions; a feature is one by itself."""
    images = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    assert by_unit(images).shape == (2 * 4 * 5, 3)
    assert set(by_unit(images)[:, 1]) == set(images[:, 1].ravel())
    assert by_unit(images[:, :, 0, 0]).tolist() == images[:, :, 0, 0].tolist()
