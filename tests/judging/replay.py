"""An implementation that is right, except where a test wants it wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.evaluation import PlainRules
from oracles.contract.trace import Trace
from oracles.contract.training import walk
from oracles.references.pytorch import PyTorch

Tamper = Callable[[Array], Array]


@dataclass(frozen=True)
class Replay:
    """Computes what the case asks for, rounded to its dtype after every entry.

    tamper   {entry: what is done to it}; everything computed from it follows
    hide     entries that are not recorded
    """

    tamper: Mapping[str, Tamper] = field(default_factory=dict)
    hide: Callable[[str], bool] = lambda entry: False
    name: str = "replay"

    def run(self, case: Case, trace: Trace) -> None:
        def visit(entry: str, value: Array) -> Array:
            rounded = np.asarray(value).astype(case.dtype)
            if entry in self.tamper:
                rounded = self.tamper[entry](rounded).astype(case.dtype)
            if ".mask." not in entry and not self.hide(entry):
                trace[entry] = rounded
            return rounded.astype(np.float64)

        walk(case, PlainRules(PyTorch()), visit)
