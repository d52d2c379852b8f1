"""Every gradient of a case as what it is the gradient of: a real function of one operand.

A gradient with respect to an operand of a layer is that of <grad_output, layer(operand)>, where
grad_output is what reaches the layer from behind; a parameter adds the penalties on it. The
gradient of the loss is that of the loss itself, or of <upstream, loss> where it is not reduced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.derivative import Rounding, Weighted
from oracles.contract.evaluation import PlainRules
from oracles.contract.reference import Call, Parameters, Reference, Slots
from oracles.contract.trace import Trace
from oracles.contract.training import walk
from oracles.judging.bounds import FLOAT64, expected, guaranteed
from oracles.judging.magnitudes.losses import loss_size
from oracles.judging.measured import Size
from oracles.judging.repetition import repetition
from oracles.judging.rules import MeasuredRun

TermsOf = Callable[[Reference, Array], Array]


@dataclass(frozen=True)
class Slope:
    """A function of one operand, of which an entry is the gradient.

    operand   where the gradient is taken
    weights   of the terms
    terms     (reference, operand) -> the terms, as that reference has them
    sizes     (operand) -> how much the terms are rounded
    drawn     every operand of the case is a random fill
    """

    operand: Array
    weights: Array
    terms: TermsOf
    sizes: Callable[[Array], Size]
    drawn: bool

    @property
    def finite(self) -> bool:
        """Whether there is a derivative to look for."""
        return bool(np.all(np.isfinite(self.operand)) and np.all(np.isfinite(self.weights)))

    @property
    def reach(self) -> float:
        """A step of the size of the operand: the power of two below its root mean square."""
        largest = float(np.max(np.abs(self.operand), initial=0.0))
        if largest == 0.0:
            return 1.0
        mean = float(np.sqrt(np.mean(np.square(self.operand / largest))))
        return float(2.0 ** np.floor(np.log2(mean) + np.log2(largest)))

    def by(self, reference: Reference, rounding: Rounding) -> Weighted:
        """The function as a reference computes it."""
        return Weighted(lambda operand: self.terms(reference, operand), self.weights, rounding)

    def rounding(self) -> Rounding:
        """What rounding does to the terms near the operand. M of a term at a distance h is at most
        its M here and h times what it gains by a step in all elements."""
        reach = self.reach
        fixed = self._bound(self.operand)
        with np.errstate(all="ignore"):
            far = self._bound(self.operand + reach) + self._bound(self.operand - reach)
        return Rounding(fixed, np.where(np.isfinite(far), far, fixed) / reach)

    def _bound(self, operand: Array) -> Array:
        size = self.sizes(operand)
        bound = (expected if self.drawn else guaranteed)(size, FLOAT64)
        return np.broadcast_to(bound, self.weights.shape)


def slopes(case: Case, trace: Trace, reference: Reference) -> dict[str, Slope]:
    """The slope behind every gradient entry, from the implementation's own values where these are
    in the trace and from the reference's where they are not."""
    found: dict[str, Slope] = {}

    def visit(name: str, value: _Value) -> Array:
        if value.slope is not None:
            found[name] = value.slope
        own = trace.get(name)
        return value.array if own is None else np.asarray(own, dtype=np.float64)

    with np.errstate(all="ignore"):
        walk(case, _Rules(reference, case.drawn), visit)
    return found


@dataclass(frozen=True)
class _Value:
    """An array, and what it is the gradient of, if it is one."""

    array: Array
    slope: Slope | None = None


