"""For each choice on which frameworks differ there is a case that decides it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import oracles
from oracles.contract.case import Case, Layer
from oracles.contract.conventions import CONVENTIONS
from oracles.contract.evaluation import evaluate
from oracles.contract.trace import Trace
from oracles.references.pytorch import PyTorch
from oracles.reporting.failure import disputed
from tests.cases.files import COMPUTED, definition
from tests.cases.other_rules import OTHERS

BY_SIZE = "pooling.ceil_mode"
"""Decided by the size of the output alone."""

NAMED = tuple(
    (name, convention) for name in COMPUTED for convention in definition(name).conventions
)
DECIDED = tuple(
    pytest.param(name, convention, other, dtype, id=f"{convention}-{number}-{name}-{dtype}")
    for name, convention in NAMED
    if convention != BY_SIZE
    for number, other in enumerate(OTHERS[convention])
    for dtype in definition(name).dtypes
)


class Follows:
    """An implementation that is right but for the rule of somebody else."""

    name = "follows another rule"

    def __init__(self, other: Callable[[Case], PyTorch]) -> None:
        self.other = other

    def run(self, case: Case, trace: Trace) -> None:
        """Record every entry as the other rule has it."""
        for entry, value in evaluate(case, self.other(case)).items():
            trace[entry] = value.astype(case.dtype)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_has_a_case(convention: str) -> None:
    """Otherwise the table says something that nobody has seen."""
    assert convention in {named for _, named in NAMED}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_has_another_rule(convention: str) -> None:
    """A convention on which nobody differs is none."""
    assert convention == BY_SIZE or OTHERS[convention]


@pytest.mark.parametrize(("name", "convention", "other", "dtype"), DECIDED)
def test_a_case_decides_its_conventions(
    name: str, convention: str, other: Callable[[Case], PyTorch], dtype: str
) -> None:
    """By the other rule the case diverges, and the failure is about this convention."""
    judgement = oracles.judge(Follows(other), definition(name), dtype)
    assert judgement.outcome == "diverged"
    assert convention in disputed(judgement)


@pytest.mark.parametrize("name", [name for name, convention in NAMED if convention == BY_SIZE])
def test_a_case_decides_whether_a_window_is_dropped(name: str) -> None:
    """Rounding up alone gives another size than PyTorch does."""
    pools = [one for one in definition(name).draw("float64").layers if "Pool" in one.type]
    assert any(_rounded_up(layer) != layer.output_shape[1:] for layer in pools)


@pytest.mark.parametrize(("name", "convention"), NAMED)
def test_a_case_that_names_a_convention_has_the_tag(name: str, convention: str) -> None:
    """`-m convention` finds them all."""
    assert "convention" in definition(name).tags, convention


def _rounded_up(layer: Layer) -> tuple[int, ...]:
    a = layer.attributes
    dilations = a.get("dilation", (1, 1))
    return tuple(
        -(-(size + 2 * padding - dilation * (kernel - 1) - 1) // stride) + 1
        for size, padding, dilation, kernel, stride in zip(
            layer.input_shapes[0][1:],
            a["padding"],
            dilations,
            a["kernel_size"],
            a["stride"],
            strict=True,
        )
    )
