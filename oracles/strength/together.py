"""Two mistakes at once, and mistakes behind entries that are not exposed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from oracles.diagnosis.diagnosing import diagnose
from oracles.judging.diagnosis import Diagnosis
from oracles.strength.mutants import catalogue, evidence_of, traced
from oracles.strength.naming import definition_of

BLACK_BOX = ("step*.loss", "step*.update.*")
"""What somebody exposes who has a loss and parameters to show, and nothing between."""


@dataclass(frozen=True)
class Pair:
    """Two mutants on one case."""

    spec: str
    switches: tuple[str, str]
    case: str
    dtype: str


@dataclass(frozen=True)
class PairNamed:
    """How many of the two are named."""

    pair: Pair
    named: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Hidden:
    """One mutant that shows its loss and updated parameters alone."""

    spec: str
    switch: str
    case: str
    dtype: str


@dataclass(frozen=True)
class HiddenNamed:
    """Whether something is wrong at all, and whether the true cause is among the answers."""

    hidden: Hidden
    visible: bool
    named: bool
    alone: bool
    seconds: float
    names: tuple[str, ...]


def pairs(
    spec: str, killed: Mapping[str, Mapping[str, Mapping[str, str]]], count: int, seed: int
) -> Iterator[Pair]:
    """Pairs of mutants of different areas on a case that kills each of them in another entry."""
    rng = Random(seed)
    area = {one.switch: one.area for one in catalogue(spec).mutants}
    every = list(itertools.combinations(sorted(killed), 2))
    rng.shuffle(every)
    found = 0
    for one, other in every:
        if area[one] == area[other]:
            continue
        places = [
            (case, dtype)
            for case in sorted(killed[one].keys() & killed[other].keys())
            for dtype in sorted(killed[one][case].keys() & killed[other][case].keys())
            if _both_entries(killed[one][case][dtype], killed[other][case][dtype])
        ]
        if places:
            yield Pair(spec, (one, other), *rng.choice(places))
            found += 1
        if found == count:
            return


def _both_entries(one: str, other: str) -> bool:
    return one != other and one.startswith("step") and other.startswith("step")


def pair_named(pair: Pair) -> PairNamed:
    """Diagnose two mistakes at once."""
    definition = definition_of(pair.case)
    trace, _ = traced(pair.spec, pair.switches, definition, pair.dtype)
    names = _names(diagnose(evidence_of(trace, definition, pair.dtype)))
    mutants = [catalogue(pair.spec).mutant(switch) for switch in pair.switches]
    return PairNamed(pair, sum(bool({m.cause, *m.alike} & {*names}) for m in mutants), names)


def hidden_named(hidden: Hidden) -> HiddenNamed:
    """Diagnose a mistake from the loss and the updated parameters."""
    definition = definition_of(hidden.case)
    trace, _ = traced(hidden.spec, [hidden.switch], definition, hidden.dtype, BLACK_BOX)
    evidence = evidence_of(trace, definition, hidden.dtype)
    found = diagnose(evidence)
    names = _names(found)
    mutant = catalogue(hidden.spec).mutant(hidden.switch)
    true = {mutant.cause, *mutant.alike}
    return HiddenNamed(
        hidden=hidden,
        visible=bool(evidence.failing),
        named=bool(true & {*names}),
        alone=bool(names) and true >= {*names},
        seconds=found.seconds,
        names=names,
    )


def _names(found: Diagnosis) -> tuple[str, ...]:
    ties = [tie.cause for cause in found.causes for tie in cause.ties]
    return (*(cause.cause for cause in found.causes), *ties)
