"""What a report is made of: judgements with what a reader needs beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oracles.judging.judgement import Judgement, Outcome

OUTCOMES: tuple[Outcome, ...] = (
    "passed",
    "diverged",
    "incomplete",
    "error",
    "timeout",
    "invalid-case",
    "harness-error",
    "expected-failure",
    "unsupported",
)
"""In the order in which a reader wants them."""

FAILING: frozenset[Outcome] = frozenset(
    {"diverged", "incomplete", "error", "timeout", "invalid-case", "harness-error"}
)
"""Outcomes that make a run fail."""


@dataclass(frozen=True)
class Result:
    """One judged item.

    title      of the case
    command    that repeats exactly this item, "" if there is none
    features   what the case is made of (`features.py`)
    """

    judgement: Judgement
    title: str = ""
    command: str = ""
    features: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether it makes the run fail."""
        return self.judgement.outcome in FAILING


@dataclass(frozen=True)
class Run:
    """All results of a run, in an order that does not depend on who finished first.

    implementations   {label: spec}
    versions          {"python": "3.11.2", "numpy": ..., ...}
    """

    implementations: Mapping[str, str]
    versions: Mapping[str, str]
    results: tuple[Result, ...]

    @property
    def nothing_passed(self) -> bool:
        """Items were judged, and not one of them passed."""
        outcomes = [result.judgement.outcome for result in self.results]
        return bool(outcomes) and "passed" not in outcomes

    @property
    def fails(self) -> bool:
        """Something failed, or nothing passed."""
        return self.nothing_passed or any(result.fails for result in self.results)

    def counts(self) -> dict[Outcome, int]:
        """How many items ended in which way."""
        counted = Counter(result.judgement.outcome for result in self.results)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    def of(self, implementation: str) -> tuple[Result, ...]:
        """The results of one implementation."""
        return tuple(r for r in self.results if r.judgement.implementation == implementation)


def ordered(results: Iterable[Result], implementations: Iterable[str]) -> tuple[Result, ...]:
    """Sorted by case, then as the implementations were given, values before properties, then by
    dtype."""
    place = {label: position for position, label in enumerate(implementations)}

    def key(result: Result) -> tuple[str, int, bool, str]:
        judgement = result.judgement
        given = place.get(judgement.implementation, len(place))
        return judgement.case, given, judgement.about != "values", judgement.dtype

    return tuple(sorted(results, key=key))
