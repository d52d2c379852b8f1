"""Gradients of a fully connected layer."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers.linear_weight import read, written
from tests.mutants.mutant import Mutant
from tests.mutants.switches import On


def of_weight(on: On, x: Array, grad_output: Array, weight: Array) -> Array:
    """x.T @ grad_output, in the order of the weight."""
    samples = len(x)
    if on("linear: gradient of the weight of the last sample"):
        x, grad_output = x[-1:], grad_output[-1:]
    if on("linear: gradient of the weight of the first sample"):
        x, grad_output = x[:1], grad_output[:1]
    if on("linear: gradient of the weight without the last sample"):
        x, grad_output = x[:-1], grad_output[:-1]
    if on("linear: gradient of the weight over the samples alone"):
        return np.einsum("n...o,n...i->...oi", grad_output, x)
    rows, delta = x.reshape(-1, x.shape[-1]), grad_output.reshape(-1, grad_output.shape[-1])
    gradient = written(on, rows.T @ delta)
    if on("linear: gradient of the weight transposed"):
        gradient = gradient.T
    if on("linear: gradient of the weight reshaped"):
        gradient = gradient.T.reshape(weight.shape)
    if on("linear: mean gradient of the weight"):
        gradient = gradient / samples
    if on("linear: gradient of the weight times samples"):
        gradient = gradient * samples
    if on("linear: sign of the gradient of the weight"):
        gradient = -gradient
    if on("linear: gradient of the weight zero"):
        gradient = np.zeros_like(gradient)
    return gradient


def of_bias(on: On, grad_output: Array, bias: Array) -> Array:
    """Sum over everything but the outputs."""
    samples, outputs = len(grad_output), grad_output.shape[-1]
    if on("linear: gradient of the bias of the first sample"):
        grad_output = grad_output[:1]
    if on("linear: gradient of the bias of the last sample"):
        grad_output = grad_output[-1:]
    if on("linear: gradient of the bias without the last sample"):
        grad_output = grad_output[:-1]
    if on("linear: one gradient for all of the bias"):
        return np.full_like(bias, grad_output.sum())
    if on("linear: gradient of the bias over the samples alone"):
        return grad_output.sum(axis=0)
    if on("linear: gradient of the bias zero") or on("linear: bias missing"):
        return np.zeros_like(bias)
    gradient = grad_output.reshape(-1, outputs).sum(axis=0)
    if on("linear: bias twice"):
        gradient = gradient + gradient
    if on("linear: first bias for all"):
        gradient = np.where(np.arange(outputs) == 0, gradient.sum(), 0).astype(bias.dtype)
    if on("linear: bias reversed"):
        gradient = gradient[::-1]
    if on("linear: mean gradient of the bias"):
        gradient = gradient / samples
    if on("linear: sign of the gradient of the bias") or on("linear: bias subtracted"):
        gradient = -gradient
    return gradient


def of_input(on: On, grad_output: Array, weight: Array) -> Array:
    """grad_output @ weight."""
    if on("linear: gradient of the input by the transpose"):
        return grad_output @ weight.T
    gradient = grad_output @ read(on, weight).T
    if on("linear: sign of the gradient of the input"):
        gradient = -gradient
    if on("linear: gradient of the input zero"):
        gradient = np.zeros_like(gradient)
    if on("linear: mean gradient of the input"):
        gradient = gradient / len(grad_output)
    return gradient


INPUT, WEIGHT, BIAS = "backward.{Linear}", "gradient.{Linear}.weight", "gradient.{Linear}.bias"


def _of_weight(mistake: str, name: str, crash: bool = False) -> Mutant:
    switch = f"linear: {mistake}"
    return Mutant(switch, f"linear.grad_weight.{name}", WEIGHT, crash=crash)


def _of_bias(mistake: str, name: str, *alike: str, crash: bool = False) -> Mutant:
    return Mutant(f"linear: {mistake}", f"linear.grad_bias.{name}", BIAS, alike, crash)


def _of_input(mistake: str, name: str, crash: bool = False) -> Mutant:
    return Mutant(f"linear: {mistake}", f"linear.grad_input.{name}", INPUT, crash=crash)


MUTANTS: tuple[Mutant, ...] = (
    _of_weight("gradient of the weight transposed", "transposed", crash=True),
    _of_weight("gradient of the weight reshaped", "reshaped"),
    _of_weight("mean gradient of the weight", "mean_over_batch"),
    _of_weight("gradient of the weight times samples", "times_batch"),
    _of_weight("sign of the gradient of the weight", "sign"),
    _of_weight("gradient of the weight of the last sample", "last_sample_only"),
    _of_weight("gradient of the weight of the first sample", "first_sample_only"),
    _of_weight("gradient of the weight without the last sample", "last_sample_missing"),
    _of_weight("gradient of the weight over the samples alone", "samples_alone", crash=True),
    _of_weight("gradient of the weight zero", "zero"),
    _of_bias("mean gradient of the bias", "mean_over_batch"),
    _of_bias("gradient of the bias of the first sample", "first_sample_only"),
    _of_bias("gradient of the bias of the last sample", "last_sample_only"),
    _of_bias("gradient of the bias without the last sample", "last_sample_missing"),
    _of_bias("gradient of the bias over the samples alone", "samples_alone", crash=True),
    _of_bias("one gradient for all of the bias", "summed"),
    _of_bias("gradient of the bias zero", "zero", "linear.bias.missing"),
    _of_bias("sign of the gradient of the bias", "sign", "linear.bias.subtracted"),
    _of_input("gradient of the input by the transpose", "weight_not_transposed", crash=True),
    _of_input("sign of the gradient of the input", "sign"),
    _of_input("gradient of the input zero", "zero"),
    _of_input("mean gradient of the input", "mean_over_batch"),
)
