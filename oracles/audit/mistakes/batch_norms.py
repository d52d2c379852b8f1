"""Batch norm with another eps, or with the other variance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from oracles.audit.cases.toml import Table
from oracles.audit.mistakes.mistake import Mistake
from oracles.audit.mistakes.row import Row, Trial, document
from oracles.contract.case import Array
from oracles.contract.reference import Call

DEVIATIONS = (2.0**-3, 2.0**-2, 1.0, 2.0)
"""Standard deviations of the data: the smaller, the more an eps matters."""


def network(samples: int, size: int) -> Callable[[Trial], Table]:
    """One batch norm over samples * size * size numbers in each of two channels."""

    def case(trial: Trial) -> Table:
        shape, std = (samples, 2, size, size), DEVIATIONS[trial.number % len(DEVIATIONS)]
        layer: Table = {"type": "BatchNorm2d", "name": "norm", "num_features": 2, "eps": 1e-5}
        return document(trial.array(shape, std), layer, upstream=trial.array(shape))

    return case


def _with_eps(eps: float) -> Mistake:
    def call(right: Call) -> Call:
        attributes = {**right.layer.attributes, "eps": eps}
        return replace(right, layer=replace(right.layer, attributes=attributes))

    return Mistake("BatchNorm2d", call=call)


def _unbiased(call: Call, output: Array) -> Array:
    """Normalised by the variance that divides by n - 1."""
    x, eps = call.inputs[0], call.layer.attributes["eps"]
    n = x.size // x.shape[1]
    variance = x.var(axis=(0, 2, 3), keepdims=True)
    factor = np.sqrt((variance + eps) / (variance * (n / (n - 1)) + eps))
    bias = call.parameters["bias"][:, None, None]
    return np.asarray((output - bias) * factor + bias, dtype=output.dtype)


def _row(title: str, mistake: Mistake, n: int, goal: float, published: str) -> Row:
    sizes = {144: (4, 6), 8192: (8, 32)}
    return Row(
        f"BatchNorm2d: {title}, n = {n:,}",
        network(*sizes[n]),
        mistake,
        "step0.forward.norm",
        goal,
        published,
    )


ROWS: tuple[Row, ...] = (
    _row("eps 1e-3 for 1e-5", _with_eps(1e-3), 144, 100.0, "100"),
    _row("eps 1e-3 for 1e-5", _with_eps(1e-3), 8192, 100.0, "100"),
    _row("eps 1e-6 for 1e-5", _with_eps(1e-6), 144, 72.0, "72"),
    _row("eps 1e-6 for 1e-5", _with_eps(1e-6), 8192, 44.0, "44"),
    _row("unbiased variance", Mistake("BatchNorm2d", output=_unbiased), 8192, 100.0, "100"),
)
