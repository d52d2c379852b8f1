"""Where sums may leave float32 on the way, what comes out is an accident, and no property."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oracles import judge_properties
from oracles.contract.case import Array, Case
from oracles.contract.trace import Trace
from tests.lockstep.small_case import small_case

LARGE = """
format = 1
title = "products near the end of float32"
why = "sums that overflow on the way, or not, as their order has it"
dtypes = ["float32"]

[input]
values = [[1e19, 1e19, -1e19, -1e19], [SECOND, 1, 1, 1]]

[[layers]]
type = "Linear"
name = "a"
in_features = 4
out_features = 1
weight = [[WEIGHT, WEIGHT, WEIGHT, WEIGHT]]
bias = false

[[layers]]
type = "Sigmoid"
name = "b"

[upstream]
fill = "uniform"
"""

Sum = Callable[[Array], Array]


def _in_order(terms: Array) -> Array:
    """Infinity and its opposite for the first sample: not a number."""
    total = np.zeros_like(terms[..., 0])
    for i in range(terms.shape[-1]):
        total = total + terms[..., i]
    return total


def _in_pairs(terms: Array) -> Array:
    """What is large on both sides cancels before it overflows."""
    found: Array = (terms[..., 0] + terms[..., 2]) + (terms[..., 1] + terms[..., 3])
    return found


class _Ordered:
    """Sums in one order for a batch, and in another one for a single sample."""

    name = "ordered"

    def run(self, case: Case, trace: Trace) -> None:
        for step in case.steps:
            order = _in_order if len(step.samples) > 1 else _in_pairs
            with np.errstate(all="ignore"):
                weight = case.layers[0].parameters["weight"]
                a = order(step.input[:, None, :] * weight)
                trace[f"step{step.index}.forward.a"] = a
                trace[f"step{step.index}.forward.b"] = 1 / (1 + np.exp(-a))


class _Mixed(_Ordered):
    """With half of the other sample in each output, where there is one."""

    def run(self, case: Case, trace: Trace) -> None:
        for step in case.steps:
            a = step.input @ case.layers[0].parameters["weight"].T
            trace[f"step{step.index}.forward.a"] = a + a[::-1] * (len(a) > 1)


def _findings(folder: Path, implementation: _Ordered, weight: str, second: str) -> set[str]:
    text = LARGE.replace("WEIGHT", weight).replace("SECOND", second)
    judgement = judge_properties(implementation, small_case(folder, text), "float32")
    return {found.finding for found in judgement.findings if found.fails}


@pytest.mark.parametrize("second", ["1", "1e19"])
def test_an_overflow_on_the_way_is_no_mixture(tmp_path: Path, second: str) -> None:
    """Neither in the sums nor in what is computed from them."""
    assert _findings(tmp_path, _Ordered(), "2e19", second) == set()


def test_large_numbers_that_stay_finite_are_compared(tmp_path: Path) -> None:
    """Below the end of the dtype nothing is an accident."""
    assert "batch.samples_mixed" in _findings(tmp_path, _Mixed(), "1e17", "1e19")
