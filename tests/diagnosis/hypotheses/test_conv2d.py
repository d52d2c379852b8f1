"""Hypotheses about convolutions find themselves."""

from __future__ import annotations

import pytest

from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.table import hypothesis
from tests.diagnosis.self_made import definition, evidence, made

ROWS = [
    ("conv2d.kernel.rotated", "conv2d/all_sizes_differ"),
    ("conv2d.grad_weight.rotated", "conv2d/all_sizes_differ"),
]


@pytest.mark.parametrize(("name", "case"), ROWS, ids=[name for name, _ in ROWS])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_is_named(name: str, case: str, dtype: str) -> None:
    """Who makes this mistake reads its name, and nothing else."""
    drawn = definition(case).draw(dtype)
    found = diagnose(evidence(drawn, made(drawn, hypothesis(name))))
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, "certain")]
