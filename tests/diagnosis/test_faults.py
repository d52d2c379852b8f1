"""What goes wrong in a diagnosis is shown, and costs no judgement."""

from __future__ import annotations

from oracles import judge
from oracles.contract.case import Case
from oracles.contract.trace import Trace
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypotheses.table import hypothesis
from oracles.judging.diagnosis import Diagnosis, HypothesisFault
from tests.diagnosis.self_made import definition, made


class Rotated:
    """An implementation with a known mistake."""

    name = "rotated"

    def run(self, case: Case, trace: Trace) -> None:
        """Record what the mistake gives."""
        recorded = made(case, hypothesis("conv2d.kernel.rotated"))
        for name in recorded:
            trace[name] = recorded[name]


def _raises(evidence: Evidence) -> Diagnosis:
    raise ZeroDivisionError(f"while looking at {evidence.case.id}")


def test_search_that_raises_costs_no_judgement() -> None:
    """The numbers are judged all the same, and the fault is named as one of the harness."""
    case = definition("conv2d/valid")
    judged, alone = judge(Rotated(), case, diagnose=_raises), judge(Rotated(), case, diagnose=None)
    assert (judged.outcome, judged.entries) == (alone.outcome, alone.entries)
    assert judged.diagnosis == Diagnosis(
        faults=(HypothesisFault("", "ZeroDivisionError: while looking at conv2d/valid"),)
    )
