"""Item after item of one implementation, diagnosed within an allowance."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from oracles.contract.trace import Trace
from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.table import hypothesis
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.remembering import Allowance, Remembering
from oracles.diagnosis.site import Site
from oracles.judging.diagnosis import Diagnosis
from oracles.references.pytorch import TorchRun
from tests.diagnosis.self_made import definition, evidence, made

GRADIENT = hypothesis("conv2d.grad_weight.rotated")
OUTPUT = hypothesis("conv2d.kernel.rotated")
KNOWN = (GRADIENT, OUTPUT)


def _zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is zero."""
    return {"weight": torch.zeros_like(run.parameters["weight"])}


ZERO = Hypothesis(
    name="conv2d.grad_weight.nothing",
    title="the gradient of the kernel is zero",
    altered=Backward("Conv2d", _zero),
    why_unseen="",
    fix="",
)
"""A mistake that begins as another one does."""

CASES = ("conv2d/all_sizes_differ", "conv2d/no_bias", "conv2d/strided_generic", "conv2d/valid")


def _diagnosed(remembering: Remembering, mistake: Hypothesis, case: str) -> Diagnosis:
    drawn = definition(case).draw("float64")
    return remembering(evidence(drawn, made(drawn, mistake)))


def _origins(found: list[Diagnosis]) -> list[str]:
    return [one.causes[0].known_from for one in found]


@pytest.mark.parametrize(
    ("most", "origins"),
    [
        (1, ["", CASES[0], CASES[0], CASES[0]]),
        (3, ["", "", "", CASES[0]]),
        (None, ["", "", "", ""]),
    ],
    ids=["one", "three", "all"],
)
def test_so_many_of_a_kind_are_searched(most: int | None, origins: list[str]) -> None:
    """Further ones are held to what was found, and say where."""
    remembering = Remembering(Allowance(), most, KNOWN)
    found = [_diagnosed(remembering, GRADIENT, case) for case in CASES]
    assert _origins(found) == origins
    assert {cause.certainty for one in found for cause in one.causes} == {"certain"}


def test_failures_that_begin_otherwise_are_another_kind() -> None:
    """Each kind has its own first one, which is searched whatever was spent before."""
    remembering = Remembering(Allowance(seconds=0.0), 1, KNOWN)
    found = [_diagnosed(remembering, one, CASES[0]) for one in (GRADIENT, OUTPUT)]
    assert _origins(found) == ["", ""]


def test_what_known_causes_do_not_explain_is_searched() -> None:
    """A second mistake of the same kind is not taken for the first one."""
    remembering = Remembering(Allowance(), 1, (*KNOWN, ZERO))
    found = [_diagnosed(remembering, one, CASES[0]) for one in (GRADIENT, ZERO)]
    assert [one.causes[0].cause for one in found] == [GRADIENT.name, ZERO.name]
    assert _origins(found) == ["", ""]


def test_what_a_known_cause_explains_in_part_is_searched() -> None:
    """A second mistake beside the first one is not passed over."""
    remembering = Remembering(Allowance(), 1, KNOWN)
    first = _diagnosed(remembering, GRADIENT, CASES[0])
    drawn = definition(CASES[0]).draw("float64")
    recorded, both = made(drawn, GRADIENT), Trace(drawn)
    for name in recorded:
        both[name] = recorded[name] * (1.5 if name.endswith("bias") else 1.0)
    second = remembering(evidence(drawn, both))
    assert _origins([first, second]) == ["", ""]
    assert (second.unexplained, second.tried) == (("step0.gradient.conv.bias",), len(KNOWN))


def test_spent_allowance_is_said() -> None:
    """Nobody takes silence for an answer; what is known is still confirmed."""
    remembering = Remembering(Allowance(seconds=0.0), 3, (*KNOWN, ZERO))
    first = _diagnosed(remembering, GRADIENT, CASES[0])
    unknown = _diagnosed(remembering, ZERO, CASES[1])
    known = _diagnosed(remembering, GRADIENT, CASES[2])
    assert first.causes[0].known_from == ""
    assert unknown.causes == ()
    assert "the 0 s for searching are spent" in unknown.skipped
    assert known.causes[0].known_from == CASES[0]


def test_all_implementations_of_a_process_share_an_allowance() -> None:
    """The run is to end in time, whoever is judged in it."""
    allowance = Allowance()
    _diagnosed(Remembering(allowance, 1, KNOWN), GRADIENT, CASES[0])
    spent = allowance.spent
    _diagnosed(Remembering(allowance, 1, KNOWN), GRADIENT, CASES[0])
    assert 0 < spent < allowance.spent


def test_right_run_needs_no_search() -> None:
    """Nothing wrong, nothing to explain, and nothing spent."""
    allowance = Allowance()
    assert _diagnosed(Remembering(allowance, 1, KNOWN), GRADIENT, "linear/generic") == Diagnosis()
    assert allowance.spent == 0
