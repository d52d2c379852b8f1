"""When oracles disagree: who stands alone, and what it is about.

PyTorch's free run is held to every other oracle, entry by entry, each computed from PyTorch's own
values before it. Whoever finds it different objects; who agrees with whom follows from the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from oracles.judging.judgement import Divergence, Split


def split(
    judged: str,
    objections: Mapping[str, Divergence],
    agreeing: Set[str],
    convention: str = "",
    maybe: Sequence[str] = (),
) -> Split:
    """The split over one entry of the oracle `judged`.

    objections   {oracle: where it finds the entry different}; index () is a derivative in some
                 direction, which cannot be compared with single numbers
    agreeing     oracles that find it the same
    maybe        conventions it may be about, where the case names none
    """
    worst = max(objections.values(), key=lambda d: (bool(d.index), d.ratio))
    numbers = {judged: worst.actual} if worst.index or worst.total == 1 else {}
    camps = [[judged, *sorted(agreeing)]]
    for oracle, objection in objections.items():
        if objection.index == worst.index:
            numbers[oracle] = objection.expected
        camp = next((c for c in camps[1:] if _same(objections[c[0]], objection)), None)
        if camp is None:
            camps.append([oracle])
        else:
            camp.append(oracle)
    camps.sort(key=len, reverse=True)
    single = [camp[0] for camp in camps if len(camp) == 1]
    alone = single[0] if len(single) == 1 and len(camps) == 2 and len(camps[0]) > 1 else ""
    return Split(
        entry=worst.entry,
        index=worst.index,
        numbers=numbers,
        camps=tuple(tuple(camp) for camp in camps),
        alone=alone,
        apart=worst.error,
        bound=worst.bound,
        rule=worst.rule,
        convention=convention,
        maybe=tuple(maybe),
    )


def _same(one: Divergence, other: Divergence) -> bool:
    """Whether two objectors may hold the same opinion: their numbers agree where both name the
    same element; elsewhere nothing speaks against it."""
    if one.index != other.index or not one.index:
        return True
    return abs(one.expected - other.expected) <= max(one.bound, other.bound)
