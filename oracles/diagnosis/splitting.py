"""Ties: the case on which two causes predict different numbers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache, lru_cache

from oracles.case_paths import bundled_cases
from oracles.contract.definition import Definition
from oracles.contract.errors import InvalidCase
from oracles.contract.reading import read_case
from oracles.diagnosis.altered import Precision
from oracles.diagnosis.concerning import operations_of
from oracles.diagnosis.hypotheses.table import HYPOTHESES
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.predicting import tell_apart
from oracles.judging.diagnosis import Variant

LARGEST = 100_000
"""Bytes of a case file, with arrays beside it, that is looked at: a small one is wanted."""


_KNOWN: dict[tuple[str, str, Variant], Definition | None] = {}


def splitting_case(
    one: str, other: str, variant: Variant = "", *, deadline: float = float("inf")
) -> Definition | None:
    """The smallest bundled case that tells two causes apart; None if there is none, or none was
    found by the deadline (of time.process_time)."""
    key = one, other, variant
    if key not in _KNOWN:
        try:
            _KNOWN[key] = _splitting_case(one, other, variant, deadline)
        except TimeoutError:
            return None
    return _KNOWN[key]


def _splitting_case(one: str, other: str, variant: Variant, deadline: float) -> Definition | None:
    named = {hypothesis.name: hypothesis for hypothesis in HYPOTHESES}
    first, second = named[one], named[other]
    if isinstance(first.altered, Precision) or isinstance(second.altered, Precision):
        return None
    for definition in _candidates(first):
        if time.process_time() > deadline:
            raise TimeoutError
        if tell_apart(definition.draw("float64"), first, second, variant) is not None:
            return definition
    return None


def _candidates(hypothesis: Hypothesis) -> Iterator[Definition]:
    """Bundled cases in which a mistake can be made, the smallest first."""
    operations = operations_of(hypothesis.altered)
    return (
        definition
        for definition in bundled()
        if definition.raises is None and (not operations or operations & set(definition.tags))
    )


@lru_cache(maxsize=1)
def bundled() -> tuple[Definition, ...]:
    """Every bundled case that can be read, the smallest first."""
    found = []
    for path in sorted(bundled_cases().rglob("*.case.toml")):
        beside = sum(one.stat().st_size for one in path.parent.glob("*.npy"))
        if path.stat().st_size + (beside if "file =" in path.read_text("utf-8") else 0) > LARGEST:
            continue
        try:
            definition = read_case(path)
        except InvalidCase:
            continue
        found.append(definition)
    return tuple(sorted(found, key=lambda one: (numbers(one), one.id)))


@cache
def numbers(definition: Definition) -> int:
    """How many numbers there are in the inputs and parameters of all steps of a case."""
    if definition.raises is not None:
        return 0
    case = definition.draw("float64")
    sizes = [step.input.size for step in case.steps]
    layers = sum(sum(array.size for array in layer.parameters.values()) for layer in case.layers)
    return sum(sizes) + layers * len(case.steps)
