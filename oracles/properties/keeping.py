"""A trace that keeps the arrays it was handed, beside the copies it makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.contract.case import Case
from oracles.contract.trace import Trace

_RESULTS = frozenset({"forward", "loss", "loss_gradient", "backward"})
"""Kinds of entries that are finished when they are recorded. Parameters, gradients, what the
optimizer remembers and running statistics may be updated in place."""


class KeepingTrace(Trace):
    """Knows which of the arrays it was handed have other numbers by now."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._handed: dict[str, Any] = {}

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if self.entries[name].kind in _RESULTS:
            self._handed[name] = value

    def overwritten(self) -> tuple[str, ...]:
        """Entries whose array, as it was handed over, is no longer what was recorded."""
        return tuple(
            name
            for name, array in self._handed.items()
            if name not in self.supplied
            and not np.array_equal(np.asarray(array), self[name], equal_nan=True)
        )
