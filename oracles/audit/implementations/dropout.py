"""Dropout with a given mask: where the factor 1 / (1 - p) is rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.evaluated import Evaluated
from oracles.contract.case import Array
from oracles.contract.reference import Call

FORMULAS: Mapping[str, Callable[[Array, Array, float], Array]] = {
    "divided by 1 - p": lambda x, mask, p: x * mask / (1 - p),
    "times a scaled mask": lambda x, mask, p: x * (mask * (1 / (1 - p))),
    "masked, then scaled": lambda x, mask, p: x * mask * (1 / (1 - p)),
    "1 - p in the dtype": lambda x, mask, p: x * mask / (x.dtype.type(1) - x.dtype.type(p)),
}


def dropout(call: Call, choices: Choices) -> Evaluated:
    """x * mask / (1 - p) in train mode, x in eval mode."""
    x, p = call.inputs[0], call.layer.attributes["p"]
    if call.mask is None:
        return Evaluated(x, lambda grad_output: ([grad_output], {}))
    formula, mask = choices.one_of("Dropout", FORMULAS), call.mask.astype(x.dtype)
    return Evaluated(formula(x, mask, p), lambda grad_output: ([formula(grad_output, mask, p)], {}))
