"""The sum over a batch is told as the learning rate that it is."""

from pathlib import Path

import numpy as np
import pytest

from oracles.learning.checks.one_setting import one_setting
from tests.learning.checks.cases_of_data import DENSE, SGD, SIX_NUMBERS, situation

_CLASSES = "target = { classes = [0, 1, 0, 2, 0, 1, 0, 0] }"
_SUM = f'[loss]\ntype = "CrossEntropyLoss"\nreduction = "sum"\n{_CLASSES}'
_MEAN = f'[loss]\ntype = "CrossEntropyLoss"\n{_CLASSES}'
_SQUARES = (
    '[loss]\ntype = "MSELoss"\nreduction = "{0}"\nfactor = {1}\ntarget = {{ fill = "normal" }}'
)
_BATCHES_OF_4 = "[training]\nsteps = 2\nbatch_size = 4"
_BATCHES_OF_3 = "[training]\nsteps = 2\nbatch_size = 3"
_TENTH = "lr = 0.0625\nmomentum = 0.5"


@pytest.mark.parametrize(
    ("loss", "ratio"),
    [
        pytest.param(_SUM, 4.0, id="sum over four samples"),
        pytest.param(_SQUARES.format("sum", 0.5), 4.0, id="half the sum of squares"),
        pytest.param(_SQUARES.format("sum", 1.0), 4.0, id="sum of squares"),
        pytest.param(_SQUARES.format("sum", 0.25), 1.0, id="a factor that makes the sum a mean"),
        pytest.param(_SQUARES.format("batchmean", 3.0), 3.0, id="a factor"),
        pytest.param(f"{_MEAN}\nfactor = 0.0078125", 0.0078125, id="divided by 128 once more"),
    ],
)
def test_the_rate_on_the_mean_is_named(tmp_path: Path, loss: str, ratio: float) -> None:
    """It is the rate times the ratio of the gradients; nothing is wrong with it."""
    text = (SIX_NUMBERS, DENSE, loss, SGD, _TENTH, _BATCHES_OF_4)
    found = one_setting(situation(tmp_path, *text, steps=1))
    assert found is not None
    assert found.figures["ratio"] == pytest.approx(ratio, rel=1e-12)
    assert found.figures["lr_of_the_mean"] == pytest.approx(0.0625 * ratio, rel=1e-12)
    assert not found.prevents
    assert len(found.numbers) == 2


def test_both_settings_are_one_training(tmp_path: Path) -> None:
    """Trained with the mean and the rate that is named, every loss is that of the sum."""
    summed = situation(tmp_path, SIX_NUMBERS, DENSE, _SUM, SGD, _TENTH, _BATCHES_OF_4, steps=6)
    found = one_setting(summed)
    assert found is not None
    rate = f"lr = {found.figures['lr_of_the_mean']}\nmomentum = 0.5"
    mean = situation(tmp_path, SIX_NUMBERS, DENSE, _MEAN, SGD, rate, _BATCHES_OF_4, steps=6)
    np.testing.assert_allclose(summed.course.loss, 4.0 * mean.course.loss, rtol=1e-12)


def test_what_does_not_grow_with_the_loss_is_named(tmp_path: Path) -> None:
    """Decay, penalty and clipping have to change as well, each with its figure; and a last batch
    of two samples is no batch of three."""
    penalty = '[[loss.penalty]]\ntype = "L2"\nfactor = 0.75\nparameters = ["*.weight"]'
    options = f"{_TENTH}\nweight_decay = 0.375\nclip_grad_norm = 1.5"
    text = (SIX_NUMBERS, DENSE, _SUM, penalty, SGD, options, _BATCHES_OF_3)
    found = one_setting(situation(tmp_path, *text, steps=1))
    assert found is not None
    assert "weight_decay 0.375 to 0.125" in found.numbers[2]
    assert "the L2 penalty 0.75 to 0.25" in found.numbers[2]
    assert "clip_grad_norm 1.5 to 0.5" in found.numbers[2]
    assert "has 2 samples" in found.numbers[3]


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(_MEAN, id="mean"),
        pytest.param(_SQUARES.format("mean", 0.5), id="half the mean of squares"),
        pytest.param(_SQUARES.format("batchmean", 0.5), id="half the squares, mean over samples"),
    ],
)
def test_the_usual_losses_are_left_alone(tmp_path: Path, loss: str) -> None:
    """Everybody reads a rate as one for these."""
    text = (SIX_NUMBERS, DENSE, loss, SGD, _TENTH, _BATCHES_OF_4)
    assert one_setting(situation(tmp_path, *text, steps=1)) is None
