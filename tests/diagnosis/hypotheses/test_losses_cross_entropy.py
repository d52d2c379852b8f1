"""Mistakes in cross-entropy are named where the formula with the mistake is written in NumPy."""

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
    cross_entropy_gradient,
    cross_entropy_labels,
    cross_entropy_log,
    cross_entropy_overflow,
    cross_entropy_softmax,
    loss_factor,
    loss_reduction,
    loss_target,
)
from tests.diagnosis.self_made import definition, evidence

HYPOTHESES = (
    *cross_entropy_gradient.HYPOTHESES,
    *cross_entropy_labels.HYPOTHESES,
    *cross_entropy_log.HYPOTHESES,
    *cross_entropy_overflow.HYPOTHESES,
    *cross_entropy_softmax.HYPOTHESES,
    *loss_factor.HYPOTHESES,
    *loss_reduction.HYPOTHESES,
    *loss_target.HYPOTHESES,
)

LossFunction = Callable[[Array, Array, Mapping[str, Any]], tuple[Any, Array]]


def softmax(z: Array, axis: Any = 1) -> Array:
    """Exponentials over their sum."""
    e = np.exp(z - z.max(axis, keepdims=True))
    return np.asarray(e / e.sum(axis, keepdims=True))


def naive(z: Array, subtracted: Any) -> Array:
    """Exponentials over their sum over the classes, with something subtracted before."""
    e = np.exp(z - subtracted)
    return np.asarray(e / e.sum(1, keepdims=True))


def hot(z: Array, y: Array) -> Array:
    """1 at the label."""
    return np.moveaxis(np.eye(z.shape[1], dtype=z.dtype)[y], -1, 1)


