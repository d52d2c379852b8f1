"""A time limit for code of somebody else that runs in this process."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from oracles.implementations.frames import innermost, stack_frames

_AGAIN = 0.25
"""Seconds between two attempts: a bare `except:` or a `__del__` may swallow the first one."""


class TimeLimit(BaseException):
    """The time is up. Not an `Exception`, so that `except Exception` does not swallow it.

    seconds   the limit
    where     "my_cnn.py:42 in forward": what ran when the time was up
    """

    def __init__(self, seconds: float, where: str) -> None:
        self.seconds = seconds
        self.where = where
        super().__init__(f"still running after {seconds:g} s")


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `TimeLimit` in the body once it has run for so many seconds.

    By SIGALRM, so on POSIX and in the main thread; elsewhere, and with None, there is no limit. A
    call that stays in C (one huge product) is interrupted when it returns to Python; what never
    does needs its own process (`-n`, `--case-isolate`). An alarm that somebody else had set is
    set again afterwards, less the time that has passed.
    """
    if seconds is None or not _possible():
        yield
        return
    where: list[str] = []

    def on_alarm(_number: int, frame: FrameType | None) -> None:
        if armed:
            where.append(innermost(stack_frames(frame)))
            raise TimeLimit(seconds, where[0])

    armed = True
    started = time.monotonic()
    before = signal.signal(signal.SIGALRM, on_alarm)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if remaining:
            left = max(remaining - (time.monotonic() - started), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


def _possible() -> bool:
    on_main_thread = threading.current_thread() is threading.main_thread()
    return hasattr(signal, "setitimer") and on_main_thread
