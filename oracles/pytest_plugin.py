"""The pytest plugin: a case file is a test file, an item per dtype and implementation.

It is loaded in everybody's pytest, so it needs the standard library and pytest alone, and does
nothing at all until case files are collected or asked for. Cases are *asked for* by

    --implementation, or a non-empty ini key `implementation`
    --bundled-cases
    an argument that names a `.case.toml` file

Only then thread limits are set, the tags are registered as markers, and the limit of xdist's worker
restarts is lifted. A `.case.toml` in a folder that is collected for other reasons is still an item:
one that fails and says what to type.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from oracles.case_paths import SUFFIX
from oracles.options import DIAGNOSES, DTYPES, ORACLES, TIMEOUT, diagnoses, report, seconds
from oracles.pytest_items import CaseFile, CaseItem, ProblemItem, every_tag, register
from oracles.pytest_run import CaseRun
from oracles.pytest_settings import Settings, asked_for, bundled_arguments, settings_key
from oracles.pytest_watchdog import open_stderr

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_NO_LIMIT = str(10**9)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options with a prefix and dests of their own, so that no other suite's are in the way."""
    group = parser.getgroup("oracles", "case files: is my implementation right?")
    group.addoption(
        "--implementation",
        dest="oracles_implementations",
        action="append",
        default=[],
        metavar="SPEC",
        help="judge this on every case file: path/to/file.py[:object] or package[.module][:object]."
        " Repeatable. Wins over the ini key.",
    )
    group.addoption(
        "--bundled-cases",
        dest="oracles_bundled_cases",
        action="store_true",
        help="run the case files that are installed with the package.",
    )
    group.addoption(
        "--case-dtype",
        dest="oracles_dtypes",
        action="append",
        default=[],
        choices=DTYPES,
        help="only items of this dtype. Repeatable.",
    )
    group.addoption(
        "--case-oracle",
        dest="oracles_oracles",
        action="append",
        default=[],
        choices=ORACLES,
        help="ask only this oracle. Repeatable.",
    )
    group.addoption(
        "--case-timeout",
        dest="oracles_timeout",
        type=seconds,
        default=TIMEOUT,
        metavar="S",
        help="seconds an implementation has for one item (default: 60).",
    )
    group.addoption(
        "--case-diagnose",
        dest="oracles_diagnose",
        type=diagnoses,
        default=DIAGNOSES,
        metavar="N|all|none",
        help="search so many failures of a kind for their cause, hold the others to the causes "
        f"found (default: {DIAGNOSES}).",
    )
    group.addoption(
        "--case-report",
        dest="oracles_reports",
        action="append",
        default=[],
        type=report,
        metavar="FILE",
        help="write a report, .json or .md. Repeatable.",
    )
    parser.addini(
        "implementation",
        "what case files are run on, as for --implementation, one per line; files are relative to "
        "the ini file",
        type="linelist",
        default=[],
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """One thread of BLAS and OpenMP per process, before a conftest can import numpy.

    Default threads make the same run three to ten times slower. What the user has set stays.
    Workers of xdist inherit the environment.
    """
    if asked_for(early_config):
        for name in _THREADS:
            os.environ.setdefault(name, "1")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Settle what is to be judged, in the controller and in every worker alike."""
    settings = Settings.of(config)
    config.stash[settings_key] = settings
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(CaseRun(config), "oracles_case_run")
    if not settings.asked:
        return
    open_stderr(config)
    if config.getoption("oracles_bundled_cases"):
        bundled_arguments(config)
    for tag, meaning in every_tag().items():
        register(config, tag, meaning)
    if getattr(config.option, "maxworkerrestart", "absent") is None:
        config.option.maxworkerrestart = _NO_LIMIT


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """`*.case.toml`, wherever it is met."""
    if not file_path.name.endswith(SUFFIX):
        return None
    return CaseFile.at(file_path, parent)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, object, object]:
    """No `-k` and no `-m` hides a file that cannot be used; `--deselect` does."""
    prefixes = tuple(config.getoption("deselect") or ())
    problems = [
        item
        for item in items
        if isinstance(item, ProblemItem) and not (prefixes and item.nodeid.startswith(prefixes))
    ]
    if not problems:
        return (yield)
    kept = set(problems)
    items[:] = [item for item in items if item not in kept]
    result = yield
    items[:0] = problems
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The result travels with the report of the call, from a worker too."""
    sent = yield
    if isinstance(item, CaseItem | ProblemItem) and call.when == "call" and item.result is not None:
        sent.oracles_result = item.result  # type: ignore[attr-defined]
    return sent
