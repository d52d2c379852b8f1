"""The table of tiny mistakes: every row finds its mistake, at its place, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracles.audit.detection import COLUMNS, Caught, Score, Task, carry_out, table, tasks
from oracles.audit.mistakes.table import ROWS

SURE = [
    pytest.param(index, column, id=f"{row.title}, {column}")
    for index, row in enumerate(ROWS)
    for column in COLUMNS[: 4 if row.lattice else 2]
    if "100,352" not in row.title and (column != "float32" or row.goal == 100.0)
]
"""Rows of moderate size, in the columns where every trial has to be caught."""


@pytest.mark.parametrize(("row", "column"), SURE)
def test_mistake_is_caught(row: int, column: str) -> None:
    """And the same program without it is not called wrong."""
    found = carry_out(Task(0, row, column, 0))  # type: ignore[arg-type]
    assert found.caught
    assert found.control


def test_long_sums_are_exact_on_a_lattice() -> None:
    """One window of 100,352 is below the noise of float32, and seen where there is none."""
    index = next(i for i, row in enumerate(ROWS) if "window missing, n = 100,352" in row.title)
    assert carry_out(Task(0, index, "lattice float32", 0)).caught


def test_a_row_with_trials_that_see_nothing_is_short() -> None:
    """Of two trials in float64 one is not enough."""
    half = [Caught(Task(0, 0, "float64", n), n == 0, True, "") for n in range(2)]
    result = next(table(half))
    assert result.scores["float64"] == Score(2, 1)
    assert result.short() == ("float64",)
    assert not result.good


def test_float32_has_a_goal_of_its_own() -> None:
    """What float32 cannot see is not asked of it."""
    index = next(i for i, row in enumerate(ROWS) if row.goal == 20.0)
    result = list(table([Caught(Task(0, index, "float32", 0), False, True, "")]))[index]
    assert result.short() == ("float32",)
    enough = replace(result, scores={"float32": Score(10, 2)})
    assert enough.good


def test_a_failed_control_spoils_a_row() -> None:
    """A judge that calls everything wrong catches all mistakes."""
    result = next(table([Caught(Task(0, 0, "float64", 0), True, False, "wrong")]))
    assert result.failed_controls == ("float64: wrong",)
    assert not result.good


def test_trials_can_be_limited() -> None:
    """For a quick look."""
    assert len(tasks(0, 1)) == sum(4 if row.lattice else 2 for row in ROWS)
    assert len(tasks(0)) > 5 * len(tasks(0, 1))
