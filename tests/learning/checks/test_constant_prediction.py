"""A loss that ends at the best constant prediction is seen as that."""

from pathlib import Path

import numpy as np
import pytest

from oracles.learning.checks.constant_prediction import constant_prediction
from tests.learning.checks.cases_of_data import DENSE, LABELS, SGD, SIX_NUMBERS, of, situation

_DECAYED_WEIGHTS = """
[[optimizer.groups]]
parameters = ["*.weight"]
weight_decay = 1.0
"""

_NUMBERS = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform", low = 3, high = 4 }'


def test_labels_with_nothing_but_the_biases_end_at_the_shares(tmp_path: Path) -> None:
    """Five of eight samples are of class 0: all are taken for it, and the loss is the entropy of
    the shares."""
    text = (SIX_NUMBERS, DENSE, LABELS, SGD, "lr = 0.5", _DECAYED_WEIGHTS)
    found = constant_prediction(situation(tmp_path, *text, steps=60))
    shares = np.array([5, 2, 1]) / 8
    assert found is not None
    assert found.figures["constant_loss"] == pytest.approx(-np.sum(shares * np.log(shares)))
    assert found.figures["loss"] == pytest.approx(found.figures["constant_loss"], rel=0.05)
    assert found.figures["commonest_label"] == 0.625
    assert found.figures["most_often"] == 1.0
    assert "The class that is predicted most often gets 100%" in found.numbers[-1]


def test_numbers_end_at_their_mean(tmp_path: Path) -> None:
    """There are no classes to speak of."""
    text = (SIX_NUMBERS, DENSE, _NUMBERS, SGD, "lr = 0.25", _DECAYED_WEIGHTS)
    found = constant_prediction(situation(tmp_path, *text, steps=80))
    assert found is not None
    assert "began there" not in found.change
    assert not any("class" in sentence for sentence in found.numbers)


def test_a_loss_that_was_there_from_the_beginning_is_told_apart(tmp_path: Path) -> None:
    """Nothing has moved: the rate or the number of steps is the first thing to look at."""
    small = DENSE.replace("out_features = 3", "out_features = 3\nbias = [0.98, 0.06, -0.63]")
    small = small.replace('"fc2"', '"fc2"\nweight = { fill = "normal", std = 0.0009765625 }')
    text = (SIX_NUMBERS, small, LABELS, SGD, "lr = 0.0009765625")
    found = constant_prediction(situation(tmp_path, *text, steps=2))
    assert found is not None
    assert "The loss began there" in found.change


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        pytest.param((LABELS, SGD, "lr = 0.5"), 60, id="a network that learns"),
        pytest.param(
            (_NUMBERS, SGD, "lr = 0.001", _DECAYED_WEIGHTS), 4, id="biases on their way to the mean"
        ),
        pytest.param(
            (_NUMBERS, SGD, "lr = 0.25", _DECAYED_WEIGHTS), 30, id="biases that are nearly there"
        ),
        pytest.param((LABELS, SGD, "lr = 300.0"), 3, id="worse than a constant"),
    ],
)
def test_other_losses_are_left_alone(tmp_path: Path, text: tuple[str, ...], steps: int) -> None:
    """Below and above the loss of the constant there is nothing to say about it."""
    assert constant_prediction(situation(tmp_path, SIX_NUMBERS, DENSE, *text, steps=steps)) is None


def test_a_loss_that_is_there_by_accident_is_left_alone(tmp_path: Path) -> None:
    """Twice the target for each sample has the loss of a constant, and depends on the sample."""
    x = np.random.default_rng(0).normal(size=(40, 3))
    x -= x.mean(axis=0)
    twice = """
    [[layers]]
    type = "Linear"
    name = "fc"
    in_features = 3
    out_features = 3
    weight = [[2, 0, 0], [0, 2, 0], [0, 0, 2]]
    bias = [0, 0, 0]
    """
    three = SIX_NUMBERS.replace("6]", "3]")
    text = (three, twice, _NUMBERS, SGD, "lr = 0.0")
    found = situation(tmp_path, *text, steps=1, data=of(x, x), batch_size=40)
    assert found.learned == pytest.approx(0.0, abs=1e-9)
    assert constant_prediction(found) is None
