"""Which choices of a case rounding can turn, so that two right implementations part there.

The oracle runs freely through the case, once as it is and several times with rounding noise
(`noise.py`). A choice hangs on rounding where its winner is ahead of another candidate by less than
KINK_SIGMAS standard deviations of what the noise does to that distance. A distance that no noise
moves hangs on no rounding: given numbers, sums that are exact in every order. Where it is 0, equal
numbers tie for good, and what follows is a convention.

A choice that nothing flows back through turns nothing, and neither does one of a step without a
backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.reference import Call, Parameters, Reference
from oracles.contract.training import ComputedGradients, walk
from oracles.judging import margins
from oracles.judging.bounds import arithmetic
from oracles.judging.constants import KINK_SIGMAS, NOISE_RUNS, NOISE_SIGMAS, WIDEST
from oracles.judging.measured import Measured
from oracles.judging.noise import generator_of, noisy
from oracles.judging.rules import MeasuredRules, MeasuredRun

TIES = {"ReLU": "relu.gradient_at_zero", "MaxPool2d": "max_pool.ties"}
"""The convention on which a tie hangs. One of clipping or of an L1 penalty hangs on none: the
clipped number is the same on both sides of the limit, and the sign of 0 is 0."""


_FEW = 2
"""Noisy runs that tell a calm case."""


@dataclass(frozen=True)
class Kink:
    """A choice between two numbers that are too close, or equal.

    entry       where it is made
    choice      ReLU, MaxPool2d, clip_grad_value, clip_grad_norm, L1
    index       of the element of the entry
    winner      the number that is chosen
    other       the closest of those that are not
    deviation   standard deviation of the distance under rounding noise; 0 for a tie for good
    elements    how many elements of the entry are like this
    """

    entry: str
    choice: str
    index: tuple[int, ...]
    winner: float
    other: float
    deviation: float
    elements: int

    @property
    def tie(self) -> bool:
        """Whether the numbers are equal in every order of summation."""
        return self.deviation == 0

    @property
    def convention(self) -> str | None:
        """What decides between equal numbers, None where nothing does or has to."""
        return TIES.get(self.choice) if self.winner == self.other else None


@dataclass(frozen=True)
class _Choice:
    """Candidates of one choice, and where something flows back through it."""

    kind: str
    candidates: Array
    matters: Array


@dataclass(frozen=True)
class Wide:
    """An output that rounding moves by a large share of its size: the case explodes.

    share   five standard deviations of the noise, in units of the largest number of the output
    """

    entry: str
    share: float


@dataclass(frozen=True)
class Examination:
    """What of a case hangs on rounding, and what on conventions.

    kinks   at most one for each entry that hangs on rounding, and one for each that ties; in order
    wide    the first output that rounding leaves undecided as a whole
    """

    kinks: tuple[Kink, ...] = ()
    wide: Wide | None = None


def examine(case: Case, reference: Reference) -> Examination:
    """Find the choices of the case that rounding can turn, its ties, and whether it explodes."""
    chooses, goes_on = _chooses(case), _goes_on(case)
    if not chooses and not goes_on:
        return Examination()
    base = _run(case, reference, None)
    chooses = any(np.any(choice.matters) for choice in base.choices.values())
    noise = [_run(case, reference, number) for number in range(_FEW if goes_on else 0)]
    calm = not any(_wide(base, noise, WIDEST / 10))
    if calm and not chooses:
        return Examination()
    noise += [_run(case, reference, number) for number in range(len(noise), NOISE_RUNS)]
    kinks = tuple(
        kink
        for entry, choice in base.choices.items()
        for kink in _found(entry, choice, [run.choices[entry].candidates for run in noise])
    )
    return Examination(kinks, None if calm else next(_wide(base, noise, WIDEST), None))


def _chooses(case: Case) -> bool:
    """Whether anything is chosen in a step with a backward pass."""
    clipping = case.optimizer is not None and any(
        case.optimizer[key] is not None for key in ("clip_grad_norm", "clip_grad_value")
    )
    by_type = any(layer.type in margins.LAYERS for layer in case.layers)
    decay = any(penalty.type == "L1" for penalty in case.penalties)
    return (clipping or by_type or decay) and any(step.backward for step in case.steps)


def _goes_on(case: Case) -> bool:
    """Whether a forward pass follows an update: errors grow over steps, hardly over layers. In
    float64 they start 2^29 times smaller: what grows that far has numbers that overflow."""
    return case.dtype == np.float32 and any(step.update for step in case.steps[:-1])


def _found(entry: str, choice: _Choice, noise: list[Array]) -> Iterator[Kink]:
    """At most one kink that hangs on rounding, and one tie: the closest of each."""
    winner = np.argmax(choice.candidates, axis=-1)[..., None]
    distance = _ahead(choice.candidates, winner)
    with np.errstate(invalid="ignore"):
        moved = [_ahead(candidates, winner) - distance for candidates in noise]
        deviation = np.sqrt(np.mean(np.square(moved), axis=0))
    rival = np.isfinite(distance) & choice.matters[..., None]
    np.put_along_axis(rival, winner, values=False, axis=-1)
    close = rival & (deviation != 0) & ~(distance > KINK_SIGMAS * deviation)
    tied = rival & (deviation == 0) & (distance == 0)
    for where in (close, tied):
        if np.any(where):
            in_units = np.where(where, distance / np.where(deviation > 0, deviation, 1.0), np.inf)
            at = np.unravel_index(int(np.argmin(in_units)), where.shape)
            yield Kink(
                entry=entry,
                choice=choice.kind,
                index=tuple(int(i) for i in at[:-1]),
                winner=float(choice.candidates[at[:-1]][winner[at[:-1]][0]]),
                other=float(choice.candidates[at]),
                deviation=float(deviation[at]),
                elements=int(np.count_nonzero(np.any(where, axis=-1))),
            )


def _ahead(candidates: Array, winner: Array) -> Array:
    """How far the winner is ahead of each candidate."""
    with np.errstate(invalid="ignore"):
        ahead: Array = np.take_along_axis(candidates, winner, axis=-1) - candidates
    return ahead


def _wide(base: _Run, noise: list[_Run], limit: float) -> Iterator[Wide]:
    """Outputs whose noise is more than a share of their largest number."""
    if not noise:
        return
    for entry, value in base.outputs.items():
        with np.errstate(all="ignore"):
            moved = [run.outputs[entry] - value for run in noise]
            deviation = np.sqrt(np.mean(np.square(moved), axis=0))
            share = (
                NOISE_SIGMAS * np.max(deviation, initial=0.0) / np.max(np.abs(value), initial=0.0)
            )
        if np.any(deviation) and not share <= limit:
            yield Wide(entry, float(share))


@dataclass
class _Run:
    """What was chosen from in one free run, and the outputs of its layers."""

    choices: dict[str, _Choice] = field(default_factory=dict)
    outputs: dict[str, Array] = field(default_factory=dict)


def _run(case: Case, reference: Reference, number: int | None) -> _Run:
    """One free run; with noise if it has a number."""
    run, a = _Run(), arithmetic(case.dtype)
    generator = None if number is None else generator_of(case, number)

    def visit(name: str, measured: Measured) -> Array:
        if ".forward." in name:
            run.outputs[name] = measured.value
        return (
            measured.value if generator is None else noisy(measured, a, generator, drawn=case.drawn)
        )

    with np.errstate(all="ignore"):
        walk(case, _ChoosingRules(reference, run.choices), visit)
    return run


class _ChoosingRules(MeasuredRules):
    """The rules of a walk that takes down what is chosen from."""

    def __init__(self, reference: Reference, choices: dict[str, _Choice]) -> None:
        super().__init__(reference)
        self.choices = choices
        self.step = 0

    def prepare(self, case: Case, step: Step) -> Measured:
        self.step = step.index
        return super().prepare(case, step)

    def run(self, call: Call) -> MeasuredRun:
        return _ChoosingRun(self.reference, call, f"step{self.step}.forward", self.choices)

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: dict[str, Measured]
    ) -> dict[str, Measured]:
        for penalty in case.penalties:
            for name in gradients.keys() & set(penalty.parameters if penalty.type == "L1" else ()):
                self._take(
                    f"step{step.index}.gradient.{name}", "L1", margins.sign(parameters[name])
                )
        return super().penalise(case, step, parameters, gradients)

    def clip(self, case: Case, gradients: Parameters) -> dict[str, Measured]:
        assert case.optimizer is not None
        by_value = case.optimizer["clip_grad_value"] is not None
        for name, candidates in margins.above_limit(case, gradients).items():
            kind = "clip_grad_value" if by_value else "clip_grad_norm"
            self._take(f"step{self.step}.clipped.{name}", kind, candidates)
        return super().clip(case, gradients)

    def _take(self, entry: str, kind: str, candidates: Array) -> None:
        matters = np.ones(candidates.shape[:-1], dtype=bool)
        self.choices[entry] = _Choice(kind, candidates, matters)


class _ChoosingRun(MeasuredRun):
    """A layer that takes down its candidates once something flows back through it."""

    def __init__(
        self, reference: Reference, call: Call, stage: str, choices: dict[str, _Choice]
    ) -> None:
        super().__init__(reference, call)
        self._entry, self._choices = f"{stage}.{call.layer.name}", choices

    def backward(self, grad_output: Array, spread: Array) -> ComputedGradients[Measured]:
        candidates = margins.LAYERS.get(self._call.layer.type)
        if candidates is not None:
            numbers = candidates(self._call, self._run)
            kind = self._call.layer.type
            self._choices[self._entry] = _Choice(kind, numbers, grad_output != 0)
        return super().backward(grad_output, spread)
