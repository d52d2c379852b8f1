"""Arrays that were handed out."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.properties.breach import Breach
from oracles.properties.subject import Subject
from oracles.reporting.wording import count

NAME = "state.output_overwritten"

_ADVICE = (
    "What is recorded is a copy, so nothing is wrong here; whoever calls your layers and keeps "
    "what they return sees other numbers. Write into a new array, or hand out a copy."
)


def overwritten(subject: Subject) -> Iterator[Breach]:
    """An array that was handed out is not written into later: not in the same run, and not in the
    next one."""
    if names := subject.first.overwritten:
        claim = "An array that was handed out is overwritten later in the same run"
        yield _remark(claim, names)
    elif names := tuple(subject.overwritten_later):
        claim = "An array that was handed out is overwritten by the next run"
        yield _remark(claim, names)


def _remark(claim: str, names: tuple[str, ...]) -> Breach:
    others = len(names) - 1
    where = names[0] + (f" and {count(others, 'other entry', 'other entries')}" if others else "")
    return Breach(NAME, claim, f"It is {where}", _ADVICE, fails=False)
