"""From candidates that explain something to causes: ranking, ties, cover, certainty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracles.diagnosis.evidence import SIDES, Evidence
from oracles.diagnosis.halves import SAME_BACKWARD
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.weighing import Weighed
from oracles.judging.diagnosis import Cause, Certainty, RuledOut, Tie, Variant

_MOST_RULED_OUT = 3


@dataclass(frozen=True)
class Ranked:
    """One cause of a cover: the best candidate for what was left, and those as good.

    new   entries that it explains and no cause before it
    """

    best: Weighed
    equals: tuple[Weighed, ...]
    new: frozenset[str]


def cover(weighed: Sequence[Weighed]) -> list[Ranked]:
    """The candidates that explain most, each of what those before it have left."""
    chosen: list[Ranked] = []
    explained: set[str] = set()
    rest = list(weighed)
    while True:
        worth = [
            (len(one.explained.keys() - explained) - 0.5 * len(one.contradicted), one)
            for one in rest
            if one.explained.keys() - explained
        ]
        worth = [pair for pair in worth if pair[0] > 0]
        if not worth:
            return chosen
        _, best = min(worth, key=lambda pair: (-pair[0], *_preference(pair[1])))
        new = frozenset(best.explained.keys() - explained)
        equals = _equals(best, new, explained, [one for _, one in worth])
        chosen.append(Ranked(best, equals, new))
        explained |= new


def _preference(one: Weighed) -> tuple[float, ...]:
    """Among candidates that explain as much: none that is contradicted, the plain variant, in as
    many layers as it may be, with the smaller residue; where all that is equal, what has been seen
    in more places."""
    return (
        len(one.contradicted),
        len(one.missed),
        one.candidate.variant != "",
        -len(one.candidate.layers),
        _worst(one, one.explained) > SIDES / 2,
        _worst(one, one.explained),
        -len(one.candidate.hypothesis.evidence),
    )


def _equals(
    best: Weighed, new: frozenset[str], explained: set[str], others: Iterable[Weighed]
) -> tuple[Weighed, ...]:
    """One candidate for each other hypothesis that explains the same and is spoken against as
    little, the one to be preferred first, but for what is the same by two names."""
    found: dict[str, Weighed] = {}
    for one in sorted(others, key=_preference):
        name = one.candidate.hypothesis.name
        if name == best.candidate.hypothesis.name or name in found:
            continue
        if one.candidate.variant and SAME_BACKWARD.get(best.candidate.hypothesis.name) == name:
            continue
        same = one.explained.keys() - explained == new
        if same and len(one.contradicted) == len(best.contradicted):
            found[name] = one
    return tuple(found.values())


def causes(
    evidence: Evidence, chosen: Sequence[Ranked], *, all_tried: bool = True
) -> tuple[Cause, ...]:
    """What the cover says, in order of evaluation, with how certain that is."""
    explained = {name for one in chosen for name in one.new}
    sure = all_tried and explained >= set(evidence.failing)
    order = {name: index for index, name in enumerate(evidence.trace.entries)}
    found = [_cause(evidence, one, _certainty(one, sure)) for one in chosen]
    return tuple(sorted(found, key=lambda cause: order[cause.entry]))


def _certainty(ranked: Ranked, sure: bool) -> Certainty:
    """Certain is who explains all that is wrong, contradicts nothing that is right, and is alone in
    that. One number alone, and nothing but NaN, is reproduced by too many rules to be more than
    possible."""
    telling = any(ranked.best.explained[name].telling for name in ranked.new)
    if not telling or ranked.best.contradicted:
        return "possible"
    return "certain" if sure and not ranked.equals else "likely"


def _cause(evidence: Evidence, ranked: Ranked, certainty: Certainty) -> Cause:
    best = ranked.best
    hypothesis = best.candidate.hypothesis
    order = [name for name in evidence.trace.entries if name in best.explained]
    residues = [best.explained[name] for name in order]
    errors = [evidence.errors[name].ratio for name in order]
    return Cause(
        **said(hypothesis, best.candidate.variant),
        certainty=certainty,
        variant=best.candidate.variant,
        layers=best.candidate.layers,
        operation=_operation(evidence, order[0]),
        entry=order[0],
        explains=tuple(order),
        contradicts=tuple(best.contradicted),
        residual_ratio=max(one.ratio for one in residues),
        error_ratio=max(errors),
        residual=max(one.residual for one in residues),
        ties=tuple(
            Tie(one.candidate.hypothesis.name, one.candidate.hypothesis.title)
            for one in ranked.equals
        ),
    )


def said(hypothesis: Hypothesis, variant: Variant) -> dict[str, Any]:
    """What a cause says of a hypothesis. Whoever follows a convention in one pass alone follows
    none: that is a mistake, and cannot be declared."""
    half = hypothesis.sort == "convention" and variant != ""
    return {
        "cause": hypothesis.name,
        "title": hypothesis.title,
        "sort": "mistake" if half else hypothesis.sort,
        "claim": hypothesis.claim,
        "why_unseen": hypothesis.why_unseen,
        "fix": hypothesis.fix,
        "declaration": "" if half else hypothesis.declaration,
        "evidence": hypothesis.evidence,
    }


def _operation(evidence: Evidence, entry: str) -> str:
    return next((one.operation for one in evidence.entries if one.entry == entry), "")


def ruled_out(near: Sequence[Weighed], named: Iterable[str]) -> tuple[RuledOut, ...]:
    """The hypotheses that come closest without being it, and what speaks against them."""
    taken = set(named)
    found: dict[str, tuple[float, RuledOut]] = {}
    for one in near:
        hypothesis = one.candidate.hypothesis
        against = one.missed or one.contradicted
        entry, likeness = min(against.items(), key=lambda item: item[1].ratio)
        if hypothesis.name in taken or not np.isfinite(likeness.ratio):
            continue
        why = f"predicts another {entry}, {likeness.ratio:.3g} times the bound from yours"
        if entry in one.contradicted:
            why = f"would change {entry}, which is right"
        rival = RuledOut(hypothesis.name, hypothesis.title, why)
        if hypothesis.name not in found or likeness.ratio < found[hypothesis.name][0]:
            found[hypothesis.name] = likeness.ratio, rival
    ranked = sorted(found.values(), key=lambda pair: pair[0])
    return tuple(rival for _, rival in ranked[:_MOST_RULED_OUT])


def _worst(one: Weighed, names: Iterable[str]) -> float:
    return max((one.explained[name].ratio for name in names), default=0.0)
