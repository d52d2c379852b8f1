"""The weight of a fully connected layer as the matrix that x is multiplied by."""

from __future__ import annotations

from oracles.contract.case import Array
from tests.mutants.switches import On


def read(on: On, weight: Array) -> Array:
    """(inputs, outputs)."""
    if on("linear: weight not transposed"):
        return weight
    if on("linear: weight reshaped"):
        return weight.reshape(weight.shape[::-1])
    if on("linear: weight in column-major order"):
        return weight.reshape(weight.shape[::-1], order="F")
    if on("linear: rows of the weight reversed"):
        return weight[::-1].T
    if on("linear: columns of the weight reversed"):
        return weight[:, ::-1].T
    return weight.T


def written(on: On, matrix: Array) -> Array:
    """The way back: a gradient (inputs, outputs) in the order of the weight."""
    if on("linear: weight not transposed"):
        return matrix
    if on("linear: weight reshaped"):
        return matrix.reshape(matrix.shape[::-1])
    if on("linear: weight in column-major order"):
        return matrix.reshape(matrix.shape[::-1], order="F")
    if on("linear: rows of the weight reversed"):
        return matrix.T[::-1]
    if on("linear: columns of the weight reversed"):
        return matrix.T[:, ::-1]
    return matrix.T
