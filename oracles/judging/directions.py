"""Every gradient of a case, held to differences of the function it is the gradient of.

An implementation claims a gradient g, so along a direction d it claims the derivative <g, d>. That
is compared with what differences find, in a few random directions, from the implementation's own
values before this entry. Rounding may put the two apart by the sum of |d| * bound over the
elements, and, as the signs of d are independent of it, hardly ever by more than DIRECTION_SIGMAS
times the root of the sum of (d * bound)**2: the smaller one holds. To that comes the error of the
difference.

What sits on a kink by an exact tie (zeros before a ReLU, equal maxima) has no derivative. Where a
direction meets a kink, the zeros of the operand are left out of it and of those that follow, then
the numbers that occur more than once, and the rest of the entry is judged.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.derivative import Differentiator, Estimate, Rounding
from oracles.contract.entries import Entry
from oracles.contract.errors import Unsupported
from oracles.contract.reference import Reference
from oracles.contract.trace import Trace
from oracles.judging.bounds import allowance, arithmetic, is_exact, widest
from oracles.judging.constants import DIRECTION_ERROR, DIRECTION_SIGMAS, DIRECTIONS
from oracles.judging.judgement import Divergence, JudgedEntry
from oracles.judging.localisation import Judged, from_own_values, operation
from oracles.judging.noise import generator_of
from oracles.judging.slopes import Slope, slopes

GRADIENTS = frozenset({"backward", "gradient", "loss_gradient"})
"""The kinds of entries that differences have something to say on."""


@dataclass(frozen=True)
class JudgedDirection:
    """One derivative that a gradient claims, and what differences find.

    index          of the direction
    verdict        "same"; "different"; "kink": there is no derivative; "coarse": the difference is
                   less certain than the derivative is large; "split": the two methods contradict
                   each other
    claimed        <gradient, direction>
    bound          what rounding in the gradient can have moved that by
    central        found by central differences
    complex_step   found by a complex step, None without a reference that takes complex numbers
    ratio          |claimed - found| / (bound + error of what was found); None without a comparison
    """

    index: int
    verdict: Literal["same", "different", "kink", "coarse", "split"]
    claimed: float
    bound: float
    central: Estimate
    complex_step: Estimate | None
    ratio: float | None = None

    @property
    def found(self) -> Estimate:
        """The more certain of the two."""
        both = [self.central] if self.complex_step is None else [self.central, self.complex_step]
        return min(both, key=lambda estimate: estimate.error)


@dataclass(frozen=True)
class JudgedGradient:
    """The verdict of differences on one entry.

    verdict      "different" if a direction is, otherwise "same" if one is, otherwise "undecided"
    directions   one after the other; none where an operand is not finite
    left_out     elements that the last direction had no part in, as they may sit on ties, or hang
                 on a choice that rounding can turn
    """

    entry: str
    verdict: Literal["same", "different", "undecided"]
    directions: tuple[JudgedDirection, ...]
    left_out: int = 0

    @property
    def max_ratio(self) -> float | None:
        """The largest ratio of all directions that were compared."""
        ratios = [one.ratio for one in self.directions if one.ratio is not None]
        return max(ratios, default=None)

    @property
    def divergence(self) -> JudgedDirection | None:
        """The direction that is farthest out, where the verdict is "different"."""
        wrong = [one for one in self.directions if one.verdict == "different"]
        return max(wrong, key=lambda one: one.ratio or 0.0, default=None)


def judge_gradients(
    case: Case,
    trace: Trace,
    differences: Differentiator,
    reference: Reference,
    complex_reference: Reference | None = None,
    local: Judged | None = None,
) -> tuple[JudgedGradient, ...]:
    """The verdict of differences on every gradient in the trace that is the implementation's own.

    reference           whose forward passes central differences use
    complex_reference   one whose forward passes take complex numbers; what it declines by raising
                        Unsupported is left to central differences
    local               `from_own_values(case, trace, reference)`, where it is at hand
    """
    sizes = from_own_values(case, trace, reference) if local is None else local
    found = slopes(case, trace, reference)
    return tuple(
        _Entry(case, name, trace[name], found[name], sizes).judged(
            differences, reference, complex_reference
        )
        for name, entry in trace.entries.items()
        if entry.kind in GRADIENTS and name in trace and name not in trace.supplied
    )


def judged_entry(case: Case, entry: Entry, judged: JudgedGradient) -> JudgedEntry:
    """The verdict as one among those of other oracles; its divergence has no index."""
    return JudgedEntry(
        entry=entry.name,
        kind=entry.kind,
        layer=entry.layer,
        operation=operation(case, entry),
        verdict=judged.verdict,
        max_ratio=judged.max_ratio,
        divergence=_divergence(case, entry, judged),
    )


def _divergence(case: Case, entry: Entry, judged: JudgedGradient) -> Divergence | None:
    worst = judged.divergence
    if worst is None:
        return None
    a = arithmetic(case.dtype)
    return Divergence(
        entry=entry.name,
        index=(),
        actual=worst.claimed,
        expected=worst.found.value,
        error=abs(worst.claimed - worst.found.value),
        bound=worst.bound + worst.found.error,
        ratio=math.inf if worst.ratio is None else worst.ratio,
        rule="direction",
        n=float(math.prod(entry.shape)),
        magnitude=0.0,
        unit=a.unit,
        carried=0.0,
        wrong=0,
        total=math.prod(entry.shape),
        oracle="differences",
    )


class _Entry:
    """One gradient, and what is needed to judge it."""

    def __init__(self, case: Case, name: str, actual: Array, slope: Slope, local: Judged) -> None:
        self.case, self.name, self.slope = case, name, slope
        self.actual = np.asarray(actual, dtype=np.float64)
        size, a = local.sizes[name], local.tube.arithmetic
        shape = self.actual.shape
        carried = local.tube.carried(name, widest(size, a))
        if carried is None and is_exact(size, a):
            self.bound = np.zeros(shape)
        else:
            rounding = allowance(size, a, drawn=case.drawn)
            self.bound = np.broadcast_to(rounding + (0.0 if carried is None else carried), shape)
        sizes = np.fmax(np.abs(self.actual), np.broadcast_to(size.magnitude, shape))
        self.scale = float(np.sqrt(np.nansum(np.square(sizes))))
        hanging = local.tube.undecided(name, self.bound)
        self.free = np.ones(shape, dtype=bool) if hanging is None else ~hanging

    def judged(
        self, differences: Differentiator, reference: Reference, other: Reference | None
    ) -> JudgedGradient:
        if not self.slope.finite or not np.any(self.free):
            return JudgedGradient(self.name, "undecided", (), self.actual.size)
        # Every entry draws for itself, so that hiding one changes no other's directions.
        generator = generator_of(self.case, zlib.crc32(self.name.encode()))
        finder = _Finder(self.slope, differences, reference, other)
        left = [ties for ties in _ties(self.slope.operand) if np.any(self.free & ~ties)]
        directions = []
        free = self.free
        for index in range(DIRECTIONS):
            direction = differences.direction(self.actual.shape, generator)
            one = self._along(finder, np.where(free, direction, 0.0), index)
            while one.verdict == "kink" and left:
                free = self.free & ~left.pop(0)
                one = self._along(finder, np.where(free, direction, 0.0), index)
            directions.append(one)
        verdicts = {one.verdict for one in directions}
        left_out = int(np.count_nonzero(~free))
        if "different" in verdicts:
            return JudgedGradient(self.name, "different", tuple(directions), left_out)
        verdict: Literal["same", "undecided"] = "same" if "same" in verdicts else "undecided"
        return JudgedGradient(self.name, verdict, tuple(directions), left_out)

    def _along(self, finder: _Finder, direction: Array, index: int) -> JudgedDirection:
        part = direction != 0.0
        d, bound = direction[part], np.abs(direction[part]) * self.bound[part]
        together = DIRECTION_SIGMAS * float(np.sqrt(np.sum(np.square(bound))))
        allowed = min(float(np.sum(bound)), together)
        claimed = _sum(self.actual[part] * d)
        central = finder.central(direction, allowed * DIRECTION_ERROR)
        if central.kink:
            return JudgedDirection(index, "kink", claimed, allowed, central, None)
        complex_step = finder.complex_step(direction)
        blank = JudgedDirection(index, "coarse", claimed, allowed, central, complex_step)
        return _compared(blank, self.scale)


class _Finder:
    """Both methods on one slope."""

    def __init__(
        self,
        slope: Slope,
        differences: Differentiator,
        reference: Reference,
        complex_reference: Reference | None,
    ) -> None:
        self.slope, self.differences = slope, differences
        self.rounding: Rounding = slope.rounding()
        self.function = slope.by(reference, self.rounding)
        self.complex_reference = complex_reference

    def central(self, direction: Array, enough: float) -> Estimate:
        slope = self.slope
        return self.differences.central(
            self.function, slope.operand, direction, reach=slope.reach, enough=enough
        )

    def complex_step(self, direction: Array) -> Estimate | None:
        slope = self.slope
        if self.complex_reference is None:
            return None
        function = slope.by(self.complex_reference, self.rounding)
        try:
            return self.differences.complex_step(
                function, slope.operand, direction, reach=slope.reach
            )
        except Unsupported:
            self.complex_reference = None
            return None


def _compared(one: JudgedDirection, scale: float) -> JudgedDirection:
    """The claim against the more certain of the methods, if it is certain enough for a derivative
    of this scale and the other one does not contradict it."""
    central, other, found = one.central, one.complex_step, one.found
    if not found.error <= scale:
        return one
    if other is not None and abs(central.value - other.value) > central.error + other.error:
        return replace(one, verdict="split")
    difference, allowed = abs(one.claimed - found.value), one.bound + found.error
    ratio = 0.0 if difference == 0.0 else math.inf
    if allowed > 0.0 and math.isfinite(difference):
        ratio = difference / allowed
    return replace(one, verdict="same" if ratio <= 1.0 else "different", ratio=ratio)


def _ties(operand: Array) -> list[Array]:
    """What may sit on an exact tie: zeros, and if that is not all, what occurs more than once."""
    _, position, counts = np.unique(operand, return_inverse=True, return_counts=True)
    zeros = operand == 0.0
    return [zeros, zeros | (counts[position].reshape(operand.shape) > 1)]


def _sum(products: Array) -> float:
    """The exact sum; NaN where a product is not finite."""
    return math.fsum(products.tolist()) if np.all(np.isfinite(products)) else math.nan
