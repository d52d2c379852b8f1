"""SGD, for one parameter.

d = grad, or -grad with maximize;   d = d + weight_decay * p
v = d in the first step, momentum * v + (1 - dampening) * d later        (momentum_buffer)
p = p - lr * d                      without momentum
p = p - lr * v                      with momentum
p = p - lr * (d + momentum * v)     with nesterov
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array


def sgd(
    options: Mapping[str, Any], lr: float, p: Array, grad: Array, slots: Mapping[str, Array]
) -> tuple[Array, dict[str, Array]]:
    """The parameter after the step, and what is remembered: nothing without momentum."""
    momentum = options["momentum"]
    d = -grad if options["maximize"] else grad
    d = d + options["weight_decay"] * p
    if momentum == 0:
        return p - lr * d, {}
    v = d
    if "momentum_buffer" in slots:
        v = momentum * slots["momentum_buffer"] + (1.0 - options["dampening"]) * d
    used = d + momentum * v if options["nesterov"] else v
    return p - lr * used, {"momentum_buffer": v}
