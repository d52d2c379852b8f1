"""What properties are checked on: an implementation, and a case in a dtype, run again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.implementation import Implementation, declares_normwise
from oracles.implementations.running import Ending, run
from oracles.properties.keeping import KeepingTrace

MakeCase = Callable[[], Case]
"""Makes the same case with fresh arrays: an implementation may write into those it is given."""


@dataclass(frozen=True)
class Recorded:
    """One run: what was recorded until it ended, how it ended, and the case it can be made from.

    overwritten   entries whose array had other numbers at the end of the run
    normwise      sums of products are by a fast algorithm, and judged by norms
    """

    make: MakeCase
    trace: KeepingTrace
    ending: Ending
    overwritten: tuple[str, ...]
    normwise: bool = False

    @property
    def finished(self) -> bool:
        """Whether it came to its end."""
        return self.ending.how == "finished"

    @property
    def said(self) -> str:
        """What it raised, and where."""
        ending = self.ending
        return f"{ending.message} ({ending.where})" if ending.where else ending.message


class OutOfTimeError(Exception):
    """A run did not end: no other one is begun."""


class Subject:
    """An implementation and a case. The two runs that most properties compare with are made
    once.

    Raises ValueError for an algorithm that nobody knows.

    overwritten_later   entries of the first run whose array a later run has written into
    """

    def __init__(
        self,
        implementation: Implementation,
        definition: Definition,
        dtype: str,
        timeout: float | None,
    ) -> None:
        self.implementation = implementation
        self.definition = definition
        self.dtype = dtype
        self.timeout = timeout
        self.normwise = declares_normwise(implementation)
        self.overwritten_later: dict[str, None] = {}

    def case(self) -> Case:
        """The case with fresh arrays."""
        return self.definition.draw(self.dtype)

    @cached_property
    def first(self) -> Recorded:
        """The case as it stands."""
        return self.run(self.case, "the case as it stands")

    @cached_property
    def second(self) -> Recorded:
        """The same once more, right after the first."""
        return self.run(self.case, "the same case once more")

    def run(self, make: MakeCase, what: str) -> Recorded:
        """Run a case. Raises OutOfTimeError, which says `what` was run."""
        used = make()
        trace = KeepingTrace(used)
        ending = run(self.implementation, used, trace, timeout=self.timeout)
        recorded = Recorded(make, trace, ending, trace.overwritten(), self.normwise)
        if "first" in self.__dict__:
            self.overwritten_later |= dict.fromkeys(self.first.trace.overwritten())
        if ending.how == "timed-out":
            raise OutOfTimeError(f"{what}: {recorded.said}")
        return recorded
