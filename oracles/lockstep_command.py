"""`python -m oracles lockstep`: trains an implementation beside PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from rich.console import Console
from rich.progress import Progress

from oracles.case_paths import CommandError, case_file
from oracles.contract.definition import Definition
from oracles.contract.errors import InvalidCase
from oracles.contract.reading import read_case
from oracles.implementations.errors import ImplementationError
from oracles.implementations.loading import load
from oracles.judging.lockstep import Lockstep
from oracles.long_training import Progress as Told
from oracles.long_training import lockstep
from oracles.reporting.lockstep_json import lockstep_report
from oracles.reporting.lockstep_plot import draw_lockstep
from oracles.reporting.versions import versions
from oracles.target_files import plot_target, target, write_to

CASE, STEPS = "training/digits", 300
"""What is trained where no case is named."""


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    case: str | None
    implementation: str
    dtype: str | None = None
    steps: int | None = None
    timeout: float = 600.0
    json: str | None = None
    plot: str | None = None


def run_lockstep(asked: Asked) -> Lockstep:
    """Train side by side, and write the files that are asked for.

    Raises CommandError where that cannot be carried out.
    """
    json, plot = target(asked.json), plot_target(asked.plot)
    definition = _definition(asked.case or CASE)
    steps = STEPS if asked.case is None and asked.steps is None else asked.steps
    try:
        loaded = load(asked.implementation, timeout=asked.timeout)
    except ImplementationError as error:
        raise CommandError(str(error)) from None
    with _progress_bar(steps or len(definition.plan.steps)) as told:
        try:
            result = lockstep(
                loaded.implementation,
                definition,
                asked.dtype,
                steps,
                timeout=asked.timeout,
                progress=told,
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
    result = replace(result, implementation=loaded.label)
    if json is not None:
        write_to(json, lambda: json.write_text(lockstep_report(result, versions()), "utf-8"))
    if plot is not None:
        write_to(plot, lambda: draw_lockstep(result, plot))
    return result


def exit_status(result: Lockstep) -> int:
    """0 where it stays inside, 1 where it leaves the tube, is wrong in a single step, or fails
    itself, 2 where there is nothing to compare."""
    if result.outcome in ("unsupported", "incomplete"):
        return 2
    return 0 if result.outcome == "inside" and result.first_wrong is None else 1


def _definition(name: str) -> Definition:
    try:
        return read_case(case_file(name))
    except InvalidCase as error:
        raise CommandError(f"this file cannot be used\n{error}") from None


@contextmanager
def _progress_bar(steps: int) -> Iterator[Told]:
    """A bar over the steps, on a terminal alone."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=steps)

        def told(what: str, done: int) -> None:
            progress.update(bar, description=what, completed=done)

        yield told
