"""What `oracles` hands out for this."""

from __future__ import annotations

from pathlib import Path

import oracles
from oracles.learning.answer import Answer
from oracles.learning.learn import learn
from tests.learning.by_hand import ByHand, small_case


def test_learn_is_public() -> None:
    """With the answer that it returns."""
    assert oracles.learn is learn
    assert oracles.Answer is Answer


def test_an_implementation_is_an_object(tmp_path: Path) -> None:
    """No command line is needed."""
    answer = oracles.learn(small_case(tmp_path), ByHand(), steps=20)
    assert (answer.verdict, answer.implementation) == ("both learn", "by_hand")


def test_progress_is_told_step_by_step(tmp_path: Path) -> None:
    """Of each training, and then check by check."""
    told: list[tuple[str, int, int]] = []
    oracles.learn(small_case(tmp_path), steps=20, progress=lambda *one: told.append(one))
    assert ("PyTorch trains", 20, 20) in told
    assert any(what == "settings are checked" and 0 < done < total for what, done, total in told)
