"""How far apart rounding can put two runs of one implementation.

Both stand within the bound of the judgement around the same exact numbers, so that they are at most
twice the bound apart. The bound is that of a free run of PyTorch: own rounding of an entry, and
what it carries along from the entries before it.

Where sums of the size of an entry may leave the dtype, what comes out is an accident of the order
in which they are taken; and so is whatever is computed from that. Any difference is allowed there.
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
from oracles.judging.spoilt import spoilt_entries
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
    """The allowance for the entries of a run; nothing is computed before it is asked for.

    scale   how many times larger the entries of another run may be, which are held to it
    """

    def __init__(self, recorded: Recorded, scale: float = 1.0) -> None:
        self._recorded = recorded
        self._scale = scale
        self._case = recorded.make()
        self._known: dict[str, Array] = {}

    def allowed(self, name: str) -> Array:
        """How far two runs may be apart in each element of an entry; infinity where rounding
        decides which of two ways is taken, and where the dtype may overflow."""
        if name not in self._known:
            with np.errstate(all="ignore"):
                self._known[name] = self._allowed(name)
        return self._known[name]

    def _allowed(self, name: str) -> Array:
        recorded, judged = self._recorded.trace[name], self._judged
        if name in self._spoilt:
            return np.full(judged.tube.base.values[name].shape, np.inf)
        value, size = judged.tube.base.values[name], judged.sizes[name]
        own = allowance(size, self._arithmetic, drawn=self._case.drawn)
        carried = judged.tube.carried(name, widest(size, self._arithmetic))
        bound = own if carried is None else own + carried * self._coarser
        bound = np.broadcast_to(bound, value.shape) * _larger(recorded, value)
        undecided = judged.tube.undecided(name, bound)
        lost = self._accidents(name) | ~np.isfinite(bound) | self._too_large(np.abs(value) + bound)
        allowed: Array = np.where(lost, np.inf, BOTH_RUNS * bound)
        return allowed if undecided is None else np.where(undecided, np.inf, allowed)

    @cached_property
    def _spoilt(self) -> frozenset[str]:
        """The entries that are computed from what is not finite, or may not be."""
        with np.errstate(all="ignore"):
            values = {
                name: np.where(self._accidents(name), np.inf, value)
                for name, value in self._judged.tube.base.values.items()
            }
            return spoilt_entries(self._case, values, self._arithmetic)

    def _accidents(self, name: str) -> Array:
        """Where sums of this size may leave the dtype on the way."""
        value, size = self._judged.tube.base.values[name], self._judged.sizes[name]
        largest = np.abs(np.maximum(size.magnitude, size.peak))
        return self._too_large(np.broadcast_to(largest, value.shape)) | self._too_large(value)

    def _too_large(self, array: Array) -> Array:
        """For the dtype; what is not a number is."""
        lost: Array = ~(np.abs(array) * self._scale < self._arithmetic.largest)
        return lost

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
