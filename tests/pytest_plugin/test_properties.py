"""Items about properties: which there are, how they are found, how they end and are told."""

from __future__ import annotations

import pytest

# pytester forgets every module that an inner run has imported, and torch is imported once or never.
import oracles.properties.trial
from tests.pytest_plugin.conftest import Project

IMPORTED = (oracles.properties.trial,)

MINE = """
import os
import numpy as np

class Mine:
    name = "mine"
    calls = 0

    def run(self, case, trace):
        if isinstance(trace, str):  # the judge of values is a stand-in here
            return {values!r}
        Mine.calls += 1
        {body}
        for step in case.steps:
            trace[f"step{{step.index}}.forward.first"] = np.maximum(step.input, 0) + {added}

implementation = Mine()
"""

UNSTEADY = {
    "raises": "raise ValueError('no')",
    "unsupported": "raise case.unsupported('not yet')",
    "hangs": "while True: pass",
    "crashes": "os._exit(3)",
}


@pytest.fixture
def tagged(project: Project) -> Project:
    """Beside the case without it, one with the tag; an implementation that is right, and one that
    is another at each run."""
    project.case("cases/relu/b", tags=("properties",), dtypes=("float64", "float32"))
    _implementation(project, "right.py")
    _implementation(project, "wrong.py", added="Mine.calls")
    return project


def _implementation(
    project: Project, name: str, *, added: str = "0", values: str = "passed", body: str = "pass"
) -> None:
    project.file(name, MINE.format(added=added, values=values, body=body))


def test_one_item_more_per_implementation(tagged: Project) -> None:
    """Of cases with the tag, whatever the number of dtypes."""
    result = tagged.run(
        *(".", "--implementation", "right.py", "--implementation", "wrong.py", "-v")
    )
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(
        [
            "cases/relu/b.case.toml::float32[[]wrong[]] PASSED*",
            "cases/relu/b.case.toml::properties[[]right[]] PASSED*",
            "cases/relu/b.case.toml::properties[[]wrong[]] FAILED*",
            "8 items (2 of them about properties): 7 passed, 1 diverged",
        ]
    )


def test_failure_says_what_to_type(tagged: Project) -> None:
    """The finding, and the command that repeats the item, which does repeat it."""
    result = tagged.run("cases", "--implementation", "wrong.py")
    result.stdout.fnmatch_lines(
        [
            "diverged: state.not_repeatable: The same case, run twice, gives two results",
            "  relu/b (properties in float64, wrong)",
            "Finding state.not_repeatable: *. step0.forward.first",
            "  (the output of ReLU) at [[]0, 0, 1, 1[]] (sample 0, channel 0, row 1, *",
            "Repeat:",
            "  pytest 'cases/relu/b.case.toml::properties[[]wrong[]]' --implementation wrong.py",
        ]
    )
    again = tagged.run("cases/relu/b.case.toml::properties[wrong]", "--implementation", "wrong.py")
    again.assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        pytest.param(["-k", "properties["], 1, id="-k its name alone"),
        pytest.param(["-k", "float64"], 2, id="-k dtype"),
        pytest.param(["-k", "properties"], 3, id="-k tag"),
        pytest.param(["-m", "properties"], 3, id="-m tag"),
        pytest.param(["-m", "ReLU and not properties"], 1, id="-m operation without the tag"),
        pytest.param(["--case-dtype", "float32"], 2, id="--case-dtype"),
    ],
)
def test_items_are_chosen_by(tagged: Project, arguments: list[str], chosen: int) -> None:
    """As those about values are."""
    result = tagged.run(".", "--implementation", "right.py", *arguments)
    assert result.parseoutcomes().get("passed", 0) == chosen


def test_last_failed_runs_again(tagged: Project) -> None:
    """Ids are the same in the next run."""
    tagged.run(".", "--implementation", "wrong.py")
    result = tagged.run(".", "--implementation", "wrong.py", "--lf")
    result.assert_outcomes(failed=1)


