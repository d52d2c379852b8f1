"""A training that ends while the loss falls steadily is told apart from one that has stopped."""

from pathlib import Path

import numpy as np
import pytest

from oracles.learning.checks.too_few_steps import too_few_steps
from oracles.learning.data.dataset import Dataset
from tests.learning.checks.cases_of_data import DENSE, SGD, SIX_NUMBERS, of, situation

_NUMBERS = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }'

_BIASES_ALONE = """
[[optimizer.groups]]
parameters = ["fc1.*", "fc2.weight"]
lr = 0.0
"""


def _learnable() -> Dataset:
    """Targets that follow from the inputs."""
    x = np.random.default_rng(0).normal(size=(40, 6))
    return of(x, np.tanh(x[:, :3] + x[:, 3:]))


def _independent() -> Dataset:
    """Targets that do not, far from zero."""
    draw = np.random.default_rng(0)
    return of(draw.normal(size=(40, 6)), 5.0 + draw.normal(size=(40, 3)))


@pytest.mark.parametrize("batch_size", [40, 8])
def test_a_loss_that_still_falls_is_seen(tmp_path: Path, batch_size: int) -> None:
    """With all samples at once, and with batches that differ: more steps are called for, and with
    twice as many as a straight line needs the network learns."""
    text = (SIX_NUMBERS, DENSE, _NUMBERS, SGD, "lr = 0.005")
    found = too_few_steps(
        situation(tmp_path, *text, steps=60, data=_learnable(), batch_size=batch_size)
    )
    assert found is not None
    assert found.prevents
    needed = float(found.figures["steps_needed"])
    assert 60 < needed < 600
    longer = situation(
        tmp_path, *text, steps=int(2 * needed), data=_learnable(), batch_size=batch_size
    )
    assert longer.learns
    assert too_few_steps(longer) is None


@pytest.mark.parametrize("steps", [30, 60, 120])
def test_a_loss_that_goes_to_that_of_a_constant_is_left_alone(tmp_path: Path, steps: int) -> None:
    """Where only the biases move, the loss falls all the time, and flattens above what would be
    learning: longer training does not help, early or late."""
    text = (SIX_NUMBERS, DENSE, _NUMBERS, SGD, "lr = 0.0625", _BIASES_ALONE)
    short = situation(tmp_path, *text, steps=steps, data=_independent(), batch_size=40)
    assert not short.learns
    assert too_few_steps(short) is None


@pytest.mark.parametrize(
    ("rate", "steps"),
    [
        pytest.param("lr = 0.0", 60, id="nothing moves"),
        pytest.param("lr = 0.000001", 60, id="a line would be a thousand times as long"),
        pytest.param("lr = 0.005", 5, id="too few steps to see a trend"),
        pytest.param("lr = 1e6", 60, id="a loss that leaves all bounds"),
    ],
)
def test_other_curves_are_left_alone(tmp_path: Path, rate: str, steps: int) -> None:
    """No trend, or none that leads anywhere: nothing is said about the number of steps."""
    text = (SIX_NUMBERS, DENSE, _NUMBERS, SGD, rate)
    found = situation(tmp_path, *text, steps=steps, data=_learnable(), batch_size=40)
    assert too_few_steps(found) is None
