"""The report for programs."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from oracles.judging.judgement import Judgement
from oracles.reporting.json_report import as_json, from_json, json_report
from tests.reporting.examples import DISPUTED, DIVERGED, DIVERGENCE, PASSED, TITLE, run


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
    [DIVERGED, PASSED, DISPUTED, replace(PASSED, entries=(), about="properties")],
    ids=["diverged", "passed", "with conventions", "about properties"],
)
def test_what_a_worker_sends_is_what_it_had(judgement: Judgement) -> None:
    """`from_json` is the inverse of `as_json`, through the text of JSON too."""
    sent = json.loads(json.dumps(as_json(judgement, title=TITLE, command="pytest x")))
    result = from_json(sent)
    assert result.judgement == judgement
    assert (result.title, result.command) == (TITLE, "pytest x")


def test_report_without_the_key_is_about_values() -> None:
    """Reports of format 1 that were written before there were properties are still read."""
    data = as_json(PASSED)
    del data["about"]
    assert from_json(data).judgement == PASSED
