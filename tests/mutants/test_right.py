"""Without a mistake the mutable network is right: what is said of a mutant is about its switch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.contract.trace import Trace
from oracles.trial import judge
from tests.mutants.network import Mutable
from tests.mutants.table import MUTANTS

CASES = Path(__file__).parents[2] / "cases"


def accepted() -> list[Definition]:
    """The bundled cases that make sense."""
    read = [read_case(path) for path in sorted(CASES.rglob("*.case.toml"))]
    return [case for case in read if case.raises is None]


ITEMS = [(case, dtype) for case in accepted() for dtype in case.dtypes]


@pytest.mark.parametrize(
    ("case", "dtype"), ITEMS, ids=[f"{case.id}-{dtype}" for case, dtype in ITEMS]
)
def test_it_is_right_with_every_switch_off(case: Definition, dtype: str) -> None:
    """No mutant is caught by a mistake that is not its own."""
    judgement = judge(Mutable(), case, dtype, diagnose=None, council=False)
    assert judgement.outcome == "passed", judgement.message


def test_every_switch_of_the_table_is_read() -> None:
    """A switch that nothing reads would be a mutant that nobody can kill."""
    asked = frozenset().union(*(switches_read(case) for case in accepted()))
    assert [mutant.switch for mutant in MUTANTS if mutant.switch not in asked] == []


def switches_read(case: Definition) -> set[str]:
    """The switches that a run of this case asks for."""
    network, drawn = Mutable(), case.draw(case.dtypes[0])
    network.run(drawn, Trace(drawn))
    return network.on.asked


def test_every_mutant_is_there_once() -> None:
    """One switch, one mutant: a result belongs to one mistake."""
    counted = Counter(mutant.switch for mutant in MUTANTS)
    assert [switch for switch, times in counted.items() if times > 1] == []
