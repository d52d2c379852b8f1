"""Every correct implementation that the audit holds against the judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.convolutions.algorithm import Algorithm
from oracles.audit.implementations.convolutions.by_scipy import ByScipy
from oracles.audit.implementations.convolutions.direct_loops import DirectLoops
from oracles.audit.implementations.convolutions.einsum import Einsum
from oracles.audit.implementations.convolutions.im2col import Im2col
from oracles.audit.implementations.convolutions.kernel_to_row import KernelToRow
from oracles.audit.implementations.program import MakeRules, Program
from oracles.audit.implementations.rules import FormulaRules
from oracles.audit.implementations.torch_rules import Kernels, TorchRules

BOTH = ("float32", "float64")


@dataclass(frozen=True)
class Correct:
    """A correct implementation: how it is made, and how it is to be judged."""

    name: str
    rules: MakeRules
    dtypes: tuple[str, ...] = BOTH
    algorithm: str | None = None

    def program(self, choices: Choices) -> Program:
        """One that uses these formulas."""
        return Program(self.name, self.rules, choices, self.dtypes, self.algorithm)


def _torch(kernels: Kernels) -> MakeRules:
    return lambda choices: TorchRules(kernels)


def _formulas(algorithm: Algorithm) -> Callable[[Choices], FormulaRules]:
    return lambda choices: FormulaRules(algorithm, choices)


IMPLEMENTATIONS: tuple[Correct, ...] = (
    Correct("torch oneDNN", _torch(Kernels(onednn=True, nnpack=False))),
    Correct("torch native", _torch(Kernels(onednn=False, nnpack=False))),
    Correct("torch NNPACK", _torch(Kernels(onednn=False, nnpack=True)), ("float32",), "normwise"),
    Correct("im2col", _formulas(Im2col())),
    Correct("direct loops", _formulas(DirectLoops())),
    Correct("reversed loops", _formulas(DirectLoops(down=True))),
    Correct("einsum", _formulas(Einsum())),
    Correct("kernel to row", _formulas(KernelToRow())),
    Correct("SciPy direct", _formulas(ByScipy("direct"))),
    Correct("SciPy FFT", _formulas(ByScipy("fft")), BOTH, "normwise"),
)
"""NNPACK and transforms exist for float32 alone, or are normwise accurate only."""
