"""Under xdist: one summary, one report, and what ends a worker ends one item."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.pytest_plugin.conftest import Project

SLOW_TO_END = """
import pytest
from oracles import pytest_watchdog

def pytest_configure(config):
    pytest_watchdog.MARGIN = 0.5
"""


@pytest.fixture
def crashing(project: Project) -> Project:
    """Eight cases; one ends the interpreter, one hangs where no signal gets through."""
    for name in "bcdefgh":
        project.case(name)
    project.implementation(c="crash", e="diverged", g="unsupported")
    return project


def test_crash_of_the_interpreter_ends_its_item_only(crashing: Project) -> None:
    """The worker's death is the result of that item, with the worker's message."""
    report = crashing.report(".", "--implementation", "my_cnn.py", "-n", "1", apart=True)
    outcomes = {result["case"]: result["outcome"] for result in report["results"]}
    assert outcomes == dict.fromkeys("abdfh", "passed") | {
        "c": "error",
        "e": "diverged",
        "g": "unsupported",
    }
    crashed = next(result for result in report["results"] if result["case"] == "c")
    assert "crashed while running 'c.case.toml::float64[my_cnn]'" in crashed["message"]
    assert crashed["title"] == "a case"
    assert crashed["implementation"] == "my_cnn"
    assert "c.case.toml::float64[my_cnn]" in crashed["command"]


def test_more_crashes_than_xdist_would_restart(project: Project) -> None:
    """Xdist alone gives up after four restarts per worker."""
    names = [f"c{i}" for i in range(5)]
    for name in names:
        project.case(name)
    project.implementation(**dict.fromkeys(names, "crash"))
    result = project.run_apart(".", "--implementation", "my_cnn.py", "-n", "1")
    result.assert_outcomes(failed=5, passed=1)


def test_hang_in_c_ends_its_item_only(project: Project) -> None:
    """A call that holds the GIL lets no signal through; faulthandler's own thread ends the
    process."""
    project.case("b")
    text = project.implementation(a="hang").read_text("utf-8")
    blocked = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]); "
    project.file("my_cnn.py", text.replace("time.sleep(60)", blocked + "time.sleep(60)"))
    project.pytester.makeconftest(SLOW_TO_END)
    result = project.run_apart(
        ".", "--implementation", "my_cnn.py", "-n", "1", "--case-timeout", "0.5"
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*crashed while running 'a.case.toml::float64[[]my_cnn[]]'*"])
    result.stderr.fnmatch_lines(["Timeout (*", "*my_cnn.py*in run*"])


def test_report_does_not_depend_on_workers(crashing: Project) -> None:
    """Same results in the same order, apart from how long they took."""
    crashing.implementation(c="error", e="diverged", g="unsupported")
    arguments = (".", "--implementation", "my_cnn.py")
    alone = crashing.report(*arguments)
    together = crashing.report(*arguments, "-n", "2", apart=True)
    assert _timeless(alone) == _timeless(together)


def test_summary_is_printed_once(crashing: Project) -> None:
    """By the controller."""
    crashing.implementation(e="diverged")
    result = crashing.run_apart(".", "--implementation", "my_cnn.py", "-n", "2")
    result.assert_outcomes(passed=7, failed=1)
    assert str(result.stdout).count("items: 7 passed, 1 diverged") == 1


def test_workers_that_die_before_they_run_anything_end_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the limit of restarts lifted they would be replaced for ever."""
    project.pytester.makeconftest(
        "import os\n"
        "from oracles import pytest_run\n"
        "pytest_run._MOST_DEATHS = 2\n"
        "def pytest_collection(session):\n"
        "    if 'PYTEST_XDIST_WORKER' in os.environ: os._exit(5)\n"
    )
    result = project.run_apart("a.case.toml", "--implementation", "my_cnn.py", "-n", "1")
    assert result.ret != 0
    assert "3 workers died while collecting" in str(result.stdout) + str(result.stderr)


def test_without_xdist(crashing: Project) -> None:
    """The hooks for workers are optional."""
    crashing.implementation()
    result = crashing.run_apart(".", "--implementation", "my_cnn.py", "-p", "no:xdist")
    result.assert_outcomes(passed=8)


def _timeless(report: dict[str, Any]) -> str:
    for result in report["results"]:
        del result["seconds"]
    return json.dumps(report, indent=1)
