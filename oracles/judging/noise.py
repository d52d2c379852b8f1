"""What rounding in unexposed entries does to the entries behind them.

An entry that is not exposed is replaced by the oracle's value. A right implementation's own value
differs from that by rounding, and everything computed from it moves. How far is found by letting
the oracle go through the same stretch several times with noise of the size of that rounding.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field

import numpy as np

from oracles.contract.case import Array, Case
from oracles.judging.bounds import Arithmetic, drifting, is_exact, rounded
from oracles.judging.constants import (
    FAVOUR,
    FAVOURS,
    INNER_RMS,
    NOISE_SCALE,
    NOISE_SIGMAS,
    NORMWISE,
    PUSH,
)
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

    def chose_otherwise(self, base: Sample) -> bool:
        """Whether any choice differs from that of another run."""
        return any(
            not np.array_equal(branch, base.branches[name])
            for name, branch in self.branches.items()
        )

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
    drift       deviation of what moves all elements the same way, or all outwards
    groups      which elements are computed alike, and so rounded alike
    first       an element of each group
    """

    deviation: Array | None
    drift: Array
    groups: Array
    first: Array
    arithmetic: Arithmetic

    def __call__(
        self,
        value: Array,
        generator: np.random.Generator,
        *,
        push: float = 1.0,
        favoured: int | None = None,
    ) -> Array:
        """The value moved by as much as rounding moves it, times `push`, and rounded to the dtype.
        `favoured` is the turn of those elements that are moved up on top."""
        if self.deviation is None:
            return value
        draws = generator.standard_normal(self.first.shape)
        if favoured is not None:
            draws = draws + FAVOUR * (_turns(value.shape)[self.first] == favoured)
        moved: Array = draws[self.groups].reshape(value.shape) * self.deviation
        if np.any(self.drift):
            up, out = generator.standard_normal(2)
            moved = moved + self.drift * (up + out * np.sign(value))
        return rounded(value + push * moved, self.arithmetic)


def shaking(measured: Measured, a: Arithmetic, *, drawn: bool) -> Shaking:
    """Exact sums stay. Equal numbers stay equal, as equal computations do. Nothing that is rounded
    at all is moved by less than a unit in its last place, which in float64 would be no move."""
    value, size = measured.value, measured.size
    if size.norms is None and is_exact(size, a):
        nothing = np.zeros(0, dtype=int)
        return Shaking(None, np.zeros(()), nothing, nothing, a)
    if size.lenient is not None:
        size = size.lenient.size()
    deviation = NOISE_SCALE * a.unit * np.sqrt(size.terms) * size.magnitude
    deviation = deviation + INNER_RMS * a.unit * np.asarray(size.inner)
    if size.norms is not None:
        deviation = np.maximum(deviation, NORMWISE / NOISE_SIGMAS * a.unit * size.norms)
    last_place = np.where(deviation > 0, 2.0 * a.unit * np.abs(value), 0.0)
    alike = value if size.alike is None else size.alike
    if size.norms is not None:  # a transform rounds equal sums in different ways
        alike = np.arange(value.size).reshape(value.shape)
    _, first, groups = np.unique(alike, return_index=True, return_inverse=True)
    drift = drifting(size, a, drawn=drawn) / NOISE_SIGMAS
    return Shaking(np.maximum(deviation, last_place), drift, groups, first, a)


def noisy(
    measured: Measured,
    a: Arithmetic,
    generator: np.random.Generator,
    *,
    drawn: bool,
    push: float = 1.0,
    favoured: int | None = None,
) -> Array:
    """The value moved by as much as rounding moves it (see `Shaking`)."""
    shaken = shaking(measured, a, drawn=drawn)
    return shaken(measured.value, generator, push=push, favoured=favoured)


def _turns(shape: tuple[int, ...]) -> Array:
    """The turn of each element: nine of them, all different in a window of three by three."""
    if len(shape) != 4:
        return np.arange(math.prod(shape)) % FAVOURS
    rows, columns = np.indices(shape[2:])
    return np.broadcast_to((3 * rows + columns) % FAVOURS, shape).ravel()


def generator_of(case: Case, run: int) -> np.random.Generator:
    """The judge's own random numbers: they depend on the case and the run alone."""
    return np.random.Generator(np.random.PCG64([zlib.crc32(case.id.encode()), run]))


@dataclass(frozen=True)
class Tube:
    """How far the entries of a case can be moved, from a run without noise and several with it.

    pushed   runs with PUSH times the noise, for the choices that rounding can turn
    """

    base: Sample
    samples: tuple[Sample, ...]
    arithmetic: Arithmetic
    pushed: tuple[Sample, ...] = ()

    def carried(self, name: str, local: Array) -> Array | None:
        """What rounding before it can have moved this entry by; None if nothing.

        Runs that made another choice on the way there tell nothing of that, unless there are no
        others: then the elements tell that stayed within their own bound (`local`), and the rest is
        undecided.
        """
        steady = [sample for sample in self.samples if not self._turned(sample, name)]
        base = self.base.values[name]
        with np.errstate(invalid="ignore"):  # infinity - infinity
            deviations = np.array([s.values[name] - base for s in steady or self.samples])
        if not np.any(deviations):
            return None
        held = np.isfinite(deviations)
        if not steady:
            held &= np.all(np.abs(deviations) <= local, axis=0)
        with np.errstate(over="ignore"):
            deviation = np.sqrt(np.mean(np.square(np.where(held, deviations, 0.0)), axis=0))
            overall = np.sqrt(np.mean(np.square(deviation)))
        allowed: Array = NOISE_SIGMAS * self.arithmetic.sides * np.maximum(deviation, overall)
        return allowed

    def undecided(self, name: str, bound: Array) -> Array | None:
        """The elements that another choice, or an overflow, moves out of `bound`; None if there are
        none."""
        base = self.base.values[name]
        with np.errstate(invalid="ignore"):
            moved = [
                ~(np.abs(sample.values[name] - base) <= bound * push)
                for samples, push in ((self.samples, 1.0), (self.pushed, PUSH))
                for sample in samples
                if self._turned(sample, name) or not np.all(np.isfinite(sample.values[name]))
            ]
        elements: Array = np.any(moved, axis=0) if moved else np.zeros(base.shape, dtype=bool)
        return elements if np.any(elements) else None

    def _turned(self, sample: Sample, name: str) -> bool:
        """Whether a choice that this entry may hang on was another one."""
        return any(
            not np.array_equal(branch, self.base.branches[chosen])
            for chosen, branch in sample.branches.items()
            if self.base.position(chosen) <= self.base.position(name)
            and not _goes_over(chosen, name)
        )


def _goes_over(chosen: str, name: str) -> bool:
    """Whether an entry changes without a jump where a choice turns. Forward, both sides of a ReLU
    and both of two equal maxima are the same number; only gradients go another way."""
    step, kind = name.split(".")[:2]
    return kind in ("forward", "state", "loss") and chosen.startswith(f"{step}.forward.")
