"""A case file that has been read: no problems in it, its arrays ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oracles.contract.case import Case
from oracles.contract.drawing import Numbers, assemble
from oracles.contract.plan import Plan


@dataclass(frozen=True, eq=False)
class Published:
    """Values of one entry of the trace, from the file.

    entry     its name, "step0.forward.conv1"
    values    in the shape of the entry
    atol      tolerance in place of the bound on rounding, rtol beside it; None: the bound holds
    why       where the tolerance comes from
    derived   the oracle that wrote the values, None where they come from elsewhere
    """

    entry: str
    values: NDArray[np.float64]
    atol: float | None
    rtol: float | None
    why: str
    derived: str | None = None


@dataclass(frozen=True)
class Raises:
    """The case has to be refused; `match` is a regular expression to find in the message."""

    match: str | None


@dataclass(frozen=True, eq=False)
class Definition:
    """A case, as its file has it.

    id            path of the file below the folder of cases, or as given for a file elsewhere
    dtypes        what it is to be run in
    tags          those of the file, then the types of layers, loss and optimizer
    published     values from [expect] that come from elsewhere: an oracle of its own
    derived       values from [expect] that an oracle wrote: they judge nobody
    observed      numbers somebody got and reported
    cause         the name of what explains them
    raises        set where the case has to be refused
    """

    id: str
    path: Path
    title: str
    why: str
    source: str | None
    tags: tuple[str, ...]
    dtypes: tuple[str, ...]
    conventions: tuple[str, ...]
    published: tuple[Published, ...]
    derived: tuple[Published, ...]
    observed: tuple[Published, ...]
    cause: str | None
    raises: Raises | None
    plan: Plan = field(repr=False)

    def draw(self, dtype: str) -> Case:
        """The case with fresh writable arrays, rounded once to the dtype."""
        return assemble(self.plan, self._numbers, self.id, dtype)

    @cached_property
    def _numbers(self) -> Numbers:
        return Numbers(self.plan)
