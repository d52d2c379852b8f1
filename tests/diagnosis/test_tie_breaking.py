"""What one case cannot tell apart, another one does, and it is run."""

from __future__ import annotations

import pytest

from oracles.contract.case import Case
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.following import CONVENTIONS
from oracles.diagnosis.ranking import said
from oracles.diagnosis.splitting import splitting_case
from oracles.judging.judgement import Judgement
from oracles.reporting.diagnosis import diagnosis_lines
from oracles.strength.mutants import evidence_of, traced
from oracles.tie_breaking import ties_broken
from oracles.trial import judge
from tests.diagnosis.self_made import definition
from tests.mutants.network import Mutable
from tests.mutants.switches import Switches

CASE = "conv2d/strided_generic"
"""Its stride is 1 along the rows, so that two mistakes are one."""

ROWS = "conv2d.stride.rows_for_both"
IGNORED = "conv2d.stride.ignored"


def judged(switch: str) -> Judgement:
    """A mutant on that case."""
    return judge(Mutable(switch), definition(CASE), "float32", council=False)


@pytest.mark.parametrize(
    ("switch", "cause"),
    [("conv2d: stride of rows for both", ROWS), ("conv2d: stride ignored", IGNORED)],
)
def test_a_tie_is_broken_by_running_another_case(switch: str, cause: str) -> None:
    """The cause is alone and certain in the end, and the case that was run is named."""
    judgement = judged(switch)
    assert judgement.diagnosis is not None
    (found,) = judgement.diagnosis.causes
    assert (found.cause, found.certainty, found.ties) == (cause, "certain", ())
    assert found.confirmed_by
    assert f"{found.confirmed_by}, run as well, rules them out" in " ".join(
        " ".join(diagnosis_lines(judgement)).split()
    )


class Silent(Mutable):
    """Does nothing on other cases."""

    def run(self, case: Case, trace: Trace) -> None:
        """Not one entry."""


def test_a_tie_that_cannot_be_broken_names_the_case_that_would() -> None:
    """Where the implementation does not run the other case, it is said which one it is."""
    case = definition(CASE)
    trace, _ = traced("tests.mutants.table", ["conv2d: stride ignored"], case, "float32")
    tied = diagnose(evidence_of(trace, case, "float32"))
    (cause,) = ties_broken(tied, Silent(), case, "float32").causes
    assert cause.certainty == "likely"
    assert [bool(tie.split_by) for tie in cause.ties] == [True]


def test_two_names_that_are_told_apart_nowhere_have_no_case() -> None:
    """A mistake does not differ from itself."""
    assert splitting_case(ROWS, ROWS) is None


class Once(Mutable):
    """Is wrong in its first run alone."""

    def run(self, case: Case, trace: Trace) -> None:
        """The mistake goes away by itself."""
        try:
            super().run(case, trace)
        finally:
            self.on = Switches()


def test_a_mistake_that_goes_away_is_not_certain() -> None:
    """That another case is right proves nothing, if the first one is right by then as well."""
    judgement = judge(Once("conv2d: stride ignored"), definition(CASE), "float32", council=False)
    assert judgement.diagnosis is not None
    assert [cause.certainty for cause in judgement.diagnosis.causes] == ["likely"]


@pytest.mark.parametrize("name", CONVENTIONS)
def test_half_a_convention_is_a_mistake_however_it_is_found(name: str) -> None:
    """Nobody follows a convention in one pass alone: no declaration is offered for it."""
    whole, half = (said(CONVENTIONS[name], variant) for variant in ("", "backward only"))
    assert (whole["sort"], half["sort"]) == ("convention", "mistake")
    assert whole["declaration"]
    assert half["declaration"] == ""
