"""The formulas of every operation but the convolution, which each implementation brings itself."""

from __future__ import annotations

from collections.abc import Mapping

from oracles.audit.implementations.activations import relu, sigmoid, tanh
from oracles.audit.implementations.batch_norm import batch_norm
from oracles.audit.implementations.dropout import dropout
from oracles.audit.implementations.evaluated import LayerFormula
from oracles.audit.implementations.linear import linear
from oracles.audit.implementations.passing import (
    addition,
    concatenation,
    flatten,
    identity,
    zero_padding,
)
from oracles.audit.implementations.pooling import average_pooling, max_pooling
from oracles.audit.implementations.softmax import softmax

LAYERS: Mapping[str, LayerFormula] = {
    "Add": addition,
    "AvgPool2d": average_pooling,
    "BatchNorm2d": batch_norm,
    "Cat": concatenation,
    "Dropout": dropout,
    "Flatten": flatten,
    "Identity": identity,
    "Linear": linear,
    "MaxPool2d": max_pooling,
    "ReLU": relu,
    "Sigmoid": sigmoid,
    "Softmax": softmax,
    "Tanh": tanh,
    "ZeroPad2d": zero_padding,
}
