"""The diagnosis of one run."""

from __future__ import annotations

import time
from collections.abc import Iterable

from oracles.diagnosis.describing.table import described
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.following import pytorch_itself
from oracles.diagnosis.hypotheses.table import HYPOTHESES
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.ranking import causes, cover, ruled_out
from oracles.diagnosis.search import Search
from oracles.judging.diagnosis import Diagnosis

BUDGET = 10.0
"""Seconds that one search may take."""


def diagnose(
    evidence: Evidence,
    hypotheses: Iterable[Hypothesis] = HYPOTHESES,
    *,
    budget: float = BUDGET,
) -> Diagnosis:
    """Try all hypotheses on a run that was judged, and say which explain it.

    budget   seconds; what is not tried by then is counted
    """
    began = time.perf_counter()
    search = Search(evidence, budget)
    if not evidence.failing:
        return Diagnosis()
    if own := pytorch_itself(evidence):
        return Diagnosis(unexplained=evidence.failing, descriptions=own)
    search.over(hypotheses)
    chosen = cover(search.weighed)
    found = causes(evidence, chosen, all_tried=not search.untried)
    explained = {name for one in found for name in one.explains}
    left = tuple(name for name in evidence.failing if name not in explained)
    named = [one.cause for one in found] + [tie.cause for one in found for tie in one.ties]
    return Diagnosis(
        causes=found,
        unexplained=left,
        descriptions=described(evidence, left),
        ruled_out=ruled_out(search.near, named),
        tried=len(search.tried),
        untried=len(search.untried),
        faults=tuple(search.faults.values()),
        seconds=time.perf_counter() - began,
    )
