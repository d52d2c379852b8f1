"""How a trial of properties ends, whatever the implementation does and however little it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import refcnn.implementation
from oracles import judge_properties
from oracles.contract.case import Case
from oracles.contract.reading import read_case
from oracles.contract.trace import Trace
from tests.cases.files import IDS, definition

Script = Callable[[Case, Trace], None]


@dataclass
class Scripted:
    """Does what a test says."""

    script: Script
    name: str = "scripted"
    dtypes: tuple[str, ...] | None = None

    def run(self, case: Case, trace: Trace) -> None:
        self.script(case, trace)


class Partly(dict[str, Any]):
    """A trace that passes on some kinds of entries alone."""

    def __init__(self, trace: Trace, kinds: tuple[str, ...]) -> None:
        super().__init__()
        self.trace, self.kinds = trace, kinds

    def __setitem__(self, name: str, value: Any) -> None:
        if name.split(".")[1] in self.kinds:
            self.trace[name] = value


def _exposing(*kinds: str, added: Callable[[], float] = lambda: 0.0) -> Scripted:
    """refcnn, with some entries alone, and so much of its square added to the input."""

    def script(case: Case, trace: Trace) -> None:
        number = added()
        for step in case.steps:
            step.input[:] += np.asarray(number * step.input**2, dtype=step.input.dtype)
        refcnn.implementation.run(case, Partly(trace, kinds))

    return Scripted(script)


def _nothing(case: Case, trace: Trace) -> None:
    """Records nothing."""


def _raises(case: Case, trace: Trace) -> None:
    trace["step0.input"] = case.steps[0].input
    raise ZeroDivisionError("by nothing")


def _supplied(case: Case, trace: Trace) -> None:
    trace.supply("step0.input", case.steps[0].input)


def _refuses(case: Case, trace: Trace) -> None:
    raise case.unsupported("not yet")


def _never_ends(case: Case, trace: Trace) -> None:
    while True:
        pass


def _never_ends_with_one_sample(case: Case, trace: Trace) -> None:
    refcnn.implementation.run(case, trace)
    while len(case.steps[0].samples) == 1:
        pass


def _no_eval_mode(case: Case, trace: Trace) -> None:
    if any(step.mode == "eval" for step in case.steps):
        raise case.unsupported("no eval mode")
    refcnn.implementation.run(case, trace)


@pytest.mark.parametrize(
    ("script", "outcome", "message"),
    [
        (_nothing, "incomplete", "nothing is exposed: there is nothing to compare"),
        (_raises, "error", "ZeroDivisionError: by nothing (test_trial.py:*"),
        (_supplied, "unsupported", "not scripted's own: the harness did everything"),
        (_refuses, "unsupported", "not yet"),
        (_never_ends, "timeout", "running the case as it stands: still running after 0.2 s*"),
        (_never_ends_with_one_sample, "timeout", "running one sample alone: still running after*"),
    ],
)
def test_ending(script: Script, outcome: str, message: str) -> None:
    """Nothing is raised, and nothing is blamed on a property."""
    judgement = judge_properties(Scripted(script), definition("linear/generic"), timeout=0.2)
    assert (judgement.outcome, judgement.findings) == (outcome, ())
    assert fnmatch(judgement.message, message)


@pytest.mark.parametrize(
    ("case", "kinds", "entry"),
    [
        ("training/eval_between", ("forward",), "step0.forward.conv"),
        ("training/eval_between", ("state",), "step0.state.norm.running_mean"),
        ("training/eval_between", ("gradient",), "step0.gradient.fc.weight"),
        ("sgd/momentum_decay", ("optimizer",), "step0.optimizer.fc.weight.momentum_buffer"),
        ("sgd/momentum_decay", ("update",), "step0.update.fc.weight"),
        ("losses/mse/mean", ("loss",), "step0.loss"),
    ],
)
def test_what_is_exposed_is_compared(case: str, kinds: tuple[str, ...], entry: str) -> None:
    """However little it is: with nothing wrong nothing is said, and a change from run to run is
    seen in what there is."""
    right = judge_properties(_exposing(*kinds), definition(case), "float32")
    assert (right.outcome, right.findings) == ("passed", ())
    numbers = count(1)
    unsteady = _exposing(*kinds, added=lambda: next(numbers) / 100)
    wrong = judge_properties(unsteady, definition(case), "float32")
    assert [finding.finding for finding in wrong.findings] == ["state.not_repeatable"]
    assert f"{entry} " in wrong.findings[0].message


def test_a_run_that_is_not_supported_is_a_remark() -> None:
    """Whoever says so is not blamed, and the other properties are judged."""
    judgement = judge_properties(Scripted(_no_eval_mode), definition("linear/generic"))
    assert judgement.outcome == "passed"
    assert [(f.finding, f.fails) for f in judgement.findings] == [("properties.not_judged", False)]
    assert "state.changed_by_eval" in judgement.findings[0].message
    assert "no eval mode" in judgement.findings[0].message


def test_masks_that_are_drawn_and_recorded_may_differ() -> None:
    """A dropout of one's own is allowed: what depends on it is not compared."""
    generator = np.random.default_rng(0)

    def script(case: Case, trace: Trace) -> None:
        for step in case.steps:
            for name, mask in step.masks.items():
                if step.mode == "train":
                    mask[:] = generator.integers(0, 2, mask.shape)
                    trace[f"step{step.index}.mask.{name}"] = mask
        refcnn.implementation.run(case, trace)

    judgement = judge_properties(Scripted(script), definition("dropout/keeps_three_of_four"))
    assert (judgement.outcome, judgement.findings) == ("passed", ())


