"""What a person reads about the cause of a failure."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from oracles.judging.diagnosis import Description, Diagnosis, HypothesisFault, Tie
from oracles.judging.judgement import Judgement
from oracles.reporting.diagnosis import cause_line, diagnosis_lines
from oracles.reporting.failure import failure_text, repeated_text
from oracles.reporting.result import Result
from tests.reporting.examples import (
    CAUSE,
    COMMAND,
    DISPUTED,
    DIVERGED,
    DIVERGENCE,
    EXPLAINED,
    TITLE,
    explained,
)

TIE = Tie("conv2d.grad_input.last_row_zero", "the last row is zero", "conv2d/strided")
CONVENTION = replace(
    CAUSE, sort="convention", declaration='oracles.from_layers(..., layout="NHWC")'
)
UNKNOWN = Diagnosis(
    unexplained=("step0.backward.conv1",),
    descriptions=(Description("step0.backward.conv1", "only the last row differs"),),
    tried=250,
)


def _said(judgement: Judgement, *, verbose: bool = False) -> str:
    """In one line: where it breaks is for others to test."""
    return re.sub(r"\s+", " ", " ".join(diagnosis_lines(judgement, verbose=verbose)))


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("Cause (certain): the remainder of the stride is at the top", id="cause"),
        pytest.param('conv2d.grad_input.remainder_shifted in "conv1"', id="name and layer"),
        pytest.param("(docs/causes/conv2d.grad_input.remainder_shifted.md)", id="its page"),
        pytest.param("re-running PyTorch with this rule reproduces all 2 wrong arrays", id="proof"),
        pytest.param("within 0.9 of the bound (largest difference 3e-08)", id="residual"),
        pytest.param("where PyTorch's own is off by 0.98", id="without the rule"),
        pytest.param("Fix: scatter into H + 2p rows", id="fix"),
    ],
)
def test_short_text_says(part: str) -> None:
    """What somebody needs who wants to mend it now."""
    assert part in _said(EXPLAINED)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("Tested: Rows that no window reaches are put first.", id="claim"),
        pytest.param(
            "Why the usual tests pass: Sizes that the stride divides have no remainder.",
            id="why unseen",
        ),
        pytest.param(
            "Ruled out: the kernel is rotated (conv2d.kernel.rotated): changes the output",
            id="rivals",
        ),
        pytest.param("Reproduced: step0.backward.conv1, step0.gradient.conv1.bias", id="entries"),
        pytest.param("Seen in: f-dangel/backpack#30", id="evidence"),
        pytest.param("Tried: 250 rules", id="how many"),
    ],
)
def test_long_text_says_as_well(part: str) -> None:
    """Everything there is, and only where it was asked for."""
    assert part in _said(EXPLAINED, verbose=True)
    assert part not in _said(EXPLAINED)


def test_short_text_is_short() -> None:
    """It stands above the numbers, and must not hide them."""
    assert len(diagnosis_lines(EXPLAINED)) <= 6


def test_cause_stands_between_the_headline_and_the_numbers() -> None:
    """Who reads from the top reads what it is before how much it is."""
    lines = failure_text(Result(EXPLAINED, TITLE, COMMAND)).splitlines()
    cause = next(i for i, line in enumerate(lines) if line.startswith("Cause (certain)"))
    numbers = next(i for i, line in enumerate(lines) if line.startswith("First wrong"))
    assert 2 < cause < numbers


@pytest.mark.parametrize(
    ("judgement", "part"),
    [
        pytest.param(
            explained(replace(CAUSE, certainty="likely")), "Cause (likely): ", id="likely"
        ),
        pytest.param(
            explained(replace(CAUSE, contradicts=("step0.forward.conv1",))),
            "Against it: 1 array is right that this rule would make wrong: step0.forward.conv1",
            id="what speaks against it",
        ),
        pytest.param(
            explained(replace(CAUSE, ties=(TIE,))),
            "Or else: the last row is zero (conv2d.grad_input.last_row_zero), with the same "
            "numbers here; conv2d/strided tells them apart",
            id="a tie, and what splits it",
        ),
        pytest.param(
            explained(replace(CAUSE, ties=(replace(TIE, split_by=""),))),
            "(conv2d.grad_input.last_row_zero), with the same numbers here Fix: ",
            id="a tie that nothing splits",
        ),
        pytest.param(
            explained(CONVENTION),
            "Cause (certain, a convention other than PyTorch's): ",
            id="a convention",
        ),
        pytest.param(
            explained(CONVENTION),
            'Declare it: oracles.from_layers(..., layout="NHWC") Or mend it: scatter',
            id="how to declare it",
        ),
        pytest.param(
            explained(replace(CAUSE, sort="not-a-bug")), "Not a bug (certain): ", id="no bug"
        ),
        pytest.param(
            explained(replace(CAUSE, variant="backward only")),
            "in the backward pass alone",
            id="which half",
        ),
        pytest.param(
            explained(replace(CAUSE, known_from="conv2d/tiny")),
            "with this rule (found in conv2d/tiny) reproduces",
            id="where it was found",
        ),
        pytest.param(
            explained(unexplained=("step0.update.conv1.weight",)),
            "reproduces 2 of 3 wrong arrays",
            id="how much of what is wrong",
        ),
        pytest.param(
            explained(unexplained=("step0.update.conv1.weight",)),
            "Not explained by it: step0.update.conv1.weight",
            id="what is left",
        ),
        pytest.param(
            explained(replace(CAUSE, residual=0.0)), "to the last digit", id="equal numbers"
        ),
        pytest.param(
            explained(replace(CAUSE, residual_ratio=0.0)),
            "within the tolerance of the case (largest difference 3e-08)",
            id="a tolerance",
        ),
        pytest.param(
            explained(replace(CAUSE, residual_ratio=1.5)), "within 1.5 times the bound", id="two"
        ),
        pytest.param(
            explained(replace(CAUSE, explains=("step0.forward.conv1",))),
            "PyTorch's own has another shape",
            id="an output of another shape",
        ),
        pytest.param(
            explained(untried=30), "Not tried for want of time: 30 of 280 known", id="not tried"
        ),
        pytest.param(
            explained(faults=(HypothesisFault("conv2d.bias.twice", "ValueError: x"),)),
            "A fault of the harness, not yours: conv2d.bias.twice raised ValueError: x",
            id="a hypothesis that raised",
        ),
        pytest.param(
            explained(faults=(HypothesisFault("", "ValueError: x"),)),
            "A fault of the harness, not yours: the search itself raised ValueError: x",
            id="a search that raised",
        ),
        pytest.param(
            replace(DIVERGED, diagnosis=UNKNOWN),
            "No known mistake explains what is wrong (250 rules tried). "
            "step0.backward.conv1: only the last row differs",
            id="nothing known, and what can be said",
        ),
        pytest.param(
            replace(DIVERGED, diagnosis=Diagnosis(skipped="the 60 s are spent")),
            "Not diagnosed: the 60 s are spent",
            id="nothing searched",
        ),
        pytest.param(
            replace(DIVERGED, diagnosis=replace(UNKNOWN, causes=(CAUSE, CONVENTION))),
            "Cause 2 of 2 (certain, a convention",
            id="two causes",
        ),
    ],
)
def test_text_says(judgement: Judgement, part: str) -> None:
    """What limits a cause, or changes what to do about it, is in the short text."""
    assert part in _said(judgement)


def test_numbers_that_are_not_finite_are_not_called_a_size() -> None:
    """An error of NaN says nothing."""
    divergence = replace(DIVERGENCE, error=float("nan"))
    entries = tuple(
        replace(entry, divergence=divergence) if entry.divergence is DIVERGENCE else entry
        for entry in EXPLAINED.entries
    )
    said = _said(replace(EXPLAINED, entries=entries))
    assert "PyTorch's own is finite and yours is not" in said
    assert "off by" not in said


@pytest.mark.parametrize(
    ("judgement", "line"),
    [
        (EXPLAINED, "Cause: conv2d.grad_input.remainder_shifted (certain)"),
        (
            explained(replace(CAUSE, known_from="conv2d/tiny")),
            "Cause: conv2d.grad_input.remainder_shifted (certain), as in conv2d/tiny",
        ),
        (replace(DIVERGED, diagnosis=UNKNOWN), "Cause: none that is known"),
        (replace(DIVERGED, diagnosis=Diagnosis(skipped="so")), "Not diagnosed: so"),
        (DIVERGED, ""),
    ],
    ids=["found", "found before", "unknown", "skipped", "not asked"],
)
def test_cause_fits_a_line(judgement: Judgement, line: str) -> None:
    """The hundredth failure is told in a few lines, and its cause is one of them."""
    assert cause_line(judgement) == line
    assert line in repeated_text(Result(judgement, TITLE, COMMAND))


def test_nothing_is_said_where_nobody_asked() -> None:
    """Judging alone prints what it printed before there were diagnoses."""
    assert diagnosis_lines(DIVERGED) == []
    assert "Cause" not in failure_text(Result(DIVERGED, TITLE, COMMAND))


def test_known_cause_ends_the_dispute_about_conventions() -> None:
    """Who reads the cause does not have to wonder what it may be about."""
    known = replace(DISPUTED, diagnosis=EXPLAINED.diagnosis)
    assert "frameworks differ" in failure_text(Result(DISPUTED))
    assert "frameworks differ" not in failure_text(Result(known))
    assert "frameworks differ" in failure_text(Result(known), verbose=True)


def test_formula_is_not_torn_inside_of_an_index() -> None:
    """`x[n, c, i*sh + u]` is read as one word."""
    fix = (
        "y[n, o, i, j] = sum over c, u, v of " + "x[n, c, i*sh + u, j*sw + v] * w[o, c, u, v] " * 3
    )
    lines = diagnosis_lines(explained(replace(CAUSE, fix=fix)))
    assert all(line.count("[") == line.count("]") for line in lines)
    assert max(map(len, lines)) <= 100
