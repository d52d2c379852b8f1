"""The kill matrix: which case notices which mutant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from oracles.contract.definition import Definition
from oracles.contract.trace import Trace
from oracles.judging.localisation import judge_entries
from oracles.references.pytorch import PyTorch
from oracles.strength.mutants import catalogue, runnable, traced

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Task:
    """One mutant on all cases."""

    spec: str
    switch: str


@dataclass(frozen=True)
class Kills:
    """What the cases make of one mutant.

    killed     {case: {dtype: first wrong entry, or how the run ended}}
    survived   cases in which it computes other numbers and nothing is wrong
    quiet      cases that ask for the switch and in which every number is the same
    """

    switch: str
    killed: dict[str, dict[str, str]]
    survived: tuple[str, ...]
    quiet: tuple[str, ...]


def kills(task: Task) -> Kills:
    """Run one mutant on every case that has what it changes."""
    killed: dict[str, dict[str, str]] = {}
    survived, quiet = [], []
    for definition in runnable():
        found = {
            dtype: verdict
            for dtype in DTYPES
            if dtype in definition.dtypes
            and (verdict := _verdict(task, definition, dtype)) is not None
        }
        dead = {dtype: verdict for dtype, verdict in found.items() if verdict not in _ALIVE}
        if dead:
            killed[definition.id] = dead
        elif "survived" in found.values():
            survived.append(definition.id)
        elif found:
            quiet.append(definition.id)
    return Kills(task.switch, killed, tuple(survived), tuple(quiet))


_ALIVE = ("survived", "quiet")


def _verdict(task: Task, definition: Definition, dtype: str) -> str | None:
    """The first wrong entry; None where the mistake is not on the way."""
    right, asked = _right(task.spec, definition.id, dtype)
    if task.switch not in asked:
        return None
    trace, ended = traced(task.spec, [task.switch], definition, dtype)
    if trace.refused:
        return next(iter(trace.refused))
    if ended:
        return ended
    if _equal(trace, right):
        return "quiet"
    with np.errstate(all="ignore"):
        entries = judge_entries(definition.draw(dtype), trace, PyTorch())
    return next((one.entry for one in entries if one.verdict == "different"), "survived")


@lru_cache(maxsize=2048)
def _right(spec: str, case: str, dtype: str) -> tuple[Trace, frozenset[str]]:
    """What is recorded with all switches off, and the switches that were asked for."""
    definition = next(one for one in runnable() if one.id == case)
    used = definition.draw(dtype)
    trace = Trace(used)
    implementation = catalogue(spec).mutable()
    implementation.run(used, trace)
    return trace, frozenset(implementation.on.asked)


def _equal(one: Trace, other: Trace) -> bool:
    return len(one) == len(other) and all(
        name in other and np.array_equal(one[name], other[name], equal_nan=True) for name in one
    )
