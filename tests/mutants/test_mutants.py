"""Every mutant is noticed, at the right entry, and named; nothing wrong is called certain.

`seen_by.json` has a case for each: `python -m tests.mutants.choosing` draws them anew from what
`python -m oracles strength --json` found.
"""

from __future__ import annotations

import pytest

from oracles.diagnosis.diagnosing import diagnose
from oracles.strength.mutants import evidence_of, traced
from oracles.strength.naming import definition_of
from tests.mutants.mutant import Mutant
from tests.mutants.seen_by import SEEN_BY
from tests.mutants.table import MUTANTS

SPEC = "tests.mutants.table"

CRASHES = frozenset(mutant.switch for mutant in MUTANTS) - frozenset(SEEN_BY)
"""Mutants that end in an exception wherever they are noticed, before anything wrong is recorded."""


@pytest.mark.parametrize(
    "mutant",
    [one for one in MUTANTS if one.switch in SEEN_BY],
    ids=[one.switch for one in MUTANTS if one.switch in SEEN_BY],
)
def test_a_mutant_is_noticed_and_named(mutant: Mutant) -> None:
    """The first divergence is where the mistake is, the cause is in the answer, and no other one is
    called certain."""
    case, dtype = SEEN_BY[mutant.switch]
    definition = definition_of(case)
    trace, _ = traced(SPEC, [mutant.switch], definition, dtype)
    evidence = evidence_of(trace, definition, dtype)
    first = evidence.failing[0]
    assert mutant.may_show_in(first, evidence.case), (first, mutant.entry)
    causes = diagnose(evidence).causes
    true = {mutant.cause, *mutant.alike}
    names = {cause.cause for cause in causes} | {tie.cause for one in causes for tie in one.ties}
    assert true & names, names
    assert {cause.cause for cause in causes if cause.certainty == "certain"} <= true


@pytest.mark.parametrize("switch", sorted(CRASHES))
def test_what_has_no_case_is_known_to_crash(switch: str) -> None:
    """Who adds a mutant adds the case that notices it."""
    (mutant,) = (one for one in MUTANTS if one.switch == switch)
    assert mutant.crash
