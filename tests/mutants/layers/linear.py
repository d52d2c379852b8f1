"""A fully connected layer: y = x @ weight.T + bias over the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Array]:
    """The output, and the input as what backward needs."""
    (x,) = inputs
    y = _product(on, x, situation.parameters["weight"])
    bias = situation.parameters.get("bias")
    if bias is None or on("linear: bias missing") or on("linear: bias never used"):
        return y, x
    if on("linear: bias twice"):
        y = y + bias
    if on("linear: bias subtracted"):
        return y - bias, x
    if on("linear: first bias for all"):
        return y + bias[0], x
    if on("linear: bias reversed"):
        return y + bias[::-1], x
    return y + bias, x


def _product(on: Switches, x: Array, weight: Array) -> Array:
    if on("linear: weight not transposed"):
        return x @ weight
    if on("linear: weight reshaped"):
        return x @ weight.reshape(weight.shape[::-1])
    if on("linear: weight in column-major order"):
        return x @ weight.reshape(weight.shape[::-1], order="F")
    if on("linear: rows of the weight reversed"):
        return x @ weight[::-1].T
    return x @ weight.T


def backward(
    on: Switches, x: Array, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """Gradients of the input, the weight and the bias."""
    gradients = {"weight": _grad_weight(on, x, grad_output, parameters["weight"])}
    if "bias" in parameters:
        gradients["bias"] = _grad_bias(on, grad_output, parameters["bias"])
    return [_grad_input(on, grad_output, parameters["weight"])], gradients


def _grad_weight(on: Switches, x: Array, grad_output: Array, weight: Array) -> Array:
    samples = len(x)
    if on("linear: gradient of the weight of the last sample"):
        x, grad_output = x[-1:], grad_output[-1:]
    if on("linear: gradient of the weight of the first sample"):
        x, grad_output = x[:1], grad_output[:1]
    if on("linear: gradient of the weight without the last sample"):
        x, grad_output = x[:-1], grad_output[:-1]
    rows, delta = x.reshape(-1, x.shape[-1]), grad_output.reshape(-1, grad_output.shape[-1])
    if on("linear: weight not transposed"):
        return rows.T @ delta
    if on("linear: weight reshaped"):
        return (rows.T @ delta).reshape(weight.shape)
    if on("linear: weight in column-major order"):
        return (rows.T @ delta).reshape(weight.shape, order="F")
    gradient = delta.T @ rows
    if on("linear: rows of the weight reversed"):
        gradient = gradient[::-1]
    if on("linear: gradient of the weight transposed"):
        gradient = gradient.T
    if on("linear: mean gradient of the weight"):
        gradient = gradient / samples
    if on("linear: gradient of the weight times samples"):
        gradient = gradient * samples
    if on("linear: sign of the gradient of the weight"):
        gradient = -gradient
    if on("linear: gradient of the weight zero"):
        gradient = np.zeros_like(gradient)
    return gradient


def _grad_bias(on: Switches, grad_output: Array, bias: Array) -> Array:
    samples, outputs = len(grad_output), grad_output.shape[-1]
    if on("linear: gradient of the bias of the first sample"):
        grad_output = grad_output[:1]
    if on("linear: gradient of the bias of the last sample"):
        grad_output = grad_output[-1:]
    if on("linear: gradient of the bias without the last sample"):
        grad_output = grad_output[:-1]
    if on("linear: one gradient for all of the bias"):
        return np.full_like(bias, grad_output.sum())
    if on("linear: gradient of the bias zero") or on("linear: bias never used"):
        return np.zeros_like(bias)
    gradient = grad_output.reshape(-1, outputs).sum(axis=0)
    if on("linear: mean gradient of the bias"):
        gradient = gradient / samples
    if on("linear: sign of the gradient of the bias"):
        gradient = -gradient
    return gradient


def _grad_input(on: Switches, grad_output: Array, weight: Array) -> Array:
    if on("linear: weight not transposed") or on("linear: gradient of the input by the transpose"):
        return grad_output @ weight.T
    if on("linear: weight reshaped"):
        return grad_output @ weight.reshape(weight.shape[::-1]).T
    if on("linear: weight in column-major order"):
        return grad_output @ weight.reshape(weight.shape[::-1], order="F").T
    if on("linear: rows of the weight reversed"):
        weight = weight[::-1]
    gradient = grad_output @ weight
    if on("linear: sign of the gradient of the input"):
        gradient = -gradient
    if on("linear: gradient of the input zero"):
        gradient = np.zeros_like(gradient)
    if on("linear: mean gradient of the input"):
        gradient = gradient / len(grad_output)
    return gradient


FORWARD, WEIGHT = "forward.{Linear}", "gradient.{Linear}.weight"
BIAS, INPUT = "gradient.{Linear}.bias", "backward.{Linear}"

MUTANTS: tuple[Mutant, ...] = (
    Mutant("linear: weight not transposed", "linear.weight.transposed", FORWARD, crash=True),
    Mutant("linear: weight reshaped", "linear.weight.reshaped", FORWARD),
    Mutant("linear: weight in column-major order", "linear.weight.column_major", FORWARD),
    Mutant("linear: rows of the weight reversed", "linear.weight.rows_reversed", FORWARD),
    Mutant("linear: bias missing", "linear.bias.missing", FORWARD),
    Mutant("linear: bias never used", "linear.bias.missing", FORWARD),
    Mutant("linear: bias twice", "linear.bias.twice", FORWARD),
    Mutant("linear: bias subtracted", "linear.bias.subtracted", FORWARD),
    Mutant("linear: first bias for all", "linear.bias.first_for_all", FORWARD),
    Mutant("linear: bias reversed", "linear.bias.reversed", FORWARD),
    Mutant(
        "linear: gradient of the weight transposed",
        "linear.grad_weight.transposed",
        WEIGHT,
        crash=True,
    ),
    Mutant("linear: mean gradient of the weight", "linear.grad_weight.mean_over_batch", WEIGHT),
    Mutant(
        "linear: gradient of the weight times samples", "linear.grad_weight.times_batch", WEIGHT
    ),
    Mutant("linear: sign of the gradient of the weight", "linear.grad_weight.sign", WEIGHT),
    Mutant(
        "linear: gradient of the weight of the last sample",
        "linear.grad_weight.last_sample_only",
        WEIGHT,
    ),
    Mutant(
        "linear: gradient of the weight of the first sample",
        "linear.grad_weight.first_sample_only",
        WEIGHT,
    ),
    Mutant(
        "linear: gradient of the weight without the last sample",
        "linear.grad_weight.last_sample_missing",
        WEIGHT,
    ),
    Mutant("linear: gradient of the weight zero", "linear.grad_weight.zero", WEIGHT),
    Mutant("linear: mean gradient of the bias", "linear.grad_bias.mean_over_batch", BIAS),
    Mutant(
        "linear: gradient of the bias of the first sample",
        "linear.grad_bias.first_sample_only",
        BIAS,
    ),
    Mutant(
        "linear: gradient of the bias of the last sample", "linear.grad_bias.last_sample_only", BIAS
    ),
    Mutant(
        "linear: gradient of the bias without the last sample",
        "linear.grad_bias.last_sample_missing",
        BIAS,
    ),
    Mutant("linear: one gradient for all of the bias", "linear.grad_bias.summed", BIAS),
    Mutant("linear: gradient of the bias zero", "linear.grad_bias.zero", BIAS),
    Mutant("linear: sign of the gradient of the bias", "linear.grad_bias.sign", BIAS),
    Mutant(
        "linear: gradient of the input by the transpose",
        "linear.grad_input.weight_not_transposed",
        INPUT,
        crash=True,
    ),
    Mutant("linear: sign of the gradient of the input", "linear.grad_input.sign", INPUT),
    Mutant("linear: gradient of the input zero", "linear.grad_input.zero", INPUT),
    Mutant("linear: mean gradient of the input", "linear.grad_input.mean_over_batch", INPUT),
)
