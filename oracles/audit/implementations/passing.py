"""Layers that hand numbers on: Identity, Flatten, ZeroPad2d, Cat, Add."""

from __future__ import annotations

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.evaluated import Evaluated
from oracles.audit.implementations.sums import chosen_sum
from oracles.contract.case import Array
from oracles.contract.reference import Call


def identity(call: Call, choices: Choices) -> Evaluated:
    """The input itself."""
    return Evaluated(call.inputs[0], lambda grad_output: ([grad_output], {}))


def flatten(call: Call, choices: Choices) -> Evaluated:
    """The same numbers in another shape."""
    x = call.inputs[0]
    y = x.reshape(len(x), *call.layer.output_shape)
    return Evaluated(y, lambda grad_output: ([grad_output.reshape(x.shape)], {}))


def zero_padding(call: Call, choices: Choices) -> Evaluated:
    """Zeros left, right, above and below."""
    x = call.inputs[0]
    left, right, top, bottom = call.layer.attributes["padding"]
    rows, columns = slice(top, top + x.shape[2]), slice(left, left + x.shape[3])
    y = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    return Evaluated(y, lambda grad_output: ([grad_output[:, :, rows, columns]], {}))


def concatenation(call: Call, choices: Choices) -> Evaluated:
    """The inputs one after the other."""
    axis = call.layer.attributes["dim"]
    ends = np.cumsum([x.shape[axis] for x in call.inputs])[:-1]

    def gradients(grad_output: Array) -> tuple[list[Array], dict[str, Array]]:
        return list(np.split(grad_output, ends, axis=axis)), {}

    return Evaluated(np.concatenate(call.inputs, axis=axis), gradients)


def addition(call: Call, choices: Choices) -> Evaluated:
    """The sum of the inputs, in any order."""
    y = chosen_sum(choices)(np.stack(call.inputs), (0,))
    return Evaluated(y, lambda grad_output: ([grad_output for _ in call.inputs], {}))
