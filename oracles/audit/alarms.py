"""False alarms: correct implementations that the judge calls wrong. There should be none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from oracles.audit.cases.case import write_case
from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.program import Hidden, Hides, Program, nothing
from oracles.audit.implementations.table import IMPLEMENTATIONS, Correct
from oracles.contract.definition import Definition
from oracles.contract.errors import InvalidCase
from oracles.contract.reading import read_case
from oracles.judging.judgement import Judgement
from oracles.trial import judge

SHARES = (0.1, 0.3, 0.6, 0.9)
"""How many of the entries a second run of each case hides."""

ELEMENTWISE = frozenset({"exact", "same", "different"})
"""Verdicts that come from a comparison of numbers."""

GOOD = ("passed", "incomplete", "unsupported")
"""Outcomes of a correct implementation; `incomplete` where too much was hidden."""


@dataclass(frozen=True)
class Task:
    """One case of a seed; the implementation follows from the number unless one is named."""

    seed: int
    number: int
    implementation: str | None = None

    @property
    def correct(self) -> Correct:
        """The implementation that the case is held against."""
        if self.implementation is None:
            return IMPLEMENTATIONS[self.number % len(IMPLEMENTATIONS)]
        return next(one for one in IMPLEMENTATIONS if one.name == self.implementation)


@dataclass(frozen=True)
class Alarm:
    """A correct implementation called wrong, with everything that it takes to see it again.

    hidden    share of the entries that were not recorded
    formulas  which of several correct formulas were used
    case      the text of the case file
    """

    task: Task
    implementation: str
    dtype: str
    hidden: float
    entry: str
    operation: str
    kind: str
    rule: str
    ratio: float
    said: str
    formulas: dict[str, str]
    case: str = field(repr=False)


@dataclass
class Tally:
    """What was seen of one kind of thing.

    arrays     comparisons of one array with the oracle's
    undecided  arrays that hang on a choice or an overflow, and were not compared
    largest    error as a share of what was allowed, and the case where it was
    """

    arrays: int = 0
    alarms: int = 0
    undecided: int = 0
    largest: float = 0.0
    where: int = -1

    def add(self, other: Tally) -> None:
        """Count what another one has seen as well."""
        self.arrays += other.arrays
        self.alarms += other.alarms
        self.undecided += other.undecided
        if other.largest > self.largest:
            self.largest, self.where = other.largest, other.where


@dataclass
class Alarms:
    """What was seen of all cases.

    runs        {(implementation, dtype): tally}
    operations  {(operation, kind of entry, dtype): tally}, without what is judged normwise
    refused     {number of a case: why it is no case}
    """

    cases: int = 0
    runs: dict[tuple[str, str], Tally] = field(default_factory=dict)
    operations: dict[tuple[str, str, str], Tally] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)

    @property
    def arrays(self) -> int:
        """Comparisons in all."""
        return sum(tally.arrays for tally in self.runs.values())

    def add(self, other: Alarms) -> None:
        """Count what was seen elsewhere as well."""
        self.cases += other.cases
        self.refused |= other.refused
        self.alarms += other.alarms
        for run, tally in other.runs.items():
            self.runs.setdefault(run, Tally()).add(tally)
        for operation, tally in other.operations.items():
            self.operations.setdefault(operation, Tally()).add(tally)


def carry_out(task: Task) -> Alarms:
    """One case: its implementation in each dtype, everything exposed, and with a part hidden."""
    found = Alarms(cases=1)
    with tempfile.TemporaryDirectory() as folder:
        path = write_case(Path(folder), task.seed, task.number)
        text = path.read_text(encoding="utf-8")
        try:
            definition = read_case(path)
        except InvalidCase as error:
            found.refused[task.number] = str(error).replace(str(path), path.name)
            return found
        for dtype in task.correct.dtypes:
            for share in (0.0, SHARES[task.number % len(SHARES)]):
                _hold(task, definition, dtype, share, text, found)
    return found


def _hold(
    task: Task, definition: Definition, dtype: str, share: float, text: str, found: Alarms
) -> None:
    choices = Choices(task.number)
    program = replace(task.correct.program(choices), hides=_hidden(share, task.number))
    judgement = judge(program, definition, dtype, council=False)
    here = _counted(judgement, program, task.number)
    seen = [
        Alarm(task, program.name, dtype, share, *what, formulas=dict(choices.made), case=text)
        for what in _what(judgement)
    ]
    here.runs[program.name, dtype].alarms += len(seen)
    here.alarms += seen
    found.add(replace(here, cases=0))


def _hidden(share: float, salt: int) -> Hides:
    return Hidden(share, salt) if share else nothing


def _counted(judgement: Judgement, program: Program, number: int) -> Alarms:
    whole = Tally(where=number)
    found = Alarms(runs={(program.name, judgement.dtype): whole})
    for entry in judgement.entries:
        whole.undecided += entry.verdict in ("undecided", "inherited")
        if entry.verdict not in ELEMENTWISE:
            continue
        ratio = entry.max_ratio if entry.max_ratio is not None else 0.0
        seen = Tally(1, 0, 0, ratio, number)
        whole.add(seen)
        if program.algorithm is None:
            key = entry.operation, entry.kind, judgement.dtype
            found.operations.setdefault(key, Tally()).add(seen)
    return found


def _what(judgement: Judgement) -> Iterator[tuple[str, str, str, str, float, str]]:
    """Entry, operation, kind, rule, ratio and a sentence for all that is called wrong."""
    seen = False
    for entry in judgement.entries:
        if entry.verdict == "different" and entry.divergence is not None:
            d, seen = entry.divergence, True
            said = (
                f"{d.actual:.9g} for {d.expected:.9g}, error {d.error:.3g}, bound {d.bound:.3g} "
                f"(of it carried {d.carried:.3g}), n = {d.n:g}, M = {d.magnitude:.3g}, "
                f"{d.wrong} of {d.total} elements"
            )
            yield entry.entry, entry.operation, entry.kind, d.rule, d.ratio, said
    if not seen and judgement.outcome not in GOOD:
        yield "", "", "", judgement.outcome, float(np.inf), judgement.message
