"""A whole free run of a reference: every entry of a case from the case's own operands."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.reference import Call, LayerRun, Parameters, Reference, Slots
from oracles.contract.training import walk


def evaluate(case: Case, reference: Reference) -> dict[str, Array]:
    """Every entry of a case as `reference` has it, in order of evaluation.

    Raises Unsupported where it declines one.
    """
    values: dict[str, Array] = {}

    def record(name: str, value: Array) -> Array:
        values[name] = value
        return value

    walk(case, PlainRules(reference), record)
    return values


class PlainRules:
    """The rules of a walk whose values are the reference's arrays themselves."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference

    def prepare(self, case: Case, step: Step) -> Array:
        return np.asarray(step.input, dtype=np.float64)

    def mask(self, case: Case, step: Step, layer: Layer) -> Array:
        return np.asarray(step.masks[layer.name], dtype=np.float64)

    def run(self, call: Call) -> PlainRun:
        return PlainRun(self.reference.run(call))

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> Array:
        value: Array = self.reference.loss(case, step, prediction)
        if case.penalties:
            value = value + self.reference.penalty(case, step, parameters)
        return value

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        return self.reference.loss_gradient(case, step, prediction)

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters
    ) -> Parameters:
        if not case.penalties:
            return gradients
        here = {name: parameters[name] for name in gradients}
        added = self.reference.penalty_gradients(case, step, here)
        return {name: g + added[name] if name in added else g for name, g in gradients.items()}

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        return self.reference.clip(case, gradients)

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        return self.reference.update(case, step, parameters, gradients, slots)


class PlainRun:
    """A layer that was evaluated, without sizes."""

    def __init__(self, run: LayerRun) -> None:
        self._run = run
        self.output = run.output
        self.buffers = run.buffers

    def backward(self, grad_output: Array, spread: Array) -> tuple[list[Array], dict[str, Array]]:
        return self._run.backward(grad_output)
