"""How far apart rounding can put two runs of one implementation.

Both stand within the bound of the judgement around the same exact numbers, so that they are at most
twice the bound apart. The bound is that of a free run of PyTorch: own rounding of an entry, and
what it carries along from the entries before it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np

from oracles.contract.case import Array
from oracles.judging.bounds import Arithmetic, allowance, arithmetic, widest
from oracles.judging.constants import BOTH_RUNS
from oracles.judging.localisation import Judged, free_run
from oracles.properties.subject import Recorded
from oracles.references.pytorch import PyTorch


class Allowance(Protocol):
    """How far apart two runs may be in each element of an entry."""

    def allowed(self, name: str) -> Array: ...


class Exact:
    """For what is only kept: not at all."""

    def allowed(self, name: str) -> Array:
        return np.zeros(())


class Rounding:
    """The allowance for the entries of a run; nothing is computed before it is asked for."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._case = recorded.make()
        self._known: dict[str, Array] = {}

    def allowed(self, name: str) -> Array:
        """How far two runs may be apart in each element of an entry; infinity where rounding
        decides which of two ways is taken."""
        if name not in self._known:
            self._known[name] = self._allowed(name)
        return self._known[name]

    def _allowed(self, name: str) -> Array:
        recorded, judged = self._recorded.trace[name], self._judged
        value, size = judged.tube.base.values[name], judged.sizes[name]
        own = allowance(size, self._arithmetic, drawn=self._case.drawn)
        carried = judged.tube.carried(name, widest(size, self._arithmetic))
        bound = own if carried is None else own + carried * self._coarser
        bound = np.broadcast_to(bound, value.shape) * _larger(recorded, value)
        undecided = judged.tube.undecided(name, bound)
        allowed: Array = BOTH_RUNS * bound
        return allowed if undecided is None else np.where(undecided, np.inf, allowed)

    @cached_property
    def _judged(self) -> Judged:
        recorded = self._recorded
        return free_run(self._case, recorded.trace, PyTorch(), normwise=recorded.normwise)

    @cached_property
    def _arithmetic(self) -> Arithmetic:
        """Of the dtype that was asked for, or of a narrower one that came back: then the values are
        what is wrong, and not that two runs differ."""
        asked = arithmetic(self._case.dtype)
        found = [np.finfo(a.dtype) for a in self._arrays if a.dtype.kind == "f"]
        unit = max([asked.unit, *(float(info.eps) / 2 for info in found)])
        smallest = max([asked.smallest, *(float(info.tiny) for info in found)])
        return replace(asked, unit=unit, smallest=smallest)

    @property
    def _arrays(self) -> list[Array]:
        trace = self._recorded.trace
        return [trace[name] for name in trace]

    @property
    def _coarser(self) -> float:
        return self._arithmetic.unit / arithmetic(self._case.dtype).unit


def _larger(recorded: Array, value: Array) -> float:
    """How many times an entry is larger than it should be, 1 where it is not: then too the values
    are what is wrong, and rounding in them is larger as well."""
    most, right = (float(np.max(np.abs(array), initial=0.0)) for array in (recorded, value))
    return most / right if np.isfinite(most) and 0.0 < right < most else 1.0
