"""Outputs that are the same for every sample are seen, with the layer and the step."""

from pathlib import Path

import numpy as np
import pytest

from oracles.learning.checks.outputs_equal import outputs_equal
from tests.learning.checks.cases_of_data import DENSE, LABELS, SGD, SIX_NUMBERS, of, situation

_DROPOUT = """
[[layers]]
type = "Linear"
name = "fc1"
in_features = 6
out_features = 5

[[layers]]
type = "Dropout"
name = "drop"
p = 0.5
mask = { seed = 5 }

[[layers]]
type = "Linear"
name = "fc2"
in_features = 5
out_features = 3
"""

_SMALL = DENSE.replace(
    "out_features = 3", 'out_features = 3\nweight = { fill = "normal", std = 0.0009765625 }'
)


@pytest.mark.parametrize(
    "layers", [pytest.param(DENSE, id="dense"), pytest.param(_DROPOUT, id="dropout in training")]
)
def test_weights_that_are_decayed_away_are_seen_where_it_begins(
    tmp_path: Path, layers: str
) -> None:
    """The weights of all layers are halved in each step: nothing of the input is left behind the
    first of them."""
    text = (SIX_NUMBERS, layers, LABELS, SGD, "lr = 0.1\nweight_decay = 5")
    found = outputs_equal(situation(tmp_path, *text, steps=40))
    assert found is not None
    assert found.prevents
    assert found.figures["layer"] == "fc1"
    assert float(found.figures["spread"]) < 1e-3
    assert "the same for every sample" in found.title


def test_the_step_of_the_collapse_is_told(tmp_path: Path) -> None:
    """The weights are halved in each step: after five steps there is less than a tenth left."""
    text = (SIX_NUMBERS, DENSE, LABELS, SGD, "lr = 0.1\nweight_decay = 5")
    found = outputs_equal(situation(tmp_path, *text, steps=40))
    assert found is not None
    assert found.numbers[-1].startswith("fc1 collapsed by step 4: spread ")


def test_small_initial_weights_are_seen_behind_them(tmp_path: Path) -> None:
    """The layer in front of the small weights tells the samples apart; it is not named."""
    text = (SIX_NUMBERS, _SMALL, LABELS, SGD, "lr = 0.0009765625")
    found = outputs_equal(situation(tmp_path, *text, steps=4))
    assert found is not None
    assert found.figures["layer"] == "fc2"
    assert found.numbers[-1].startswith("The spread of fc2 was 0.00")


def test_equal_inputs_are_named_as_such(tmp_path: Path) -> None:
    """No layer is to blame for samples that are all the same."""
    data = of(np.ones((8, 6)), np.array([0, 1, 0, 2, 0, 1, 0, 0]))
    text = (SIX_NUMBERS, DENSE, LABELS, SGD, "lr = 0.1")
    found = outputs_equal(situation(tmp_path, *text, steps=10, data=data))
    assert found is not None
    assert found.figures["layer"] == "input"


@pytest.mark.parametrize(
    ("target", "steps"),
    [
        pytest.param(LABELS, 60, id="a network that learns"),
        pytest.param(LABELS, 1, id="a network before it has learned anything"),
    ],
)
def test_outputs_that_are_as_they_should_be_are_left_alone(
    tmp_path: Path, target: str, steps: int
) -> None:
    """Predictions that differ, or that have no reason to, are no finding."""
    text = (SIX_NUMBERS, DENSE, target, SGD, "lr = 0.5")
    assert outputs_equal(situation(tmp_path, *text, steps=steps)) is None


def test_large_outputs_with_the_spread_of_their_targets_are_left_alone(tmp_path: Path) -> None:
    """Targets of 1000 give or take one: outputs that differ by a thousandth are right."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(40, 6))
    data = of(x, 1000.0 + x[:, :3])
    loss = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }'
    text = (SIX_NUMBERS, DENSE.replace("Tanh", "Identity"), loss, SGD, "lr = 0.05")
    found = situation(tmp_path, *text, steps=100, data=data, batch_size=40)
    assert outputs_equal(found) is None
