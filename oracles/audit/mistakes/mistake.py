"""A correct implementation with one mistake in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracles.audit.implementations.evaluated import Evaluated, Gradients
from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.reference import Call, Parameters, Slots
from oracles.contract.training import Rules

Updated = tuple[Parameters, Slots]


def _unchanged_call(call: Call) -> Call:
    return call


def _unchanged_output(call: Call, output: Array) -> Array:
    return output


def _unchanged_gradients(call: Call, grad_output: Array, gradients: Gradients) -> Gradients:
    return gradients


def _unchanged_loss(case: Case, step: Step, prediction: Array, loss: Array) -> Array:
    return loss


@dataclass(frozen=True)
class Mistake:
    """What is different from a correct implementation, each None or unchanged by default.

    layer      the type of layer that is wrong
    call       what it is computed from instead
    output     what becomes of a right output
    gradients  what becomes of right gradients
    loss       what becomes of a right loss
    case       the case that the loss gradient and the optimizer believe in
    """

    layer: str = ""
    call: Callable[[Call], Call] = _unchanged_call
    output: Callable[[Call, Array], Array] = _unchanged_output
    gradients: Callable[[Call, Array, Gradients], Gradients] = _unchanged_gradients
    loss: Callable[[Case, Step, Array, Array], Array] = _unchanged_loss
    case: Callable[[Case], Case] | None = None


class MistakenRules:
    """Right rules with a mistake."""

    def __init__(self, right: Rules[Array], mistake: Mistake) -> None:
        self.right, self.mistake = right, mistake

    def prepare(self, case: Case, step: Step) -> Array:
        return self.right.prepare(case, step)

    def mask(self, case: Case, step: Step, layer: Layer) -> Array:
        return self.right.mask(case, step, layer)

    def run(self, call: Call) -> Evaluated:
        mistake = self.mistake
        if call.layer.type != mistake.layer:
            run = self.right.run(call)
            return Evaluated(run.output, lambda g: run.backward(g, np.abs(g)), run.buffers)
        wrong = self.right.run(mistake.call(call))

        def gradients(grad_output: Array) -> Gradients:
            found = wrong.backward(grad_output, np.abs(grad_output))
            return mistake.gradients(call, grad_output, found)

        return Evaluated(mistake.output(call, wrong.output), gradients, wrong.buffers)

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> Array:
        loss = self.right.loss(self._case(case), step, prediction, parameters)
        return self.mistake.loss(case, step, prediction, loss)

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        return self.right.loss_gradient(self._case(case), step, prediction)

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters
    ) -> Parameters:
        return self.right.penalise(case, step, parameters, gradients)

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        return self.right.clip(case, gradients)

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> Updated:
        return self.right.update(self._case(case), step, parameters, gradients, slots)

    def _case(self, case: Case) -> Case:
        return case if self.mistake.case is None else self.mistake.case(case)
