"""Labels that belong to other samples are found, with the shift."""

from pathlib import Path

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.learning.checks.neighbours import labels_shifted
from tests.learning.checks.cases_of_data import DIGITS, handwritten, of, situation

_DATA = handwritten(208)


def _mislabelled() -> Array:
    """One label in ten is wrong."""
    labels = _DATA.target.copy()
    labels[::10] = (labels[::10] + 3) % 10
    return labels


@pytest.mark.parametrize(
    ("x", "labels", "shift"),
    [
        pytest.param(_DATA.x[1:], _DATA.target[:-1], 1.0, id="the first label is of no image"),
        pytest.param(_DATA.x[:-2], _DATA.target[2:], -2.0, id="two labels are missing"),
        pytest.param(_DATA.x[8:], _DATA.target[:-8], 8.0, id="a header of eight bytes is read"),
        pytest.param(_DATA.x, _DATA.target[::-1], "reversed", id="the labels are reversed"),
    ],
)
def test_labels_of_other_samples_are_found(
    tmp_path: Path, x: Array, labels: Array, shift: float | str
) -> None:
    """The shift that gives neighbours one label is named, and how many have one label with it."""
    found = labels_shifted(situation(tmp_path, DIGITS, steps=1, data=of(x, labels)))
    assert found is not None
    assert found.figures["shift"] == shift
    assert float(found.figures["agreement"]) < 0.5
    assert float(found.figures["agreement_shifted"]) > 0.8
    assert found.figures["chance"] == pytest.approx(0.1, abs=0.02)
    assert found.prevents


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(_DATA.target, id="as they are"),
        pytest.param(_mislabelled(), id="one in ten is wrong"),
        pytest.param(np.random.default_rng(0).permutation(_DATA.target), id="shuffled"),
        pytest.param(np.sort(_DATA.target), id="sorted, images are not"),
    ],
)
def test_labels_that_fit_no_better_elsewhere_are_left_alone(tmp_path: Path, labels: Array) -> None:
    """Neither right labels nor labels without any order are called shifted."""
    assert labels_shifted(situation(tmp_path, DIGITS, steps=1, data=of(_DATA.x, labels))) is None


def test_right_labels_in_the_order_of_the_classes_are_left_alone(tmp_path: Path) -> None:
    """Sorted by class, a shift of one changes nearly nothing, and is not proposed."""
    order = np.argsort(_DATA.target, kind="stable")
    data = of(_DATA.x[order], _DATA.target[order])
    assert labels_shifted(situation(tmp_path, DIGITS, steps=1, data=data)) is None


def test_few_samples_tell_nothing(tmp_path: Path) -> None:
    """Twenty samples are not asked."""
    data = of(_DATA.x[1:21], _DATA.target[:20])
    assert labels_shifted(situation(tmp_path, DIGITS, steps=1, data=data)) is None
