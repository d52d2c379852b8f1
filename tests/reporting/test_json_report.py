"""The report for programs."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from oracles.judging.diagnosis import Description, Diagnosis, HypothesisFault, Tie
from oracles.judging.judgement import Judgement
from oracles.reporting.json_report import as_json, from_json, json_report
from tests.reporting.examples import (
    CAUSE,
    CERTAIN,
    DISPUTED,
    DIVERGED,
    DIVERGENCE,
    EXPLAINED,
    PASSED,
    TITLE,
    run,
)

FULL = replace(
    CERTAIN,
    causes=(replace(CAUSE, layers=(), ties=(Tie("x", "y", "z"),), error_ratio=math.inf),),
    unexplained=("step0.loss",),
    descriptions=(Description("step0.loss", "twice as large"),),
    untried=3,
    faults=(HypothesisFault("x", "ValueError: y"),),
)


def test_report_has_the_promised_keys() -> None:
    """Every key of format 1 is there, for the run, a result, a divergence and an entry."""
    report = json.loads(json_report(run(DIVERGED)))
    result = report["results"][0]
    assert list(report) == ["format", "implementations", "versions", "summary", "results"]
    assert report["format"] == 1
    assert set(report["summary"]) == {"counts", "entries_judged", "entries_total", "causes"}
    assert {
        "case", "dtype", "implementation", "outcome", "message", "oracles", "first_divergence",
        "entries", "findings", "diagnoses", "seconds",
    } <= set(result)  # fmt: skip
    assert {"entry", "index", "actual", "expected", "error", "bound", "ratio"} <= set(
        result["first_divergence"]
    )
    assert {"entry", "verdict", "max_ratio"} <= set(result["entries"][0])
    assert result["findings"][0]["finding"] == "state.input_modified"


def test_summary_counts_items_and_entries() -> None:
    """Only verdicts that rest on a comparison are judged entries."""
    summary = json.loads(json_report(run(DIVERGED, PASSED)))["summary"]
    assert summary["counts"]["passed"] == 1
    assert summary["counts"]["diverged"] == 1
    assert summary["counts"]["timeout"] == 0
    assert (summary["entries_judged"], summary["entries_total"]) == (9, 12)


@pytest.mark.parametrize(
    ("value", "written"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")]
)
def test_numbers_json_does_not_have_are_strings(value: float, written: str) -> None:
    """A strict parser reads the report, and what it reads is the number again."""
    first = replace(DIVERGENCE, actual=value, error=value, ratio=value)
    judgement = replace(DIVERGED, first_divergence=first)
    data = as_json(judgement)
    assert data["first_divergence"]["actual"] == written
    assert f'"actual": "{written}"' in json_report(run(judgement))
    back = from_json(data).judgement.first_divergence
    assert back is not None
    assert repr(back.actual) == repr(value)


def test_report_names_the_conventions_of_the_case() -> None:
    """So that a program can sort what differs by choice from what is wrong."""
    assert as_json(DISPUTED)["conventions"] == ["relu.gradient_at_zero", "max_pool.ties"]


@pytest.mark.parametrize(
    "judgement",
    [
        DIVERGED,
        PASSED,
        DISPUTED,
        replace(PASSED, entries=(), about="properties"),
        EXPLAINED,
        replace(DIVERGED, diagnosis=FULL),
        replace(DIVERGED, diagnosis=Diagnosis(skipped="no time")),
    ],
    ids=[
        *("diverged", "passed", "with conventions", "about properties"),
        *("with a cause", "with a whole diagnosis", "not diagnosed"),
    ],
)
def test_what_a_worker_sends_is_what_it_had(judgement: Judgement) -> None:
    """`from_json` is the inverse of `as_json`, through the text of JSON too."""
    given = as_json(judgement, title=TITLE, command="pytest x", features=("steps = 3",))
    result = from_json(json.loads(json.dumps(given, allow_nan=False)))
    assert result.judgement == judgement
    assert (result.title, result.command) == (TITLE, "pytest x")
    assert result.features == ("steps = 3",)


def test_diagnoses_have_the_promised_keys() -> None:
    """A program reads the cause, and where it is, without knowing what else there is."""
    (diagnosis,) = as_json(EXPLAINED)["diagnoses"]
    promised = {
        "cause": "conv2d.grad_input.remainder_shifted",
        "title": "the remainder of the stride is at the top",
        "certainty": "certain",
        "layer": "conv1",
        "entry": "step0.backward.conv1",
        "explains": ("step0.backward.conv1", "step0.gradient.conv1.bias"),
        "residual_ratio": 0.9,
        "fix": "scatter into H + 2p rows",
    }
    assert promised.items() <= diagnosis.items()


def test_result_that_nobody_diagnosed_says_so() -> None:
    """No diagnoses because none was asked for, or because none was found: that is not the same."""
    assert as_json(DIVERGED)["diagnosis"] is None
    assert as_json(replace(DIVERGED, diagnosis=Diagnosis(tried=250)))["diagnosis"]["tried"] == 250


def test_report_without_diagnoses_is_read() -> None:
    """Reports of format 1 from before there were any."""
    data = as_json(DIVERGED)
    del data["diagnosis"], data["features"]
    assert from_json(data).judgement == DIVERGED


def test_report_without_the_key_is_about_values() -> None:
    """Reports of format 1 that were written before there were properties are still read."""
    data = as_json(PASSED)
    del data["about"]
    assert from_json(data).judgement == PASSED
