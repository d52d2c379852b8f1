"""Mistakes in the reduction, the target or the gradient of a loss, and in squared errors, are named
where the formula with the mistake is written down in NumPy."""

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
    loss_factor,
    loss_reduction,
    loss_target,
    mse,
)
from tests.diagnosis.self_made import definition, evidence

HYPOTHESES = (
    *loss_reduction.HYPOTHESES,
    *loss_factor.HYPOTHESES,
    *loss_target.HYPOTHESES,
    *mse.HYPOTHESES,
    *cross_entropy_gradient.HYPOTHESES,
)

LossFunction = Callable[[Array, Array, Mapping[str, Any]], tuple[Any, Array]]


def squares(value: float, slope: float) -> LossFunction:
    """value * sum of squares, with the gradient slope * difference."""
    return lambda p, t, _: (value * ((p - t) ** 2).sum(), slope * (p - t))


def over_batch(value: float, slope: float) -> LossFunction:
    """The same, divided by the samples."""
    return lambda p, t, _: (value * ((p - t) ** 2).sum() / len(p), slope * (p - t) / len(p))


def over_all(value: float, slope: float) -> LossFunction:
    """The same, divided by all elements."""
    return lambda p, t, _: (value * ((p - t) ** 2).mean(), slope * (p - t) / p.size)


def log_softmax(z: Array, y: Array, scale: Callable[[Array], float]) -> tuple[Any, Array]:
    """Cross-entropy of class labels, times a scale that depends on the scores."""
    log_p = z - z.max(1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(1, keepdims=True))
    rows = np.arange(len(z))
    gradient = np.exp(log_p)
    gradient[rows, y] -= 1
    return -log_p[rows, y].sum() * scale(z), gradient * scale(z)


