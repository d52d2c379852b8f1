"""What a case is made of, and by what two cases differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles.contract.reading import read_case
from oracles.reporting.features import differences, features

CASES = Path(__file__).parents[2] / "cases"


def _of(case: str) -> tuple[str, ...]:
    return features(read_case(CASES / f"{case}.case.toml"))


@pytest.mark.parametrize(
    ("case", "feature"),
    [
        ("conv2d/all_sizes_differ", "Conv2d kernel_size = (3, 6)"),
        ("conv2d/all_sizes_differ", "Conv2d in_channels = several"),
        ("conv2d/all_sizes_differ", "images of Conv2d = oblong"),
        ("conv2d/all_sizes_differ", "numbers = drawn"),
        ("reports/discuss_pytorch_170134", "Conv2d out_channels = one"),
        ("reports/discuss_pytorch_170134", "samples = one"),
        ("reports/discuss_pytorch_170134", "numbers = written out"),
        ("reports/pytorch_25571", "CrossEntropyLoss weight = True"),
        ("reports/tiny_dnn/momentum_update", "SGD momentum = 0.9"),
    ],
)
def test_case_has_feature(case: str, feature: str) -> None:
    """Attributes as they are; of sizes only whether they are one."""
    assert feature in _of(case)


def test_differences_are_said_from_the_neighbour_that_passes() -> None:
    """What is there in place of what is here."""
    here = ("Conv2d stride = (2, 2)", "layers = one", "penalty = L2")
    there = ("Conv2d stride = (1, 1)", "layers = one", "preparation = divide")
    assert differences(here, there) == (
        "Conv2d stride = (1, 1) instead of (2, 2)",
        "without penalty = L2",
        "with preparation = divide",
    )


def test_equal_cases_differ_in_nothing() -> None:
    """Another seed is no difference that could be behind a failure."""
    assert differences(_of("conv2d/no_bias"), _of("conv2d/no_bias")) == ()
