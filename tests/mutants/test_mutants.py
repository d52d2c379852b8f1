"""Every mutant is noticed, at the right entry, and named; nothing wrong is called certain.

`seen_by.py` has a case for each: `python -m tests.mutants.choosing` draws them anew from what
`python -m oracles strength --json` found.
"""

from __future__ import annotations

import fnmatch
import re

import pytest
from tests.mutants.seen_by import SEEN_BY

from oracles.contract.case import Case
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.evidence import Evidence
from oracles.strength.mutants import evidence_of, traced
from oracles.strength.naming import definition_of
from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

SPEC = "tests.mutants.table"

CRASHES = frozenset(mutant.switch for mutant in MUTANTS) - frozenset(SEEN_BY)
"""Mutants that end in an exception wherever they are noticed, before anything wrong is recorded."""


def first_wrong(evidence: Evidence) -> str:
    """The first entry that is wrong by itself."""
    return evidence.failing[0]


def expected(mutant: Mutant, case: Case) -> list[str]:
    """Patterns of the entries in which a mutant may show first: `{Conv2d}` is any such layer."""
    found = re.search(r"\{(\w+)\}", mutant.entry)
    if found is None:
        return [f"step*.{mutant.entry}"]
    names = [layer.name for layer in case.layers if layer.type == found.group(1)]
    return [f"step*.{mutant.entry.replace(found.group(), name)}" for name in names]


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
    patterns = expected(mutant, evidence.case)
    first = first_wrong(evidence)
    assert any(fnmatch.fnmatchcase(first, pattern) for pattern in patterns), (first, patterns)
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
