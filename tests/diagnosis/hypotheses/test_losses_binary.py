"""Mistakes in binary cross-entropy are named where the formula with the mistake is written down in
NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import oracles
from oracles.contract.case import Array
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.losses import (
    bce,
    bce_log,
    bce_with_logits,
    loss_factor,
    loss_reduction,
    loss_target,
)
from oracles.judging.diagnosis import Diagnosis
from tests.diagnosis.self_made import definition, evidence

HYPOTHESES = (
    *bce.HYPOTHESES,
    *bce_log.HYPOTHESES,
    *bce_with_logits.HYPOTHESES,
    *loss_factor.HYPOTHESES,
    *loss_reduction.HYPOTHESES,
    *loss_target.HYPOTHESES,
)

LossFunction = Callable[[Array, Array, Mapping[str, Any]], tuple[Any, Array]]


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z))."""
    return np.asarray(1 / (1 + np.exp(-z)))


def entropy(p: Array, t: Array) -> Array:
    """-(t log p + (1 - t) log(1 - p))."""
    return np.asarray(-(t * np.log(p) + (1 - t) * np.log(1 - p)))


def mean(
    values: Callable[[Array, Array], Array], slope: Callable[[Array, Array], Array]
) -> LossFunction:
    """The mean of (prediction, target) -> losses, with the gradient of each."""
    return lambda p, t, _: (values(p, t).mean(), slope(p, t) / p.size)


def added(epsilon: float) -> LossFunction:
    """Something is added inside of both logarithms."""
    return mean(
        lambda p, t: -(t * np.log(p + epsilon) + (1 - t) * np.log(1 - p + epsilon)),
        lambda p, t: -t / (p + epsilon) + (1 - t) / (1 - p + epsilon),
    )


def clip(p: Array) -> Array:
    """1e-7 ... 1 - 1e-7."""
    return np.asarray(np.clip(p, 1e-7, 1 - 1e-7))


def slope(p: Array, t: Array) -> Array:
    """The derivative of the entropy."""
    return np.asarray((p - t) / (p * (1 - p)))


def weighted(positive: bool, both: bool, each: bool, exchanged: bool = False) -> LossFunction:
    """Binary cross-entropy of scores with some of its weights."""

    def loss(z: Array, t: Array, o: Mapping[str, Any]) -> tuple[Any, Array]:
        p = sigmoid(z)
        on_ones = o["pos_weight"] if positive else np.ones_like(p)
        on_zeros = on_ones if both else np.ones_like(p)
        if exchanged:
            on_ones, on_zeros = on_zeros, on_ones
        w = o["weight"] if each else 1.0
        values = -w * (on_ones * t * np.log(p) + on_zeros * (1 - t) * np.log(1 - p))
        return values.mean(), w * (on_zeros * (1 - t) * p - on_ones * t * (1 - p)) / z.size

    return loss


