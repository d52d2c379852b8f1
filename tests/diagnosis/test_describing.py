"""What no known mistake explains is described in words that a person can look for in the code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence

Change = Callable[[Array], Any]


def described(case: str, entry: str, change: Change, dtype: str = "float32") -> str:
    """What is said about a run in which one entry is changed, without any hypotheses."""
    drawn = definition(case).draw(dtype)
    trace = Trace(drawn)
    recorded = {name: value for name, value in evaluate(drawn).items() if ".mask." not in name}
    for name, value in recorded.items():
        array = np.array(value)
        trace[name] = np.asarray(change(array) if name == entry else array).astype(dtype)
    found = diagnose(evidence(drawn, trace), ())
    assert found.unexplained[0] == entry
    texts = {one.entry: one.text for one in found.descriptions}
    return texts.get(entry, "")


def without(*index: Any) -> Change:
    """Zero in some places."""

    def changed(array: Array) -> Array:
        array[index] = 0.0
        return array

    return changed


CONV = "conv2d/all_sizes_differ"
FORWARD, WEIGHT = "step0.forward.conv", "step0.gradient.conv.weight"
INPUT = "step0.backward.conv"

ROWS: list[tuple[str, str, str, Change, str]] = [
    ("a sign", CONV, WEIGHT, lambda a: -a, "the opposite sign"),
    ("half of it", CONV, WEIGHT, lambda a: a / 2, "times 0.5, which is 1 / 2"),
    ("a factor without a name", CONV, WEIGHT, lambda a: a * 1.37, "times 1.37"),
    ("an offset", CONV, FORWARD, lambda a: a + 0.25, "plus 0.25 everywhere"),
    (
        "an offset of each channel",
        CONV,
        FORWARD,
        lambda a: a + np.arange(a.shape[1]).reshape(1, -1, 1, 1),
        "one number for each channel",
    ),
    ("nothing", CONV, WEIGHT, lambda a: 0 * a, "zero everywhere"),
    ("kernel rows", CONV, WEIGHT, lambda a: a[:, :, ::-1], "each kernel row reversed"),
    (
        "rotated",
        CONV,
        WEIGHT,
        lambda a: a[:, :, ::-1, ::-1],
        "each kernel row and kernel column reversed",
    ),
    (
        "reshaped, not transposed",
        CONV,
        FORWARD,
        lambda a: a.transpose(1, 0, 2, 3).reshape(a.shape),
        "order of axes channel, sample, row, column",
    ),
    ("rolled", CONV, FORWARD, lambda a: np.roll(a, 1, axis=2), "1 row later"),
    (
        "one sample for all",
        CONV,
        FORWARD,
        lambda a: np.broadcast_to(a[:1], a.shape),
        "every sample has the numbers that belong to sample 0",
    ),
    ("the last row", CONV, FORWARD, without(..., -1, slice(None)), "only the last row is wrong"),
    (
        "all samples but the first",
        CONV,
        FORWARD,
        lambda a: np.concatenate([a[:1], np.cos(a[1:])]),
        "the last sample is wrong",
    ),
    (
        "not a number",
        CONV,
        FORWARD,
        lambda a: np.where(a > 0.5, np.nan, a),
        "NaN: an overflow, a division by zero",
    ),
    (
        "in another order",
        CONV,
        WEIGHT,
        lambda a: np.sort(a.ravel()).reshape(a.shape),
        "the right numbers in another order",
    ),
    (
        "from the second step on",
        "training/small_lenet",
        "step1.gradient.conv1.weight",
        np.cos,
        "right until step 0, and wrong from step 1 on",
    ),
]


@pytest.mark.parametrize(
    ("case", "entry", "change", "text"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_difference_is_described(case: str, entry: str, change: Change, text: str) -> None:
    """The description says what the array is instead, or where it is wrong."""
    assert text in described(case, entry, change)


def test_one_number_alone_is_not_described() -> None:
    """Any wrong number is some multiple of the right one: that says nothing."""
    assert described("training/small_lenet", "step0.loss", lambda a: a * 2) == ""


STEPS = [
    (10.0, "it is moved 10 times as far as it should be"),
    (0.37, "it is moved 0.37 times as far as it should be"),
    (-1.0, "it is moved as far as it should be, in the opposite direction"),
    (0.0, "it stays as it was before"),
]


@pytest.mark.parametrize(("factor", "text"), STEPS)
def test_a_step_that_is_too_long_is_told_by_how_much(factor: float, text: str) -> None:
    """A learning rate that is another one than it should be from some step on shows in how far the
    parameters move, not in the parameters."""
    case, name = "sgd/plain", "update.fc.weight"
    before = evaluate(definition(case).draw("float64"))[f"step0.{name}"]
    said = described(
        case, f"step1.{name}", lambda after: before + factor * (after - before), "float64"
    )
    assert said.startswith(text)


def test_dropout_by_another_mask_is_told_how_to_be_recorded() -> None:
    """A program that draws its own mask is right: what is missing is the mask."""

    def turned(after: Array) -> Array:
        drawn = definition("dropout/after_sigmoid").draw("float64")
        x = evaluate(drawn)["step0.forward.sigmoid"]
        return np.where(drawn.steps[0].masks["drop"] == 0, x / (1 - 0.25), 0.0)

    said = described("dropout/after_sigmoid", "step0.forward.drop", turned, "float64")
    assert said.startswith("it is right for another mask than that of the case")
    assert "record the one that was drawn as step0.mask.drop" in said
