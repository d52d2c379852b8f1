"""Long training of an implementation beside an oracle: does it drift further than rounding does?

Both start from the same operands and go on with their own numbers, so that a rounding in one step
is carried through all later ones. How far that may take a right implementation is found by letting
the oracle train several times more with rounding noise (`side_by_side.py`). For each entry

    distance   root mean square of implementation - oracle
    limit      what its own rounding can do (the guaranteed bound, root mean square), plus
               NOISE_SIGMAS times the root mean square of noisy runs - oracle; the largest of this
               and all earlier steps, because a few runs may come close to each other by chance

The limits over the steps are the tube. The first entry outside of it is the departure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.entries import Entry
from oracles.contract.reference import Reference
from oracles.contract.trace import Trace
from oracles.judging.bounds import Arithmetic, arithmetic
from oracles.judging.constants import NOISE_SIGMAS
from oracles.judging.judgement import Divergence
from oracles.judging.localisation import operation
from oracles.judging.side_by_side import SideBySide, Width

Kind = Literal["loss", "outputs", "gradients", "memory", "parameters", "statistics"]
"""Kinds of quantities. "memory" is what the optimizer remembers from step to step."""

KINDS: tuple[Kind, ...] = get_args(Kind)

Outcome = Literal["inside", "outside", "error", "timeout", "unsupported", "incomplete"]
"""How a lockstep ended. "error" and "timeout" are the implementation's."""

_KIND_OF: dict[str, Kind] = {
    "input": "outputs",
    "forward": "outputs",
    "loss": "loss",
    "loss_gradient": "gradients",
    "backward": "gradients",
    "gradient": "gradients",
    "clipped": "gradients",
    "optimizer": "memory",
    "update": "parameters",
    "state": "statistics",
}


def kind_of(entry: Entry) -> Kind | None:
    """What kind of quantity an entry is; None for a mask."""
    return _KIND_OF.get(entry.kind)


@dataclass(frozen=True)
class Distance:
    """How far one entry is from the oracle's.

    distance   root mean square over its elements
    limit      the tube's
    size       root mean square of the oracle's numbers, to compare both with
    """

    kind: Kind
    entry: str
    distance: float
    limit: float
    size: float

    @property
    def ratio(self) -> float:
        """Distance / limit; inf where no distance is allowed, NaN where there is no number."""
        if self.distance == 0.0:
            return 0.0
        return self.distance / self.limit if self.limit else self.distance * float("inf")

    @property
    def outside(self) -> bool:
        """Whether it is outside of the tube; what is not a number is."""
        return not self.distance <= self.limit


@dataclass(frozen=True)
class LockstepStep:
    """What is known after one step.

    loss, oracle_loss   the two losses; None where there is none, or it is not a single number
    distances           of each kind that is exposed, the entry that is nearest to its limit
    """

    step: int
    loss: float | None
    oracle_loss: float | None
    distances: tuple[Distance, ...]

    def of(self, kind: Kind) -> Distance | None:
        """The distance of a kind, if anything of it was compared."""
        return next((one for one in self.distances if one.kind == kind), None)


@dataclass(frozen=True)
class Departure:
    """The first entry outside of the tube, and its element that is furthest away.

    operation   type of the layer it belongs to, or of the loss or optimizer
    actual      the implementation's number
    expected    the oracle's
    wrong       how many entries are outside in this step
    """

    step: int
    distance: Distance
    entry_kind: str
    layer: str
    operation: str
    index: tuple[int, ...]
    actual: float
    expected: float
    wrong: int