ROWS: tuple[tuple[str, str, LossFunction], ...] = (
    ("bce.log.epsilon", "bce/mean", added(1e-7)),
    ("bce.log.epsilon_small", "bce/mean", added(1e-8)),
    ("bce.log.epsilon_tiny", "bce/near_the_ends", added(1e-12)),
    ("bce.log.epsilon_large", "bce/mean", added(1e-5)),
    ("bce.log.unclamped", "bce/at_the_ends", mean(entropy, slope)),
    (
        "bce.one_sided",
        "bce/mean",
        mean(lambda p, t: -t * np.log(p), lambda p, t: -t / p),
    ),
    ("bce.gradient.difference", "bce/mean", mean(entropy, lambda p, t: p - t)),
    ("bce.weight.ignored", "bce/weight", mean(entropy, slope)),
    ("bce_with_logits.sigmoid.missing", "bce_with_logits/mean", mean(entropy, slope)),
    (
        "bce_with_logits.sigmoid.missing_by_hand",
        "bce_with_logits/mean",
        mean(entropy, lambda z, t: z - t),
    ),
    (
        "bce_with_logits.sigmoid.twice",
        "bce_with_logits/mean",
        mean(
            lambda z, t: entropy(sigmoid(sigmoid(z)), t),
            lambda z, t: (sigmoid(sigmoid(z)) - t) * sigmoid(z) * (1 - sigmoid(z)),
        ),
    ),
    (
        "bce_with_logits.sigmoid.twice_by_hand",
        "bce_with_logits/mean",
        mean(lambda z, t: entropy(sigmoid(sigmoid(z)), t), lambda z, t: sigmoid(sigmoid(z)) - t),
    ),
    (
        "bce_with_logits.gradient.times_derivative",
        "bce_with_logits/mean",
        mean(
            lambda z, t: entropy(sigmoid(z), t),
            lambda z, t: (sigmoid(z) - t) * sigmoid(z) * (1 - sigmoid(z)),
        ),
    ),
    (
        "bce_with_logits.overflow",
        "bce_with_logits/large_none",
        lambda z, t, o: (entropy(sigmoid(z), t), (sigmoid(z) - t) * o["upstream"]),
    ),
    (
        "bce_with_logits.softplus_overflow",
        "bce_with_logits/large_none",
        lambda z, t, o: (
            -t * (z - np.log(1 + np.exp(z))) + (1 - t) * np.log(1 + np.exp(z)),
            (sigmoid(z) - t) * o["upstream"],
        ),
    ),
    (
        "bce_with_logits.pos_weight.ignored",
        "bce_with_logits/weights",
        weighted(positive=False, both=False, each=True),
    ),
    (
        "bce_with_logits.pos_weight.on_both",
        "bce_with_logits/weights",
        weighted(positive=True, both=True, each=True),
    ),
    (
        "bce_with_logits.pos_weight.on_negative",
        "bce_with_logits/weights",
        weighted(positive=True, both=False, each=True, exchanged=True),
    ),
    (
        "bce_with_logits.weight.ignored",
        "bce_with_logits/weights",
        weighted(positive=True, both=False, each=False),
    ),
)


@pytest.mark.parametrize(("name", "case", "loss"), ROWS, ids=[f"{n} {c}" for n, c, _ in ROWS])
@pytest.mark.filterwarnings("ignore:overflow|invalid value|divide by zero:RuntimeWarning")
def test_a_formula_with_the_mistake_is_named(name: str, case: str, loss: LossFunction) -> None:
    """Who writes binary cross-entropy with this mistake reads its name, and nothing else."""
    found = _diagnosed(case, loss)
    assert [(one.cause, one.variant, one.certainty) for one in found.causes] == [
        (name, "", "certain")
    ]
    assert not found.unexplained


POSSIBLE: tuple[tuple[str, str, LossFunction], ...] = (
    (
        "bce.log.clipped",
        "bce/at_the_ends",
        mean(
            lambda p, t: entropy(clip(p), t), lambda p, t: np.where(clip(p) == p, slope(p, t), 0.0)
        ),
    ),
    (
        "bce.log.clipped_by_hand",
        "bce/at_the_ends",
        mean(lambda p, t: entropy(clip(p), t), lambda p, t: slope(clip(p), t)),
    ),
)


@pytest.mark.parametrize(("name", "case", "loss"), POSSIBLE, ids=[row[0] for row in POSSIBLE])
@pytest.mark.filterwarnings("ignore:overflow|invalid value|divide by zero:RuntimeWarning")
def test_what_shows_in_few_numbers_is_among_the_causes(
    name: str, case: str, loss: LossFunction
) -> None:
    """Clipping shows only in probabilities of 0 and 1, where both forms come close."""
    (cause,) = _diagnosed(case, loss).causes
    assert name in {cause.cause, *(tie.cause for tie in cause.ties)}


def _diagnosed(case: str, loss: LossFunction) -> Diagnosis:
    drawn = definition(f"losses/{case}").draw("float64")
    trace = Trace(drawn)
    functions = dict.fromkeys(("BCELoss", "BCEWithLogitsLoss"), loss)
    oracles.from_functions({}, loss=functions).run(drawn, trace)
    return diagnose(evidence(drawn, trace), HYPOTHESES)