def absolute(p: Array, t: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """Mean absolute error."""
    return np.abs(p - t).mean(), np.sign(p - t) / p.size


def root(p: Array, t: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """Root mean square."""
    value = np.sqrt(((p - t) ** 2).mean())
    return value, (p - t) / (p.size * value)


def huber(p: Array, t: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """Huber's loss with a limit of 1."""
    d = np.abs(p - t)
    values = np.where(d < 1, d * d / 2, d - 0.5)
    return values.mean(), np.clip(p - t, -1, 1) / p.size


def pairs(p: Array, t: Array, _: Mapping[str, Any]) -> tuple[Any, Array]:
    """All predictions against all targets."""
    d = p - t[:, 0]
    return (d**2).mean(), 2 * d.sum(1, keepdims=True) / d.size


def relabelled(change: Callable[[Array, int], Array]) -> LossFunction:
    """Mean cross-entropy with other labels."""
    return lambda z, y, _: log_softmax(z, change(y, z.shape[1]), lambda z: 1 / len(z))


Row = tuple[str, str, LossFunction]

ROWS: tuple[Row, ...] = (
    ("loss.reduction.sum", "mse/images", squares(1.0, 2.0)),
    (
        "loss.reduction.sum",
        "cross_entropy/mean",
        lambda z, y, _: log_softmax(z, y, lambda z: 1.0),
    ),
    ("loss.reduction.mean", "mse/sum", over_all(1.0, 2.0)),
    ("loss.reduction.mean", "mse/batchmean", over_all(1.0, 2.0)),
    (
        "loss.reduction.mean_twice",
        "cross_entropy/mean",
        lambda z, y, _: log_softmax(z, y, lambda z: 1 / len(z) ** 2),
    ),
    (
        "loss.reduction.mean_over_everything",
        "cross_entropy/mean",
        lambda z, y, _: log_softmax(z, y, lambda z: 1 / z.size),
    ),
    ("loss.reduction.mean_over_batch", "mse/mean", over_batch(1.0, 2.0)),
    ("loss.reduction.half_over_batch", "mse/mean", over_batch(0.5, 1.0)),
    ("loss.reduction.half_sum", "mse/mean", squares(0.5, 1.0)),
    ("loss.reduction.half", "mse/mean", over_all(0.5, 1.0)),
    ("loss.reduction.doubled", "mse/mean", over_all(2.0, 4.0)),
    ("loss.reduction.sign", "mse/mean", over_all(-1.0, -2.0)),
    (
        "loss.factor.ignored",
        "cross_entropy/factor",
        lambda z, y, _: log_softmax(z, y, lambda z: 1 / len(z)),
    ),
    ("loss.target.shifted_up", "cross_entropy/mean", relabelled(lambda y, k: (y + 1) % k)),
    ("loss.target.shifted_down", "cross_entropy/mean", relabelled(lambda y, k: y - 1)),
    ("loss.target.reversed_samples", "cross_entropy/mean", relabelled(lambda y, k: y[::-1])),
    ("loss.target.rolled", "cross_entropy/mean", relabelled(lambda y, k: np.roll(y, 1))),
    ("loss.target.rolled_back", "cross_entropy/mean", relabelled(lambda y, k: np.roll(y, -1))),
    ("loss.gradient.of_output", "mse/mean", lambda p, t, _: (((p - t) ** 2).mean(), 0 * p + 1)),
    ("mse.absolute", "mse/mean", absolute),
    ("mse.root", "mse/mean", root),
    ("mse.huber", "mse/images", huber),
    ("mse.broadcast", "mse/column", pairs),
)


@pytest.mark.parametrize(("name", "case", "loss"), ROWS, ids=[f"{n} {c}" for n, c, _ in ROWS])
def test_a_formula_with_the_mistake_is_named(name: str, case: str, loss: LossFunction) -> None:
    """Who writes the loss with this mistake reads its name, and nothing else."""
    assert _causes(case, loss) == [(name, "", "certain", ())]


TIED: tuple[tuple[str, str, LossFunction, tuple[str, ...]], ...] = (
    ("loss.gradient.sign", "mse/mean", over_all(1.0, -2.0), ("loss.reduction.sign",)),
    ("mse.gradient.factor_missing", "mse/mean", over_all(1.0, 1.0), ("loss.reduction.half",)),
)


@pytest.mark.parametrize(("name", "case", "loss", "ties"), TIED, ids=[row[0] for row in TIED])
def test_a_gradient_alone_may_be_half_of_another_mistake(
    name: str, case: str, loss: LossFunction, ties: tuple[str, ...]
) -> None:
    """A wrong gradient of a right loss is named, beside what would be wrong in both of them."""
    assert {cause[0] for cause in _causes(case, loss)} == {name}
    assert _causes(case, loss)[0][3] in ((), ties)


HALVES: tuple[tuple[str, LossFunction], ...] = (
    ("forward only", lambda p, t, _: (((p - t) ** 2).sum(), 2 * (p - t) / p.size)),
    ("backward only", lambda p, t, _: (((p - t) ** 2).mean(), 2 * (p - t))),
)


@pytest.mark.parametrize(("variant", "loss"), HALVES, ids=[row[0] for row in HALVES])
def test_one_half_alone_is_named_as_one(variant: str, loss: LossFunction) -> None:
    """Where only the loss, or only its gradient, has the mistake, the diagnosis says which."""
    found = [cause[:2] for cause in _causes("mse/images", loss)]
    assert found == [("loss.reduction.sum", variant)]


def _causes(case: str, loss: LossFunction) -> list[tuple[str, str, str, tuple[str, ...]]]:
    drawn = definition(f"losses/{case}").draw("float64")
    trace = Trace(drawn)
    oracles.from_functions({}, loss=dict.fromkeys(("MSELoss", "CrossEntropyLoss"), loss)).run(
        drawn, trace
    )
    found = diagnose(evidence(drawn, trace), HYPOTHESES)
    assert not found.unexplained
    return [
        (one.cause, one.variant, one.certainty, tuple(tie.cause for tie in one.ties))
        for one in found.causes
    ]
