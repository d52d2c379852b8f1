"""Which lines of a traceback are the user's, wherever the harness itself is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles.contract.errors import TraceError
from oracles.contract.trace import Trace
from oracles.implementations import frames


def test_lines_of_an_installed_harness_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """In site-packages the harness lies among what is installed, and is still the harness."""
    monkeypatch.setattr(frames, "_INSTALLED", (Path(frames.__file__).parents[2],))
    trace = Trace.__new__(Trace)
    trace.entries = {}
    with pytest.raises(TraceError) as caught:
        trace["step0.loss"] = 1.0
    assert [frame.filename for frame in frames.traceback_frames(caught.tb)] == [__file__]
