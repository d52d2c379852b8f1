"""Causes joined over the items of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from oracles.judging.diagnosis import Cause, Diagnosis, Tie
from oracles.judging.judgement import Judgement
from oracles.reporting.causes import joined
from oracles.reporting.json_report import json_report
from oracles.reporting.markdown import markdown_report
from oracles.reporting.result import Result, Run
from oracles.reporting.summary import summary_lines
from tests.reporting.examples import CAUSE, DIVERGED, ENTRIES, PASSED, VERSIONS, explained

STRIDE = ("Conv2d bias = True", "Conv2d stride = (2, 2)")
UNIT = ("Conv2d bias = True", "Conv2d stride = (1, 1)")
PLAIN = ("Conv2d padding = (0, 0)", "Conv2d stride = (1, 1)")


def _named(name: str, *ties: str, **changed: Any) -> Cause:
    """A cause, tied with others."""
    return replace(CAUSE, cause=name, title=f"it is {name}", ties=_ties(*ties), **changed)


def _ties(*names: str) -> tuple[Tie, ...]:
    return tuple(Tie(name, f"it is {name}") for name in names)


def _result(
    judgement: Judgement, case: str, features: tuple[str, ...] = (), dtype: str = "float32"
) -> Result:
    return Result(replace(judgement, case=case, dtype=dtype), features=features)


def _run(*results: Result) -> Run:
    return Run({"my_cnn": "my_cnn.py"}, VERSIONS, results)


def _text(run: Run) -> str:
    return "\n".join(summary_lines(run))


def test_failures_with_one_cause_are_one_line() -> None:
    """Forty red lines are one mistake, and here is where to look at it."""
    smaller = replace(explained(), entries=ENTRIES[:6])
    results = (
        _result(explained(), "conv2d/large", STRIDE),
        _result(smaller, "conv2d/small", STRIDE),
        _result(DIVERGED, "conv2d/other", STRIDE),
        _result(PASSED, "conv2d/plain", PLAIN),
        _result(PASSED, "conv2d/unit", UNIT),
    )
    text = _text(_run(*results))
    assert "my_cnn: 3 cases fail, 2 of them by one cause" in text
    assert (
        "2 cases: the remainder of the stride is at the top "
        "(conv2d.grad_input.remainder_shifted, certain)" in text
    )
    assert (
        "smallest: conv2d/small (float32); nearest passing neighbour: conv2d/unit, "
        "Conv2d stride = (1, 1) instead of (2, 2)" in text
    )
    assert "1 case: diverged: first wrong in" in text
    assert "conv2d/other" in text


def test_run_without_diagnoses_is_summed_up_as_before() -> None:
    """No cause, no line about causes."""
    assert "cause" not in _text(_run(_result(DIVERGED, "a")))


def test_neighbour_has_the_operation_and_is_of_the_same_implementation() -> None:
    """What passes for other reasons says nothing."""
    relu = replace(PASSED, entries=ENTRIES[2:3])
    others = replace(PASSED, implementation="theirs")
    (joint,) = joined(
        [
            _result(explained(), "a", STRIDE),
            _result(relu, "relu", STRIDE),
            _result(others, "theirs", STRIDE),
        ]
    )
    assert joint.neighbour is None


def test_neighbour_may_be_the_case_in_the_other_dtype() -> None:
    """An overflow in float32 alone is best studied there."""
    (joint,) = joined(
        [
            _result(explained(), "a", STRIDE),
            _result(PASSED, "a", STRIDE, "float64"),
            _result(PASSED, "b", UNIT),
        ]
    )
    assert joint.neighbour is not None
    assert (joint.neighbour.judgement.case, joint.differs) == (
        "a",
        ("dtype = float64 instead of float32",),
    )


def test_item_with_ties_counts_for_the_cause_that_others_name() -> None:
    """What a small case cannot tell apart, another one can."""
    found = joined(
        [
            _result(explained(_named("x", "y", certainty="likely")), "a"),
            _result(explained(_named("y")), "b"),
            _result(explained(_named("y")), "c"),
        ]
    )
    assert [(one.cause, one.certainty, one.cases) for one in found] == [
        ("y", "certain", ["a", "b", "c"])
    ]


def test_cause_that_is_never_named_first_is_likely() -> None:
    """Two cases, two first names, and one that both allow."""
    causes = (_named("x", "z", certainty="likely"), _named("y", "z", certainty="likely"))
    found = joined([_result(explained(one), one.cause) for one in causes])
    assert [(one.cause, one.title, one.certainty) for one in found] == [("z", "it is z", "likely")]


def test_two_mistakes_in_one_item_are_two_causes() -> None:
    """The one that explains most items is first."""
    both = replace(DIVERGED, diagnosis=Diagnosis(causes=(_named("x"), _named("y"))))
    found = joined([_result(both, "a"), _result(explained(_named("y")), "b")])
    assert [(one.cause, one.cases) for one in found] == [("y", ["a", "b"]), ("x", ["a"])]


@pytest.mark.parametrize(
    ("causes", "certainty"),
    [
        ((_named("x"), _named("x", certainty="possible")), "certain"),
        ((_named("x"), _named("x", certainty="possible", contradicts=("step0.loss",))), "likely"),
        ((_named("x", certainty="likely"), _named("x", certainty="possible")), "likely"),
        ((_named("x", certainty="possible"),), "possible"),
    ],
    ids=["certain once", "contradicted once", "never certain", "only possible"],
)
def test_joint_certainty(causes: tuple[Cause, ...], certainty: str) -> None:
    """Certain in one item, and contradicted in none."""
    results = [_result(explained(one), str(i)) for i, one in enumerate(causes)]
    assert [one.certainty for one in joined(results)] == [certainty]


def test_causes_of_two_implementations_are_apart() -> None:
    """What one of them does wrong says nothing about the other."""
    theirs = replace(explained(), implementation="theirs")
    found = joined([_result(explained(), "a"), _result(theirs, "a")])
    assert [one.smallest.judgement.implementation for one in found] == ["my_cnn", "theirs"]


def test_expected_failure_is_no_failure() -> None:
    """It was announced, and is not counted."""
    assert joined([_result(replace(explained(), outcome="expected-failure"), "a")]) == []


def test_items_that_were_not_diagnosed_are_counted() -> None:
    """Nobody takes silence for an answer."""
    skipped = replace(DIVERGED, diagnosis=Diagnosis(skipped="the 60 s are spent"))
    text = _text(_run(_result(skipped, "a"), _result(skipped, "b")))
    assert "2 items not diagnosed: the 60 s are spent" in text


def test_report_has_the_causes_of_the_run() -> None:
    """The keys are promised."""
    run = _run(_result(explained(), "a", STRIDE), _result(PASSED, "b", UNIT))
    assert json.loads(json_report(run))["summary"]["causes"] == [
        {
            "cause": "conv2d.grad_input.remainder_shifted",
            "title": "the remainder of the stride is at the top",
            "sort": "mistake",
            "certainty": "certain",
            "implementation": "my_cnn",
            "cases": ["a"],
            "smallest_case": "a",
            "nearest_pass": "b",
            "differs": ["Conv2d stride = (1, 1) instead of (2, 2)"],
        }
    ]


def test_markdown_has_a_text_for_each_cause() -> None:
    """Failures with a cause are under it, the others where they were."""
    report = markdown_report(_run(_result(explained(), "a"), _result(DIVERGED, "b")))
    causes, _, failures = report.partition("## Failures")
    assert "## Causes" in causes
    assert "Fix: scatter into H + 2p rows" in causes
    assert "1 case: diverged" in failures
    assert "Fix:" not in failures


def test_cause_that_explains_a_part_is_not_taken_for_all_of_it() -> None:
    """The headline says that more is wrong than the cause accounts for."""
    whole = explained()
    assert whole.diagnosis is not None
    left = replace(whole.diagnosis, unexplained=("step0.loss",))
    text = _text(_run(_result(whole, "a"), _result(replace(whole, diagnosis=left), "b")))
    assert "2 cases fail, by one cause; more than that is wrong in 1 of them" in text
