"""A correct implementation as the judge sees it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.contract.case import Array, Case
from oracles.contract.trace import Trace
from oracles.contract.training import Rules, walk

MakeRules = Callable[[Choices], Rules[Array]]


class Hides(Protocol):
    """Which entries are not recorded."""

    def __call__(self, entry: str) -> bool: ...


def nothing(entry: str) -> bool:
    """Hides no entry."""
    return False


@dataclass(frozen=True)
class Hidden:
    """Hides a share of the entries, always the same ones for the same salt."""

    share: float
    salt: int

    def __call__(self, entry: str) -> bool:
        return zlib.crc32(f"{self.salt} {entry}".encode()) / 2**32 < self.share


@dataclass(frozen=True)
class Program:
    """Walks through a case by its rules and records every entry that is not hidden."""

    name: str
    rules: MakeRules
    choices: Choices
    dtypes: tuple[str, ...] = ("float32", "float64")
    algorithm: str | None = None
    """"normwise": a fast algorithm, whose error goes with the norms of its operands."""
    hides: Hides = nothing
    keeps_dtype: bool = True

    def run(self, case: Case, trace: Trace) -> None:
        def visit(entry: str, array: Array) -> Array:
            if ".mask." not in entry and not self.hides(entry):
                trace[entry] = array
            return np.asarray(array)

        with np.errstate(all="ignore"):
            walk(case, self.rules(self.choices), visit)