class _Rules:
    """The rules of a walk by the reference's own values, gradients with their slopes."""

    def __init__(self, reference: Reference, drawn: bool) -> None:
        self.reference, self.drawn = reference, drawn
        self.plain = PlainRules(reference)

    def prepare(self, case: Case, step: Step) -> _Value:
        return _Value(self.plain.prepare(case, step))

    def mask(self, case: Case, step: Step, layer: Layer) -> _Value:
        return _Value(self.plain.mask(case, step, layer))

    def run(self, call: Call) -> _Run:
        return _Run(self.reference, call, self.drawn)

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> _Value:
        return _Value(self.plain.loss(case, step, prediction, parameters))

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> _Value:
        assert case.loss is not None
        weights = step.upstream if case.loss["reduction"] == "none" else None
        slope = Slope(
            operand=prediction,
            weights=np.asarray(1.0 if weights is None else weights, dtype=np.float64),
            terms=lambda reference, x: np.asarray(reference.loss(case, step, x)),
            sizes=lambda x: loss_size(case, step, x),
            drawn=case.drawn,
        )
        return _Value(self.plain.loss_gradient(case, step, prediction), slope)

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: dict[str, _Value]
    ) -> dict[str, _Value]:
        arrays = {name: value.array for name, value in gradients.items()}
        summed = self.plain.penalise(case, step, parameters, arrays)
        concerned = {name for penalty in case.penalties for name in penalty.parameters}
        return {
            name: _Value(
                summed[name],
                _penalised(case, step, name, value.slope)
                if name in concerned and value.slope is not None
                else value.slope,
            )
            for name, value in gradients.items()
        }

    def clip(self, case: Case, gradients: Parameters) -> dict[str, _Value]:
        return {name: _Value(g) for name, g in self.plain.clip(case, gradients).items()}

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[dict[str, _Value], dict[str, dict[str, _Value]]]:
        values, kept = self.plain.update(case, step, parameters, gradients, slots)
        return (
            {name: _Value(array) for name, array in values.items()},
            {name: {s: _Value(a) for s, a in here.items()} for name, here in kept.items()},
        )


class _Run:
    """A layer that was evaluated, and the functions its gradients belong to."""

    def __init__(self, reference: Reference, call: Call, drawn: bool) -> None:
        self._reference, self._call, self._drawn = reference, call, drawn
        self._run = reference.run(call)
        self.output = _Value(self._run.output)
        self.buffers = {name: _Value(array) for name, array in self._run.buffers.items()}

    def backward(self, grad_output: Array, spread: Array) -> tuple[list[_Value], dict[str, _Value]]:
        inputs, parameters = self._run.backward(grad_output)
        return (
            [_Value(g, self._slope(grad_output, at=i)) for i, g in enumerate(inputs)],
            {p: _Value(g, self._slope(grad_output, at=p)) for p, g in parameters.items()},
        )

    def _slope(self, grad_output: Array, at: int | str) -> Slope:
        """The layer as a function of one input (by number) or one parameter (by name)."""
        call = self._call

        def moved(operand: Array) -> Call:
            if isinstance(at, str):
                return call.on(call.inputs, {**call.parameters, at: operand}, call.mask)
            inputs = (*call.inputs[:at], operand, *call.inputs[at + 1 :])
            return call.on(inputs, call.parameters, call.mask)

        here = call.parameters[at] if isinstance(at, str) else call.inputs[at]
        return Slope(
            operand=np.asarray(here, dtype=np.float64),
            weights=grad_output,
            terms=lambda reference, x: reference.run(moved(x)).output,
            sizes=lambda x: MeasuredRun(self._reference, moved(x)).output.size,
            drawn=self._drawn,
        )


def _penalised(case: Case, step: Step, name: str, slope: Slope) -> Slope:
    """The slope of a parameter with what penalties add to the loss for it."""

    def terms(reference: Reference, x: Array) -> Array:
        own = slope.terms(reference, x).ravel()
        return np.append(own, reference.penalty(case, step, {name: x}))

    def sizes(x: Array) -> Size:
        size = slope.sizes(x)
        shape = slope.weights.shape
        added = _penalty_size(case, step, name, x)
        return Size(
            np.append(np.broadcast_to(size.magnitude, shape), added.magnitude),
            np.append(np.broadcast_to(size.terms, shape), added.terms),
            repeated=max(size.repeated, added.repeated),
        )

    weights = np.append(slope.weights.ravel(), 1.0)
    return replace(slope, weights=weights, terms=terms, sizes=sizes)


def _penalty_size(case: Case, step: Step, name: str, x: Array) -> Size:
    """Size of what the penalties on one parameter add to the loss: a sum over its elements."""
    magnitude = 0.0
    for penalty in case.penalties:
        if name in penalty.parameters:
            powers = np.abs(x) if penalty.type == "L1" else np.square(x)
            magnitude += abs(penalty.factor) / penalty.divisor(step, case) * float(np.sum(powers))
    terms = x.size + 4.0
    return Size(np.asarray(magnitude), terms, repeated=repetition(x, terms=terms))
