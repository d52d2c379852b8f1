"""A lockstep as a person reads it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracles.judging.lockstep import Lockstep
from oracles.reporting.lockstep_text import lockstep_lines
from tests.reporting.locksteps import BLIND, INSIDE, WHOLE, outside


def text(result: Lockstep) -> str:
    """All of it."""
    return "\n".join(lockstep_lines(result))


@pytest.mark.parametrize(
    ("result", "said"),
    [
        pytest.param(INSIDE, "mine beside pytorch on training/digits, float32", id="what"),
        pytest.param(INSIDE, "45 steps compared: loss, parameters", id="kinds"),
        pytest.param(
            INSIDE,
            "stays inside the tube for 45 steps: rounding explains the distance. That of the "
            "parameters grows from 4.0e-08 to 1.8e-06 of their size between step 0 and step 44, "
            "the tube from 2.0e-06 to 2.0e-06.",
            id="growth",
        ),
        pytest.param(
            INSIDE, "Nearest to the edge: step44.update.conv1.weight, 0.9 of its limit.", id="edge"
        ),
        pytest.param(
            INSIDE,
            "(45 steps judged) is right as far as it is exposed (135 of 1,080 entries of outputs, "
            "gradients and parameters judged), and the drift is no more than rounding.",
            id="little exposed",
        ),
        pytest.param(
            replace(WHOLE, judged=1079),
            "is right as far as it is exposed (1,079 of 1,080 entries",
            id="one entry missing",
        ),
        pytest.param(
            WHOLE, "is right: the arithmetic is right, and the drift is rounding.", id="all exposed"
        ),
        pytest.param(
            outside(),
            "It leaves the tube at step 23: step23.update.conv1.weight, a parameter after the "
            'update by SGD "conv1"\n  furthest at  [1, 0, 2, 2]\n  actual       0.125\n'
            "  expected     0.375  (pytorch)\n  distance     0.001, 2.0e-03 of the oracle's\n"
            "  tube         1e-06: the distance is 1,000 times that\n"
            "  2 more entries of this step outside\n"
            "Until step 22 rounding explains the distance. That of the parameters grows from "
            "4.0e-08 to 9.2e-07 of their size between step 0 and step 22, the tube",
            id="departure",
        ),
        pytest.param(
            outside(),
            "Each step by itself (24 steps judged): step23.optimizer.conv1.weight.momentum_buffer "
            "is wrong first, 2.5 million times its bound.",
            id="judge",
        ),
        pytest.param(
            replace(outside(), first_wrong=None),
            "the mistake is in what is not, or smaller in each step than rounding, and adds up.",
            id="judge finds nothing",
        ),
        pytest.param(outside(float("nan")), "the distance is any number of times that", id="nan"),
        pytest.param(
            BLIND, "From step 5 on the tube is wider than the numbers themselves", id="blind"
        ),
        pytest.param(
            replace(INSIDE, overflow=45),
            "At step 45 the numbers of pytorch itself leave float32",
            id="overflow",
        ),
        pytest.param(
            replace(INSIDE, outcome="error", message="IndexError: no such batch"),
            "error: IndexError: no such batch\nIt stays inside",
            id="crash",
        ),
    ],
)
def test_it_says(result: Lockstep, said: str) -> None:
    """Which step, which entry, which element, both numbers, distance, limit, how many times."""
    assert said in text(result)


def test_without_anything_compared_the_reason_is_all() -> None:
    """No table of nothing."""
    result = replace(INSIDE, outcome="unsupported", message="no momentum yet", steps=())
    assert text(result) == (
        "mine beside pytorch on training/digits, float32\nunsupported: no momentum yet"
    )


def test_what_is_incomplete_is_not_said_to_be_inside() -> None:
    """Where nothing that is computed was compared, the reason is the verdict."""
    said = text(replace(INSIDE, outcome="incomplete", message="nothing but the input"))
    assert said.endswith("\nincomplete: nothing but the input")


def test_the_table_has_rows_at_intervals_and_around_the_departure() -> None:
    """Every fifth of 45 steps, the last one, the one that leaves, and the one before."""
    rows = [line.split() for line in text(outside()).splitlines() if line[:6].strip().isdigit()]
    assert [int(row[0]) for row in rows] == [*range(0, 25, 5)[:5], 22, 23, *range(25, 45, 5), 44]
    assert rows[6][3:] == ["2.0e-03", "2.0e-06", "1e+03", "update.conv1.weight", "1e+03", "OUTSIDE"]
