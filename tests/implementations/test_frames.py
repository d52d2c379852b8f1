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


class Unprintable(Exception):
    """Its message cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("\ud800"), "ValueError: \\ud800"),
        (Unprintable(), "Unprintable: (its message cannot be printed)"),
        (ValueError("x" * 9000), f"ValueError: {'x' * 2000} ... (9,000 characters)"),
        (KeyError(), "KeyError"),
    ],
    ids=["a lone surrogate", "a message that raises", "a page of text", "none"],
)
def test_any_exception_can_be_told(error: Exception, text: str) -> None:
    """A report is written whatever an implementation raises."""
    assert frames.described(error) == text