def of(p: Callable[[Array], Array]) -> LossFunction:
    """Mean of -log p at the label, with the gradient p - t."""

    def loss(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
        probabilities, t = p(z), hot(z, y)
        with np.errstate(all="ignore"):
            value = -np.log(probabilities[t == 1]).sum() / y.size
        return value, (probabilities - t) / y.size

    return loss


def with_gradient(slope: Callable[[Array, Array], Array]) -> LossFunction:
    """The right mean with another gradient, from p and one-hot t."""

    def loss(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
        p, t = softmax(z), hot(z, y)
        return -np.log(p[t == 1]).mean(), slope(p, t) / len(z)

    return loss


def of_logarithm(log: Callable[[Array], Array], slope: Callable[[Array], Array]) -> LossFunction:
    """Mean of -log(p) at the label for another logarithm, through the softmax by the chain rule."""

    def loss(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
        p, t = softmax(z), hot(z, y)
        g = -t * slope(p) / len(z)
        return -log(p[t == 1]).mean(), p * (g - (g * p).sum(1, keepdims=True))

    return loss


def twice(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """A softmax of a softmax, and the derivative through both."""
    p = softmax(z)
    q = softmax(p)
    g = (q - hot(z, y)) / len(z)
    return -np.log(q[np.arange(len(z)), y]).mean(), p * (g - (g * p).sum(1, keepdims=True))


def over_samples_differentiated(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """A softmax over the samples, differentiated: p times the labels of a class, minus t."""
    p, t = softmax(z, 0), hot(z, y)
    return -np.log(p[t == 1]).mean(), (p * t.sum(0) - t) / len(z)


def over_all_differentiated(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """A softmax over everything, differentiated: N times p, minus t."""
    p, t = softmax(z, None), hot(z, y)
    return -np.log(p[t == 1]).mean(), p - t / len(z)


def not_softmax(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """-log z."""
    rows, g = np.arange(len(z)), np.zeros_like(z)
    g[rows, y] = -1 / z[rows, y] / len(z)
    with np.errstate(all="ignore"):
        return -np.log(z[rows, y]).mean(), g


def weighted(divide: Callable[[Array, Array], float], weigh: bool = True) -> LossFunction:
    """Class weights, ignored labels, and a divisor of (labels, weight of each)."""

    def loss(z: Array, y: Array, o: Mapping[str, Any]) -> tuple[Any, Array]:
        p, kept, rows = softmax(z), y != o["ignore_index"], np.arange(len(z))
        safe = np.where(kept, y, 0)
        given = np.ones(z.shape[1]) if o["weight"] is None or not weigh else o["weight"]
        w = given[safe] * kept
        total = divide(y, w)
        values = -w * np.log(p[rows, safe])
        return values.sum() / total, w[:, None] * (p - hot(z, safe)) / total

    return loss


def ignored_row_kept(z: Array, y: Array, o: Mapping[str, Any]) -> tuple[Any, Array]:
    """The one-hot row of an ignored label is empty, and p is left of the gradient."""
    p, kept = softmax(z), y != o["ignore_index"]
    t = hot(z, np.where(kept, y, 0)) * kept[:, None]
    return -np.log(p[t == 1]).sum() / kept.sum(), (p - t) / kept.sum()


def smoothed(to: Callable[[Array, float], Array]) -> LossFunction:
    """Mean cross-entropy with smoothed targets."""

    def loss(z: Array, y: Array, o: Mapping[str, Any]) -> tuple[Any, Array]:
        p, t = softmax(z), to(hot(z, y), o["label_smoothing"])
        return -(t * np.log(p)).sum() / len(z), (p * t.sum(1, keepdims=True) - t) / len(z)

    return loss


def divided_by_target_weights(z: Array, t: Array, o: Mapping[str, Any]) -> tuple[Any, Array]:
    """Probabilities, smoothed and weighted, and a mean over the weights of what they were."""
    p, e, w = softmax(z), o["label_smoothing"], o["weight"]
    mass, total = w * (t * (1 - e) + e / t.shape[1]), (w * t).sum()
    return -(mass * np.log(p)).sum() / total, (p * mass.sum(1, keepdims=True) - mass) / total


def logarithm_of_infinity(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """z - log(sum of exp(z)), and p as the exponential of that."""
    log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
    t = hot(z, y)
    return -log_p[t == 1].mean(), (np.exp(log_p) - t) / len(z)


def clipped(z: Array, y: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """Probabilities clipped before the logarithm, and no gradient beyond."""
    p, t = softmax(z), hot(z, y)
    inside = (p >= 1e-7) & (p <= 1 - 1e-7)
    g = np.where(inside, -t / np.where(inside, p, 1.0), 0.0) / len(z)
    value = -np.log(np.clip(p, 1e-7, 1 - 1e-7)[t == 1]).mean()
    return value, p * (g - (g * p).sum(1, keepdims=True))


ROWS: tuple[tuple[str, str, LossFunction], ...] = (
    ("softmax.over_batch", "mean", of(lambda z: softmax(z, 0))),
    ("softmax.over_batch", "maps", of(lambda z: softmax(z, 0))),
    ("softmax.over_batch_differentiated", "mean", over_samples_differentiated),
    ("softmax.over_everything", "mean", of(lambda z: softmax(z, None))),
    ("softmax.over_everything_differentiated", "mean", over_all_differentiated),
    ("softmax.over_last_axis", "maps", of(lambda z: softmax(z, -1))),
    ("softmax.twice", "mean", twice),
    ("softmax.twice_by_hand", "mean", of(lambda z: softmax(softmax(z)))),
    ("softmax.missing", "mean", not_softmax),
    ("softmax.missing_by_hand", "mean", of(lambda z: z)),
    ("softmax.overflow", "gap_800", of(lambda z: naive(z, 0.0))),
    ("softmax.overflow_of_logarithm", "gap_800", logarithm_of_infinity),
    ("softmax.max_over_batch", "rows_of_different_scale", of(lambda z: naive(z, z.max()))),
    (
        "softmax.max_from_zero",
        "rows_of_different_scale",
        of(lambda z: naive(z, np.maximum(0, z.max(1, keepdims=True)))),
    ),
    ("log.epsilon", "mean", of_logarithm(lambda p: np.log(p + 1e-7), lambda p: 1 / (p + 1e-7))),
    (
        "log.epsilon_small",
        "gap_200",
        of_logarithm(lambda p: np.log(p + 1e-8), lambda p: 1 / (p + 1e-8)),
    ),
    (
        "log.epsilon_tiny",
        "gap_200",
        of_logarithm(lambda p: np.log(p + 1e-12), lambda p: 1 / (p + 1e-12)),
    ),
    (
        "log.epsilon_large",
        "mean",
        of_logarithm(lambda p: np.log(p + 1e-5), lambda p: 1 / (p + 1e-5)),
    ),
    ("log.clipped", "gap_200", clipped),
    ("log.base10", "mean", of_logarithm(np.log10, lambda p: 1 / (p * np.log(10)))),
    ("log.base2", "mean", of_logarithm(np.log2, lambda p: 1 / (p * np.log(2)))),
    ("weight.divided_by_samples", "class_weights", weighted(lambda y, w: len(y))),
    ("weight.ignored", "class_weights", weighted(lambda y, w: len(y), weigh=False)),
    ("ignore_index.counted_in_divisor", "ignored_label", weighted(lambda y, w: len(y))),
    ("ignore_index.gradient_kept", "ignored_label", ignored_row_kept),
    ("label_smoothing.ignored", "label_smoothing", smoothed(lambda t, e: t)),
    (
        "label_smoothing.off_target_only",
        "label_smoothing",
        smoothed(lambda t, e: t * (1 - e) + (1 - t) * e / (t.shape[1] - 1)),
    ),
    (
        "label_smoothing.label_left_out",
        "label_smoothing",
        smoothed(lambda t, e: t * (1 - e) + (1 - t) * e / t.shape[1]),
    ),
    ("weight.divided_by_target_weights", "probabilities_weights", divided_by_target_weights),
    ("gradient.one_hot_missing", "mean", with_gradient(lambda p, t: p)),
    ("gradient.diagonal", "mean", with_gradient(lambda p, t: -t * (1 - p))),
    ("gradient.of_probabilities", "mean", with_gradient(lambda p, t: -t / p)),
    ("gradient.through_sigmoid", "mean", with_gradient(lambda p, t: (p - t) * p * (1 - p))),
)


@pytest.mark.parametrize(("name", "case", "loss"), ROWS, ids=[f"{n} {c}" for n, c, _ in ROWS])
@pytest.mark.filterwarnings("ignore:overflow|invalid value|divide by zero:RuntimeWarning")
def test_a_formula_with_the_mistake_is_named(name: str, case: str, loss: LossFunction) -> None:
    """Who writes cross-entropy with this mistake reads its name, and nothing else."""
    drawn = definition(f"losses/cross_entropy/{case}").draw("float64")
    trace = Trace(drawn)
    oracles.from_functions({}, loss={"CrossEntropyLoss": loss}).run(drawn, trace)
    found = diagnose(evidence(drawn, trace), HYPOTHESES)
    assert [(one.cause, one.variant, one.certainty) for one in found.causes] == [
        (f"cross_entropy.{name}", "", "certain")
    ]
    assert not found.unexplained


def each(p: Callable[[Array], Array]) -> LossFunction:
    """-log p of each sample, with the gradient p - t."""

    def loss(z: Array, y: Array, o: Mapping[str, Any]) -> tuple[Any, Array]:
        probabilities, t = p(z), hot(z, y)
        with np.errstate(all="ignore"):
            value = -np.log(probabilities[t == 1])
        return value, (probabilities - t) * o["upstream"][:, None]

    return loss


INFINITE: tuple[tuple[str, LossFunction], ...] = (
    ("cross_entropy.log.underflow", each(softmax)),
    ("cross_entropy.softmax.overflow", each(lambda z: naive(z, 0.0))),
    ("cross_entropy.softmax.max_over_batch", each(lambda z: naive(z, z.max()))),
)


@pytest.mark.parametrize(("name", "loss"), INFINITE, ids=[row[0] for row in INFINITE])
@pytest.mark.filterwarnings("ignore:overflow|invalid value|divide by zero:RuntimeWarning")
def test_an_infinite_loss_has_one_cause_where_each_sample_has_its_own(
    name: str, loss: LossFunction
) -> None:
    """A mean is one infinite number, whatever the cause; losses of samples tell which it is."""
    drawn = definition("losses/cross_entropy/gap_800_none").draw("float64")
    trace = Trace(drawn)
    oracles.from_functions({}, loss={"CrossEntropyLoss": loss}).run(drawn, trace)
    found = diagnose(evidence(drawn, trace), HYPOTHESES)
    assert [(one.cause, one.certainty) for one in found.causes] == [(name, "certain")]
