"""What a diagnosis goes by: the numbers of both, and what rounding can do."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.trace import Trace
from oracles.contract.training import walk
from oracles.diagnosis.known import Known
from oracles.judging.judgement import JudgedEntry
from oracles.judging.localisation import Judged, judged_with_walk
from oracles.references.pytorch import PyTorch

FAR = 200.0
"""Bounds that an entry is off by before it is compared as a whole: what is combined from much
larger or smaller numbers than the right ones has another rounding in each element."""

SIDES = 2.0
"""Bounds that a reproduced number may be off by: the implementation rounds, and so does what the
altered rule was computed from."""

ROUGH = 1024.0
"""Units of the largest number of an array that rounding may move it by, where no size is known."""

REFUSED = 10_000_000
"""Numbers in an array of a wrong shape that is looked at."""

SHARP = 0.25
"""Share of a difference that a tolerance may be, for its numbers to tell one rule from another."""


@dataclass(frozen=True)
class Likeness:
    """How an array of the implementation compares with a predicted one.

    ratio      largest |actual - predicted| / bound
    residual   largest |actual - predicted|
    telling    there are several numbers, some of them finite, or their shape is wrong: one number
               is easily predicted, and NaN for NaN says little
    """

    ratio: float
    residual: float
    telling: bool = True

    @property
    def same(self) -> bool:
        """Whether rounding can explain all that is left."""
        return self.ratio <= SIDES


class Evidence:
    """A run that was judged.

    own        the implementation's entries, in float64
    base       every entry as the oracle has it, from the implementation's own values before it
    failing    entries that are wrong by themselves, in order of evaluation
    passing    entries that are right by themselves

    `tolerances` are what single entries may be off by on top of their bounds, as numbers that were
    printed with few digits are.
    """

    def __init__(
        self,
        case: Case,
        trace: Trace,
        entries: Sequence[JudgedEntry],
        local: Judged,
        reference: PyTorch | None = None,
        tolerances: Mapping[str, Array] | None = None,
    ) -> None:
        self.case, self.trace, self.local = case, trace, local
        self.tolerances = tolerances or {}
        self._allowances: dict[str, tuple[Array, Array | None]] = {}
        self.own: dict[str, Array] = {
            name: np.asarray(trace[name], dtype=np.float64) for name in trace
        }
        self.reference = reference or PyTorch()
        self.known = Known(self.reference)
        self.base: dict[str, Array] = {}
        with np.errstate(all="ignore"):
            walk(case, self.known, self._record)
        self.known.recording = False
        self.entries = tuple(map(self._tolerated, entries))
        self.passing = frozenset(
            one.entry for one in self.entries if one.verdict in ("exact", "same", "inherited")
        )
        self.failing = tuple(
            one.entry
            for one in self.entries
            if (one.verdict == "different" and one.kind != "mask") or one.entry in trace.refused
        )

    @classmethod
    def judged(
        cls,
        case: Case,
        trace: Trace,
        reference: PyTorch | None = None,
        tolerances: Mapping[str, Array] | None = None,
    ) -> Evidence:
        """The evidence of a trace that nobody has judged yet."""
        with np.errstate(all="ignore"):
            entries, local = judged_with_walk(case, trace, reference or PyTorch())
        return cls(case, trace, entries, local, reference, tolerances)

    def _record(self, name: str, value: Array) -> Array:
        self.base[name] = value
        return self.own.get(name, value)

    def _tolerated(self, one: JudgedEntry) -> JudgedEntry:
        """The verdict on an entry, "same" where it is right within its tolerance."""
        if one.verdict != "different" or one.entry not in self.tolerances:
            return one
        actual, base = self.own[one.entry], self.base[one.entry]
        with np.errstate(all="ignore"):
            difference = np.where(actual == base, 0.0, np.abs(actual - base))
            beyond = self._beyond(one.entry, difference)
            ratio = float(
                np.max(np.where(beyond == 0.0, 0.0, beyond / self._allowed(one.entry)[0]))
            )
        if not ratio <= 1.0:
            return one
        return replace(one, verdict="same", max_ratio=ratio, divergence=None)

    def actual(self, name: str) -> Array | None:
        """The implementation's number, even if it has another shape than it should."""
        return self.own.get(name, self._refused.get(name))

    def _sharp(self, name: str) -> bool:
        """Whether a tolerance is small beside what it has to tell apart."""
        if name not in self.tolerances:
            return True
        with np.errstate(invalid="ignore"):
            apart = np.abs(self.own[name] - self.base[name])
        error = float(np.max(apart, initial=0.0, where=np.isfinite(apart)))
        return float(np.max(self.tolerances[name], initial=0.0)) <= SHARP * error

    @cached_property
    def _refused(self) -> dict[str, Array]:
        return {
            name: np.asarray(array, dtype=np.float64)
            for name, array in self.trace.refused.items()
            if array.size <= REFUSED
        }

    def likeness(self, name: str, predicted: Array) -> Likeness:
        """How well a prediction reproduces an entry."""
        actual = self.actual(name)
        if actual is None or actual.shape != predicted.shape:
            return Likeness(np.inf, np.inf)
        bound, held = self._bound(name, predicted)
        with np.errstate(all="ignore"):
            difference = np.where(
                (actual == predicted) | (~np.isfinite(actual) & ~np.isfinite(predicted)),
                0.0,
                np.abs(actual - predicted),
            )
            beyond = self._beyond(name, difference)
            ratio = np.where(beyond == 0.0, 0.0, beyond / bound)
        ratio, difference = np.where(held, ratio, 0.0), np.where(held, difference, 0.0)
        worst, residual = float(np.max(ratio, initial=0.0)), float(np.max(difference, initial=0.0))
        telling = actual.shape != self.base[name].shape or (
            actual.size > 1 and bool(np.any(np.isfinite(actual))) and self._sharp(name)
        )
        return Likeness(np.inf if np.isnan(worst) else worst, residual, telling)

    def _beyond(self, name: str, difference: Array) -> Array:
        """How much of a difference the tolerance of the entry does not cover."""
        if name not in self.tolerances:
            return difference
        beyond: Array = np.maximum(difference - self.tolerances[name], 0.0)
        return beyond

    @cached_property
    def errors(self) -> Mapping[str, Likeness]:
        """How far each failing entry is from the oracle."""
        return {name: self.likeness(name, self.base[name]) for name in self.failing}

    def rounding(self, name: str) -> Array:
        """What rounding can do to each element of an entry as it should be."""
        base = self.base[name]
        floor = 8 * self.local.tube.arithmetic.unit * np.abs(base)
        return np.maximum(self._allowed(name)[0], np.where(np.isfinite(floor), floor, 0.0))

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Entries that are not exposed, or were computed by the harness."""
        judged = {*self.failing, *self.passing}
        return frozenset(
            name
            for name, entry in self.trace.entries.items()
            if name not in judged and entry.kind != "mask" and name not in self.own
        )

    @cached_property
    def hidden_before(self) -> bool:
        """Whether something is hidden that a wrong entry may be computed from."""
        order = list(self.trace.entries)
        last = max(order.index(name) for name in self.failing)
        return any(name in self.hidden for name in order[:last])

    def suspects(self, *, hidden: bool) -> frozenset[Hashable]:
        """Kinds of entries that are wrong, and (kind, layer); with `hidden`, those that are not
        exposed as well, where a mistake may be whose effect is seen further on."""
        found: set[Hashable] = set()
        for name in (*self.failing, *(self.hidden if hidden else ())):
            entry = self.trace.entries[name]
            found |= {entry.kind, (entry.kind, entry.layer)}
        return frozenset(found)

    def _bound(self, name: str, predicted: Array) -> tuple[Array, Array]:
        """What rounding can do to a number that was computed by an altered rule, and the elements
        that can be told at all."""
        a = self.local.tube.arithmetic
        bound, undecided = self._allowed(name)
        held = np.ones(predicted.shape, dtype=bool)
        if bound.shape != predicted.shape:
            bound = np.full(predicted.shape, np.max(bound, initial=0.0))
        elif undecided is not None:
            held = ~undecided
        base = self.base[name]
        finite = predicted[np.isfinite(predicted)]
        largest = float(np.max(np.abs(finite), initial=0.0))
        grown = largest / max(float(np.max(np.abs(base), initial=0.0)), a.smallest)
        bound = bound * max(1.0, min(grown, 1e30))
        if name in self._far:
            bound = np.full(predicted.shape, np.max(bound, initial=0.0))
        floor = 8 * a.unit * np.where(np.isfinite(predicted), np.abs(predicted), 0.0)
        return np.maximum(bound, floor + a.smallest), held

    @cached_property
    def _far(self) -> frozenset[str]:
        far = set()
        for name in self.failing:
            actual, base = self.actual(name), self.base[name]
            if actual is None or actual.shape != base.shape:
                far.add(name)
                continue
            with np.errstate(all="ignore"):
                beyond = self._beyond(name, np.abs(actual - base))
                ratio = beyond / np.maximum(self._allowed(name)[0], 1e-300)
            if not np.max(ratio, initial=0.0) <= FAR:
                far.add(name)
        return frozenset(far)

    def _allowed(self, name: str) -> tuple[Array, Array | None]:
        if name not in self._allowances:
            if name in self.local.sizes:
                self._allowances[name] = self.local.allowed(name)
            else:  # refused for its shape, and so without a size
                base = self.base[name]
                near = ROUGH * self.local.tube.arithmetic.unit * np.max(np.abs(base), initial=0.0)
                self._allowances[name] = np.full(base.shape, near), None
        return self._allowances[name]
