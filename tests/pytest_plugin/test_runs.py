"""A whole run: where it is started, what it is configured by, what it writes and returns."""

from __future__ import annotations

import os
import re

import pytest

from tests.pytest_plugin.conftest import Project

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def test_plugin_does_nothing_where_no_cases_are_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is loaded in everybody's pytest: no threads, no markers, no summary, no exit status."""
    monkeypatch.delenv("OMP_NUM_THREADS")
    project.file("test_it.py", "import os\ndef test(): assert 'OMP_NUM_THREADS' not in os.environ")
    result = project.run_apart("test_it.py")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*= cases =*")
    markers = project.run("--markers", "test_it.py")
    markers.stdout.no_fnmatch_line("*weight_decay*")


def test_options_leave_room_for_those_of_other_suites(project: Project) -> None:
    """`--dtype` belongs to whoever has it already."""
    project.pytester.makeconftest(
        "def pytest_addoption(parser):\n"
        "    for name in ('dtype', 'oracle', 'timeout', 'report'):\n"
        "        parser.addoption(f'--{name}')\n"
    )
    result = project.run("a.case.toml", "--implementation", "my_cnn.py", "--dtype", "x")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "-n 1"])
def test_threads_are_limited_before_anything_is_imported(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    """A conftest is the first that could import numpy. What the user has set stays."""
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    project.pytester.makeconftest(
        "import os\n"
        "assert [os.environ.get(n) for n in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS')] == ['1', '3']\n"
    )
    result = project.run_apart("a.case.toml", "--implementation", "my_cnn.py", *workers)
    result.assert_outcomes(passed=1)


def test_ini_names_the_implementation_relative_to_itself(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain `pytest` runs the matrix, from a folder below as well."""
    project.pytester.makeini("[pytest]\nimplementation =\n    my_cnn.py\ntestpaths = a.case.toml\n")
    project.run().assert_outcomes(passed=1)
    project.case("below/b")
    monkeypatch.chdir(project.path / "below")
    project.run("b.case.toml").assert_outcomes(passed=1)


def test_command_line_wins_over_the_ini(project: Project) -> None:
    """One implementation is judged, not two."""
    project.pytester.makeini("[pytest]\nimplementation = no_such.py\n")
    result = project.run("a.case.toml", "--implementation", "my_cnn.py")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "-n 1"])
def test_files_outside_of_the_rootdir(project: Project, workers: list[str]) -> None:
    """A bug report lies anywhere; two of them in two folders stay two."""
    for folder in ("x", "y"):
        project.case(f"elsewhere/{folder}/report")
    inside = project.path / "inside"
    inside.mkdir()
    os.chdir(inside)
    result = project.run(
        "--rootdir", inside, "../elsewhere/x/report.case.toml", "../elsewhere/y/report.case.toml",
        "--implementation", "../my_cnn.py", "--case-report", "report.json", "-v", *workers,
    )  # fmt: skip
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*../elsewhere/x/report.case.toml::float64*", "*../elsewhere/y/report.case.toml::float64*"]
        if not workers
        else []
    )
    assert (inside / "report.json").read_text("utf-8").count('"outcome": "passed"') == 2


@pytest.fixture
def bundled(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An installation with two bundled cases, outside of the folder pytest is started in."""
    project.case("site-packages/oracles/cases/relu/one")
    project.case("site-packages/oracles/cases/relu/two")
    here = project.path / "here"
    here.mkdir()
    (here / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    folder = project.path / "site-packages" / "oracles" / "cases"
    for module in ("pytest_settings", "pytest_items", "pytest_run"):
        monkeypatch.setattr(f"oracles.{module}.bundled_cases", lambda: folder)
    monkeypatch.chdir(here)
    project.implementation("here/my_cnn.py")
    return project


def test_bundled_cases_have_readable_ids_that_can_be_typed(bundled: Project) -> None:
    """Below site-packages, a node id would begin with a row of dots."""
    implementation = ("--implementation", "my_cnn.py")
    result = bundled.run("--bundled-cases", *implementation, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["oracles/cases/relu/one.case.toml::float64[[]my_cnn[]] PASSED*"])
    one = "oracles/cases/relu/one.case.toml::float64[my_cnn]"
    bundled.run("--bundled-cases", one, *implementation).assert_outcomes(passed=1)


def test_bundled_cases_beside_files_of_ones_own(bundled: Project) -> None:
    """Arguments and bundled cases add up."""
    bundled.case("here/b")
    bundled.run("b.case.toml", "--bundled-cases", "--implementation", "my_cnn.py").assert_outcomes(
        passed=3
    )


def test_bundled_cases_repeat_command(bundled: Project) -> None:
    """The command of a failure finds the bundled file."""
    bundled.implementation("here/my_cnn.py", one="error")
    result = bundled.run("--bundled-cases", "--implementation", "my_cnn.py")
    result.stdout.fnmatch_lines(
        [
            "  pytest --bundled-cases 'oracles/cases/relu/one.case.toml::float64[[]my_cnn[]]' "
            "--implementation my_cnn.py"
        ]
    )


def test_real_bundled_cases_in_workers(project: Project) -> None:
    """Workers get the arguments as typed; they are to find the same items all the same."""
    project.file("here/pytest.ini", "[pytest]\n")
    os.chdir(project.path / "here")
    result = project.run_apart(
        "--bundled-cases", "--implementation", "../my_cnn.py", "-n", "2",
        "-k", "stride and float64", "--case-dtype", "float64",
    )  # fmt: skip
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] > 1


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("unsupported", 1), ("expected-failure", 1), ("passed", 0)],
)
def test_run_in_which_nothing_passed_fails(project: Project, outcome: str, status: int) -> None:
    """Skips and expected failures alone show nothing about an implementation."""
    project.implementation(a=outcome)
    result = project.run("a.case.toml", "--implementation", "my_cnn.py")
    assert result.ret == status
    assert ("Nothing passed" in str(result.stdout)) is bool(status)


