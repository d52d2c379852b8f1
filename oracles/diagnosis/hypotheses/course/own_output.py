"""Gradients that follow from a wrong output."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oracles.contract.case import Array, Layer, Step
from oracles.contract.reference import Call
from oracles.contract.training import ComputedGradients, Run, Walk
from oracles.diagnosis.altered import Course
from oracles.diagnosis.hypothesis import Hypothesis


class OfOwnOutput(Walk[Array]):
    """Derivatives are computed from what a layer has put out, by the usual formula: y * (1 - y)
    for a sigmoid, 1 - y ** 2 for a hyperbolic tangent, y > 0 for a ReLU,
    y * (g - sum of g * y) for a softmax, and for a batch norm with the normalised numbers and the
    deviation that are in it."""

    values: Mapping[str, Array]

    def call(self, step: Step, layer: Layer, values: Mapping[str, Array]) -> Call:
        self.values = values
        return super().call(step, layer, values)

    def gradients_of(
        self,
        step: Step,
        layer: Layer,
        runs: Mapping[str, Run[Array]],
        grad_output: Array,
        spread: Array,
    ) -> ComputedGradients[Array]:
        inputs, parameters = super().gradients_of(step, layer, runs, grad_output, spread)
        y = np.asarray(self.values[layer.name], dtype=np.float64)
        if np.array_equal(y, runs[layer.name].output, equal_nan=True):
            return inputs, parameters
        if layer.type == "BatchNorm2d":
            return [self._of_batch_norm(step, layer, y, grad_output)], parameters
        other = _by_formula(layer, y, grad_output)
        return inputs if other is None else [other], parameters

    def _of_batch_norm(self, step: Step, layer: Layer, y: Array, grad_output: Array) -> Array:
        weight: Array = np.ones((1, 1, 1))
        bias: Array = np.zeros((1, 1, 1))
        if layer.parameters:
            weight = np.asarray(self.parameters[f"{layer.name}.weight"])[:, None, None]
            bias = np.asarray(self.parameters[f"{layer.name}.bias"])[:, None, None]
        x = np.asarray(self.values[layer.inputs[0]], dtype=np.float64)
        centred = x - x.mean(_CHANNELS, keepdims=True)
        z, g = (y - bias) / weight, grad_output * weight
        products = (z * centred).sum(_CHANNELS, keepdims=True)
        inverse = products / (centred * centred).sum(_CHANNELS, keepdims=True)
        if step.mode == "eval" and layer.buffers:
            return np.asarray(g * inverse)
        means = g.mean(_CHANNELS, keepdims=True) + z * (g * z).mean(_CHANNELS, keepdims=True)
        return np.asarray((g - means) * inverse)


_CHANNELS = (0, 2, 3)


def _by_formula(layer: Layer, y: Array, grad_output: Array) -> Array | None:
    if layer.type == "Sigmoid":
        return np.asarray(grad_output * y * (1 - y))
    if layer.type == "Tanh":
        return np.asarray(grad_output * (1 - y * y))
    if layer.type == "ReLU":
        return np.asarray(grad_output * (y > 0))
    if layer.type == "Softmax":
        total = (grad_output * y).sum(axis=layer.attributes["dim"], keepdims=True)
        return np.asarray(y * (grad_output - total))
    return None


HYPOTHESES = (
    Hypothesis(
        name="course.backward_of_own_output",
        title="the gradient follows from the output, which is wrong",
        altered=Course(OfOwnOutput),
        why_unseen="The formula of the gradient is right. It is given an output that is not.",
        fix="nothing in the backward pass: it is right as soon as the output is",
        sort="not-a-bug",
    ),
)
