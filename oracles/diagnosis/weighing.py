"""One hypothesis in one place, weighed: what it explains, and what speaks against it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.evidence import Evidence, Likeness
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.rules import walk_altered
from oracles.diagnosis.site import Inapplicable
from oracles.judging.diagnosis import Variant

CLOSER = 0.5
"""What a hypothesis leaves of the difference at most, to be called an explanation of it."""


@dataclass(frozen=True)
class Candidate:
    """A hypothesis, in some layers, in one variant."""

    hypothesis: Hypothesis
    layers: tuple[str, ...] = ()
    variant: Variant = ""


@dataclass
class Weighed:
    """What became of a candidate.

    explained       {entry that is wrong and reproduced: how well}
    missed          {entry that is wrong and predicted to be wrong in another way: how far off}
    contradicted    {entry that is right and predicted to be wrong: by how much}
    """

    candidate: Candidate
    explained: dict[str, Likeness] = field(default_factory=dict)
    missed: dict[str, Likeness] = field(default_factory=dict)
    contradicted: dict[str, Likeness] = field(default_factory=dict)


class _End(Exception):
    """Nothing behind this entry can be told."""


def weigh(evidence: Evidence, candidate: Candidate, *, patient: bool = False) -> Weighed:
    """Walk through the case with the altered rule, from the implementation's own values where they
    are exposed, and compare every entry that comes out otherwise.

    patient   go on although the first entry that it changes speaks against it

    Raises whatever the rule raises, but for Inapplicable.
    """
    weighed = Weighed(candidate)

    def visit(name: str, value: Array) -> Array:
        base = evidence.base[name]
        if value is not base:
            if np.shape(value) == base.shape and np.array_equal(value, base, equal_nan=True):
                value = base
            else:
                _hold(evidence, weighed, name, np.asarray(value, dtype=np.float64))
                against = weighed.missed or weighed.contradicted
                if against and not weighed.explained and not patient:
                    raise _End
        return evidence.own.get(name, value)

    altered, layers = candidate.hypothesis.altered, candidate.layers
    with suppress(_End, Inapplicable):
        walk_altered(evidence.known, evidence.case, altered, layers, visit, candidate.variant)
    return weighed


def _hold(evidence: Evidence, weighed: Weighed, name: str, predicted: Array) -> None:
    """Compare a changed entry with the implementation's."""
    wrong_shape = predicted.shape != evidence.base[name].shape
    if name in evidence.failing:
        likeness = evidence.likeness(name, predicted)
        explains = likeness.same and _closer(likeness, evidence.errors[name])
        (weighed.explained if explains else weighed.missed)[name] = likeness
    elif name in evidence.passing:
        likeness = evidence.likeness(name, predicted)
        if not likeness.same:
            weighed.contradicted[name] = likeness
    if wrong_shape:
        raise _End


def _closer(likeness: Likeness, error: Likeness) -> bool:
    """Whether much less is left than there was, in bounds or in numbers."""
    if not np.isfinite(error.residual):
        return True
    fewer = likeness.ratio <= CLOSER * error.ratio
    return fewer or likeness.residual <= CLOSER * error.residual
