"""Binary cross-entropy of probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.losses.elements import Elements
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def elements(
    on: Switches, options: Mapping[str, Any], prediction: Array, target: Array
) -> Elements:
    """-weight * (t * log(p) + (1 - t) * log(1 - p)), logarithms not below -100."""
    p, t = prediction, target
    weight = np.ones_like(p)
    if options["weight"] is not None:
        weight = weight * np.asarray(options["weight"], dtype=p.dtype)
    with np.errstate(divide="ignore"):
        log_p, log_q = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)
    values = -weight * (t * log_p + (1 - t) * log_q)

    def backward(scale: Array) -> Array:
        return scale * weight * (p - t) / np.maximum(p * (1 - p), 1e-12)

    return Elements(values, values.size, backward)


MUTANTS: tuple[Mutant, ...] = ()
