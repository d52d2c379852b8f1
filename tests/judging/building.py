"""Cases made by hand, of one stage each, and what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles.contract.case import Case, Layer, Penalty, Step
from oracles.judging.bounds import arithmetic
from oracles.judging.comparison import Compared, compare
from oracles.judging.measured import Measured

Array = NDArray[Any]

LOSSES: Mapping[str, Mapping[str, Any]] = {
    "MSELoss": {},
    "BCELoss": {"weight": None},
    "BCEWithLogitsLoss": {"weight": None, "pos_weight": None},
    "CrossEntropyLoss": {"weight": None, "ignore_index": -100, "label_smoothing": 0.0},
}

PLAIN_SGD: Mapping[str, Any] = {
    "momentum": 0.0,
    "dampening": 0.0,
    "weight_decay": 0.0,
    "nesterov": False,
    "maximize": False,
}


def held(actual: Array, measured: Measured, dtype: str) -> Compared:
    """A result of drawn operands against what the oracle has for it."""
    return compare(
        "entry",
        np.asarray(actual),
        measured.value,
        measured.size,
        arithmetic(np.dtype(dtype)),
        drawn=True,
        oracle="pytorch",
    )


def layer(type_: str, **attributes: Any) -> Layer:
    """A layer of which only type and attributes matter."""
    return Layer(type_, "layer", attributes, {}, {}, ("input",), ((1,),), (1,))


def loss_case(type_: str, target: Array, reduction: str = "mean", **options: Any) -> Case:
    """One step that ends in a loss."""
    loss = {"type": type_, "reduction": reduction, "factor": 1.0, **LOSSES[type_], **options}
    upstream = np.linspace(-1.0, 2.0, target.size).reshape(target.shape)
    return _case(loss=loss, target=target, upstream=upstream if reduction == "none" else None)


def sgd_case(lr: float, parameters: Mapping[str, Array], **options: Any) -> Case:
    """One step that ends in an update."""
    per_parameter = {name: {**PLAIN_SGD, **options} for name in parameters}
    optimizer = {
        "type": "SGD",
        "clip_grad_norm": None,
        "clip_grad_value": None,
        "lr": lr,
        "parameters": per_parameter,
    }
    return _case(optimizer=optimizer, rates=dict.fromkeys(parameters, lr))


def _case(
    *,
    loss: Mapping[str, Any] | None = None,
    optimizer: Mapping[str, Any] | None = None,
    penalties: tuple[Penalty, ...] = (),
    target: Array | None = None,
    upstream: Array | None = None,
    rates: Mapping[str, float] | None = None,
) -> Case:
    x = np.zeros((1 if target is None else len(target), 1))
    step = Step(
        index=0,
        mode="train",
        backward=True,
        update=optimizer is not None,
        samples=tuple(range(len(x))),
        raw=x,
        input=x,
        target=target,
        upstream=upstream,
        masks={},
        lr=None,
        learning_rates=rates or {},
    )
    return Case(
        id="made/by_hand",
        title="",
        why="",
        dtype=np.dtype("float64"),
        layers=(layer("Identity"),),
        loss=loss,
        penalties=penalties,
        optimizer=optimizer,
        steps=(step,),
        preparation=(),
        samples=len(x),
        drawn=True,
    )
