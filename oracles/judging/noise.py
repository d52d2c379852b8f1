"""What rounding in unexposed entries does to the entries behind them.

An entry that is not exposed is replaced by the oracle's value. A right implementation's own value
differs from that by rounding, and everything computed from it moves. How far is found by letting
the oracle go through the same stretch several times with noise of the size of that rounding.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from oracles.contract.case import Array, Case
from oracles.judging.bounds import Arithmetic, is_exact
from oracles.judging.constants import NOISE_SCALE, NOISE_SIGMAS
from oracles.judging.measured import Measured


@dataclass
class Sample:
    """What one run computed for each entry, and the choices it made."""

    values: dict[str, Array] = field(default_factory=dict)
    branches: dict[str, Array] = field(default_factory=dict)
    _positions: dict[str, int] = field(default_factory=dict)

    def position(self, name: str) -> int:
        """Where an entry stands in the order of evaluation."""
        if not self._positions:
            self._positions.update({key: i for i, key in enumerate(self.values)})
        return self._positions[name]

    def keep(self, name: str, measured: Measured, *, branches: bool) -> None:
        """Take down what was computed, and the choices if they are going to matter."""
        self.values[name] = measured.value
        branch = measured.branch() if branches and measured.branch is not None else None
        if branch is not None:
            self.branches[name] = branch


@dataclass(frozen=True)
class Shaking:
    """How rounding moves one entry.

    deviation   standard deviation for each element; None where every sum is exact
    groups      which elements are equal numbers, and so come from equal computations
    count       how many different numbers there are
    """

    deviation: Array | None
    groups: Array
    count: int

    def __call__(self, value: Array, generator: np.random.Generator) -> Array:
        """The value moved by as much as rounding moves it."""
        if self.deviation is None:
            return value
        draws = generator.standard_normal(self.count)[self.groups].reshape(value.shape)
        moved: Array = value + draws * self.deviation
        return moved


def shaking(measured: Measured, arithmetic: Arithmetic) -> Shaking:
    """Exact sums stay. Equal numbers stay equal, as equal computations do. Nothing that is rounded
    at all is moved by less than a unit in its last place, which in float64 would be no move."""
    value, size = measured.value, measured.size
    if is_exact(size, arithmetic):
        return Shaking(None, np.zeros(value.size, dtype=int), 1)
    deviation = NOISE_SCALE * arithmetic.unit * np.sqrt(size.terms) * size.magnitude
    last_place = np.where(deviation > 0, 2.0 * arithmetic.unit * np.abs(value), 0.0)
    distinct, groups = np.unique(value, return_inverse=True)
    return Shaking(np.maximum(deviation, last_place), groups, distinct.size)


def noisy(measured: Measured, arithmetic: Arithmetic, generator: np.random.Generator) -> Array:
    """The value moved by as much as rounding moves it."""
    return shaking(measured, arithmetic)(measured.value, generator)


def generator_of(case: Case, run: int) -> np.random.Generator:
    """The judge's own random numbers: they depend on the case and the run alone."""
    return np.random.Generator(np.random.PCG64([zlib.crc32(case.id.encode()), run]))


@dataclass(frozen=True)
class Tube:
    """How far the entries of a case can be moved, from a run without noise and several with it."""

    base: Sample
    samples: tuple[Sample, ...]
    arithmetic: Arithmetic

    def carried(self, name: str) -> Array | None:
        """What rounding before it can have moved this entry by; None if nothing."""
        steady = [sample for sample in self.samples if not self._turned(sample, name)]
        deviations = [sample.values[name] - self.base.values[name] for sample in steady]
        if not any(np.any(deviation) for deviation in deviations):
            return None
        deviation = np.sqrt(np.mean(np.square(deviations), axis=0))
        deviation = np.where(np.isfinite(deviation), deviation, 0.0)
        overall = np.sqrt(np.mean(np.square(deviation)))
        allowed: Array = NOISE_SIGMAS * self.arithmetic.sides * np.maximum(deviation, overall)
        return allowed

    def undecided(self, name: str, bound: Array) -> Array | None:
        """The elements that another choice, or an overflow, moves out of `bound`; None if there are
        none."""
        base = self.base.values[name]
        moved = [
            ~(np.abs(sample.values[name] - base) <= bound)
            for sample in self.samples
            if self._turned(sample, name) or not np.all(np.isfinite(sample.values[name]))
        ]
        elements: Array = np.any(moved, axis=0) if moved else np.zeros(base.shape, dtype=bool)
        return elements if np.any(elements) else None

    def _turned(self, sample: Sample, name: str) -> bool:
        """Whether a choice that comes before this entry was another one."""
        return any(
            not np.array_equal(branch, self.base.branches[chosen])
            for chosen, branch in sample.branches.items()
            if self.base.position(chosen) <= self.base.position(name)
        )
