"""Normalisation of each channel by the statistics of the batch, or by the running ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array
from tests.mutants.layers.normalisation import Normalised, normalised, wide
from tests.mutants.layers.running_statistics import MUTANTS as RUNNING
from tests.mutants.layers.running_statistics import remembered
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

PER_CHANNEL = (0, 2, 3)


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Normalised]:
    """The output; what backward needs."""
    (x,) = inputs
    parameters, running = situation.parameters, dict(situation.buffers)
    from_batch = situation.train or not running
    if from_batch and running:
        situation.buffers.update(remembered(on, situation, x))
    if on("batch norm: train mode in evaluation") and running and not from_batch:
        situation.buffers.update(remembered(on, situation, x))
        from_batch = True
    if on("batch norm: batch statistics in evaluation"):
        from_batch = True
    if on("batch norm: running statistics in training") and running:
        from_batch = False
    eps = situation.attributes["eps"]
    if from_batch:
        cache = normalised(on, x, eps, _axes(on))
    else:
        statistics = wide(running["running_mean"]), wide(running["running_var"])
        cache = normalised(on, x, eps, PER_CHANNEL, statistics)
    y = cache.z
    if "weight" not in parameters:
        return y, cache
    if not (on("batch norm: weight missing") or on("batch norm: weight never used")):
        y = y * wide(parameters["weight"])
    if on("batch norm: bias subtracted"):
        return y - wide(parameters["bias"]), cache
    if not (on("batch norm: bias missing") or on("batch norm: bias never used")):
        y = y + wide(parameters["bias"])
    return y, cache


def _axes(on: Switches) -> tuple[int, ...]:
    """Over which axes the statistics of the batch are taken."""
    if on("batch norm: statistics of each pixel"):
        return (0,)
    if on("batch norm: statistics of each sample"):
        return (2, 3)
    if on("batch norm: statistics over channels"):
        return (1, 2, 3)
    return PER_CHANNEL


def backward(
    on: Switches, cache: Normalised, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """Gradients of the input, the weight and the bias."""
    delta, gradients = grad_output, {}
    if "weight" in parameters:
        gradients["weight"] = _grad_weight(on, cache, grad_output)
        gradients["bias"] = _grad_bias(on, grad_output)
        delta = grad_output * wide(parameters["weight"])
    if on("batch norm: weight never used") or on("batch norm: weight missing in backward"):
        delta = grad_output
    return [cache.backward(on, delta)], gradients


def _grad_weight(on: Switches, cache: Normalised, grad_output: Array) -> Array:
    if on("batch norm: gradient of the weight by the input"):
        return (grad_output * cache.x).sum(axis=PER_CHANNEL)
    if on("batch norm: gradient of the weight by the centred input"):
        return (grad_output * cache.centred).sum(axis=PER_CHANNEL)
    gradient = (grad_output * cache.z).sum(axis=PER_CHANNEL)
    if on("batch norm: mean gradient of the weight"):
        gradient = gradient / (grad_output.size // len(gradient))
    if on("batch norm: weight never used"):
        gradient = 0 * gradient
    return gradient


def _grad_bias(on: Switches, grad_output: Array) -> Array:
    gradient = grad_output.sum(axis=PER_CHANNEL)
    if on("batch norm: mean gradient of the bias"):
        gradient = gradient / (grad_output.size // len(gradient))
    if on("batch norm: gradient of the bias zero") or on("batch norm: bias never used"):
        gradient = 0 * gradient
    return gradient


FORWARD, BACKWARD = "forward.{BatchNorm2d}", "backward.{BatchNorm2d}"
WEIGHT, BIAS = "gradient.{BatchNorm2d}.weight", "gradient.{BatchNorm2d}.bias"


def _mutant(mistake: str, cause: str, entry: str, *alike: str) -> Mutant:
    return Mutant(f"batch norm: {mistake}", f"batch_norm2d.{cause}", entry, alike)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("eps 1e-3", "eps.larger", FORWARD),
    _mutant("eps 1e-6", "eps.smaller", FORWARD),
    _mutant("eps 1e-8", "eps.tiny", FORWARD),
    _mutant("eps 1e-5", "eps.default", FORWARD),
    _mutant("no eps", "eps.zero", FORWARD),
    _mutant("eps outside of the root", "eps.outside_root", FORWARD),
    _mutant("divided by the variance", "variance.not_rooted", FORWARD),
    _mutant("unbiased variance", "variance.unbiased", FORWARD),
    _mutant("unbiased variance, usual backward", "variance.unbiased", FORWARD),
    _mutant("statistics of each pixel", "statistics.per_pixel", FORWARD),
    _mutant("statistics of each sample", "statistics.per_sample", FORWARD),
    _mutant("statistics over channels", "statistics.over_channels", FORWARD),
    _mutant("running statistics in training", "statistics.running_in_train", FORWARD),
    _mutant("batch statistics in evaluation", "statistics.batch_in_eval", FORWARD),
    _mutant("train mode in evaluation", "statistics.always_train", FORWARD),
    _mutant("weight missing", "weight.missing", FORWARD),
    _mutant("weight never used", "weight.missing", FORWARD),
    _mutant("bias missing", "bias.missing", FORWARD),
    _mutant("bias never used", "bias.missing", FORWARD),
    _mutant("bias subtracted", "bias.subtracted", FORWARD),
    _mutant("mean not subtracted", "mean.not_subtracted", FORWARD),
    *RUNNING,
    _mutant("constant statistics in backward", "grad_input.constant_statistics", BACKWARD),
    _mutant("mean constant in backward", "grad_input.mean_term_missing", BACKWARD),
    _mutant("variance constant in backward", "grad_input.variance_term_missing", BACKWARD),
    _mutant("weight missing in backward", "grad_input.weight_missing", BACKWARD),
    _mutant("batch terms in evaluation", "grad_input.batch_terms_in_eval", BACKWARD),
    _mutant("gradient of the weight by the input", "grad_weight.of_raw_input", WEIGHT),
    _mutant("gradient of the weight by the centred input", "grad_weight.of_centred_input", WEIGHT),
    _mutant("mean gradient of the weight", "grad_weight.mean", WEIGHT),
    _mutant("mean gradient of the bias", "grad_bias.mean", BIAS),
    _mutant("gradient of the bias zero", "grad_bias.zero", BIAS),
)
