"""Where the numbers of a random case come from: fills of the case format, and numbers written out
that no fill has, as people's own cases have them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from oracles.audit.cases.draws import Draws
from oracles.audit.cases.toml import Table

Kind = Literal["drawn", "literal", "lattice"]
"""`drawn` is judged by the expected bound, `literal` by the guaranteed one, `lattice` by
equality."""

KINDS: tuple[Kind, ...] = ("drawn", "drawn", "drawn", "literal", "literal", "lattice")
"""As often as each is drawn."""

WRITTEN_OUT = 20_000
"""The most numbers that are written into a case file; larger arrays are fills."""

FILLS: Mapping[str, Table] = {
    "uniform": {"fill": "uniform"},
    "positive": {"fill": "uniform", "low": 0.0, "high": 1.0},
    "normal": {"fill": "normal"},
    "small": {"fill": "normal", "std": 2.0**-12},
    "large": {"fill": "normal", "std": 2.0**5},
    "integers": {"fill": "integers", "low": -20, "high": 20, "zeros": True},
    "few values": {"fill": "bernoulli", "p": 0.5},
}
LATTICE: Table = {"fill": "integers", "low": -3, "high": 3}

Numbers = Callable[[np.random.Generator, int], np.ndarray[Any, Any]]

FAMILIES: Mapping[str, Numbers] = {
    "all equal": lambda generator, n: np.full(n, 0.1),
    "lognormal": lambda generator, n: (
        np.exp(2.5 * generator.standard_normal(n)) * generator.choice([-1.0, 1.0], n)
    ),
    "wide scales": lambda generator, n: (
        generator.standard_normal(n) * 10.0 ** generator.integers(-4, 5, n)
    ),
    "offset 1000": lambda generator, n: 1000.0 + generator.standard_normal(n),
    "sparse": lambda generator, n: generator.standard_normal(n) * (generator.random(n) < 0.05),
    "tiny": lambda generator, n: 1e-21 * generator.standard_normal(n),
    "zeros": lambda generator, n: np.zeros(n),
}


@dataclass(frozen=True)
class Data:
    """The arrays of one case."""

    draws: Draws
    kind: Kind

    @property
    def lattice(self) -> bool:
        """Whether every sum is to be exact."""
        return self.kind == "lattice"

    def array(self, shape: tuple[int, ...], *, given: bool = True) -> Table:
        """An array of this shape. With `given` it is written out where the kind has such data."""
        draws, n = self.draws, math.prod(shape)
        seeded = {"shape": list(shape), "seed": draws.seed()}
        if self.lattice:
            return {**LATTICE, **seeded}
        if self.kind == "literal" and given and draws.chance(0.8):
            family = draws.one_of("arange", *FAMILIES)
            if family == "arange":
                return {"fill": family, "shape": list(shape), "start": -0.3, "step": 0.7 / n}
            if n <= WRITTEN_OUT:
                numbers = FAMILIES[family](draws.generator, n).astype(np.float32)
                return {"values": [float(x) for x in numbers], "shape": list(shape)}
        return {**FILLS[draws.one_of(*FILLS)], **seeded}

    def between(self, low: float, high: float) -> Table:
        """Drawn numbers between two limits, in the shape that the case file implies."""
        return {"fill": "uniform", "low": low, "high": high, "seed": self.draws.seed()}
