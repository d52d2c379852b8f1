"""Ends a worker of xdist that hangs where no signal reaches it: in C, holding the GIL.

The worker's death fails its item and no other. In the controller, and without `-n`, nothing is
ended: that would be the whole run.
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

MARGIN = 60.0
"""Seconds the oracles and the judgement of one item may take beside the implementation."""

_stderr_key = pytest.StashKey[int]()


def open_stderr(config: pytest.Config) -> None:
    """Keep the real stderr: while an item runs, pytest has put a file in its place."""
    if hasattr(config, "workerinput"):
        copy = os.dup(2)
        config.stash[_stderr_key] = copy
        config.add_cleanup(lambda: os.close(copy))


@contextmanager
def watchdog(config: pytest.Config, timeout: float) -> Iterator[None]:
    """In a worker, end the process when the body takes longer than the time limit and a margin;
    where it was is written to stderr."""
    if not hasattr(config, "workerinput"):
        yield
        return
    stderr = config.stash[_stderr_key]
    faulthandler.dump_traceback_later(timeout + MARGIN, exit=True, file=stderr)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
