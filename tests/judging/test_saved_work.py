"""What the judge does not compute again, or not at all, changes no verdict and keeps no arrays."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.contract.reference import Call
from oracles.contract.trace import Trace
from oracles.judging.localisation import from_own_values
from oracles.judging.measured import Measured, Size
from oracles.judging.rules import LAYER_RULES
from oracles.references.pytorch import PyTorch, Replacement
from oracles.trial import judge
from tests.judging.building import layer
from tests.judging.replay import Replay

HUGE = """
format = 1
title = "products beyond the largest number"
why = "what overflows is no sign of being right"
dtypes = ["float64"]
[input]
values = [[1e200, 2.0]]
[[layers]]
type = "Linear"
name = "fc"
in_features = 2
out_features = 2
weight.values = [[1e200, 1.0], [1.0, 1.0]]
[upstream]
fill = "uniform"
"""

PLAIN = HUGE.replace("1e200", "3.0")


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Definition]:
    """Makes a case of its text."""

    def write(text: str) -> Definition:
        path = tmp_path / "one.case.toml"
        path.write_text(text)
        return read_case(path)

    return write


def linear(numbers: float, features: int) -> Call:
    """A Linear layer on given numbers, of which only the shapes matter."""
    weight = np.full((4, features), numbers)
    one = layer("Linear", in_features=features, out_features=4, bias=False)
    return Call(one, (np.full((2, features), numbers),), {"weight": weight}, {}, "train")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        pytest.param(PLAIN, "exact", id="equal numbers"),
        pytest.param(HUGE, "undecided", id="equal infinities"),
    ],
)
def test_equal_is_exact_only_for_numbers(
    written: Callable[[str], Definition], text: str, verdict: str
) -> None:
    """Two infinities are as equal as two numbers, and say nothing: sums of that size overflow."""
    judged = judge(Replay(), written(text))
    (entry,) = (entry for entry in judged.entries if entry.entry == "step0.forward.fc")
    assert entry.verdict == verdict


def test_a_size_is_computed_once_and_only_when_asked_for() -> None:
    """A noisy run asks for few of them."""
    calls = []

    def size() -> Size:
        calls.append(1)
        return Size(np.ones(2), 3.0)

    measured = Measured(np.ones(2), size)
    assert calls == []
    assert measured.size is measured.size
    assert calls == [1]


def test_sizes_of_what_is_recorded(written: Callable[[str], Definition]) -> None:
    """M and n are there for every entry that is compared, and for no other."""
    case = written(PLAIN).draw("float64")
    trace = Trace(case)
    Replay(hide=lambda name: ".gradient." in name).run(case, trace)
    assert from_own_values(case, trace, PyTorch()).sizes.keys() == set(trace)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        pytest.param(PyTorch(), PyTorch(), True, id="two oracles that alter nothing"),
        pytest.param(PyTorch(), PyTorch(Replacement()), False, id="one that alters something"),
    ],
)
def test_counts_are_kept_by_shapes(first: PyTorch, second: PyTorch, kept: bool) -> None:
    """How many terms a sum has depends on shapes, whatever case they come from."""
    rule, counts = LAYER_RULES["Linear"], []
    for reference, call in ((first, linear(2.0, 11)), (second, linear(3.0, 11))):
        counts.append(rule.output(reference, call, reference.run(call)).terms)
    assert (first == second) == (counts[0] is counts[1]) == kept
    assert np.array_equal(counts[0], np.full((2, 4), 11.0))


def test_what_is_kept_holds_no_array_of_a_case() -> None:
    """Judging many cases must not gather their arrays."""
    call, reference = linear(2.0, 13), PyTorch()
    alive = weakref.ref(call.inputs[0])
    LAYER_RULES["Linear"].output(reference, call, reference.run(call))
    del call
    gc.collect()
    assert alive() is None