@pytest.mark.parametrize(
    ("dtypes", "dtype", "outcome", "judged_in"),
    [
        (None, None, "passed", "float64"),
        (("float32",), None, "passed", "float32"),
        (None, "float32", "passed", "float32"),
        (("float32",), "float64", "unsupported", "float64"),
    ],
)
def test_dtype(
    dtypes: tuple[str, ...] | None, dtype: str | None, outcome: str, judged_in: str
) -> None:
    """The first of the case that the implementation is for, unless one is asked for."""
    implementation = Scripted(refcnn.implementation.run, dtypes=dtypes)
    judgement = judge_properties(implementation, definition("linear/generic"), dtype)
    assert (judgement.outcome, judgement.dtype) == (outcome, judged_in)


def test_unknown_dtype_is_refused() -> None:
    """As by `judge`."""
    with pytest.raises(ValueError, match="dtype must be float32 or float64, got 'float16'"):
        judge_properties(refcnn.implementation, definition("linear/generic"), "float16")


def test_case_to_be_refused_has_no_properties() -> None:
    """There are no results to compare."""
    refused = next(name for name in IDS if name.startswith("refusals/"))
    judgement = judge_properties(refcnn.implementation, definition(refused))
    assert judgement.outcome == "unsupported"


def test_result_in_a_narrower_dtype_differs_by_its_own_rounding() -> None:
    """That float32 came back where float64 was asked for is said of the values; that two ways of
    adding up differ in its last digits is no further mistake."""

    def script(case: Case, trace: Trace) -> None:
        x, weight = case.steps[0].input, case.layers[0].parameters["weight"]
        order = slice(None, None, 1 if len(x) == 1 else -1)
        terms = (x[:, None, :].astype(np.float32) * weight.astype(np.float32))[:, :, order]
        trace["step0.forward.fc"] = np.add.accumulate(terms, axis=-1)[..., -1]

    judgement = judge_properties(Scripted(script), definition("linear/generic"), "float64")
    assert (judgement.outcome, judgement.findings) == ("passed", ())


def test_trace_keeps_copies() -> None:
    """What was recorded stays what it was, whatever becomes of the array."""
    case = definition("linear/generic").draw("float64")
    trace = Trace(case)
    array = case.steps[0].input.copy()
    trace["step0.input"] = array
    array += 1
    assert np.array_equal(trace["step0.input"], case.steps[0].input)


def test_what_the_harness_supplied_is_not_compared() -> None:
    """Whatever it does from run to run, it is not the implementation's own."""
    numbers = count(1)

    def script(case: Case, trace: Trace) -> None:
        for step in case.steps:
            trace[f"step{step.index}.input"] = step.input
            shape = (len(step.samples), *case.output.output_shape)
            trace.supply(f"step{step.index}.forward.fc", np.full(shape, float(next(numbers))))

    judgement = judge_properties(Scripted(script), definition("linear/generic"))
    assert (judgement.outcome, judgement.findings) == ("passed", ())


def test_numbers_that_are_too_large_differ_by_their_own_rounding() -> None:
    """A factor too much is said of the values; two ways of adding up are no further mistake."""

    def script(case: Case, trace: Trace) -> None:
        x, weight = case.steps[0].input, case.layers[0].parameters["weight"]
        order = slice(None, None, 1 if len(x) == 1 else -1)
        terms = (x[:, None, :] * weight * np.float32(1e6))[:, :, order]
        trace["step0.forward.fc"] = np.add.accumulate(terms, axis=-1)[..., -1]

    judgement = judge_properties(Scripted(script), definition("linear/generic"), "float32")
    assert (judgement.outcome, judgement.findings) == ("passed", ())


KINK = """
format = 1
title = "a sum that is zero but for rounding, in front of a ReLU"
why = "which side of the kink it is on is decided by rounding"
[input]
values = [[0.1], [0.2], [0.3]]
[[layers]]
type = "Linear"
name = "fc"
in_features = 1
out_features = 1
weight = [[3.0]]
bias = [-0.3]
[[layers]]
type = "ReLU"
name = "relu"
[upstream]
values = [[0.5], [0.25], [0.75]]
"""


def test_what_rounding_decides_may_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient behind a kink is one number or another, and both are right."""
    monkeypatch.chdir(tmp_path)  # the id of the case, and so the noise, is the path as given
    path = Path("kink.case.toml")
    path.write_text(KINK, encoding="utf-8")

    def script(case: Case, trace: Trace) -> None:
        step = case.steps[0]
        assert step.upstream is not None
        y = step.input * case.layers[0].parameters["weight"] - 0.3
        passes = y > (1e-12 if len(y) == 1 else 0.0)
        trace["step0.backward.fc"] = step.upstream * passes * 3.0

    judgement = judge_properties(Scripted(script), read_case(path), "float64")
    assert (judgement.outcome, judgement.findings) == ("passed", ())
