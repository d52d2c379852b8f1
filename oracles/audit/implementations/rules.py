"""All stages of training by formulas in the dtype of the case."""

from __future__ import annotations

import numpy as np

from oracles.audit.implementations import preparation, sgd
from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.convolution import convolution
from oracles.audit.implementations.convolutions.algorithm import Algorithm
from oracles.audit.implementations.evaluated import Evaluated
from oracles.audit.implementations.layers import LAYERS
from oracles.audit.implementations.losses import LOSSES
from oracles.audit.implementations.sums import chosen_sum
from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.reference import Call, Parameters, Slots


class FormulaRules:
    """One algorithm of convolution, and for everything else one of its formulas."""

    def __init__(self, algorithm: Algorithm, choices: Choices) -> None:
        self.choices = choices
        self._layers = {**LAYERS, "Conv2d": convolution(algorithm)}

    def prepare(self, case: Case, step: Step) -> Array:
        return preparation.prepare(case, step, self.choices) if case.preparation else step.input

    def mask(self, case: Case, step: Step, layer: Layer) -> Array:
        return step.masks[layer.name]

    def run(self, call: Call) -> Evaluated:
        return self._layers[call.layer.type](call, self.choices)

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> Array:
        assert case.loss is not None
        terms = LOSSES[case.loss["type"]](case, step, prediction, self.choices)
        kind, factor = case.dtype.type, case.loss["factor"]
        if case.loss["reduction"] == "none":
            return np.asarray(terms.each * factor)
        value = self._sum(terms.each) / kind(_divisor(case, step, terms.count)) * factor
        for penalty in case.penalties:
            scale = penalty.factor / penalty.divisor(step, case)
            for name in penalty.parameters:
                p = parameters[name]
                value = value + scale * self._sum(np.abs(p) if penalty.type == "L1" else p * p)
        return np.asarray(value)

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        assert case.loss is not None
        terms = LOSSES[case.loss["type"]](case, step, prediction, self.choices)
        derivative, factor = terms.derivative, case.loss["factor"]
        if case.loss["reduction"] == "none":
            assert step.upstream is not None
            upstream = step.upstream
            summed = upstream.ndim < derivative.ndim
            return np.asarray(derivative * factor * (upstream[:, None] if summed else upstream))
        divisor = case.dtype.type(_divisor(case, step, terms.count))
        forms = {
            "divided, then scaled": lambda: derivative / divisor * factor,
            "times one factor": lambda: derivative * (factor / divisor),
        }
        return np.asarray(self.choices.one_of("gradient of the loss", forms)())

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters
    ) -> Parameters:
        grown = dict(gradients)
        for penalty in case.penalties:
            scale = penalty.factor / penalty.divisor(step, case)
            for name in gradients.keys() & set(penalty.parameters):
                p = parameters[name]
                grown[name] = grown[name] + (
                    2 * scale * p if penalty.type == "L2" else scale * np.sign(p)
                )
        return grown

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        return sgd.clip(case, gradients, self.choices)

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        return sgd.update(case, step, parameters, gradients, slots, self.choices)

    def _sum(self, array: Array) -> Array:
        return chosen_sum(self.choices)(array.reshape(-1), (0,))


def _divisor(case: Case, step: Step, count: float) -> float:
    assert case.loss is not None
    samples = len(step.samples)
    return {"mean": count, "sum": 1.0, "batchmean": samples}[case.loss["reduction"]]
