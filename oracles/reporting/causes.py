"""Causes joined over the items of a run: forty failures, and the one line that is behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oracles.judging.diagnosis import Cause, Certainty, Sort
from oracles.reporting.features import differences
from oracles.reporting.result import Result
from oracles.reporting.tally import size

_RANK: tuple[Certainty, ...] = ("certain", "likely", "possible")


@dataclass(frozen=True)
class Joint:
    """A cause of failures of one implementation.

    certainty   certain if it is so in one item and nothing speaks against it in any other
    results     the items that it is a cause of
    neighbour   the item that passes and differs least from the smallest of these; None if none
                that has the operation passes
    differs     by what
    """

    cause: str
    title: str
    sort: Sort
    certainty: Certainty
    results: tuple[Result, ...]
    neighbour: Result | None
    differs: tuple[str, ...]

    @property
    def cases(self) -> list[str]:
        """The different cases it is a cause of, sorted."""
        return sorted({result.judgement.case for result in self.results})

    @property
    def smallest(self) -> Result:
        """The one with the fewest entries."""
        return min(self.results, key=size)


def joined(results: Sequence[Result]) -> list[Joint]:
    """The causes of the failures, for each implementation the one that explains most first.

    An item with ties counts for the tied cause that most other items name.
    """
    labels = dict.fromkeys(result.judgement.implementation for result in results)
    return [
        joint
        for label in labels
        for joint in _of_one([r for r in results if r.judgement.implementation == label])
    ]


def has_cause(result: Result) -> bool:
    """Whether it fails, and something is known of why."""
    return result.fails and bool(_causes(result))


def _causes(result: Result) -> tuple[Cause, ...]:
    diagnosis = result.judgement.diagnosis
    return diagnosis.causes if diagnosis is not None else ()


@dataclass(frozen=True)
class _Claim:
    """One cause in one item, under any of the names that its numbers allow."""

    result: Result
    cause: Cause

    @property
    def titles(self) -> dict[str, str]:
        ties = {tie.cause: tie.title for tie in self.cause.ties}
        return {self.cause.cause: self.cause.title, **ties}


def _of_one(results: Sequence[Result]) -> list[Joint]:
    left = [
        _Claim(result, cause) for result in results if result.fails for cause in _causes(result)
    ]
    passing = [result for result in results if result.judgement.outcome == "passed"]
    found = []
    while left:
        name = _most_named(left)
        mine = [claim for claim in left if name in claim.titles]
        left = [claim for claim in left if name not in claim.titles]
        found.append(_joint(name, mine, passing))
    return found


def _most_named(claims: Iterable[_Claim]) -> str:
    counts: dict[str, tuple[int, int]] = {}
    for claim in claims:
        for name in claim.titles:
            all_of, first = counts.get(name, (0, 0))
            counts[name] = all_of + 1, first + (name == claim.cause.cause)
    return min(counts, key=lambda name: (-counts[name][0], -counts[name][1], name))


def _joint(name: str, claims: Sequence[_Claim], passing: Sequence[Result]) -> Joint:
    own = [claim.cause for claim in claims if claim.cause.cause == name]
    results = tuple({id(claim.result): claim.result for claim in claims}.values())
    smallest = min(results, key=size)
    neighbour = _nearest(smallest, claims[0].cause.operation, passing)
    return Joint(
        cause=name,
        title=claims[0].titles[name],
        sort=own[0].sort if own else "mistake",
        certainty=_certainty(own),
        results=results,
        neighbour=neighbour,
        differs=() if neighbour is None else _differs(smallest, neighbour),
    )


def _certainty(own: Sequence[Cause]) -> Certainty:
    """Where it is only tied with others, it is likely at best."""
    unnamed: Certainty = "likely"
    best = min((cause.certainty for cause in own), key=_RANK.index, default=unnamed)
    contradicted = any(cause.contradicts for cause in own)
    return "likely" if best == "certain" and contradicted else best


def _nearest(result: Result, operation: str, passing: Sequence[Result]) -> Result | None:
    related = [
        other
        for other in passing
        if other.judgement.about == "values"
        and any(entry.operation == operation for entry in other.judgement.entries)
    ]
    return min(related, key=lambda one: (len(_differs(result, one)), *size(one)), default=None)


def _differs(here: Result, there: Result) -> tuple[str, ...]:
    return differences(_all_features(here), _all_features(there))


def _all_features(result: Result) -> tuple[str, ...]:
    return (*result.features, f"dtype = {result.judgement.dtype}")
