"""Targets that were drawn without a look at the inputs are suspected; real ones never are."""

from pathlib import Path

import numpy as np
import pytest

from oracles.learning.checks.targets_independent import targets_independent
from oracles.learning.data.dataset import Dataset
from tests.learning.checks.cases_of_data import (
    DENSE,
    DIGITS,
    SGD,
    handwritten,
    of,
    situation,
)

_SIXTY = '[input]\nshape = [60, 6]\nfill = "normal"\nseed = 3'
_TWENTY = '[input]\nshape = [20, 6]\nfill = "normal"\nseed = 3'
_CLASSES = '[loss]\ntype = "CrossEntropyLoss"\ntarget = { fill = "classes", seed = 4 }'
_NUMBERS = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform", seed = 4 }'


@pytest.mark.parametrize(
    "loss", [pytest.param(_CLASSES, id="labels"), pytest.param(_NUMBERS, id="numbers")]
)
def test_drawn_targets_are_suspected(tmp_path: Path, loss: str) -> None:
    """Neighbours have targets that are no more alike than those of any two samples."""
    found = targets_independent(situation(tmp_path, _SIXTY, DENSE, loss, SGD, "lr = 0.1", steps=1))
    assert found is not None
    assert found.prevents
    assert float(found.figures["p_neighbours"]) > 0.025
    assert found.figures["neighbours"] == pytest.approx(found.figures["random_pairs"], rel=0.25)
    assert "60 samples of 6 numbers" in found.numbers[-1]


def test_what_is_learned_by_heart_is_a_remark(tmp_path: Path) -> None:
    """A network can learn drawn labels: then nothing prevents it, and the advice says so."""
    learned = situation(tmp_path, _SIXTY, DENSE, _CLASSES, SGD, "lr = 0.5", steps=100)
    found = targets_independent(learned)
    assert learned.learns
    assert found is not None
    assert not found.prevents
    assert "by heart" in found.change


def test_shuffled_labels_of_digits_are_suspected(tmp_path: Path) -> None:
    """Real images, with the labels of others."""
    data = handwritten(200)
    order = np.random.default_rng(1).permutation(200)
    mixed = of(data.x, data.target[order])
    found = targets_independent(situation(tmp_path, DIGITS, steps=1, data=mixed))
    assert found is not None


@pytest.mark.parametrize("count", [30, 50, 300])
def test_digits_are_never_suspected(tmp_path: Path, count: int) -> None:
    """Thirty images of ten classes are enough to see that they belong to their labels."""
    data = handwritten(count)
    assert targets_independent(situation(tmp_path, DIGITS, steps=1, data=data)) is None


def _sums() -> Dataset:
    """A smooth function."""
    x = np.random.default_rng(0).normal(size=(60, 6))
    return of(x, np.tanh(x[:, :3] + x[:, 3:]))


def _checkerboard() -> Dataset:
    """Which of the fields of a board of 4 by 4 a point is in: black or white. Four numbers are the
    same in all samples."""
    x = np.random.default_rng(0).uniform(0, 4, size=(160, 6)) * [1, 1, 0, 0, 0, 0]
    return of(x, np.floor(x).sum(axis=1).astype(np.int64) % 2)


def _trend() -> Dataset:
    """One number, with noise of two and a half times its size."""
    draw = np.random.default_rng(0)
    x = np.zeros((60, 6))
    x[:, 0] = draw.normal(size=60)
    return of(x, x[:, [0, 0, 0]] + 2.5 * draw.normal(size=(60, 3)))


@pytest.mark.parametrize(
    ("loss", "data"),
    [
        pytest.param(_NUMBERS, _trend(), id="a weak trend: only distances show it"),
        pytest.param(_NUMBERS, _sums(), id="a smooth function of six numbers"),
        pytest.param(_CLASSES, _checkerboard(), id="a board: only near samples are alike"),
    ],
)
def test_targets_that_follow_from_the_inputs_are_not_suspected(
    tmp_path: Path, loss: str, data: Dataset
) -> None:
    """Whether it shows in the neighbours, or in all distances."""
    text = (_SIXTY, DENSE, loss, SGD, "lr = 0.1")
    assert targets_independent(situation(tmp_path, *text, steps=1, data=data)) is None


def test_few_samples_tell_nothing(tmp_path: Path) -> None:
    """Twenty samples are not asked."""
    text = (_TWENTY, DENSE, _CLASSES, SGD, "lr = 0.1")
    assert targets_independent(situation(tmp_path, *text, steps=1)) is None
