"""The kill matrix: which case notices which mutant."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from oracles.contract.definition import Definition
from oracles.contract.trace import Trace
from oracles.judging.localisation import from_own_values
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

    killed     {case: {dtype: first wrong entry, or how the run ended}}; the second dtype is tried
               where the first does not notice it, and which one is first changes from case to case
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
        found: dict[str, str] = {}
        for dtype in _dtypes(task.switch, definition):
            verdict = _verdict(task, definition, dtype)
            if verdict is not None:
                found[dtype] = verdict
            if verdict not in (*_ALIVE, None):
                break
        dead = {dtype: verdict for dtype, verdict in found.items() if verdict not in _ALIVE}
        if dead:
            killed[definition.id] = dead
        elif "survived" in found.values():
            survived.append(definition.id)
        elif found:
            quiet.append(definition.id)
    return Kills(task.switch, killed, tuple(survived), tuple(quiet))


_ALIVE = ("survived", "quiet")


def _dtypes(switch: str, definition: Definition) -> list[str]:
    """The dtypes of a case, in an order that depends on mutant and case."""
    turn = zlib.crc32(f"{switch} {definition.id}".encode()) % 2
    return [dtype for dtype in DTYPES[turn:] + DTYPES[:turn] if dtype in definition.dtypes]


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
    case = definition.draw(dtype)
    with np.errstate(all="ignore"):
        local = from_own_values(case, trace, PyTorch())
        for name, entry in trace.entries.items():
            if name in trace and entry.kind != "mask":
                compared = local.compare(case, name, trace[name], "pytorch")
                if compared.verdict == "different":
                    return name
    return "survived"


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
