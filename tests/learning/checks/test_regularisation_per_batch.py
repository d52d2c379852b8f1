"""Regularisation that changes when each sample is in the batch twice is seen."""

from pathlib import Path

import pytest

from oracles.learning.checks.regularisation_per_batch import regularisation_per_batch
from tests.learning.checks.cases_of_data import DENSE, SGD, SIX_NUMBERS, situation

_CLASSES = "target = { classes = [0, 1, 0, 2, 0, 1, 0, 0] }"
_LOSS = f'[loss]\ntype = "CrossEntropyLoss"\n{_CLASSES}'
_SUM = f'[loss]\ntype = "CrossEntropyLoss"\nreduction = "sum"\n{_CLASSES}'
_PENALTY = '[[loss.penalty]]\ntype = "L2"\nfactor = {0}\nparameters = ["*.weight"]\n'
_PER_BATCH = _PENALTY + 'per = "batch"'
_PER_DATASET = _PENALTY + 'per = "dataset"'
_RATE = SGD + "lr = 0.25"
_BATCHES_OF_2 = "[training]\nsteps = 4\nbatch_size = 2"
_DROPOUT = DENSE.replace('type = "Tanh"', 'type = "Dropout"\nmask = { seed = 6 }')


@pytest.mark.parametrize(
    ("loss", "optimizer", "data", "pull"),
    [
        pytest.param((_LOSS, _PER_BATCH.format(0.5)), "", 1.0, 0.5, id="penalty per batch"),
        pytest.param((_SUM, _PENALTY.format(0.5)), "", 2.0, 1.0, id="sum and penalty"),
        pytest.param((_SUM, _PER_BATCH.format(0.5)), "", 2.0, 0.5, id="sum and penalty per batch"),
        pytest.param((_SUM,), "weight_decay = 0.01", 2.0, 1.0, id="sum and weight decay"),
    ],
)
def test_a_proportion_that_changes_is_seen(
    tmp_path: Path, loss: tuple[str, ...], optimizer: str, data: float, pull: float
) -> None:
    """The finding says by what the gradient of the data grows, and that of the regularisation."""
    text = (SIX_NUMBERS, _DROPOUT, *loss, _RATE, optimizer, _BATCHES_OF_2)
    found = regularisation_per_batch(situation(tmp_path, *text, steps=2))
    assert found is not None
    assert found.figures["data_ratio"] == pytest.approx(data, rel=1e-9)
    assert found.figures["pull_ratio"] == pytest.approx(pull, rel=1e-9)


def test_a_penalty_that_wins_prevents_learning_until_it_is_divided_by_the_data(
    tmp_path: Path,
) -> None:
    """Per batch of two the weights vanish; the proposed setting decays a quarter of that."""
    text = (SIX_NUMBERS, DENSE, _LOSS, _PER_BATCH.format(0.5), _RATE, _BATCHES_OF_2)
    first = situation(tmp_path, *text, steps=80)
    found = regularisation_per_batch(first)
    assert found is not None
    assert found.prevents
    assert found.figures["decay"] == 0.5
    assert found.figures["decay_of_the_data_set"] == 0.125
    assert found.remedy is not None
    assert {one.per for one in found.remedy.change(first.case).penalties} == {"dataset"}


def test_a_weak_penalty_is_a_remark(tmp_path: Path) -> None:
    """It depends on the batches all the same, but keeps nobody from learning."""
    text = (SIX_NUMBERS, DENSE, _LOSS, _PER_BATCH.format(0.0001), _RATE, _BATCHES_OF_2)
    found = regularisation_per_batch(situation(tmp_path, *text, steps=2))
    assert found is not None
    assert not found.prevents


@pytest.mark.parametrize(
    ("loss", "optimizer"),
    [
        pytest.param((_LOSS, _PER_DATASET.format(0.5)), "", id="penalty per data set"),
        pytest.param((_LOSS, _PENALTY.format(0.5)), "", id="penalty as it is"),
        pytest.param((_LOSS,), "weight_decay = 0.5", id="weight decay beside a mean"),
        pytest.param((_SUM,), "", id="a sum alone"),
    ],
)
def test_the_same_proportion_is_left_alone(
    tmp_path: Path, loss: tuple[str, ...], optimizer: str
) -> None:
    """Twice the samples are no news to these."""
    text = (SIX_NUMBERS, _DROPOUT, *loss, _RATE, optimizer, _BATCHES_OF_2)
    assert regularisation_per_batch(situation(tmp_path, *text, steps=2)) is None
