"""How good the diagnosis is: on one case, on three, and about mistakes that it does not know."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from oracles.contract.definition import Definition
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.table import HYPOTHESES
from oracles.judging.diagnosis import Diagnosis
from oracles.strength.mutants import Mutant, catalogue, evidence_of, runnable, traced

Answer = Literal["right", "tied", "wrong", "unknown"]
"""The cause alone; among others that explain as much; another one; none."""

CONSENSUS = 3


@dataclass(frozen=True)
class Task:
    """One mutant on some of the cases that kill it."""

    spec: str
    switch: str
    cases: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Named:
    """The answer on one case.

    certain     what was called certain is right, is wrong, or nothing was
    described   with nothing named, the difference was put into words
    """

    case: str
    dtype: str
    answer: Answer
    certain: Literal["right", "wrong", ""]
    names: tuple[str, ...]
    described: bool
    seconds: float
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Naming:
    """The answers about one mutant: case by case, over the cases together, and with the true cause
    taken out of the hypotheses, on each case again."""

    switch: str
    cases: tuple[Named, ...]
    together: Answer
    without: tuple[Named, ...]

    @property
    def surely_wrong(self) -> bool:
        """Without the true cause, whether one other is called certain on every case: the answer of
        a run over several cases."""
        certain = [one.names for one in self.without if one.certain == "wrong"]
        return bool(certain) and len(certain) == len(self.without) and len(set(certain)) == 1


def naming(task: Task) -> Naming:
    """Diagnose a mutant."""
    mutant = catalogue(task.spec).mutant(task.switch)
    named = tuple(_on_case(task, mutant, case, dtype) for case, dtype in task.cases)
    without = tuple(
        _on_case(task, mutant, case, dtype, leave_out=True) for case, dtype in task.cases
    )
    return Naming(task.switch, named, _together(mutant, named), without)


def chosen(spec: str, switch: str, killed: dict[str, dict[str, str]]) -> Task:
    """Cases to diagnose a mutant on: drawn from those that kill it by a wrong entry, the same ones
    every time. One that ends in an exception before it records anything wrong tells nothing."""
    rng = Random(zlib.crc32(switch.encode()))
    pairs = [
        (case, dtype)
        for case, found in sorted(killed.items())
        for dtype in sorted(found)
        if found[dtype].startswith("step")
    ]
    by_case = dict(rng.sample(pairs, len(pairs)))
    return Task(spec, switch, tuple(list(by_case.items())[:CONSENSUS]))


def definition_of(case: str) -> Definition:
    """The bundled case of this id."""
    return next(one for one in runnable() if one.id == case)


def _on_case(
    task: Task, mutant: Mutant, case: str, dtype: str, *, leave_out: bool = False
) -> Named:
    definition = definition_of(case)
    trace, _ = traced(task.spec, [mutant.switch], definition, dtype)
    true = {mutant.cause, *mutant.alike}
    hypotheses = [one for one in HYPOTHESES if not (leave_out and one.name in true)]
    found = diagnose(evidence_of(trace, definition, dtype), hypotheses)
    return named(found, true, case, dtype)


def named(found: Diagnosis, true: set[str], case: str, dtype: str) -> Named:
    """A diagnosis held to what is true."""
    certain = [cause for cause in found.causes if cause.certainty == "certain"]
    wrong = [cause for cause in certain if cause.cause not in true]
    names = [cause.cause for cause in found.causes]
    ties = [tie.cause for cause in found.causes for tie in cause.ties]
    answer: Answer = "unknown"
    if names:
        answer = "tied" if true & {*names, *ties} else "wrong"
    if names and names[0] in true and not set(ties) - true and not set(names) - true:
        answer = "right"
    return Named(
        case=case,
        dtype=dtype,
        answer=answer,
        certain="wrong" if wrong else "right" if certain else "",
        names=(*names, *ties),
        described=bool(found.descriptions),
        seconds=found.seconds,
        faults=tuple(f"{fault.cause}: {fault.message}" for fault in found.faults),
    )


def _together(mutant: Mutant, cases: Sequence[Named]) -> Answer:
    """What most cases name."""
    votes = Counter(name for one in cases for name in set(one.names))
    if not votes:
        return "unknown"
    most = max(votes.values())
    first = {name for name, count in votes.items() if count == most}
    true = {mutant.cause, *mutant.alike}
    if not first & true:
        return "wrong"
    return "right" if first <= true else "tied"
