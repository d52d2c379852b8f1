"""Every stage of a training step with the size of its result: the oracle's value, M and n."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.reference import Call, LayerRun, Parameters, Reference, Slots
from oracles.judging.deputy import WithDeputy
from oracles.judging.magnitudes.batch_norm import BatchNormalised
from oracles.judging.magnitudes.clipping import clipped_sizes
from oracles.judging.magnitudes.losses import gradient_size, loss_branch, loss_size
from oracles.judging.magnitudes.normwise import FastProducts
from oracles.judging.magnitudes.passing import Chosen, Masked, PassedOn, Rectified, Summed
from oracles.judging.magnitudes.preparation import prepared_size
from oracles.judging.magnitudes.rule import LayerRule
from oracles.judging.magnitudes.saturating import Saturating
from oracles.judging.magnitudes.sgd import sgd_sizes
from oracles.judging.magnitudes.softmax import Normalised
from oracles.judging.magnitudes.sums import Average, SumOfProducts
from oracles.judging.measured import Measured, Size, given
from oracles.judging.repetition import repetition

LAYER_RULES: Mapping[str, LayerRule] = {
    "Add": Summed(),
    "AvgPool2d": Average(),
    "BatchNorm2d": BatchNormalised(),
    "Cat": PassedOn(),
    "Conv2d": SumOfProducts(),
    "Dropout": Masked(),
    "Flatten": PassedOn(),
    "Identity": PassedOn(),
    "Linear": SumOfProducts(),
    "MaxPool2d": Chosen(),
    "ReLU": Rectified(),
    "Sigmoid": Saturating(slope=0.5),
    "Softmax": Normalised(),
    "Tanh": Saturating(slope=1.0),
    "ZeroPad2d": PassedOn(),
}
"""The magnitude rule of every type of layer."""

FAST_RULES: Mapping[str, LayerRule] = {"Conv2d": FastProducts(), "Linear": FastProducts()}
"""The rules in their place where an implementation declares a fast algorithm."""

OPTIMIZER_RULES = {"SGD": sgd_sizes}
"""The magnitude rule of every optimizer."""


class MeasuredRun:
    """A layer evaluated by the reference, with sizes by `sizing` if that is another one."""

    def __init__(
        self,
        reference: Reference,
        call: Call,
        *,
        normwise: bool = False,
        sizing: Reference | None = None,
    ) -> None:
        self._sizing, self._call = sizing or reference, call
        fast = normwise and call.layer.type in FAST_RULES
        self._rule = (FAST_RULES if fast else LAYER_RULES)[call.layer.type]
        self._run: LayerRun = reference.run(call)
        size = partial(self._rule.output, self._sizing, call, self._run)
        branch = partial(self._rule.branch, call, self._run)
        self.output = Measured(self._run.output, size, branch)

    @property
    def buffers(self) -> dict[str, Measured]:
        values = self._run.buffers
        sizes = self._rule.buffers(self._sizing, self._call, self._run)
        return {name: Measured(values[name], sizes[name]) for name in values}

    def backward(
        self, grad_output: Array, spread: Array
    ) -> tuple[list[Measured], dict[str, Measured]]:
        inputs, parameters = self._run.backward(grad_output)
        rule = partial(self._rule.backward, self._sizing, self._call, self._run)
        sizes = cache(partial(rule, grad_output, spread))

        def of_input(index: int) -> Size:
            return sizes().inputs[index]

        def of_parameter(name: str) -> Size:
            return sizes().parameters[name]

        return (
            [Measured(value, partial(of_input, i)) for i, value in enumerate(inputs)],
            {p: Measured(value, partial(of_parameter, p)) for p, value in parameters.items()},
        )


class MeasuredRules:
    """The rules of a walk whose values carry their sizes.

    normwise   sums of products are judged by norms (`magnitudes/normwise.py`)
    exact      sums on a lattice are: it is known from PyTorch's rules, and a reference that follows
               other ones says `exact = False`

    Sizes need no digits: where the reference has a deputy, they are computed by that one.
    """

    def __init__(self, reference: Reference, *, normwise: bool = False) -> None:
        self.reference, self.normwise = reference, normwise
        self.exact = bool(getattr(reference, "exact", True))
        self._sizing = reference.deputy if isinstance(reference, WithDeputy) else reference

    def prepare(self, case: Case, step: Step) -> Measured:
        return Measured(np.asarray(step.input, dtype=np.float64), prepared_size(case, step))

    def mask(self, case: Case, step: Step, layer: Layer) -> Measured:
        return given(step.masks[layer.name])

    def run(self, call: Call) -> MeasuredRun:
        return MeasuredRun(self.reference, call, normwise=self.normwise, sizing=self._sizing)

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> Measured:
        value = self.reference.loss(case, step, prediction)
        size = loss_size(case, step, prediction)
        if case.penalties:
            parts = [
                self.reference.penalty(one, step, parameters) for one in _one_penalty_each(case)
            ]
            value = value + np.sum(parts)
            concerned = {name for p in case.penalties for name in p.parameters}
            elements = sum(parameters[name].size for name in concerned)
            terms = size.terms + elements + 4.0
            weights = np.concatenate([parameters[name].ravel() for name in sorted(concerned)])
            repeated = max(size.repeated, repetition(weights, terms=terms))
            size = Size(size.magnitude + np.sum(np.abs(parts)), terms, repeated=repeated)
        return Measured(np.asarray(value), size, partial(loss_branch, case, prediction))

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Measured:
        value = self.reference.loss_gradient(case, step, prediction)
        size = partial(gradient_size, case, step, prediction)
        return Measured(value, size, partial(loss_branch, case, prediction))

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: dict[str, Measured]
    ) -> dict[str, Measured]:
        here = {name: parameters[name] for name in gradients}
        parts = [
            self.reference.penalty_gradients(one, step, here) for one in _one_penalty_each(case)
        ]
        return {
            name: _plus(measured, [part[name] for part in parts if name in part])
            for name, measured in gradients.items()
        }

    def clip(self, case: Case, gradients: Parameters) -> dict[str, Measured]:
        clipped = self.reference.clip(case, gradients)
        sizes = clipped_sizes(case, gradients, clipped)
        return {name: Measured(clipped[name], sizes[name]) for name in clipped}

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[dict[str, Measured], dict[str, dict[str, Measured]]]:
        assert case.optimizer is not None
        rule = OPTIMIZER_RULES[case.optimizer["type"]]
        values, new_slots = self.reference.update(case, step, parameters, gradients, slots)
        updated: dict[str, Measured] = {}
        remembered: dict[str, dict[str, Measured]] = {}
        for name, parameter in parameters.items():
            old = slots.get(name, {}).get("momentum_buffer")
            options, lr = case.optimizer["parameters"][name], step.learning_rates[name]
            sizes = cache(partial(rule, options, lr, parameter, gradients[name], old))
            updated[name] = Measured(values[name], partial(_nth, sizes, 0))
            remembered[name] = {
                slot: Measured(array, partial(_nth, sizes, 1))
                for slot, array in new_slots[name].items()
            }
        return updated, remembered


def _nth(sizes: Callable[[], tuple[Size, ...]], index: int) -> Size:
    return sizes()[index]


def _one_penalty_each(case: Case) -> list[Case]:
    """Penalties may cancel: each is as large as it is by itself."""
    return [replace(case, penalties=(one,)) for one in case.penalties]


def _plus(measured: Measured, added: list[Array]) -> Measured:
    """A gradient and what penalties add to it."""
    if not added:
        return measured
    size = measured.size
    terms = np.asarray(size.terms) + 3.0
    magnitude = size.magnitude + np.sum(np.abs(added), axis=0)
    grown = replace(size, magnitude=magnitude, terms=terms, grid=None)
    return Measured(measured.value + np.sum(added, axis=0), grown)
