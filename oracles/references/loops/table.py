"""Everything that loops has a formula for, by the names of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oracles.contract.case import Array
from oracles.references.loops import activations, batch_norm2d, conv2d, linear, pooling, structure
from oracles.references.loops.cross_entropy import CROSS_ENTROPY
from oracles.references.loops.losses import BCE, BCE_WITH_LOGITS, MSE, Loss
from oracles.references.loops.operation import Operation
from oracles.references.loops.penalties import L1, L2, Penalty
from oracles.references.loops.sgd import sgd

Optimizer = Callable[
    [Mapping[str, Any], float, Array, Array, Mapping[str, Array]],
    tuple[Array, dict[str, Array]],
]
"""(options, lr, parameter, gradient, slots) -> (parameter, slots), for one parameter."""

OPERATIONS: Mapping[str, Operation] = {
    "Add": structure.ADD,
    "AvgPool2d": pooling.AVG_POOL2D,
    "BatchNorm2d": batch_norm2d.BATCH_NORM2D,
    "Cat": structure.CAT,
    "Conv2d": conv2d.CONV2D,
    "Dropout": structure.DROPOUT,
    "Flatten": structure.FLATTEN,
    "Identity": structure.IDENTITY,
    "Linear": linear.LINEAR,
    "MaxPool2d": pooling.MAX_POOL2D,
    "ReLU": activations.RELU,
    "Sigmoid": activations.SIGMOID,
    "Softmax": activations.SOFTMAX,
    "Tanh": activations.TANH,
    "ZeroPad2d": structure.ZERO_PAD2D,
}

LOSSES: Mapping[str, Loss] = {
    "BCELoss": BCE,
    "BCEWithLogitsLoss": BCE_WITH_LOGITS,
    "CrossEntropyLoss": CROSS_ENTROPY,
    "MSELoss": MSE,
}

PENALTIES: Mapping[str, Penalty] = {"L1": L1, "L2": L2}

OPTIMIZERS: Mapping[str, Optimizer] = {"SGD": sgd}
