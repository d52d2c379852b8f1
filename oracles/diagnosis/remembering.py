"""The diagnoses of one implementation in one run: what was found in one case is tried first in the
next.

A mistake in a convolution fails hundreds of cases, and a full search takes about a second in each.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from oracles.diagnosis.diagnosing import BUDGET, diagnose
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypotheses.table import HYPOTHESES
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.judging.diagnosis import Cause, Certainty, Diagnosis

PATIENT = 30.0
"""Seconds that one search may take where all items are to be searched."""


@dataclass
class Allowance:
    """Seconds that the full searches of a process may take together."""

    seconds: float = 60.0
    spent: float = 0.0

    @property
    def left(self) -> float:
        """Seconds, 0 if none are."""
        return max(0.0, self.seconds - self.spent)


@dataclass(frozen=True)
class _Found:
    """A hypothesis that explained something, and the case in which that was found first.

    firm   every rival was tried there, and those that gave the same numbers are remembered as well
    """

    hypothesis: Hypothesis
    case: str
    firm: bool


class Remembering:
    """Diagnoses item after item.

    The first `most` items of a kind are searched in full, and so are all if it is None. Further
    ones are held to the causes found before, which takes no time; those that these do not explain
    are searched as long as the allowance lasts. The first item of a kind is searched in any event.
    """

    def __init__(
        self,
        allowance: Allowance,
        most: int | None = 3,
        hypotheses: Sequence[Hypothesis] = HYPOTHESES,
    ) -> None:
        self._allowance = allowance
        self._most = most
        self._hypotheses = {one.name: one for one in hypotheses}
        self._found: dict[str, _Found] = {}
        self._searched: Counter[Hashable] = Counter()

    def __call__(self, evidence: Evidence) -> Diagnosis:
        """Why a run is wrong; `skipped` says why nothing was searched."""
        if not evidence.failing:
            return Diagnosis()
        if self._most is None:
            return self._search(evidence, PATIENT)
        kind = _kind(evidence)
        self._searched[kind] += 1
        if self._searched[kind] == 1:
            return self._search(evidence, BUDGET)
        if self._searched[kind] <= self._most and self._allowance.left:
            return self._search(evidence, min(BUDGET, self._allowance.left))
        confirmed = self._confirmed(evidence)
        if confirmed is not None:
            return confirmed
        if self._allowance.left:
            return self._search(evidence, min(BUDGET, self._allowance.left))
        return Diagnosis(
            skipped="no cause found before explains it, and the "
            f"{self._allowance.seconds:g} s for searching are spent; alone it is searched"
        )

    def _search(self, evidence: Evidence, budget: float) -> Diagnosis:
        began = time.process_time()
        diagnosis = diagnose(evidence, self._hypotheses.values(), budget=budget)
        self._allowance.spent += time.process_time() - began
        for cause in diagnosis.causes:
            if not cause.contradicts:
                firm = not diagnosis.untried and cause.certainty != "possible"
                self._remember(cause, evidence.case.id, firm)
        return diagnosis

    def _remember(self, cause: Cause, case: str, firm: bool) -> None:
        """The cause, and those it is tied with."""
        for name in (cause.cause, *(tie.cause for tie in cause.ties)):
            before = self._found.get(name)
            if before is None or (firm and not before.firm):
                self._found[name] = _Found(self._hypotheses[name], case, firm)

    def _confirmed(self, evidence: Evidence) -> Diagnosis | None:
        """What was found before, if it explains all that is wrong and nothing speaks against it. Of
        its rivals only those are tried that explained the other case as well."""
        known = [one.hypothesis for one in self._found.values()]
        diagnosis = diagnose(evidence, known)
        against = any(cause.contradicts for cause in diagnosis.causes)
        if not diagnosis.causes or diagnosis.unexplained or against:
            return None
        return replace(diagnosis, causes=tuple(map(self._attributed, diagnosis.causes)))

    def _attributed(self, cause: Cause) -> Cause:
        found = self._found[cause.cause]
        weaker = cause.certainty == "certain" and not found.firm
        certainty: Certainty = "likely" if weaker else cause.certainty
        return replace(cause, known_from=found.case, certainty=certainty)


def _kind(evidence: Evidence) -> Hashable:
    """What failures have in common that begin alike: the quantity that is wrong first, and of what
    operation."""
    first = next(one for one in evidence.entries if one.entry == evidence.failing[0])
    return first.kind, first.operation, first.entry in evidence.trace.refused
