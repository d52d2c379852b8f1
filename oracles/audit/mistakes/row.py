"""A row of the table of tiny mistakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oracles.audit.cases.draws import Draws
from oracles.audit.cases.toml import Table
from oracles.audit.mistakes.mistake import Mistake


@dataclass(frozen=True)
class Trial:
    """One trial of a row: random choices, and whether every sum is to be exact."""

    draws: Draws
    number: int
    lattice: bool

    def array(self, shape: tuple[int, ...], std: float = 1.0) -> Table:
        """Normally distributed numbers, or small integers."""
        table: Table = {"shape": list(shape), "seed": self.draws.seed()}
        if self.lattice:
            return {"fill": "integers", "low": -3, "high": 3, **table}
        return {"fill": "normal", "std": std, **table}


@dataclass(frozen=True)
class Row:
    """A mistake, the cases it is tried on, and how often it has to be found.

    where      the entry that has to be called wrong first
    goal       percent of the trials in float32 to be caught at least; float64 and, where there is
               one, the lattice have to catch all of them
    published  what another study found with the same bounds; "" where it has no such row
    trials     in float32
    lattice    whether the operation is polynomial, and exact on small integers
    """

    title: str
    case: Callable[[Trial], Table]
    mistake: Mistake
    where: str
    goal: float = 100.0
    published: str = ""
    trials: int = 24
    lattice: bool = False


def document(source: Table, *layers: Table, **rest: Table | list[Table]) -> Table:
    """A case of these layers."""
    return {
        "format": 1,
        "title": "a tiny mistake",
        "why": "on top of genuine rounding, the judge sees it",
        "input": source,
        "layers": list(layers),
        **rest,
    }
