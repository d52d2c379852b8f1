"""Losses with something added inside a logarithm, or divided by another number."""

from __future__ import annotations

import numpy as np

from oracles.audit.cases.toml import Table
from oracles.audit.mistakes.mistake import Mistake
from oracles.audit.mistakes.row import Row, Trial, document
from oracles.contract.case import Array, Case, Step

SAMPLES, CLASSES = 32, 10


def _classifier(trial: Trial) -> Table:
    """Cross-entropy of drawn logits, one loss for each sample."""
    loss: Table = {"type": "CrossEntropyLoss", "reduction": "none"}
    loss |= {"target": {"fill": "classes", "seed": trial.draws.seed()}}
    loss |= {"upstream": {"fill": "uniform", "seed": trial.draws.seed()}}
    std = (1.0, 2.0, 4.0)[trial.number % 3]
    return document(trial.array((SAMPLES, CLASSES), std), _IDENTITY, loss=loss)


def _regression(trial: Trial) -> Table:
    loss: Table = {"type": "MSELoss", "target": trial.array((8, 5))}
    return document(trial.array((8, 5)), _IDENTITY, loss=loss)


def _inside_the_logarithm(added: float) -> Mistake:
    def loss(case: Case, step: Step, prediction: Array, right: Array) -> Array:
        e = np.exp(prediction - prediction.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        assert step.target is not None
        hit = p[np.arange(len(p)), step.target]
        return np.asarray(-np.log(hit + added), dtype=right.dtype)

    return Mistake(loss=loss)


def _over_one_less(case: Case, step: Step, prediction: Array, right: Array) -> Array:
    n = prediction.size
    return np.asarray(right * (n / (n - 1)))


_IDENTITY: Table = {"type": "Identity", "name": "logits"}

ROWS: tuple[Row, ...] = (
    Row(
        "CrossEntropyLoss: log(p + 1e-7)",
        _classifier,
        _inside_the_logarithm(1e-7),
        "step0.loss",
        97.0,
        "97",
    ),
    Row(
        "CrossEntropyLoss: log(p + 1e-5)",
        _classifier,
        _inside_the_logarithm(1e-5),
        "step0.loss",
        100.0,
        "100",
    ),
    Row("MSELoss: mean over N - 1", _regression, Mistake(loss=_over_one_less), "step0.loss"),
)
