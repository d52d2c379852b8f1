"""What is printed under the table, and what the exit status goes by."""

import re

import numpy as np
import pytest

from examples.lockstep import report
from examples.lockstep.epochs import Epoch, Result


def _epoch(number: int, distance: float, refcnn: float = 0.98, torch: float = 0.98) -> Epoch:
    """An epoch with these accuracies, whose moved run is 1e-6 from PyTorch."""
    return Epoch(number, Result(0.1, refcnn, 1.0), Result(0.1, torch, 1.0), distance, 1e-6)


@pytest.mark.parametrize(
    ("distances", "sentence"),
    [
        pytest.param([5e-7, 2e-7], r"stayed within .* at most 0\.50 times as far", id="within"),
        pytest.param([1e-6], r"stayed within .* at most 1\.00 times as far", id="just within"),
        pytest.param(
            [5e-7, 4e-6, 3e-6],
            r"was so after 2 of 3 epochs, up to 4\.0 times \(epoch 2\)\. .* --dtype float64",
            id="outside",
        ),
        pytest.param([5e-7, np.nan], "was so after 1 of 2 epochs, up to nan times", id="NaN"),
    ],
)
def test_verdict_on_the_distance(distances: list[float], sentence: str) -> None:
    """One epoch outside is outside, and NaN is."""
    epochs = [_epoch(number, distance) for number, distance in enumerate(distances, start=1)]
    assert re.search(sentence, report.verdict(epochs))


@pytest.mark.parametrize(
    ("refcnn", "torch", "enough"),
    [
        (0.97, 0.97, True),
        (0.9699, 0.98, False),
        (0.98, 0.9699, False),
        (np.nan, 0.98, False),
    ],
)
def test_both_must_be_accurate(refcnn: float, torch: float, enough: bool) -> None:
    """refcnn alone, or PyTorch alone, is not enough."""
    epoch = _epoch(1, 0.0, refcnn, torch)
    assert report.accurate_enough(epoch) is enough
    assert ("not both at least 97%" in report.verdict([epoch])) is not enough


def test_a_row_stands_below_the_header() -> None:
    """Each line of the table fits a terminal of 80 columns and ends where the header ends."""
    lines = [*report.HEADER.splitlines()[1:], report.row(_epoch(12, 3.4e-07, 1.0, 1.0))]
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= 80
