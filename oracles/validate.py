"""Judges without pytest: `python -m oracles validate`."""

from __future__ import annotations

import dataclasses
import shlex
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from oracles import trial
from oracles.case_paths import CommandError, case_files
from oracles.contract.definition import Definition
from oracles.contract.errors import InvalidCase
from oracles.contract.reading import read_case
from oracles.contract.tags import PROPERTIES
from oracles.diagnosis.remembering import Allowance, Remembering
from oracles.hanging import hanging
from oracles.implementations.errors import ImplementationError
from oracles.implementations.loading import Loaded, labels, load
from oracles.judging.judgement import Judgement
from oracles.options import DECIDING, DIAGNOSES
from oracles.properties.trial import dtype_for, judge_properties
from oracles.reporting.failure import failure_text
from oracles.reporting.features import features
from oracles.reporting.report_file import write_report
from oracles.reporting.result import Result, Run, ordered
from oracles.reporting.summary import summary_lines
from oracles.reporting.versions import versions
from oracles.reporting.wording import count

_PATIENCE = 2.0
"""Seconds before a progress bar is worth the lines it takes."""

_MOST_TEXTS = 10


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    cases: tuple[str, ...]
    implementations: tuple[str, ...]
    dtypes: tuple[str, ...] = ()
    oracles: tuple[str, ...] = ()
    timeout: float = 60.0
    reports: tuple[str, ...] = ()
    diagnose: int | None = DIAGNOSES


@dataclass(frozen=True)
class Checked:
    """What is said of case files that nobody has run.

    problems   a text for each file that cannot be used
    remarks    what is worth knowing of those that can
    """

    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def check(files: Sequence[Path]) -> Checked:
    """Read case files, and see whether their verdicts would hang on a rounding."""
    checked = Checked()
    for path in _slowly(files, "checking"):
        try:
            found = hanging(read_case(path))
        except InvalidCase as error:
            checked.problems.append(str(error))
            continue
        checked.remarks.extend(f"{path}: remark: {finding.message}" for finding in found)
    return checked


def validate(asked: Asked) -> Run:
    """Judge every implementation on every case, and write the reports."""
    files = case_files(asked.cases)
    reports = [_report_path(name) for name in asked.reports]
    _check(asked)
    implementations = _load(asked)
    results = _results(files, implementations, asked)
    specs = {label: loaded.spec for label, loaded in implementations.items()}
    run = Run(specs, versions(), ordered(results, specs))
    for path in reports:
        try:
            write_report(run, path)
        except OSError as error:
            raise CommandError(f"the report {path} cannot be written: {error.strerror}") from None
    return run


def lines(run: Run, *, verbose: bool) -> Iterator[str]:
    """The failures and the summary, for the terminal."""
    failing = [result for result in run.results if result.fails]
    shown = failing if verbose else failing[:_MOST_TEXTS]
    for result in shown:
        yield from (failure_text(result, verbose=verbose), "")
    if len(failing) > len(shown):
        yield f"... and {count(len(failing) - len(shown), 'more failure')} (-v shows all)\n"
    console = Console()
    yield from summary_lines(run, verbose=verbose, width=console.width, colour=sys.stdout.isatty())


def _check(asked: Asked) -> None:
    if not asked.implementations:
        raise CommandError(
            "--implementation is missing: my_cnn.py, or a module "
            "(--no-run checks the case files only)"
        )


def _report_path(name: str) -> Path:
    path = Path(name)
    if not path.parent.is_dir():
        raise CommandError(f"there is no folder {path.parent} for the report {name}")
    return path


def _load(asked: Asked) -> dict[str, Loaded]:
    specs = list(dict.fromkeys(asked.implementations))
    try:
        loaded = [load(spec, timeout=asked.timeout) for spec in specs]
    except ImplementationError as error:
        raise CommandError(str(error)) from None
    return dict(zip(labels(specs), loaded, strict=True))


def _results(
    files: Sequence[Path], implementations: dict[str, Loaded], asked: Asked
) -> list[Result]:
    results: list[Result] = []
    allowance = Allowance()
    diagnose = {
        label: None if asked.diagnose == 0 else Remembering(allowance, asked.diagnose)
        for label in implementations
    }
    for path in _slowly(files, "judging"):
        results += _of_file(path, implementations, asked, diagnose)
    return results


def _slowly(files: Sequence[Path], what: str) -> Iterator[Path]:
    """The files one by one, with a progress bar if they take a while."""
    started = time.monotonic()
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=len(files), visible=False)
        for path in files:
            yield path
            late = time.monotonic() - started > _PATIENCE
            progress.update(bar, advance=1, visible=late)


def _of_file(
    path: Path,
    implementations: dict[str, Loaded],
    asked: Asked,
    diagnose: Mapping[str, Remembering | None],
) -> Iterator[Result]:
    try:
        definition = read_case(path)
        remarks = hanging(definition)
    except InvalidCase as error:
        yield Result(Judgement(path.as_posix(), "", "", "invalid-case", str(error)))
        return
    for label, loaded in implementations.items():
        for dtype in definition.dtypes:
            if not asked.dtypes or dtype in asked.dtypes:
                judgement = _judged(definition, dtype, loaded, asked, diagnose[label])
                findings = (*judgement.findings, *remarks)
                named = dataclasses.replace(judgement, implementation=label, findings=findings)
                command = _command(path, dtype, loaded.spec, asked.oracles)
                yield Result(named, definition.title, command, features(definition))
        if PROPERTIES in definition.tags:
            yield from _properties(path, definition, loaded, label, asked)


def _judged(
    definition: Definition,
    dtype: str,
    loaded: Loaded,
    asked: Asked,
    diagnose: Remembering | None,
) -> Judgement:
    try:
        return trial.judge(
            loaded.implementation,
            definition,
            dtype,
            oracles=asked.oracles or DECIDING,
            timeout=asked.timeout,
            diagnose=diagnose,
        )
    except Exception as error:  # noqa: BLE001  a fault of ours, shown as one; others go on
        return Judgement(definition.id, dtype, "", "harness-error", _fault(error))


def _properties(
    path: Path, definition: Definition, loaded: Loaded, label: str, asked: Asked
) -> Iterator[Result]:
    """In the first of the dtypes asked for that the implementation is for."""
    dtypes = [name for name in definition.dtypes if not asked.dtypes or name in asked.dtypes]
    if not dtypes:
        return
    dtype = dtype_for(loaded.implementation, dtypes)
    try:
        judgement = judge_properties(
            loaded.implementation, definition, dtype, timeout=asked.timeout
        )
    except Exception as error:  # noqa: BLE001  a fault of ours, shown as one; others go on
        text = _fault(error)
        judgement = Judgement(definition.id, dtype, "", "harness-error", text, about="properties")
    command = _command(path, dtype, loaded.spec, asked.oracles)
    named = dataclasses.replace(judgement, implementation=label)
    yield Result(named, definition.title, command, features(definition))


def _fault(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}\n\n{traceback.format_exc()}"
    return text.rstrip()


def _command(path: Path, dtype: str, spec: str, oracles: Iterable[str]) -> str:
    words = ["python", "-m", "oracles", "validate", path.as_posix()]
    words += ["--implementation", spec, "--dtype", dtype]
    words += [word for name in oracles for word in ("--oracle", name)]
    return shlex.join(words)
