"""A correct implementation that is called wrong is counted, printed and can be repeated."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.audit import report
from oracles.audit.alarms import Alarms, Tally, Task, carry_out
from oracles.audit.cases.case import random_case
from oracles.audit.implementations.convolutions.im2col import Im2col
from oracles.audit.implementations.rules import FormulaRules
from oracles.audit.implementations.table import IMPLEMENTATIONS, Correct
from oracles.audit.mistakes.mistake import Mistake, MistakenRules
from oracles.contract.case import Array, Case, Step
from oracles.parallel import in_order

NUMBER = next(n for n in range(99) if random_case(0, n).get("loss", {}).get("type") == "MSELoss")
"""A case with a loss."""


def _more_than_rounding(case: Case, step: Step, prediction: Array, loss: Array) -> Array:
    return np.asarray(loss * (1 + case.dtype.type(2.0**-13)))


@pytest.fixture
def tampered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of correct implementations has one in it that is not quite."""
    mistake = Mistake(loss=_more_than_rounding)
    wrong = Correct(
        "tampered", lambda choices: MistakenRules(FormulaRules(Im2col(), choices), mistake)
    )
    monkeypatch.setattr("oracles.audit.alarms.IMPLEMENTATIONS", (wrong,))


@pytest.mark.usefixtures("tampered")
def test_alarm_is_found_where_it_is() -> None:
    """Entry, rule, ratio, formulas, and the text of the case."""
    found = carry_out(Task(0, NUMBER))
    assert {(alarm.entry, alarm.dtype) for alarm in found.alarms} >= {
        ("step0.loss", "float32"),
        ("step0.loss", "float64"),
    }
    assert all(alarm.ratio > 1 for alarm in found.alarms)
    assert all("[loss]" in alarm.case and alarm.formulas for alarm in found.alarms)
    counted = sum(tally.alarms for tally in found.runs.values())
    assert counted == len(found.alarms)


@pytest.mark.usefixtures("tampered")
def test_alarm_says_how_to_see_it_again() -> None:
    """The command that repeats it, with seed, case and implementation."""
    text = "\n".join(report.alarm_lines(carry_out(Task(0, NUMBER)).alarms[0]))
    assert f"--seed 0 --case {NUMBER} --implementation 'tampered'" in text
    assert "step0.loss" in text


def test_the_same_without_the_mistake() -> None:
    """So it is the mistake that was found."""
    assert carry_out(Task(0, NUMBER, "im2col")).alarms == []


def test_task_repeats() -> None:
    """A case gives the same figures each time."""
    assert carry_out(Task(0, NUMBER)) == carry_out(Task(0, NUMBER))


def test_every_implementation_gets_its_turn() -> None:
    """The number of a case decides."""
    names = {Task(0, number).correct.name for number in range(len(IMPLEMENTATIONS))}
    assert names == {one.name for one in IMPLEMENTATIONS}


def test_tallies_add_up() -> None:
    """Counts are sums; the largest ratio keeps its case."""
    whole = Alarms(cases=1, runs={("im2col", "float32"): Tally(2, 0, 1, 0.5, 7)})
    whole.add(Alarms(cases=1, runs={("im2col", "float32"): Tally(3, 1, 0, 0.25, 8)}))
    assert whole.cases == 2
    assert whole.arrays == 5
    assert whole.runs["im2col", "float32"] == Tally(5, 1, 1, 0.5, 7)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    """Whoever stops after the same result has seen the same cases, however many processes there
    are."""
    assert list(in_order(abs, range(-40, 0), workers)) == list(range(40, 0, -1))


def test_stopping_early_ends_the_processes() -> None:
    """Also where tasks never end."""
    results = in_order(abs, iter(int, 1), 2)
    assert [next(results) for _ in range(3)] == [0, 0, 0]
    results.close()  # type: ignore[attr-defined]
