"""Three mutants in a few lines: what the command needs to know of mutants."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

import numpy as np

from oracles.contract.case import Case
from oracles.contract.trace import Trace
from oracles.references.pytorch import evaluate
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

MUTANTS = (
    Mutant("conv2d: turned", "conv2d.grad_weight.rotated", "gradient.{Conv2d}.weight"),
    Mutant("conv2d: misnamed", "conv2d.grad_weight.nobody", "gradient.{Conv2d}.weight"),
    Mutant("conv2d: nothing", "conv2d.nothing", "gradient.{Conv2d}.weight"),
)


class Mutable:
    """Records what PyTorch has; the gradient of a convolution's kernel is turned by the first two
    mutants, and left alone by the third."""

    def __init__(self, *switches: str, exposes: Sequence[str] = ("*",)) -> None:
        self.name = "few"
        self.on = Switches(switches)
        self.exposes = exposes

    def run(self, case: Case, trace: Trace) -> None:
        """Every entry that is exposed."""
        if not any(layer.type == "Conv2d" for layer in case.layers):
            return
        turned = [self.on("conv2d: turned"), self.on("conv2d: misnamed")]
        self.on("conv2d: nothing")
        for name, value in evaluate(case).items():
            array = np.asarray(value)
            if any(turned) and ".gradient." in name and array.ndim == 4:
                array = np.flip(array, (2, 3))
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.exposes):
                trace[name] = array.astype(case.dtype)
