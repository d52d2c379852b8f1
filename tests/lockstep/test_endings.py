"""Whatever an implementation does, a lockstep ends in an outcome that says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import oracles
from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.trace import Trace
from oracles.implementations.loading import load
from oracles.judging.lockstep import Lockstep
from oracles.lockstep_command import exit_status
from tests.lockstep.small_case import SMALL, small_case
from tests.lockstep.torch_by_hand import TorchByHand

Body = Callable[[Case, Trace], None]


class After:
    """A right program that does something else in the end."""

    name = "after"

    def __init__(self, body: Body, steps: int = 3) -> None:
        self.body, self.steps = body, steps

    def run(self, case: Case, trace: Trace) -> None:
        def soon_enough(entry: str) -> bool:
            return int(entry.partition(".")[0].removeprefix("step")) < self.steps

        TorchByHand(exposes=soon_enough).run(case, trace)
        self.body(case, trace)


def raises(case: Case, trace: Trace) -> None:
    """Like an index that is out of range in some late step."""
    raise IndexError("no such batch")


def hangs(case: Case, trace: Trace) -> None:
    """In Python, where a time limit reaches it."""
    while True:
        time.perf_counter()


def declines(case: Case, trace: Trace) -> None:
    """In the words of the contract."""
    raise case.unsupported("no momentum yet")


def writes_nan(case: Case, trace: Trace) -> None:
    """An update that is not a number."""
    shape = case.parameters()["conv.weight"].shape
    trace["step3.update.conv.weight"] = np.full(shape, np.nan)


def records_nothing(case: Case, trace: Trace) -> None:
    """As if everything was to be kept secret."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    """Drawn once."""
    return small_case(tmp_path_factory.mktemp("cases"))


def ended(body: Body, small: Definition, steps: int = 3) -> Lockstep:
    """How a lockstep over five steps ends."""
    return oracles.lockstep(After(body, steps), small, "float64", timeout=5.0, judge=False)


@pytest.mark.parametrize(
    ("body", "outcome", "message", "compared"),
    [
        pytest.param(raises, "error", "IndexError: no such batch", 3, id="crash"),
        pytest.param(hangs, "timeout", "5", 3, id="hang"),
        pytest.param(declines, "unsupported", "no momentum yet", 0, id="declined"),
    ],
)
def test_what_was_recorded_before_the_end_is_compared(
    small: Definition, body: Body, outcome: str, message: str, compared: int
) -> None:
    """A crash in step 3 does not hide that steps 0 to 2 are right."""
    result = ended(body, small)
    assert (result.outcome, len(result.steps), result.departure) == (outcome, compared, None)
    assert message in result.message
    assert result.asked == 5


def test_a_number_that_is_none_leaves_the_tube(small: Definition) -> None:
    """NaN is within no limit."""
    result = ended(writes_nan, small)
    assert result.departure is not None
    assert result.departure.distance.entry == "step3.update.conv.weight"
    assert np.isnan(result.departure.actual)
    assert result.outcome == "outside"


def test_nothing_recorded_is_incomplete(small: Definition) -> None:
    """What compares nothing is not inside."""
    assert ended(records_nothing, small, steps=0).outcome == "incomplete"


def test_nothing_recorded_but_the_input_is_incomplete(small: Definition) -> None:
    """Nothing that a network computes was compared."""
    mine = TorchByHand(exposes=lambda entry: entry.endswith(".input"))
    result = oracles.lockstep(mine, small, "float64", 2)
    assert (result.outcome, result.judged_steps, exit_status(result)) == ("incomplete", 0, 2)
    assert "input" in result.message


@pytest.mark.parametrize(
    ("left_out", "whole"),
    [
        pytest.param("nothing", True, id="everything exposed"),
        pytest.param(".input", True, id="an input that is handed over"),
        pytest.param("step0.", False, id="only the last step"),
        pytest.param("step1.forward.relu", False, id="one entry missing"),
    ],
)
def test_how_much_was_judged_is_counted(small: Definition, left_out: str, whole: bool) -> None:
    """Only of all there is can it be said that the arithmetic is right."""
    mine = TorchByHand(exposes=lambda entry: left_out not in entry)
    result = oracles.lockstep(mine, small, "float64", 2)
    assert (result.outcome, result.judged_steps) == ("inside", 2)
    assert 0 < result.judged <= result.to_judge
    assert (result.judged == result.to_judge) == whole


def test_the_dtype_is_one_that_the_implementation_is_for(small: Definition) -> None:
    """Where none is asked for."""
    implementation = After(records_nothing)
    other = next(dtype for dtype in small.dtypes if dtype != small.dtypes[0])
    implementation.dtypes = (other,)  # type: ignore[attr-defined]
    result = oracles.lockstep(implementation, small, steps=2, judge=False)
    assert (result.outcome, result.dtype) == ("inside", other)


def test_a_dtype_that_is_not_done_is_unsupported(small: Definition) -> None:
    """As the judge has it."""
    implementation = After(records_nothing)
    implementation.dtypes = ("float32",)  # type: ignore[attr-defined]
    result = oracles.lockstep(implementation, small, "float64")
    assert (result.outcome, result.message) == ("unsupported", "after is for float32")


def test_settings_that_overflow_end_the_comparison(tmp_path: Path) -> None:
    """Where the oracle's own numbers leave float32 there is nothing to compare with."""
    case = small_case(tmp_path, SMALL.replace("lr = 0.0625", "lr = 1e30"))
    result = oracles.lockstep(load("refcnn").implementation, case, "float32", judge=False)
    assert result.overflow is not None
    assert (result.outcome, len(result.steps)) == ("inside", result.overflow)


def test_progress_is_told_after_each_step(small: Definition) -> None:
    """For a bar."""
    told: list[tuple[str, int]] = []
    oracles.lockstep(
        TorchByHand(), small, steps=2, judge=False, progress=lambda *now: told.append(now)
    )
    assert told == [("by hand trains", 0), ("beside pytorch", 1), ("beside pytorch", 2)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"dtype": "float16"}, "must be float32 or float64, got 'float16'", id="dtype"),
        pytest.param({"steps": 0}, "at least 1 step, got 0", id="no steps"),
        pytest.param({"steps": 10**9}, "must be between 1 and 10,000", id="too many steps"),
    ],
)
def test_what_makes_no_sense_is_refused(
    small: Definition, options: dict[str, object], message: str
) -> None:
    """By a ValueError that says what would."""
    with pytest.raises(ValueError, match=message):
        oracles.lockstep(TorchByHand(), small, **options)  # type: ignore[arg-type]


def test_a_case_to_be_refused_is_refused(small: Definition, tmp_path: Path) -> None:
    """There is nothing to train in it."""
    text = SMALL.replace("in_features = 18", "in_features = 17") + '\n[raises]\nmatch = "18"\n'
    with pytest.raises(ValueError, match="has to be refused"):
        oracles.lockstep(TorchByHand(), small_case(tmp_path, text))