@dataclass(frozen=True)
class Lockstep:
    """One implementation beside the oracle, over all steps of a case.

    message        what is to be said of the outcome, where it is not "inside" or "outside"
    asked          steps of the case
    steps          those that were compared, in order
    departure      where it left the tube
    overflow       the step at which the oracle's numbers leave the dtype: nothing is compared after
    first_wrong    what the judge finds wrong first, looking at each step by itself
    judged_steps   how many steps it looked at; 0: it was not asked
    judged         entries of outputs, gradients and parameters that it judged in these steps
    to_judge       how many there are
    """

    case: str
    dtype: str
    implementation: str
    oracle: str
    outcome: Outcome
    message: str = ""
    asked: int = 0
    steps: tuple[LockstepStep, ...] = ()
    departure: Departure | None = None
    overflow: int | None = None
    first_wrong: Divergence | None = None
    judged_steps: int = 0
    judged: int = 0
    to_judge: int = 0
    seconds: float = 0.0

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What was compared."""
        seen = {one.kind for step in self.steps for one in step.distances}
        return tuple(kind for kind in KINDS if kind in seen)

    @property
    def blind_from(self) -> int | None:
        """The step from which on every limit is wider than the numbers themselves, if there is
        one: nothing could leave the tube there."""
        blind = None
        for step in reversed(self.steps):
            if any(one.limit < one.size for one in step.distances):
                break
            blind = step.step if step.distances else blind
        return blind


@dataclass(frozen=True)
class Compared:
    """What a comparison found (see Lockstep)."""

    steps: tuple[LockstepStep, ...]
    departure: Departure | None
    overflow: int | None


def compare_in_lockstep(
    case: Case,
    trace: Trace,
    reference: Reference,
    after_step: Callable[[], None],
    *,
    normwise: bool = False,
) -> Compared:
    """Hold what an implementation recorded to the oracle, step by step.

    normwise   sums of products are by a fast algorithm, and held to what rounding does by norms
    """
    comparison = _Comparison(case, trace, reference, normwise=normwise)
    for step in case.steps:
        if not comparison.step(step.index):
            break
        after_step()
    return Compared(tuple(comparison.steps), comparison.departure, comparison.overflow)


class _Comparison:
    """What lives from step to step: the runs, and how wide the tube has been."""

    def __init__(self, case: Case, trace: Trace, reference: Reference, *, normwise: bool) -> None:
        self.case, self.trace = case, trace
        self.runs = SideBySide(case, reference, trace, normwise=normwise)
        self.arithmetic = arithmetic(case.dtype)
        self.widest: dict[str, float] = {}
        self.steps: list[LockstepStep] = []
        self.departure: Departure | None = None
        self.overflow: int | None = None

    def step(self, k: int) -> bool:
        """Compare one step. False where the oracle's own numbers leave the dtype."""
        found: list[tuple[Distance, Width]] = []
        oracle_loss: Array | None = None
        for name, width in self.runs.step(self.case.steps[k]):
            if _overflows(width, self.arithmetic):
                self.overflow = k
                return False
            if name == f"step{k}.loss":
                oracle_loss = width.value
            limit = self._limit(name, width)
            if name in self.trace and name not in self.trace.supplied:
                found.append((self._distance(name, width, limit), width))
        self._look_for_departure(k, found)
        actual = self.trace.get(f"step{k}.loss")
        distances = [distance for distance, _ in found]
        step = LockstepStep(k, _number(actual), _number(oracle_loss), _nearest(distances))
        self.steps.append(step)
        return True

    def _limit(self, name: str, width: Width) -> float:
        quantity = name.partition(".")[2]
        carried = _rms(np.stack(width.carried))
        self.widest[quantity] = max(self.widest.get(quantity, 0.0), carried)
        return _rms(width.own) + NOISE_SIGMAS * self.arithmetic.sides * self.widest[quantity]

    def _distance(self, name: str, width: Width, limit: float) -> Distance:
        kind = _KIND_OF[self.trace.entries[name].kind]
        with np.errstate(all="ignore"):
            distance = _rms(self.trace[name] - width.value)
        return Distance(kind, name, distance, limit, _rms(width.value))

    def _look_for_departure(self, k: int, found: list[tuple[Distance, Width]]) -> None:
        if self.departure is not None:
            return
        outside = [(distance, width) for distance, width in found if distance.outside]
        if outside:
            distance, width = outside[0]
            entry = self.trace.entries[distance.entry]
            self.departure = self._departure(entry, distance, width.value, len(outside))
            self.runs.following = False  # from here on it is on its own

    def _departure(
        self, entry: Entry, distance: Distance, expected: Array, wrong: int
    ) -> Departure:
        actual = np.asarray(self.trace[entry.name], dtype=np.float64)
        with np.errstate(all="ignore"):
            apart = np.abs(actual - expected)
        furthest = int(np.argmax(np.where(np.isnan(apart), np.inf, apart)))
        index = tuple(int(i) for i in np.unravel_index(furthest, apart.shape))
        return Departure(
            step=entry.step,
            distance=distance,
            entry_kind=entry.kind,
            layer=entry.layer,
            operation=operation(self.case, entry),
            index=index,
            actual=float(actual[index]),
            expected=float(expected[index]),
            wrong=wrong,
        )


def _overflows(width: Width, a: Arithmetic) -> bool:
    """Whether the oracle itself is no number of the dtype any more."""
    return not bool(np.all(np.abs(width.value) < a.largest))


def _nearest(distances: list[Distance]) -> tuple[Distance, ...]:
    """Of each kind the entry that is nearest to its limit, or furthest outside."""
    nearest = []
    for kind in KINDS:
        its = [one for one in distances if one.kind == kind]
        if its:
            nearest.append(max(its, key=lambda one: np.nan_to_num(one.ratio, nan=np.inf)))
    return tuple(nearest)


def _number(array: Array | None) -> float | None:
    return float(array) if array is not None and np.ndim(array) == 0 else None


def _rms(array: Array) -> float:
    """Root mean square; 0 of nothing."""
    if not np.size(array):
        return 0.0
    return float(np.sqrt(np.mean(np.square(np.asarray(array, dtype=np.float64)))))
