"""A learning rate of 0 is said to be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles.learning.answer import Answer
from oracles.learning.data.dataset import DataError
from oracles.learning.learn import learn
from tests.learning.by_hand import small_case


def answered(folder: Path, lr: float) -> Answer:
    """What is said with this rate."""
    return learn(small_case(folder, lr=lr), steps=6, try_remedies=False)


def test_a_rate_of_nothing_is_the_first_finding(tmp_path: Path) -> None:
    """It explains everything else."""
    answer = answered(tmp_path, 0.0)
    assert answer.verdict == "your settings"
    assert answer.findings[0].finding == "settings.nothing_moves"


def test_a_small_rate_is_none(tmp_path: Path) -> None:
    """It moves something."""
    names = [one.finding for one in answered(tmp_path, 1e-9).findings]
    assert "settings.nothing_moves" not in names


def test_no_other_rate_can_be_asked_for(tmp_path: Path) -> None:
    """`--lr` multiplies the rates of the case, and says so where that is nothing."""
    with pytest.raises(DataError, match="has lr = 0"):
        learn(small_case(tmp_path, lr=0.0), lr=0.1, steps=6)
