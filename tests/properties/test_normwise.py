"""Who declares a fast algorithm may be apart from run to run by what rounding does there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import refcnn.implementation
from oracles import judge_properties
from oracles.contract.case import Case
from oracles.contract.trace import Trace
from tests.cases.files import definition


class _Transforming:
    """From the third run on the convolution has errors as a transform makes them."""

    name = "transforming"

    def __init__(self, algorithm: str | None) -> None:
        self.algorithm = algorithm
        self.runs = 0

    def run(self, case: Case, trace: Trace) -> None:
        self.runs += 1
        refcnn.implementation.run(case, _Outputs(trace, 2.0**-16 if self.runs > 2 else 0.0))


class _Outputs(dict[str, Any]):
    """A trace that passes on the outputs of convolutions alone, moved by so much."""

    def __init__(self, trace: Trace, error: float) -> None:
        super().__init__()
        self.trace, self.error = trace, error

    def __setitem__(self, name: str, value: Any) -> None:
        if ".forward.conv" in name:
            signs = 1 - 2 * (np.arange(np.size(value)) % 2)
            moved = value + self.error * signs.reshape(np.shape(value))
            self.trace[name] = moved.astype(np.asarray(value).dtype)


@pytest.mark.parametrize(
    ("algorithm", "outcome", "finding"),
    [
        pytest.param("normwise", "passed", [], id="declared"),
        pytest.param(None, "diverged", ["state.leaks_between_cases"], id="not declared"),
        pytest.param("fast", "error", [], id="unknown"),
    ],
)
def test_runs_are_held_to_norms_where_that_is_declared(
    algorithm: str | None, outcome: str, finding: list[str]
) -> None:
    """Between two runs, and beside PyTorch."""
    implementation = _Transforming(algorithm)
    judgement = judge_properties(implementation, definition("conv2d/all_sizes_differ"), "float32")
    failing = {found.finding for found in judgement.findings if found.fails}
    assert (judgement.outcome, sorted(failing)) == (outcome, finding)
