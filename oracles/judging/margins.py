"""Choices as numbers: every choice takes the largest of a few numbers, its candidates.

A ReLU takes the larger of x and 0, a max pooling the largest number of a window, clipping asks
whether a number is above a limit, an L1 penalty whether a weight is above 0. How far the winner is
from another candidate says what it takes to turn the choice. Only the gradients hang on it: the
values of all of these are continuous.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.reference import Call, LayerRun, Parameters

Candidates = Callable[[Call, LayerRun], Array]
"""The candidates along a last axis, for each element of the output; -inf where there is none."""


def sign(x: Array) -> Array:
    """Of a ReLU, and of a weight under an L1 penalty: the number, or 0."""
    return np.stack([x, np.zeros_like(x)], axis=-1)


def window(call: Call, run: LayerRun) -> Array:
    """Of a max pooling: all numbers of each window."""
    x, attributes = call.inputs[0], call.layer.attributes
    positions = [
        (np.arange(windows) * stride - padding)[:, None] + np.arange(kernel) * dilation
        for windows, kernel, stride, padding, dilation in zip(
            run.output.shape[-2:],
            attributes["kernel_size"],
            attributes["stride"],
            attributes["padding"],
            attributes["dilation"],
            strict=True,
        )
    ]
    height, width = x.shape[-2:]
    rows, columns = positions[0][:, None, :, None], positions[1][None, :, None, :]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    taken = x[..., np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.where(inside, taken, -np.inf).reshape(*run.output.shape, -1)


def above_limit(case: Case, gradients: Parameters) -> dict[str, Array]:
    """Of clipping: a number (or the norm of all of them) and the limit."""
    assert case.optimizer is not None
    limit = case.optimizer["clip_grad_value"]
    if limit is not None:
        return {
            name: np.stack([np.abs(g), np.full_like(g, limit)], axis=-1)
            for name, g in gradients.items()
        }
    norm = np.sqrt(sum(float(np.sum(np.square(g))) for g in gradients.values()))
    both = np.array([norm, case.optimizer["clip_grad_norm"]])
    return {next(iter(gradients)): both} if gradients else {}


LAYERS: Mapping[str, Candidates] = {
    "ReLU": lambda call, run: sign(call.inputs[0]),
    "MaxPool2d": window,
}
"""The candidates of every type of layer that chooses."""