def test_report_says_what_a_result_is_about(tagged: Project) -> None:
    """Format 1 with a key more: findings in the dtype judged, and no entries to be counted."""
    report = tagged.report("cases", "--implementation", "wrong.py")
    values = tagged.report("cases", "--implementation", "wrong.py", "-k", "float64 or float32")
    about = {result["about"]: result for result in report["results"]}
    assert report["format"] == 1
    assert set(about) == {"values", "properties"}
    assert about["properties"]["dtype"] == "float64"
    assert about["properties"]["entries"] == []
    assert [f["finding"] for f in about["properties"]["findings"]] == ["state.not_repeatable"]
    assert report["summary"]["entries_total"] == values["summary"]["entries_total"] > 0


def test_markdown_names_it(tagged: Project) -> None:
    """In the table of items."""
    tagged.run("cases", "--implementation", "wrong.py", "--case-report", "report.md")
    text = (tagged.path / "report.md").read_text("utf-8")
    assert "| relu/b | properties in float64 | wrong | diverged |" in text


def test_dtype_is_the_one_asked_for(tagged: Project) -> None:
    """And the command asks for it again."""
    arguments = ("cases", "--implementation", "wrong.py", "--case-dtype", "float32")
    result = tagged.report(*arguments)["results"][-1]
    assert (result["about"], result["dtype"]) == ("properties", "float32")
    assert result["command"].endswith(" --case-dtype float32")


def test_dtype_is_one_that_the_implementation_is_for(tagged: Project) -> None:
    """The first of the case would only be skipped."""
    text = (tagged.path / "right.py").read_text("utf-8")
    tagged.file("narrow.py", text.replace("calls = 0", "calls = 0; dtypes = ('float32',)"))
    result = tagged.report("cases", "--implementation", "narrow.py")["results"][-1]
    assert (result["about"], result["dtype"], result["outcome"]) == (
        "properties",
        "float32",
        "passed",
    )


def test_values_that_are_wrong_hide_no_properties(tagged: Project) -> None:
    """They say different things."""
    _implementation(tagged, "wrong.py", added="Mine.calls", values="diverged")
    report = tagged.report("cases", "--implementation", "wrong.py")
    assert [result["outcome"] for result in report["results"]] == ["diverged"] * 3
    assert report["results"][-1]["findings"][0]["finding"] == "state.not_repeatable"


@pytest.mark.parametrize(
    ("does", "outcome", "ends"),
    [
        ("raises", "error", "failed"),
        ("unsupported", "unsupported", "skipped"),
        ("hangs", "timeout", "failed"),
    ],
)
def test_item_ends(tagged: Project, does: str, outcome: str, ends: str) -> None:
    """Whatever the implementation does."""
    _implementation(tagged, "mine.py", body=UNSTEADY[does])
    arguments = ("cases", "--implementation", "mine.py", "--case-timeout", "0.2")
    result = tagged.run(*arguments, "--case-report", "report.json")
    assert result.parseoutcomes() == {"passed": 2, ends: 1}
    assert f'"outcome": "{outcome}"' in (tagged.path / "report.json").read_text("utf-8")


def test_crash_of_the_interpreter_ends_its_item_only(tagged: Project) -> None:
    """The result is about properties, too."""
    _implementation(tagged, "mine.py", body=UNSTEADY["crashes"])
    report = tagged.report("cases", "--implementation", "mine.py", "-n", "1", apart=True)
    ended = [(r["about"], r["dtype"], r["outcome"]) for r in report["results"]]
    assert sorted(ended) == [
        ("properties", "", "error"),
        ("values", "float32", "passed"),
        ("values", "float64", "passed"),
    ]


def test_announced_failure_is_expected(tagged: Project) -> None:
    """By the id of the case, as for values; there is nothing stale where properties hold."""
    text = (tagged.path / "wrong.py").read_text("utf-8")
    announced = "calls = 0; expected_failures = {'relu/*': 'not written yet'}"
    tagged.file("wrong.py", text.replace("calls = 0", announced))
    text = (tagged.path / "right.py").read_text("utf-8")
    tagged.file("right.py", text.replace("calls = 0", announced))
    specs = ("--implementation", "wrong.py", "--implementation", "right.py")
    result = tagged.run("cases", *specs, "-k", "properties[")
    result.assert_outcomes(xfailed=1, passed=1)
