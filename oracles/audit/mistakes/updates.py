"""SGD with options that another parameter has, or that were rounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from oracles.audit.cases.toml import Table
from oracles.audit.mistakes.mistake import Mistake
from oracles.audit.mistakes.row import Row, Trial, document
from oracles.contract.case import Case

Options = dict[str, Any]


def network(momentum: float, decay: float) -> Callable[[Trial], Table]:
    """A dense layer with a bias of about 0.01, two steps; powers of two where sums are exact."""

    def case(trial: Trial) -> Table:
        small = 2.0**-7
        layer: Table = {"type": "Linear", "name": "fc", "in_features": 6, "out_features": 5}
        layer |= {"weight": trial.array((5, 6)), "bias": trial.array((5,), small)}
        optimizer: Table = {"type": "SGD", "lr": 0.5 if trial.lattice else 0.1}
        optimizer["momentum"] = 0.5 if trial.lattice and momentum else momentum
        optimizer["weight_decay"] = 0.5 if trial.lattice and decay else decay
        optimizer["groups"] = [{"parameters": ["*.bias"], "weight_decay": 0.0}]
        return document(
            trial.array((8, 6), small),
            layer,
            upstream=trial.array((8, 5), small),
            training={"steps": 2, "batch_size": 8},
            optimizer=optimizer,
        )

    return case


def _believes(change: Callable[[str, Options, Options], Options]) -> Mistake:
    """An optimizer with other options: `change(parameter, its options, those of fc.weight)`."""

    def wrong(case: Case) -> Case:
        assert case.optimizer is not None
        right = case.optimizer["parameters"]
        options = {
            name: change(name, dict(own), dict(right["fc.weight"])) for name, own in right.items()
        }
        return replace(case, optimizer={**case.optimizer, "parameters": options})

    return Mistake(case=wrong)


def _decay_everywhere(name: str, own: Options, of_weight: Options) -> Options:
    return {**own, "weight_decay": of_weight["weight_decay"]}


def _dampened(name: str, own: Options, of_weight: Options) -> Options:
    return {**own, "dampening": 0.5 if own["momentum"] == 0.5 else 0.1}


def _in_half_precision(name: str, own: Options, of_weight: Options) -> Options:
    return {**own, "momentum": float(np.float16(own["momentum"]))}


ROWS: tuple[Row, ...] = (
    Row(
        "SGD: decay 5e-4 on a bias of about 0.01, 2 steps",
        network(0.0, 5e-4),
        _believes(_decay_everywhere),
        "step0.update.fc.bias",
        published="100",
        lattice=True,
    ),
    Row(
        "SGD: dampening 0.1, a bias of about 0.01",
        network(0.9, 0.0),
        _believes(_dampened),
        "step1.optimizer.fc.weight.momentum_buffer",
        published="100",
        lattice=True,
    ),
    Row(
        "SGD: momentum 0.9 rounded to float16",
        network(0.9, 0.0),
        _believes(_in_half_precision),
        "step1.optimizer.fc.weight.momentum_buffer",
    ),
)
