"""The controller's side of a run: collects results, writes reports, says the one summary."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oracles.case_paths import SUFFIX, bundled_cases
from oracles.pytest_settings import BUNDLED, Settings, missing, settings_key

if TYPE_CHECKING:
    from oracles.reporting.result import Run

_MOST_DEATHS = 100
"""Workers that may die without having run an item, before the run is given up."""


class CaseRun:
    """Listens to the reports of items, wherever they ran. Without any it does nothing."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: dict[str, dict[str, Any]] = {}
        self.deaths = 0
        self.unwritten: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what an item found, under its node id."""
        result = getattr(report, "oracles_result", None)
        if result is not None:
            self.results[report.nodeid] = result

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """A worker of xdist died: that is the result of the item it was running, and of no
        other."""
        self.deaths -= 1
        if f"{SUFFIX}::" in crashitem:
            result, text = _crashed(crashitem, str(report.longrepr), self._settings, self.config)
            report.oracles_result = result  # type: ignore[attr-defined]
            report.longrepr = text

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, error: object | None) -> None:
        """The limit of restarts is lifted for items that crash; a worker that dies before it runs
        any would be replaced for ever."""
        if error and self._settings.asked:
            self.deaths += 1
            if self.deaths > _MOST_DEATHS:
                raise pytest.exit.Exception(f"{self.deaths} workers died while collecting", 3)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports; a run in which no case passed is a failed run."""
        if self.config.getoption("collectonly") or not (self.results or self._settings.reports):
            return
        from oracles.reporting.report_file import write_report

        run = self._run()
        for path in self._settings.reports:
            try:
                write_report(run, path)
            except OSError as error:
                self.unwritten.append(f"{path} could not be written: {error}")
        if session.exitstatus == pytest.ExitCode.OK and (run.nothing_passed or self.unwritten):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        """After everything that pytest and other plugins have to say."""
        yield
        if self.results:
            self._summarise(terminalreporter)

    def _summarise(self, terminalreporter: pytest.TerminalReporter) -> None:
        from oracles.reporting.summary import summary_lines

        terminalreporter.write_sep("=", "cases")
        lines = summary_lines(
            self._run(),
            verbose=self.config.get_verbosity() > 0,
            brief=self.config.get_verbosity() < 0,
            width=terminalreporter._tw.fullwidth,
            colour=terminalreporter.hasmarkup,
        )
        for line in lines:
            terminalreporter.write_line(line)
        for path in self._settings.reports:
            terminalreporter.write_line(f"report: {path}")
        for text in self.unwritten:
            terminalreporter.write_line(text, red=True)

    @property
    def _settings(self) -> Settings:
        return self.config.stash[settings_key]

    def _run(self) -> Run:
        from oracles.reporting.json_report import from_json
        from oracles.reporting.result import Run, ordered
        from oracles.reporting.versions import versions

        implementations = _labelled(self._settings)
        results = ordered(map(from_json, self.results.values()), implementations)
        return Run(implementations, versions(), results)


def _labelled(settings: Settings) -> dict[str, str]:
    return {spec: spec for spec in settings.specs} if missing() else settings.labelled()


def _crashed(
    nodeid: str, worker: str, settings: Settings, config: pytest.Config
) -> tuple[dict[str, Any], str]:
    """The result and the text of an item whose worker died."""
    from oracles.contract.tags import PROPERTIES
    from oracles.judging.judgement import Judgement
    from oracles.reporting.failure import failure_text
    from oracles.reporting.json_report import as_json
    from oracles.reporting.result import Result

    file, _, name = nodeid.partition("::")
    dtype, _, rest = name.partition("[")
    label = rest.removesuffix("]")
    path = _path(file, settings, config)
    message = (
        "the interpreter crashed, or nothing came back long after the time limit of "
        f"{settings.timeout:g} s\n{worker}; stderr of the worker may say more"
    )
    case, title = _identity(settings.as_given(path), file)
    judgement = Judgement(case, dtype, label, "error", message)
    if dtype == PROPERTIES:
        judgement = dataclasses.replace(judgement, dtype="", about="properties")
    spec = _labelled(settings).get(label, label)
    result = Result(judgement, title, settings.command(path, name, spec))
    return as_json(judgement, title=title, command=result.command), failure_text(result)


def _path(file: str, settings: Settings, config: pytest.Config) -> Path:
    """The file a node id means."""
    bundled = bundled_cases() / file.removeprefix(f"{BUNDLED}/")
    places = [config.rootpath / file, bundled, settings.here / file]
    return next((place for place in places if place.is_file()), places[0])


def _identity(path: Path, file: str) -> tuple[str, str]:
    """Id and title of a case; the file may have been changed meanwhile."""
    from oracles.contract.reading import read_case

    try:
        definition = read_case(path)
    except Exception:  # noqa: BLE001  the crash is what there is to report
        return file.removesuffix(SUFFIX), ""
    return definition.id, definition.title
