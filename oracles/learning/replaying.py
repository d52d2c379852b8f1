"""What an implementation recorded in the middle of a training, told once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array, Case
from oracles.contract.implementation import Implementation
from oracles.contract.trace import Trace
from oracles.learning.course import Course


class Replay:
    """Records what `implementation` recorded in the steps after it parted from the other training,
    numbered from 0, for the case that begins there. Everything else it does not do."""

    def __init__(self, implementation: Implementation, course: Course, case_id: str) -> None:
        self._implementation, self._case_id = implementation, case_id
        self.name = implementation.name
        self._arrays = dict(_from_zero(course))

    def run(self, case: Case, trace: Trace) -> None:
        """Write everything down."""
        if case.id != self._case_id:
            raise case.unsupported("it is a part of a training that is over")
        for name, array in self._arrays.items():
            if name in trace.entries:
                trace[name] = array

    def __getattr__(self, name: str) -> Any:
        return getattr(self._implementation, name)


def _from_zero(course: Course) -> Mapping[str, Array]:
    """{"step0.input": ...}. Where the optimizer remembers something that was not recorded, nobody
    can say how parameters are updated: these are left out."""
    assert course.parted is not None
    first, arrays = course.parted.step, {}
    known = bool(course.parted.remembered)
    remembers = any(".optimizer." in name for name in course.recorded)
    for name, array in course.recorded.items():
        step, _, rest = name.partition(".")
        kind = rest.partition(".")[0]
        if kind in ("optimizer", "update") and remembers and not known:
            continue
        arrays[f"step{int(step[4:]) - first}.{rest}"] = array
    return arrays
