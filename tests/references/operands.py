"""Cases whose operands are rounded to one dtype and which are computed in another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from oracles.contract.case import Case


def in_float64(case: Case) -> Case:
    """The same numbers in float64: two oracles then agree to the last digits of that."""
    return replace(
        case,
        dtype=np.dtype("float64"),
        layers=tuple(
            replace(layer, parameters=_wide(layer.parameters), buffers=_wide(layer.buffers))
            for layer in case.layers
        ),
        loss=None if case.loss is None else _wide(case.loss),
        steps=tuple(
            replace(
                step,
                **_wide({key: getattr(step, key) for key in ("input", "target", "upstream")}),
                masks=_wide(step.masks),
            )
            for step in case.steps
        ),
    )


def _wide(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.astype(np.float64) if getattr(value, "dtype", None) == np.float32 else value
        for key, value in values.items()
    }
