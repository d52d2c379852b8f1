"""`python -m oracles audit`: how good the judge is, for anyone to see."""

from __future__ import annotations

import argparse
import json
import shlex
import time
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path

import torch
from rich.console import Console

from oracles.audit import alarms, detection, report
from oracles.audit.alarms import Alarms
from oracles.audit.cases.case import FOLDER
from oracles.audit.detection import RowResult
from oracles.audit.implementations.table import IMPLEMENTATIONS
from oracles.audit.report import Audit
from oracles.case_paths import CommandError
from oracles.parallel import in_order
from oracles.reporting.console import progress_bar, table
from oracles.reporting.versions import versions

Advance = Callable[[int], None]

MOST = 20
"""Alarms that are printed; the files have all of them."""

WIDTH = 120
"""Of the tables where they are not printed to a terminal."""


def audit(options: argparse.Namespace) -> int:
    """Carry it out, print it, write the files; 0 if the judge is as good as it should be."""
    _check(options)
    torch.set_num_threads(1)
    started = time.monotonic()
    found = None if options.only == "detection" else _alarms(options)
    rows = [] if options.only == "alarms" else _detection(options)
    outcome = Audit(
        command=_command(options),
        date=date.today().isoformat(),
        versions=versions(),
        seconds=time.monotonic() - started,
        alarms=found,
        rows=rows,
    )
    _show(outcome)
    _write(outcome, options)
    return 0 if outcome.good else 1


def _check(options: argparse.Namespace) -> None:
    """What would end a long run at its end."""
    names = [one.name for one in IMPLEMENTATIONS]
    if options.implementation not in (None, *names):
        text = f"--implementation must be among {', '.join(names)}, got {options.implementation}"
        raise CommandError(text)
    for file in (options.json, options.markdown):
        if file is not None and not Path(file).absolute().parent.is_dir():
            raise CommandError(f"{file} would be in a folder that is not there")
    page = Path(options.markdown) if options.markdown is not None else None
    if page is not None and page.exists() and not report.MARKS.are_in(page.read_text("utf-8")):
        raise CommandError(
            f"{page} is there, and has no marks between which the tables could stand: "
            f"{report.MARKS.start} ... {report.MARKS.end}"
        )


def _alarms(options: argparse.Namespace) -> Alarms:
    """As many cases as it takes, or the one that was asked for."""
    found = Alarms()
    if options.case is not None:
        found.add(alarms.carry_out(_task(options, options.case)))
        return found
    tasks = (_task(options, number) for number in count())
    with progress_bar("false alarms", options.comparisons) as advance:
        for result in in_order(alarms.carry_out, tasks, options.workers):
            found.add(result)
            advance(result.arrays)
            if found.arrays >= options.comparisons:
                return found
    return found


def _task(options: argparse.Namespace, number: int) -> alarms.Task:
    return alarms.Task(options.seed, number, options.implementation)


def _detection(options: argparse.Namespace) -> list[RowResult]:
    tasks = detection.tasks(options.seed, options.trials)
    results = []
    with progress_bar("tiny mistakes", len(tasks)) as advance:
        for result in in_order(detection.carry_out, tasks, options.workers):
            results.append(result)
            advance(1)
    return list(detection.table(results))


def _show(outcome: Audit) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDTH
    found = outcome.alarms
    if found is not None:
        console.print(table("Correct implementations", report.RUNS, report.run_cells(found), 2))
        operations = report.operation_cells(found)
        console.print(table("Largest error / bound", report.OPERATIONS, operations, 2))
        for alarm in found.alarms[:MOST]:
            console.print(*report.alarm_lines(alarm), sep="\n")
        cases = found.cases - len(found.refused)
        console.print(
            f"{len(found.alarms):,} false alarms in {found.arrays:,} comparisons of arrays, "
            f"{cases:,} cases"
        )
    if outcome.rows:
        console.print(table("Tiny mistakes", report.DETECTION, report.row_cells(outcome.rows), 1))
        for row in outcome.rows:
            for line in report.row_lines(row):
                console.print(line)
        good = sum(row.good for row in outcome.rows)
        console.print(f"{good} of {len(outcome.rows)} rows reach their goals")
    console.print(f"{outcome.seconds:.0f} s")


def _write(outcome: Audit, options: argparse.Namespace) -> None:
    if options.json is not None:
        text = json.dumps(report.as_json(outcome), indent=1) + "\n"
        Path(options.json).write_text(text, encoding="utf-8")
    if options.markdown is not None:
        path = Path(options.markdown)
        page = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(report.MARKS.filled(page, report.markdown(outcome)), encoding="utf-8")
    if options.keep is not None and outcome.alarms is not None:
        for alarm in outcome.alarms.alarms:
            folder = Path(options.keep) / FOLDER / f"seed{alarm.task.seed}"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{alarm.task.number}.case.toml"
            path.write_text(alarm.case, encoding="utf-8")


def _command(options: argparse.Namespace) -> str:
    """What makes the same figures again: neither workers nor files change them."""
    words = ["python", "-m", "oracles", "audit", "--seed", str(options.seed)]
    if options.only != "detection":
        words += ["--comparisons", str(options.comparisons)]
    for name in ("only", "case", "implementation", "trials"):
        value = getattr(options, name)
        words += [] if value is None else [f"--{name}", str(value)]
    return shlex.join(words)
