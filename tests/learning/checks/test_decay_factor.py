"""A product of rate and decay that removes what was learned is named with its factor."""

from pathlib import Path

import pytest

from oracles.learning.checks.decay_factor import decay_factor
from tests.learning.checks.cases_of_data import DENSE, LABELS, SGD, SIX_NUMBERS, situation

_DECAYED = SGD + "lr = 0.003\nweight_decay = 500"

_PENALIZED = """
[[loss.penalty]]
type = "L2"
factor = 8.0
per = "batch"
parameters = ["fc2.weight"]
"""

_BIASES_STAND_STILL = """
[[optimizer.groups]]
parameters = ["*.bias", "fc1.weight"]
lr = 0.0
"""


@pytest.mark.parametrize(
    ("text", "factor", "parameter"),
    [
        pytest.param((LABELS, _DECAYED), -0.5, "fc1.weight", id="weight decay"),
        pytest.param((LABELS, SGD, "lr = 1.0\nweight_decay = 1.0"), 0.0, "fc1.weight", id="just 1"),
        pytest.param(
            (LABELS, _PENALIZED, SGD, "lr = 1.0"), -1.0, "fc2.weight", id="penalty over 8 samples"
        ),
        pytest.param(
            (LABELS, _DECAYED, _BIASES_STAND_STILL),
            -0.5,
            "fc2.weight",
            id="a group that does not move is left out",
        ),
    ],
)
def test_the_factor_per_step_is_named(
    tmp_path: Path, text: tuple[str, ...], factor: float, parameter: str
) -> None:
    """The finding gives 1 - lr * decay, for the parameter that it is worst for, and prevents."""
    found = decay_factor(situation(tmp_path, SIX_NUMBERS, DENSE, *text, steps=2))
    assert found is not None
    assert found.prevents
    assert found.figures["factor_per_step"] == pytest.approx(factor)
    assert found.figures["parameter"] == parameter


def test_the_remedy_takes_away_decay_and_penalty(tmp_path: Path) -> None:
    """With the proposed setting there is nothing left to say."""
    first = situation(tmp_path, SIX_NUMBERS, DENSE, LABELS, _PENALIZED, _DECAYED, steps=2)
    found = decay_factor(first)
    assert found is not None
    assert found.remedy is not None
    mended = found.remedy.change(first.case)
    assert mended.penalties == ()
    assert mended.optimizer is not None
    assert {own["weight_decay"] for own in mended.optimizer["parameters"].values()} == {0.0}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param((LABELS, SGD, "lr = 0.1"), id="no decay"),
        pytest.param((LABELS, SGD, "lr = 0.1\nweight_decay = 9.9"), id="0.99"),
        pytest.param((LABELS, _PENALIZED, SGD, "lr = 0.49"), id="a penalty of 0.98"),
    ],
)
def test_a_product_below_one_is_left_alone(tmp_path: Path, text: tuple[str, ...]) -> None:
    """What is left of the weights keeps its sign: nothing is said."""
    assert decay_factor(situation(tmp_path, SIX_NUMBERS, DENSE, *text, steps=2)) is None


def test_a_decay_that_adds_up_is_named_where_nothing_is_learned(tmp_path: Path) -> None:
    """A tenth of the weights in each of fifty steps: e^-5 of what they began with."""
    text = (LABELS, SGD, "lr = 0.1\nweight_decay = 1.0")
    found = decay_factor(situation(tmp_path, SIX_NUMBERS, DENSE, *text, steps=50))
    assert found is not None
    assert found.prevents
    assert found.figures["taken_off"] == pytest.approx(5.0)


def test_a_decay_that_does_not_hinder_is_left_alone(tmp_path: Path) -> None:
    """What learns has the decay it needs, however much adds up."""
    text = (LABELS, SGD, "lr = 1.0\nweight_decay = 0.01")
    learns = situation(tmp_path, SIX_NUMBERS, DENSE, *text, steps=400)
    assert learns.learns
    assert decay_factor(learns) is None