def test_collecting_alone_does_not_fail(project: Project) -> None:
    """Nothing ran, so that nothing had to pass; and nothing was loaded."""
    project.file("my_cnn.py", "raise SystemExit('loaded')\n")
    result = project.run("a.case.toml", "--implementation", "my_cnn.py", "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["a.case.toml::float64[[]my_cnn[]]"])


def test_reports_are_written(project: Project) -> None:
    """JSON and Markdown, with the implementation and every item."""
    project.case("b")
    project.implementation(b="diverged")
    report = project.report(".", "--implementation", "my_cnn.py", "--case-report", "report.md")
    assert report["implementations"] == [{"label": "my_cnn", "spec": "my_cnn.py"}]
    assert set(report["versions"]) == {"python", "refcnn", "numpy", "torch"}
    assert [(r["case"], r["outcome"]) for r in report["results"]] == [
        ("a", "passed"),
        ("b", "diverged"),
    ]
    assert report["results"][1]["first_divergence"]["entry"] == "step0.backward.conv1"
    assert "| b | float64 | my\\_cnn | diverged |" in (project.path / "report.md").read_text(
        "utf-8"
    )


def test_oracles_and_timeout_reach_the_judge(project: Project) -> None:
    """What the command line asks for is what is asked of the judge."""
    report = project.report(
        "a.case.toml", "--implementation", "my_cnn.py", "--case-oracle", "published"
    )
    assert report["results"][0]["oracles"] == ["published"]


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([], [(1, 3), (2, 3)]),
        (["--case-diagnose", "7"], [(1, 7), (2, 7)]),
        (["--case-diagnose", "all"], [(1, -1), (2, -1)]),
        (["--case-diagnose", "none"], [None, None]),
        (["--case-diagnose", "0"], [None, None]),
    ],
    ids=["by default", "seven", "all", "none", "zero"],
)
def test_failures_are_diagnosed(
    project: Project, arguments: list[str], asked: list[tuple[int, int] | None]
) -> None:
    """What was found for an implementation is remembered, and not for another one."""
    project.case("b")
    project.implementation("first.py", a="diverged", b="diverged")
    project.implementation("second.py", a="diverged", b="diverged")
    both = ("--implementation", "first.py", "--implementation", "second.py")
    report = project.report(".", *both, *arguments)
    found = {
        label: [
            result["diagnosis"] and (result["diagnosis"]["tried"], result["diagnosis"]["untried"])
            for result in report["results"]
            if result["implementation"] == label
        ]
        for label in ("first", "second")
    }
    assert found == {"first": asked, "second": asked}


def test_number_of_diagnoses_is_checked(project: Project) -> None:
    """A word that is neither."""
    result = project.run(".", "--implementation", "my_cnn.py", "--case-diagnose", "some")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*a number, all or none, got 'some'*"])


def test_summary_comes_after_pytests_own_output(project: Project) -> None:
    """Counts, failures that begin alike, versions."""
    project.case("b")
    project.implementation(b="diverged")
    result = project.run(".", "--implementation", "my_cnn.py")
    result.stdout.fnmatch_lines(
        [
            "*= FAILURES =*",
            "*= short test summary info =*",
            "*= cases =*",
            "my_cnn: entries passed/failed/not exposed",
            "*Conv2d*",
            "1 case: diverged: first wrong in the gradient with respect to the input of*: b (*",
            "2 items: 1 passed, 1 diverged",
            "judged by pytorch, published; python *",
        ]
    )
    assert len(re.findall("= cases =", str(result.stdout))) == 1
