"""The bias of a convolution, with switches."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import On


def used(on: On, bias: Array, weight: Array) -> Array:
    """What is added to each filter."""
    _, channels, height, width = weight.shape
    if on("conv2d: bias missing"):
        return bias * 0
    if on("conv2d: bias twice"):
        return bias + bias
    if on("conv2d: bias at every tap"):
        return bias * (height * width * channels)
    if on("conv2d: bias for every channel"):
        return bias * channels
    if on("conv2d: bias reversed"):
        return bias[::-1]
    if on("conv2d: first bias for all"):
        return np.repeat(bias[:1], len(bias))
    if on("conv2d: biases summed"):
        return np.repeat(bias.sum(keepdims=True), len(bias))
    if on("conv2d: bias subtracted"):
        return -bias
    return bias


def gradient(on: On, through: Array, bias: Array, weight: Array) -> Array:
    """The gradient of the bias, given that of what is added to each filter.

    `used` is linear: row k of its matrix is what the k-th unit vector becomes.
    """
    matrix = np.array([used(on, unit, weight) for unit in np.eye(len(bias), dtype=bias.dtype)])
    result: Array = (matrix * through).sum(axis=1)
    return result


def _mutant(what: str, cause: str) -> Mutant:
    return Mutant(f"conv2d: {what}", f"conv2d.bias.{cause}", "forward.{Conv2d}")


MUTANTS: tuple[Mutant, ...] = (
    _mutant("bias missing", "missing"),
    _mutant("bias twice", "twice"),
    _mutant("bias at every tap", "per_tap"),
    _mutant("bias for every channel", "per_channel"),
    _mutant("bias reversed", "reversed"),
    _mutant("first bias for all", "first_for_all"),
    _mutant("biases summed", "summed"),
    _mutant("bias subtracted", "subtracted"),
)
