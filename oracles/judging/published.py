"""Published numbers as an oracle of their own: the values under `[expect]` of a case file.

They were computed from the numbers in the file. In float32 these are rounded before anybody
computes with them, which moves every result; by how much, PyTorch knows, and that much is allowed
on top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.definition import Published
from oracles.contract.trace import Trace
from oracles.judging.bounds import FLOAT64, expected, guaranteed, widest
from oracles.judging.comparison import Compared, compare
from oracles.judging.judgement import Divergence, JudgedEntry
from oracles.judging.localisation import Judged
from oracles.judging.measured import Size


@dataclass(frozen=True)
class Publication:
    """Published numbers of a case, and what is needed to compare with them.

    free       a free run of the first oracle on the operands as they were rounded
    unrounded  its values on the operands as the file has them
    """

    case: Case
    numbers: Sequence[Published]
    free: Judged
    unrounded: Mapping[str, Array]

    def compare(self, one: Published, actual: Array) -> Compared:
        """Within the bound on rounding, or within `atol` and `rtol` where the case gives them,
        which in float64 hold by themselves."""
        size, a = self.free.sizes[one.entry], self.free.tube.arithmetic
        allowed = self._moved(one.entry)
        if one.atol is not None or one.rtol is not None:
            rounding = (expected if self.case.drawn else guaranteed)(size, a)
            stated = (one.atol or 0.0) + (one.rtol or 0.0) * np.abs(one.values)
            allowed = stated if a is FLOAT64 else stated + allowed + rounding
            size = Size(np.zeros(one.values.shape), 0.0)
        compared = compare(
            one.entry,
            actual,
            one.values,
            size,
            a,
            drawn=self.case.drawn,
            oracle="published",
            carried=allowed if np.any(allowed) else None,
        )
        stated_by_case = one.atol is not None or one.rtol is not None
        if compared.divergence is None or not stated_by_case:
            return compared
        return replace(compared, divergence=replace(compared.divergence, rule="published"))

    def _moved(self, entry: str) -> Array:
        """What rounding of operands and of entries before this one can have moved it by."""
        local = widest(self.free.sizes[entry], self.free.tube.arithmetic)
        carried = self.free.tube.carried(entry, local)
        moved: Array = np.abs(self.free.tube.base.values[entry] - self.unrounded[entry])
        if carried is not None:
            moved = moved + carried
        return moved


def judge_published(
    publication: Publication, trace: Trace, judged: Sequence[JudgedEntry]
) -> tuple[JudgedEntry, ...]:
    """The verdicts with those on published numbers added: an entry that the first oracle has no
    objection to is still different if it is not what was published."""
    numbers = {one.entry: one for one in publication.numbers}
    return tuple(
        _with_published(publication, numbers[entry.entry], trace, entry)
        if entry.entry in numbers and entry.entry in trace
        else entry
        for entry in judged
    )


def objections(publication: Publication) -> dict[str, Divergence]:
    """{entry: where the first oracle itself does not reproduce what was published}."""
    found = {}
    for one in publication.numbers:
        compared = publication.compare(one, publication.free.tube.base.values[one.entry])
        if compared.divergence is not None:
            found[one.entry] = compared.divergence
    return found


def _with_published(
    publication: Publication, one: Published, trace: Trace, entry: JudgedEntry
) -> JudgedEntry:
    if entry.verdict in ("different", "inherited", "supplied"):
        return entry
    compared = publication.compare(one, trace[one.entry])
    if compared.divergence is None:
        return entry
    return replace(
        entry,
        verdict="different",
        max_ratio=compared.max_ratio,
        divergence=compared.divergence,
    )
