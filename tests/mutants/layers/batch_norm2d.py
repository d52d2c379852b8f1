"""Normalisation of each channel by the statistics of the batch, or by the running ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

AXES = (0, 2, 3)


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, dict[str, Any]]:
    """The output; what backward needs."""
    (x,) = inputs
    eps = situation.attributes["eps"]
    from_batch = situation.train or not situation.buffers
    if from_batch:
        mean = x.mean(axis=AXES, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=AXES, keepdims=True)
        if situation.train and situation.buffers:
            _remember(on, situation, mean, var, x.size // x.shape[1])
    else:
        mean = _wide(situation.buffers["running_mean"])
        var = _wide(situation.buffers["running_var"])
    inverse = 1 / np.sqrt(var + eps)
    normalised = (x - mean) * inverse
    y = normalised
    if "weight" in situation.parameters:
        y = normalised * _wide(situation.parameters["weight"])
        y = y + _wide(situation.parameters["bias"])
    cache = {"normalised": normalised, "inverse": inverse, "from_batch": from_batch}
    return y, cache


def _remember(on: Switches, situation: Any, mean: Array, var: Array, count: int) -> None:
    momentum = situation.attributes["momentum"]
    if momentum is None:
        momentum = 1 / (situation.batches + 1)
    unbiased = var * (count / (count - 1))
    for name, statistic in (("running_mean", mean), ("running_var", unbiased)):
        old = situation.buffers[name]
        situation.buffers[name] = (1 - momentum) * old + momentum * statistic.reshape(-1)


def backward(
    on: Switches, cache: Mapping[str, Any], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """Gradients of the input, the weight and the bias."""
    z, inverse = cache["normalised"], cache["inverse"]
    gradients = {}
    delta = grad_output
    if "weight" in parameters:
        gradients["weight"] = (grad_output * z).sum(axis=AXES)
        gradients["bias"] = grad_output.sum(axis=AXES)
        delta = grad_output * _wide(parameters["weight"])
    if not cache["from_batch"]:
        return [delta * inverse], gradients
    through_mean = delta.mean(axis=AXES, keepdims=True)
    through_var = z * (delta * z).mean(axis=AXES, keepdims=True)
    return [inverse * (delta - through_mean - through_var)], gradients


def _wide(per_channel: Array) -> Array:
    return per_channel.reshape(1, -1, 1, 1)


MUTANTS: tuple[Mutant, ...] = ()
