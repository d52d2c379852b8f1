"""`python -m oracles strength`: which cases notice which mistakes, and how well they are named."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TypeVar

import torch
from rich.console import Console

from oracles.case_paths import CommandError
from oracles.parallel import in_order
from oracles.reporting.console import progress_bar, table
from oracles.reporting.versions import versions
from oracles.strength import killing, naming, report, together
from oracles.strength.mutants import DEFAULT, catalogue, runnable
from oracles.strength.report import Strength
from oracles.target_files import target, write_to

Given = TypeVar("Given")
Result = TypeVar("Result")

WIDTH = 150
"""Of the tables where they are not printed to a terminal."""


def strength(options: argparse.Namespace) -> int:
    """Measure, print, write the file; 0 if every mutant is killed and no cause wrongly certain."""
    torch.set_num_threads(1)
    data, page = target(options.json), target(options.markdown)
    if page is not None and page.exists() and not report.MARKS.are_in(page.read_text("utf-8")):
        raise CommandError(
            f"{page} is there, and has no marks between which the table could stand: "
            f"{report.MARKS.start} ... {report.MARKS.end}"
        )
    known = catalogue(options.mutants)
    mutants = [one for one in known.mutants if options.only in (None, one.area)]
    if not mutants:
        areas = ", ".join(sorted({one.area for one in known.mutants}))
        raise CommandError(f"--only must be among {areas}, got {options.only}")
    started = time.monotonic()
    found = Strength(
        command=_command(options),
        date=date.today().isoformat(),
        versions=versions(),
        areas={one.switch: one.area for one in mutants},
    )
    spec, workers = options.mutants, options.workers
    tasks = [killing.Task(spec, one.switch) for one in mutants]
    found.kills = list(_done("kill matrix", killing.kills, tasks, workers))
    killed = {one.switch: one.killed for one in found.kills if one.killed}
    chosen = [naming.chosen(spec, switch, cases) for switch, cases in killed.items()]
    found.naming = list(_done("naming", naming.naming, chosen, workers))
    pairs = list(together.pairs(spec, killed, options.pairs, options.seed))
    found.pairs = list(_done("two at once", together.pair_named, pairs, workers))
    hidden = list(_hidden(spec, killed, options.hidden))
    found.hidden = list(_done("behind loss and updates", together.hidden_named, hidden, workers))
    found.seconds = time.monotonic() - started
    _show(found, verbose=options.verbose)
    if data is not None:
        text = json.dumps(report.as_json(found), indent=1) + "\n"
        write_to(data, lambda: data.write_text(text, "utf-8"))
    if page is not None:
        before = page.read_text("utf-8") if page.exists() else ""
        after = report.MARKS.filled(before, "\n".join(report.markdown(found)) + "\n")
        write_to(page, lambda: page.write_text(after, "utf-8"))
    wrong = any(case.certain == "wrong" for one in found.naming for case in one.cases)
    return 1 if found.surviving or found.faults or wrong else 0


def _hidden(
    spec: str, killed: dict[str, dict[str, dict[str, str]]], count: int
) -> Iterator[together.Hidden]:
    """Mutants on cases with an update, spread over all of them."""
    trained = {
        one.id for one in runnable() if len(one.draw("float64").steps) > 1 and "SGD" in one.tags
    }
    able = [
        together.Hidden(spec, switch, min(both), sorted(cases[min(both)])[0])
        for switch, cases in sorted(killed.items())
        if (both := trained & cases.keys())
    ]
    every = max(1, len(able) // max(count, 1))
    yield from able[::every][:count]


def _done(
    title: str, function: Callable[[Given], Result], tasks: Sequence[Given], workers: int
) -> Iterator[Result]:
    with progress_bar(title, len(tasks)) as advance:
        for result in in_order(function, tasks, workers):
            advance(1)
            yield result


def _show(found: Strength, *, verbose: bool) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDTH
    if verbose:
        heads = ("mutant", "cases", "killed by")
        console.print(table("Kill matrix", heads, report.matrix(found.kills)))
    console.print(table("Mutants by area", report.AREAS, report.area_cells(found)))
    for line in report.sentences(found):
        console.print(line)
    fewest = report.fewest(found.kills)
    listed = ", ".join(f"{case} ({count})" for case, count in fewest)
    console.print(f"A small set that kills all of them: {len(fewest)} cases: {listed}")
    for switch in found.surviving:
        console.print(f"No case kills: {switch}")
    told = ("wrong", "unknown", "tied") if verbose else ("wrong", "unknown")
    for one in found.naming:
        for case in one.cases:
            if case.certain == "wrong" or case.answer in told:
                names = ", ".join(case.names) or "nothing"
                console.print(f"{one.switch}: {case.answer} on {case.case} {case.dtype}: {names}")
    for one in found.naming:
        if one.surely_wrong:
            console.print(f"Without its cause, {one.switch} is called {one.without[0].names[0]}")
    for fault in found.faults:
        console.print(f"A hypothesis raised: {fault}")
    console.print(f"{found.seconds:.0f} s")


def _command(options: argparse.Namespace) -> str:
    words = ["python", "-m", "oracles", "strength", "--seed", str(options.seed)]
    words += ["--only", options.only] if options.only is not None else []
    words += ["--mutants", options.mutants] if options.mutants != DEFAULT else []
    return " ".join([*words, "--pairs", str(options.pairs), "--hidden", str(options.hidden)])
