"""Every oracle held to every other, on every case of this project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations

import pytest

from oracles.contract.case import Case
from oracles.contract.errors import Unsupported
from oracles.contract.evaluation import evaluate
from oracles.contract.reference import Reference
from oracles.contract.trace import Trace
from oracles.judging.deputy import WithDeputy
from oracles.judging.localisation import judge_entries
from oracles.references.dot2.reference import DoubleDouble
from oracles.references.loops.reference import Loops
from oracles.references.pytorch import PyTorch
from tests.cases.files import COMPUTED, definition
from tests.references.operands import in_float64


def double_double() -> Reference:
    """Sums of products by dot2, everything else by PyTorch."""
    return WithDeputy(DoubleDouble(), PyTorch())


ORACLES: dict[str, Callable[[], Reference]] = {
    "pytorch": PyTorch,
    "loops": Loops,
    "dot2": double_double,
}
"""A further one is one more row. What has a deputy is made anew for every case."""

DECLINED: frozenset[tuple[str, str]] = frozenset()
"""(oracle, case) for every case that an oracle is too slow for: none of them today."""

AGREEING = ("exact", "same", "taken-over")
"""What an entry can be that is right. A mask is the case's own."""


@cache
def _case(name: str, operands: str) -> Case:
    """The case with operands rounded to a dtype, to be computed in float64."""
    return in_float64(definition(name).draw(operands))


@cache
def _free_run(oracle: str, name: str, operands: str) -> Trace:
    """What an oracle has for the case by itself. Nobody writes into the case."""
    case = _case(name, operands)
    trace = Trace(case)
    for entry, array in evaluate(case, ORACLES[oracle]()).items():
        trace[entry] = array
    return trace


def _rows() -> Iterator[object]:
    for judge, judged in permutations(ORACLES, 2):
        for name in COMPUTED:
            declines = [oracle for oracle in (judge, judged) if (oracle, name) in DECLINED]
            marks = [pytest.mark.skip(reason=f"{oracle} declines") for oracle in declines]
            for operands in ("float64",) if "dot2" in (judge, judged) else ("float64", "float32"):
                label = f"{name}: {judge} on {judged}, {operands}"
                yield pytest.param(judge, judged, name, operands, id=label, marks=marks)


@pytest.mark.parametrize(("judge", "judged", "name", "operands"), tuple(_rows()))
def test_one_oracle_judges_another(judge: str, judged: str, name: str, operands: str) -> None:
    """No entry of a free run is wrong by the bound of float64, and all of them are there."""
    case, trace = _case(name, operands), _free_run(judged, name, operands)
    entries = judge_entries(case, trace, ORACLES[judge]())
    assert entries
    assert [entry for entry in entries if entry.verdict not in AGREEING] == []


def test_what_is_declined_is_listed() -> None:
    """A case that an oracle does not compute is known by name, and no more than these."""
    assert {
        (oracle, name) for oracle in ORACLES for name in COMPUTED if _declines(oracle, name)
    } == DECLINED


def _declines(oracle: str, name: str) -> bool:
    try:
        _free_run(oracle, name, "float64")
    except Unsupported:
        return True
    return False
