"""Runs an implementation on a case so that whatever it does ends at most its own item."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from oracles.contract.case import Case
from oracles.contract.errors import Unsupported
from oracles.contract.implementation import Implementation
from oracles.contract.trace import Trace
from oracles.implementations.frames import described, innermost, shortened, traceback_frames
from oracles.implementations.time_limit import TimeLimit, time_limit

How = Literal["finished", "raised", "unsupported", "timed-out"]


@dataclass(frozen=True)
class Ending:
    """How a run ended. What was recorded until then is in the trace.

    message     "" if finished; why it is unsupported; `ValueError: ...`; how long it ran
    where       "my_cnn.py:42 in forward": the user's own innermost line; "" where there is none
    traceback   the user's own lines and the error, one below the other
    exception   what was raised, if anything was
    seconds     how long the run took
    warnings    what the implementation warned of, each once: "my_cnn.py:7: RuntimeWarning: ..."
    """

    how: How
    message: str = ""
    where: str = ""
    traceback: str = ""
    exception: BaseException | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()


def run(
    implementation: Implementation, case: Case, trace: Trace, *, timeout: float | None
) -> Ending:
    """Run all steps of `case`, within `timeout` seconds (see `time_limit`; None is no limit).

    Whatever is raised ends the run: also SystemExit, and pytest's skip, fail and exit, because a
    skip inside an implementation must not make an item look skipped. Only KeyboardInterrupt goes
    on, which is the person at the keyboard. Warnings are collected, never raised, whatever filter
    is in force outside; NumPy's error state and the working folder are put back. Output and
    the global random generators are left alone.
    """
    started = time.perf_counter()
    collected: list[str] = []
    error: BaseException | None = None
    try:
        with contained(collected), time_limit(timeout):
            implementation.run(case, trace)
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # noqa: BLE001  that is what this function is for
        error = raised
    seconds = time.perf_counter() - started
    if error is None:
        return Ending("finished", seconds=seconds, warnings=tuple(collected))
    return _ended(error, seconds, tuple(collected))


@contextmanager
def contained(collected: list[str]) -> Iterator[None]:
    """Put back what code of somebody else may change for everybody, and collect its warnings."""
    folder = Path.cwd()
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"),
    ):
        warnings.simplefilter("default")
        try:
            yield
        finally:
            os.chdir(folder)
            collected.extend(dict.fromkeys(_one_line(warning) for warning in caught))


def _one_line(warning: warnings.WarningMessage) -> str:
    name = Path(warning.filename).name
    return f"{name}:{warning.lineno}: {warning.category.__name__}: {warning.message}"


def _ended(error: BaseException, seconds: float, collected: tuple[str, ...]) -> Ending:
    frames = traceback_frames(error.__traceback__)
    how: How = "raised"
    message, where = described(error), innermost(frames)
    if isinstance(error, Unsupported):
        how, message = "unsupported", str(error) or "no reason given"
    elif isinstance(error, TimeLimit):
        how, message, where = "timed-out", str(error), error.where
    elif isinstance(error, NotImplementedError):
        message += " (an implementation says what it does not do by `raise case.unsupported(...)`)"
    return Ending(how, message, where, shortened(error, frames), error, seconds, collected)
