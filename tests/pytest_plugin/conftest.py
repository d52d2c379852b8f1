"""A folder with case files and implementations, and pytest in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rich.table

# pytester forgets every module that an inner run has imported, and numpy is imported once or never.
import oracles.contract.reading
import oracles.implementations.loading

IMPORTED = (oracles.contract.reading, oracles.implementations.loading, rich.table)

ROOT = Path(__file__).parents[2]
PLUGINS = (
    *("-p", "oracles.pytest_plugin", "-p", "tests.pytest_plugin.stand_in_judge"),
    *("-p", "no:hypothesispytest"),  # imports hypothesis at the end of each run: 1.5 s
)

CASE = """
format = 1
title = "{title}"
why = "it is a test"
tags = {tags}
dtypes = {dtypes}
{more}
[input]
shape = [1, 1, 2, 2]
fill = "uniform"
seed = 1

[[layers]]
type = "{operation}"
name = "first"

[upstream]
fill = "uniform"
seed = 2
"""

IMPLEMENTATION = """
import faulthandler, os, time

OUTCOMES = {outcomes!r}

class Mine:
    name = "mine"

    def run(self, case, trace):
        outcome = OUTCOMES.get(case.id.rpartition("/")[2], "passed")
        if outcome == "crash":
            os._exit(3)
        if outcome == "hang":
            time.sleep(60)
        if outcome == "raise":
            raise RuntimeError("the harness has a bug")
        return outcome

implementation = Mine()
"""


class Project:
    """Somebody's folder."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def case(
        self,
        name: str,
        *,
        title: str = "a case",
        tags: tuple[str, ...] = (),
        dtypes: tuple[str, ...] = ("float64",),
        operation: str = "ReLU",
        more: str = "",
    ) -> Path:
        """Write a case file."""
        text = CASE.format(
            title=title,
            tags=json.dumps(tags),
            dtypes=json.dumps(dtypes),
            operation=operation,
            more=more,
        )
        return self.file(f"{name}.case.toml", text)

    def implementation(self, path: str = "my_cnn.py", **outcomes: str) -> Path:
        """Write an implementation which says how cases end, by the last part of their id."""
        return self.file(path, IMPLEMENTATION.format(outcomes=outcomes))

    def file(self, name: str, text: str) -> Path:
        """Write a file, and the folders it lies in."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *arguments: str | Path) -> pytest.RunResult:
        """Pytest in this process."""
        return self.pytester.runpytest_inprocess(*PLUGINS, *map(str, arguments))

    def run_apart(self, *arguments: str | Path) -> pytest.RunResult:
        """Pytest in a process of its own."""
        return self.pytester.runpytest_subprocess(*PLUGINS, *map(str, arguments))

    def report(self, *arguments: str | Path, apart: bool = False) -> dict[str, Any]:
        """The report of a run."""
        run = self.run_apart if apart else self.run
        run(*arguments, "--case-report", "report.json")
        report: dict[str, Any] = json.loads((self.path / "report.json").read_text("utf-8"))
        return report


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A folder with a case that passes and an implementation.

    The environment is put back after the test; an inner run must not change this process.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini("[pytest]\naddopts = --strict-markers\n")
    project = Project(pytester)
    project.case("a")
    project.implementation()
    return project
