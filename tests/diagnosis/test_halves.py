"""Two names for the same numbers are known as such, and only where no case tells them apart."""

from __future__ import annotations

from itertools import islice

import pytest

from oracles.contract.case import Case
from oracles.diagnosis.concerning import concerns
from oracles.diagnosis.halves import SAME_BACKWARD
from oracles.diagnosis.hypotheses.table import hypothesis
from oracles.diagnosis.predicting import differ, predicted
from oracles.diagnosis.site import Inapplicable
from oracles.references.pytorch import evaluate
from oracles.strength.mutants import runnable


def about(gradient: str, whole: str) -> list[Case]:
    """Small cases in which both mistakes can be made."""
    rule = hypothesis(gradient).altered
    drawn = (one.draw("float64") for one in runnable())
    able = (one for one in drawn if concerns(rule, one) and applies(one, gradient, whole))
    return list(islice(able, 25))


def applies(case: Case, *names: str) -> bool:
    """Whether there is a bias where one is needed, and the like."""
    try:
        return all(predicted(case, hypothesis(name)) for name in names)
    except Inapplicable:
        return False


@pytest.mark.parametrize(("gradient", "whole"), SAME_BACKWARD.items(), ids=list(SAME_BACKWARD))
def test_the_backward_half_gives_the_same_numbers(gradient: str, whole: str) -> None:
    """On every case that has such a layer or loss; and on some of them they are wrong numbers."""
    cases = about(gradient, whole)
    ours = [predicted(case, hypothesis(gradient)) for case in cases]
    theirs = [predicted(case, hypothesis(whole), "backward only") for case in cases]
    assert [differ(*pair) for pair in zip(ours, theirs, strict=True)] == [None] * len(cases)
    right = [evaluate(case) for case in cases]
    assert any(differ(*pair) for pair in zip(right, ours, strict=True))
