"""Two names for the same numbers are known as such, and only where no case tells them apart."""

from __future__ import annotations

import pytest

from oracles.contract.definition import Definition
from oracles.diagnosis.concerning import concerns
from oracles.diagnosis.halves import SAME_BACKWARD
from oracles.diagnosis.hypotheses.table import hypothesis
from oracles.diagnosis.predicting import differ, predicted
from oracles.references.pytorch import evaluate
from oracles.strength.mutants import runnable


def about(name: str) -> list[Definition]:
    """Small cases in which a mistake can be made."""
    rule = hypothesis(name).altered
    return [one for one in runnable() if concerns(rule, one.draw("float64"))][:25]


@pytest.mark.parametrize(("gradient", "whole"), SAME_BACKWARD.items(), ids=list(SAME_BACKWARD))
def test_the_backward_half_gives_the_same_numbers(gradient: str, whole: str) -> None:
    """On every case that has such a layer or loss; and on some of them they are wrong numbers."""
    cases = [one.draw("float64") for one in about(gradient)]
    ours = [predicted(case, hypothesis(gradient)) for case in cases]
    theirs = [predicted(case, hypothesis(whole), "backward only") for case in cases]
    assert [differ(*pair) for pair in zip(ours, theirs, strict=True)] == [None] * len(cases)
    right = [evaluate(case) for case in cases]
    assert any(differ(*pair) for pair in zip(right, ours, strict=True))
