"""Layers with switches, one file per family."""

from __future__ import annotations

from typing import Any

from tests.mutants.layers import (
    avg_pool2d,
    batch_norm2d,
    conv2d,
    dropout,
    flatten,
    linear,
    max_pool2d,
    relu,
    sigmoid,
    softmax,
    structure,
    tanh,
)

LAYERS: dict[str, Any] = {
    "Add": structure.Add,
    "AvgPool2d": avg_pool2d,
    "BatchNorm2d": batch_norm2d,
    "Cat": structure.Cat,
    "Conv2d": conv2d,
    "Dropout": dropout,
    "Flatten": flatten,
    "Identity": structure.Identity,
    "Linear": linear,
    "MaxPool2d": max_pool2d,
    "ReLU": relu,
    "Sigmoid": sigmoid,
    "Softmax": softmax,
    "Tanh": tanh,
    "ZeroPad2d": structure.ZeroPad2d,
}
"""{type: what has `forward` and `backward`}."""
