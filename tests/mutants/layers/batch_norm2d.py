"""Normalisation of each channel by the statistics of the batch, or by the running ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array
from tests.mutants.layers.normalisation import Normalised, normalised, wide
from tests.mutants.layers.running_statistics import MUTANTS as RUNNING
from tests.mutants.layers.running_statistics import remembered
from tests.mutants.mutant import OF_OWN_OUTPUT, Mutant
from tests.mutants.switches import FORWARD_ONLY, On, Switches

PER_CHANNEL = (0, 2, 3)


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Normalised]:
    """The output; what backward needs."""
    (x,) = inputs
    parameters, running = situation.parameters, dict(situation.buffers)
    never = on("batch norm: evaluation mode in training")
    from_batch = not running or (situation.train and not never)
    if from_batch and running:
        situation.buffers.update(remembered(on, situation, x))
    always = on("batch norm: train mode in evaluation")
    if running and not from_batch and (always or on("batch norm: moved in evaluation")):
        situation.buffers.update(remembered(on, situation, x))
    if always or on("batch norm: batch statistics in evaluation"):
        from_batch = True
    if running and on("batch norm: running statistics in training"):
        from_batch = False
    if running and on("batch norm: moved running statistics in training"):
        from_batch, running = False, situation.buffers
    eps = situation.attributes["eps"]
    if from_batch:
        cache = normalised(on, x, eps, _axes(on))
    else:
        statistics = wide(running["running_mean"]), wide(running["running_var"])
        cache = normalised(on, x, eps, PER_CHANNEL, statistics)
    if "weight" not in parameters:
        return cache.z, cache
    return _scaled(on.forward, cache.z, wide(parameters["weight"]), wide(parameters["bias"])), cache


def _scaled(on: On, z: Array, weight: Array, bias: Array) -> Array:
    if on("batch norm: weight missing"):
        return z + bias
    if on("batch norm: bias missing"):
        return z * weight
    if on("batch norm: bias subtracted"):
        return z * weight - bias
    if on("batch norm: bias times weight"):
        return (z + bias) * weight
    return z * weight + bias


def _axes(on: Switches) -> tuple[int, ...]:
    """Over which axes the statistics of the batch are taken."""
    if on("batch norm: statistics of each pixel"):
        return (0,)
    if on("batch norm: statistics of each sample"):
        return (2, 3)
    if on("batch norm: statistics over channels"):
        return (1, 2, 3)
    if on("batch norm: statistics over everything"):
        return (0, 1, 2, 3)
    return PER_CHANNEL


def backward(
    on: Switches, cache: Normalised, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """Gradients of the input, the weight and the bias."""
    delta, gradients = grad_output, {}
    if "weight" in parameters:
        weight, bias = parameters["weight"], parameters["bias"]
        gradients["weight"] = _grad_weight(on.backward, cache, grad_output, weight, bias)
        gradients["bias"] = _grad_bias(on.backward, grad_output, weight)
        missing = on("batch norm: weight missing in backward")
        if not (missing or on.backward("batch norm: weight missing")):
            delta = grad_output * wide(weight)
    return [cache.backward(on, delta)], gradients


def _grad_weight(
    on: On, cache: Normalised, grad_output: Array, weight: Array, bias: Array
) -> Array:
    factor = cache.z
    if on("batch norm: gradient of the weight by the input"):
        factor = cache.x
    if on("batch norm: gradient of the weight by the centred input"):
        factor = cache.centred
    if on("batch norm: bias times weight"):
        factor = cache.z + wide(bias)
    if on("batch norm: gradient of the weight by the output"):
        factor = cache.z * wide(weight) + wide(bias)
    gradient = (grad_output * factor).sum(axis=PER_CHANNEL)
    if on("batch norm: mean gradient of the weight"):
        gradient = gradient / (grad_output.size // len(gradient))
    if on("batch norm: gradient of the weight divided by the samples"):
        gradient = gradient / len(grad_output)
    if on("batch norm: weight missing") or on("batch norm: gradient of the weight zero"):
        gradient = 0 * gradient
    return gradient


def _grad_bias(on: On, grad_output: Array, weight: Array) -> Array:
    gradient = grad_output.sum(axis=PER_CHANNEL)
    if on("batch norm: mean gradient of the bias"):
        gradient = gradient / (grad_output.size // len(gradient))
    if on("batch norm: gradient of the bias divided by the samples"):
        gradient = gradient / len(grad_output)
    if on("batch norm: gradient of the bias zero") or on("batch norm: bias missing"):
        gradient = 0 * gradient
    if on("batch norm: bias subtracted"):
        gradient = -gradient
    if on("batch norm: bias times weight"):
        gradient = gradient * weight
    return gradient


FORWARD, BACKWARD = "forward.{BatchNorm2d}", "backward.{BatchNorm2d}"
WEIGHT, BIAS = "gradient.{BatchNorm2d}.weight", "gradient.{BatchNorm2d}.bias"


PAIRS = {
    "batch norm: weight missing": "batch_norm2d.weight.missing",
    "batch norm: bias missing": "batch_norm2d.bias.missing",
    "batch norm: bias subtracted": "batch_norm2d.bias.subtracted",
    "batch norm: bias times weight": "batch_norm2d.bias.times_weight",
}


def _mutant(mistake: str, cause: str, entry: str = FORWARD, *alike: str) -> Mutant:
    return Mutant(f"batch norm: {mistake}", f"batch_norm2d.{cause}", entry, alike)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("eps 1e-3", "eps.larger"),
    _mutant("eps 1e-6", "eps.smaller"),
    _mutant("eps 1e-8", "eps.tiny"),
    _mutant("eps 1e-5", "eps.default"),
    _mutant("no eps", "eps.zero"),
    _mutant("eps outside of the root", "eps.outside_root"),
    _mutant("divided by the variance", "variance.not_rooted"),
    _mutant("unbiased variance", "variance.unbiased"),
    # By the usual formula of the output, which is wrong.
    Mutant(
        "batch norm: unbiased variance, usual backward",
        "batch_norm2d.variance.unbiased",
        FORWARD,
        OF_OWN_OUTPUT,
        variant="forward only",
    ),
    _mutant("variance around zero", "variance.around_zero"),
    _mutant("statistics of each pixel", "statistics.per_pixel"),
    _mutant("statistics of each sample", "statistics.per_sample"),
    _mutant("statistics over channels", "statistics.over_channels"),
    _mutant("statistics over everything", "statistics.over_everything"),
    _mutant("running statistics in training", "statistics.running_in_train"),
    _mutant("moved running statistics in training", "statistics.running_updated_in_train"),
    _mutant("batch statistics in evaluation", "statistics.batch_in_eval"),
    _mutant("train mode in evaluation", "statistics.always_train"),
    _mutant("evaluation mode in training", "statistics.always_eval"),
    _mutant("mean not subtracted", "mean.not_subtracted"),
    *(Mutant(switch, cause, FORWARD) for switch, cause in PAIRS.items()),
    *(
        Mutant(switch + FORWARD_ONLY, cause, FORWARD, variant="forward only")
        for switch, cause in PAIRS.items()
    ),
    *RUNNING,
    _mutant("constant statistics in backward", "grad_input.constant_statistics", BACKWARD),
    _mutant("mean constant in backward", "grad_input.mean_term_missing", BACKWARD),
    _mutant("variance constant in backward", "grad_input.variance_term_missing", BACKWARD),
    _mutant("deviation missing in backward", "grad_input.deviation_missing", BACKWARD),
    _mutant("sums in place of means in backward", "grad_input.terms_summed", BACKWARD),
    _mutant("batch terms in evaluation", "grad_input.batch_terms_in_eval", BACKWARD),
    _mutant("weight missing in backward", "grad_input.weight_missing", BACKWARD),
    _mutant("gradient of the weight by the input", "grad_weight.of_raw_input", WEIGHT),
    _mutant("gradient of the weight by the centred input", "grad_weight.of_centred_input", WEIGHT),
    _mutant("gradient of the weight by the output", "grad_weight.of_output", WEIGHT),
    _mutant("mean gradient of the weight", "grad_weight.mean", WEIGHT),
    _mutant("gradient of the weight divided by the samples", "grad_weight.mean_over_batch", WEIGHT),
    _mutant("gradient of the weight zero", "grad_weight.zero", WEIGHT),
    _mutant("mean gradient of the bias", "grad_bias.mean", BIAS),
    _mutant("gradient of the bias divided by the samples", "grad_bias.mean_over_batch", BIAS),
    _mutant("gradient of the bias zero", "grad_bias.zero", BIAS, "batch_norm2d.bias.missing"),
)
