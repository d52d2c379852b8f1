"""Conv2d by any algorithm: padding and groups around it."""

from __future__ import annotations

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.convolutions.algorithm import Algorithm, Geometry
from oracles.audit.implementations.evaluated import Evaluated, Gradients, LayerFormula
from oracles.audit.implementations.sums import chosen_sum
from oracles.contract.case import Array, Layer
from oracles.contract.reference import Call

Sides = tuple[tuple[int, int], tuple[int, int]]
"""(top, bottom), (left, right)."""


def convolution(algorithm: Algorithm) -> LayerFormula:
    """The layer Conv2d by this algorithm."""

    def evaluate(call: Call, choices: Choices) -> Evaluated:
        x, weight, bias = call.inputs[0], call.parameters["weight"], call.parameters.get("bias")
        (top, bottom), (left, right) = padding(call.layer)
        padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
        geometry = _geometry(call.layer, padded)
        of_groups = _groups(call.layer.attributes["groups"], len(weight), x.shape[1])
        y = np.concatenate(
            [
                algorithm.output(
                    padded[:, c], weight[k], None if bias is None else bias[k], geometry
                )
                for k, c in of_groups
            ],
            axis=1,
        )

        def gradients(grad_output: Array) -> Gradients:
            grad_weight, grad_padded = np.empty_like(weight), np.empty_like(padded)
            for k, c in of_groups:
                here = np.ascontiguousarray(grad_output[:, k])
                grad_weight[k] = algorithm.grad_weight(padded[:, c], here, geometry)
                grad_padded[:, c] = algorithm.grad_input(weight[k], here, geometry)
            height, width = x.shape[2:]
            grad_input = grad_padded[:, :, top : top + height, left : left + width]
            parameters = {"weight": grad_weight}
            if bias is not None:
                parameters["bias"] = chosen_sum(choices)(grad_output, (0, 2, 3))
            return [grad_input], parameters

        return Evaluated(y, gradients)

    return evaluate


def padding(layer: Layer) -> Sides:
    """Zeros on each side; of an odd number, "same" puts one more behind."""
    given = layer.attributes["padding"]
    if given == "valid":
        return (0, 0), (0, 0)
    if given == "same":
        pairs = zip(layer.attributes["kernel_size"], layer.attributes["dilation"], strict=True)
        height, width = (d * (k - 1) for k, d in pairs)
        return (height // 2, height - height // 2), (width // 2, width - width // 2)
    return (given[0], given[0]), (given[1], given[1])


def _geometry(layer: Layer, padded: Array) -> Geometry:
    attributes = layer.attributes
    return Geometry(
        kernel=attributes["kernel_size"],
        stride=attributes["stride"],
        dilation=attributes["dilation"],
        size=(padded.shape[2], padded.shape[3]),
        output=(layer.output_shape[1], layer.output_shape[2]),
    )


def _groups(groups: int, outputs: int, inputs: int) -> list[tuple[slice, slice]]:
    """Which output channels read which input channels."""
    k, c = outputs // groups, inputs // groups
    return [(slice(g * k, g * k + k), slice(g * c, g * c + c)) for g in range(groups)]
