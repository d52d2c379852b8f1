"""Cross-entropy of softmax, with labels or probabilities as targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from oracles.judging.diagnosis import Variant
from tests.mutants.losses.elements import Elements
from tests.mutants.losses.log_softmax import LogSoftmax, log_softmax
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def elements(
    on: Switches, options: Mapping[str, Any], prediction: Array, target: Array
) -> Elements:
    """-sum over classes of weight * target * log(softmax), classes on axis 1."""
    wanted, count = _wanted(on, options, prediction, target)
    log_p = log_softmax(on, prediction)
    values = -np.where(wanted != 0, wanted * log_p.values, 0).sum(axis=1)
    if on("cross entropy: mean over classes too"):
        count = float(prediction.size)
    return Elements(values, count, lambda scale: _gradient(on, log_p, wanted, scale[:, None]))


def _gradient(on: Switches, log_p: LogSoftmax, wanted: Array, scale: Array) -> Array:
    p = log_p.p
    if on("cross entropy: target missing in the gradient"):
        return scale * p
    if on("cross entropy: derivative of softmax by s * (1 - s)"):
        return -scale * wanted * (1 - p)
    if on("cross entropy: gradient of the probabilities"):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(wanted != 0, -scale * wanted / p, 0)
    total = wanted.sum(axis=1, keepdims=True)
    if on("cross entropy: gradient of ignored labels kept"):
        total = np.where(total == 0, 1, total)
    fused = scale * (p * total - wanted)
    if on("cross entropy: derivative of a sigmoid too"):
        return fused * p * (1 - p)
    if log_p.backward is None:
        return fused
    return log_p.backward(-scale * wanted)


def _wanted(
    on: Switches, options: Mapping[str, Any], prediction: Array, target: Array
) -> tuple[Array, float]:
    """The factor of each logarithm, and what the mean divides by."""
    classes, smoothing = prediction.shape[1], options["label_smoothing"]
    weight = _weight(on, options, prediction)
    if target.dtype.kind in "iu":
        counted = target != options["ignore_index"]
        if on("cross entropy: ignored label counted as a class"):
            counted = np.ones_like(counted)
        target = _one_hot(np.where(counted, target, 0), prediction)
        weights = (target * weight).sum(axis=1)
        count = float(weights[counted].sum())
        if on("cross entropy: ignored in the divisor"):
            ignored = options["ignore_index"]
            each = weight[0, ignored].item() if 0 <= ignored < classes else 1.0
            count += each * float((~counted).sum())
    else:
        counted = np.ones((len(target), *target.shape[2:]), dtype=bool)
        count = float(counted.sum())
        if on("cross entropy: probabilities divided by their weights"):
            count = float((target * weight).sum())
    if on("cross entropy: weighted mean divided by the samples"):
        count = float(counted.sum())
    if on("cross entropy: no label smoothing"):
        smoothing = 0.0
    if on("cross entropy: smoothing for the other classes only"):
        wanted = (1 - smoothing) * target + smoothing / (classes - 1) * (1 - target)
    elif on("cross entropy: smoothing without the label"):
        wanted = (1 - smoothing) * target + smoothing / classes * (1 - target)
    else:
        wanted = (1 - smoothing) * target + smoothing / classes
    return (wanted * weight * counted[:, None]).astype(prediction.dtype), count


def _weight(on: Switches, options: Mapping[str, Any], prediction: Array) -> Array:
    """One for each class, in the shape of (1, C, 1, ...)."""
    given = options["weight"]
    if given is None or on("cross entropy: weights ignored"):
        given = np.ones(prediction.shape[1])
    shape = (1, -1) + (1,) * (prediction.ndim - 2)
    return np.asarray(given, dtype=prediction.dtype).reshape(shape)


def _one_hot(labels: Array, prediction: Array) -> Array:
    """(N, ...) as (N, C, ...); a label that is no class is an IndexError."""
    rows = np.eye(prediction.shape[1], dtype=prediction.dtype)[labels]
    return np.moveaxis(rows, -1, 1)


GRADIENT = "backward.loss"


def _mutant(
    mistake: str, cause: str, entry: str = "loss", *alike: str, crash: bool = False
) -> Mutant:
    half: Variant = "forward only" if mistake.endswith("usual gradient") else ""
    return Mutant(f"cross entropy: {mistake}", f"cross_entropy.{cause}", entry, alike, crash, half)


_TWICE, _MISSING = "cross_entropy.softmax.twice", "cross_entropy.softmax.missing"
"""By whatever gradient the loss alone is wrong, it is the same."""

MUTANTS: tuple[Mutant, ...] = (
    Mutant("cross entropy: mean over classes too", "loss.reduction.mean_over_everything", "loss"),
    _mutant("softmax over the batch", "softmax.over_batch"),
    _mutant("softmax over everything", "softmax.over_everything"),
    _mutant("softmax over the last axis", "softmax.over_last_axis"),
    _mutant("softmax over the batch, differentiated", "softmax.over_batch_differentiated"),
    _mutant("softmax over everything, differentiated", "softmax.over_everything_differentiated"),
    _mutant("softmax over the last axis, differentiated", "softmax.over_last_axis_differentiated"),
    _mutant("softmax twice", "softmax.twice"),
    _mutant("softmax twice, usual gradient", "softmax.twice", "loss", f"{_TWICE}_by_hand"),
    _mutant("softmax twice, second one minus target", "softmax.twice_by_hand"),
    _mutant("no softmax", "softmax.missing"),
    _mutant("no softmax, usual gradient", "softmax.missing", "loss", f"{_MISSING}_by_hand"),
    _mutant("no softmax, prediction minus target", "softmax.missing_by_hand"),
    _mutant("no maximum subtracted", "softmax.overflow"),
    _mutant("no maximum subtracted from the logarithm", "softmax.overflow_of_logarithm"),
    _mutant("one maximum for the batch", "softmax.max_over_batch"),
    _mutant("maximum of at least zero", "softmax.max_from_zero"),
    _mutant("logarithm of a softmax that is zero", "log.underflow"),
    _mutant("logarithm with 1e-7", "log.epsilon"),
    _mutant("logarithm with 1e-7, usual gradient", "log.epsilon"),
    _mutant("logarithm with 1e-8", "log.epsilon_small"),
    _mutant("logarithm with 1e-12", "log.epsilon_tiny"),
    _mutant("logarithm with 1e-5", "log.epsilon_large"),
    _mutant("logarithm to base 10", "log.base10"),
    _mutant("logarithm to base 10, usual gradient", "log.base10"),
    _mutant("logarithm to base 2", "log.base2"),
    _mutant("logarithm to base 2, usual gradient", "log.base2"),
    _mutant("probabilities clipped", "log.clipped"),
    _mutant("probabilities clipped, usual gradient", "log.clipped"),
    _mutant("target missing in the gradient", "gradient.one_hot_missing", GRADIENT),
    _mutant("derivative of softmax by s * (1 - s)", "gradient.diagonal", GRADIENT),
    _mutant("gradient of the probabilities", "gradient.of_probabilities", GRADIENT),
    _mutant("derivative of a sigmoid too", "gradient.through_sigmoid", GRADIENT),
    _mutant("weighted mean divided by the samples", "weight.divided_by_samples"),
    _mutant("probabilities divided by their weights", "weight.divided_by_target_weights"),
    _mutant("weights ignored", "weight.ignored"),
    _mutant("ignored label counted as a class", "ignore_index.ignored", crash=True),
    _mutant("ignored in the divisor", "ignore_index.counted_in_divisor"),
    _mutant("gradient of ignored labels kept", "ignore_index.gradient_kept", GRADIENT),
    _mutant("no label smoothing", "label_smoothing.ignored"),
    _mutant("smoothing for the other classes only", "label_smoothing.off_target_only"),
    _mutant("smoothing without the label", "label_smoothing.label_left_out"),
)
