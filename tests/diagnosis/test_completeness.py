"""Nothing is left without a name: every operation has hypotheses, every hypothesis a mutant."""

from __future__ import annotations

import re

import pytest

from oracles.contract.conventions import CONVENTIONS
from oracles.contract.losses import LOSSES
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS
from oracles.diagnosis.altered import Precision
from oracles.diagnosis.concerning import operations_of
from oracles.diagnosis.following import CONVENTIONS as FOLLOWED
from oracles.diagnosis.hypotheses.table import HYPOTHESES
from oracles.diagnosis.hypothesis import Hypothesis
from tests.mutants.table import MUTANTS

WITHOUT_MISTAKES = {"Identity"}
"""Operations in which there is nothing to get wrong."""


ABOUT = set().union(*(operations_of(one.altered) for one in HYPOTHESES))
NAMED = {name for mutant in MUTANTS for name in (mutant.cause, *mutant.alike)}
NAMES = [one.name for one in HYPOTHESES]


@pytest.mark.parametrize(
    "operation", sorted({*OPERATIONS, *LOSSES, *OPTIMIZERS} - WITHOUT_MISTAKES)
)
def test_every_operation_has_hypotheses(operation: str) -> None:
    """A new operation brings the mistakes that people make in it."""
    assert operation in ABOUT


@pytest.mark.parametrize(
    "name", [one.name for one in HYPOTHESES if not isinstance(one.altered, Precision)]
)
def test_every_hypothesis_has_a_mutant(name: str) -> None:
    """Somebody has made the mistake, in arithmetic of his own, and is named."""
    assert name in NAMED


def test_every_mutant_has_a_cause() -> None:
    """What has to be named can be named."""
    assert sorted({mutant.cause for mutant in MUTANTS} - set(NAMES)) == []


def test_names_are_unique() -> None:
    """A name is the address of a page."""
    assert len(NAMES) == len(set(NAMES))
    switches = [mutant.switch for mutant in MUTANTS]
    assert len(switches) == len(set(switches))


@pytest.mark.parametrize("hypothesis", HYPOTHESES, ids=NAMES)
def test_a_hypothesis_says_what_a_person_needs(hypothesis: Hypothesis) -> None:
    """Title, the sentence it tests, why tests pass, and the fix."""
    assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+){1,3}", hypothesis.name)
    assert hypothesis.title
    assert not hypothesis.title.endswith(".")
    assert hypothesis.claim.endswith(".")
    assert hypothesis.why_unseen.endswith(".")
    assert hypothesis.fix


@pytest.mark.parametrize("hypothesis", [one for one in HYPOTHESES if one.sort == "convention"])
def test_a_convention_says_how_to_declare_it(hypothesis: Hypothesis) -> None:
    """The line is one that the harness understands."""
    assert hypothesis.declaration
    assert hypothesis.convention == "" or hypothesis.convention in CONVENTIONS
    followed = re.findall(r'follows = \("([^"]+)"', hypothesis.declaration)
    assert set(followed) <= set(FOLLOWED)
