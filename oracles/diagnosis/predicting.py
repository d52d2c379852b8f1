"""What a program computes from the case's own operands that makes one mistake."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.entries import entries
from oracles.diagnosis.concerning import layers_of
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.known import Known
from oracles.diagnosis.rules import walk_altered
from oracles.diagnosis.site import Inapplicable
from oracles.judging.diagnosis import Variant


class _ShapeChanged(Exception):
    """A program with this mistake ends here."""


def predicted(
    case: Case, hypothesis: Hypothesis, variant: Variant = "", known: Known | None = None
) -> dict[str, Array]:
    """Every entry of a case with the mistake in every layer of its type, in order of evaluation. An
    entry of another shape than it should have is the last one.

    Raises Inapplicable where it cannot be made.
    """
    shapes = {entry.name: entry.shape for entry in entries(case)}
    values: dict[str, Array] = {}

    def visit(name: str, value: Array) -> Array:
        values[name] = np.asarray(value, dtype=np.float64)
        if np.shape(value) != shapes[name]:
            raise _ShapeChanged
        return value

    altered = hypothesis.altered
    with suppress(_ShapeChanged):
        walk_altered(known or Known(), case, altered, layers_of(altered, case), visit, variant)
    return values


def differ(one: dict[str, Array], other: dict[str, Array], share: float = 1e-3) -> str | None:
    """The first entry on which two predictions are apart by more than a share of the largest number
    in it, so that rounding cannot hide it; None if there is none."""
    for name in one:
        if name not in other or one[name].shape != other[name].shape:
            return name
        a, b = one[name], other[name]
        if not np.array_equal(np.isfinite(a), np.isfinite(b)):
            return name
        with np.errstate(invalid="ignore"):
            apart = np.nanmax(np.where(np.isfinite(a), np.abs(a - b), 0.0), initial=0.0)
            largest = np.max(np.abs(a), initial=0.0, where=np.isfinite(a))
        if apart > share * largest:
            return name
    return None


def tell_apart(case: Case, one: Hypothesis, other: Hypothesis, variant: Variant = "") -> str | None:
    """The first entry of a case that tells two mistakes apart; None if none does."""
    known = Known()
    try:
        return differ(predicted(case, one, variant, known), predicted(case, other, variant, known))
    except Inapplicable:
        return None
