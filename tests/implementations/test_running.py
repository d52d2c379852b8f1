"""How a run ends, whatever the implementation does."""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oracles.contract.case import Case
from oracles.contract.errors import Unsupported
from oracles.contract.trace import Trace
from oracles.implementations.running import Ending, run
from tests.implementations.networks import NETWORKS, definition

_Body = Callable[[Case, Trace], object]


class _Mine:
    """An implementation that does what a test says."""

    name = "mine"

    def __init__(self, body: _Body) -> None:
        self.body = body

    def run(self, case: Case, trace: Trace) -> None:
        self.body(case, trace)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Any case will do."""
    return definition(tmp_path, NETWORKS["gradients"]).draw("float64")


def _ending(body: _Body, case: Case, timeout: float | None = None) -> Ending:
    return run(_Mine(body), case, Trace(case), timeout=timeout)


def _divides(case: Case, trace: Trace) -> None:
    raise ZeroDivisionError("by nothing")


def _exits(case: Case, trace: Trace) -> None:
    sys.exit(3)


def _skips(case: Case, trace: Trace) -> None:
    pytest.skip("not today")


def _ends_pytest(case: Case, trace: Trace) -> None:
    pytest.exit("all of it")


def _has_no_dilation(case: Case, trace: Trace) -> None:
    raise case.unsupported("no dilation yet")


def _has_no_groups(case: Case, trace: Trace) -> None:
    raise Unsupported("no groups")


def _is_to_be_written(case: Case, trace: Trace) -> None:
    raise NotImplementedError


def _recurses(case: Case, trace: Trace) -> None:
    _recurses(case, trace)


def _misspells(case: Case, trace: Trace) -> None:
    trace["step0.forward.konv"] = np.zeros(3)


def _does_nothing(case: Case, trace: Trace) -> None:
    pass


def _never_ends(case: Case, trace: Trace) -> None:
    while True:
        _swallows()


def _swallows() -> None:
    try:
        while True:
            pass
    except Exception:  # noqa: BLE001  what a user writes
        pass


def _swallows_everything_once(case: Case, trace: Trace) -> None:
    try:
        _never_ends(case, trace)
    except BaseException:  # noqa: BLE001  what a user writes
        _never_ends(case, trace)


@pytest.mark.parametrize(
    ("body", "how", "message", "where"),
    [
        (_does_nothing, "finished", "", ""),
        (_divides, "raised", "ZeroDivisionError: by nothing", "in _divides"),
        (_exits, "raised", "SystemExit: 3", "in _exits"),
        (_skips, "raised", "Skipped: not today", "in _skips"),
        (_ends_pytest, "raised", "Exit: all of it", "in _ends_pytest"),
        (_has_no_dilation, "unsupported", "no dilation yet", "in _has_no_dilation"),
        (_has_no_groups, "unsupported", "no groups", "in _has_no_groups"),
        (_is_to_be_written, "raised", "raise case.unsupported", "in _is_to_be_written"),
        (_recurses, "raised", "RecursionError", "in _recurses"),
        (_misspells, "raised", "did you mean 'step0.forward.conv'", "in _misspells"),
    ],
)
def test_a_run_ends_with_what_the_implementation_did(
    body: _Body, how: str, message: str, where: str, case: Case
) -> None:
    """Whatever is raised ends the run and not its caller."""
    ending = _ending(body, case)
    assert ending.how == how
    assert message in ending.message
    assert where in ending.where


def test_the_traceback_has_the_users_lines_and_no_others(case: Case) -> None:
    """Frames of the harness and of libraries say nothing to the person who reads it."""

    def calls(case: Case, trace: Trace) -> None:
        _divides(case, trace)

    ending = _ending(calls, case)
    lines = ending.traceback.splitlines()
    assert [line.split(":")[0].strip() for line in lines[:-1]] == ["test_running.py"] * 3
    assert lines[-1] == "ZeroDivisionError: by nothing"
    assert ending.exception is not None


def test_an_interrupt_is_for_the_person_at_the_keyboard(case: Case) -> None:
    """Ctrl-C ends the whole session."""

    def interrupts(case: Case, trace: Trace) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _ending(interrupts, case)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
@pytest.mark.parametrize("body", [_never_ends, _swallows_everything_once])
def test_a_run_past_its_limit_is_stopped(body: _Body, case: Case) -> None:
    """Also where the code catches what it can."""
    ending = _ending(body, case, timeout=0.05)
    assert ending.how == "timed-out"
    assert "still running after 0.05 s" in ending.message
    assert ending.where.startswith("test_running.py:")
    assert ending.where.endswith("in _swallows")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_the_alarm_of_somebody_else_is_set_again(case: Case) -> None:
    """A plugin with a time limit of its own keeps it."""
    before = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        _ending(_does_nothing, case, timeout=5)
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
        assert signal.getsignal(signal.SIGALRM) is before
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_outside_the_main_thread_a_run_has_no_limit_and_no_error(case: Case) -> None:
    """Signals are for the main thread."""
    endings: list[Ending] = []
    thread = threading.Thread(
        target=lambda: endings.append(_ending(_does_nothing, case, timeout=0.05))
    )
    thread.start()
    thread.join()
    assert [ending.how for ending in endings] == ["finished"]


def test_warnings_are_collected_and_never_raised(case: Case) -> None:
    """The surrounding pytest turns warnings into errors; they are the user's business."""

    def overflows(case: Case, trace: Trace) -> None:
        for _ in range(3):
            np.exp(np.array([1e4]))
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    ending = _ending(overflows, case)
    assert ending.how == "finished"
    assert [text.split(": ", 1)[1] for text in ending.warnings] == [
        "RuntimeWarning: overflow encountered in exp",
        "DeprecationWarning: old",
    ]


def test_numpys_error_state_and_the_working_folder_are_put_back(case: Case, tmp_path: Path) -> None:
    """The next item starts from what this one started from."""

    def changes(case: Case, trace: Trace) -> None:
        np.seterr(all="raise")
        os.chdir(tmp_path)

    before = np.geterr(), Path.cwd()
    assert _ending(changes, case).how == "finished"
    assert (np.geterr(), Path.cwd()) == before
