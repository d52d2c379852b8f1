"""`python -m oracles learn`: your code, your settings, or both learn."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from rich.console import Console
from rich.progress import Progress as Bar

from oracles.case_paths import CommandError, case_file
from oracles.contract.errors import InvalidCase
from oracles.contract.reading import read_case
from oracles.implementations.errors import ImplementationError
from oracles.implementations.loading import load
from oracles.learning.answer import Answer
from oracles.learning.data.dataset import DataError
from oracles.learning.data.named import named
from oracles.learning.learn import Progress, learn
from oracles.learning.telling.json import answer_report
from oracles.learning.telling.plot import draw_answer
from oracles.reporting.versions import versions
from oracles.target_files import plot_target, target, write_to


def run_learn(options: argparse.Namespace) -> Answer:
    """Train, and write the files that are asked for.

    Raises CommandError where that cannot be carried out; what can be known before anything is
    trained is looked at before.
    """
    json, plot = target(options.json), plot_target(options.plot)
    try:
        answer = _answer(options)
    except (DataError, ImplementationError) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{error.filename or 'a file'}: {error.strerror or error}") from None
    except InvalidCase as error:
        raise CommandError(f"this file cannot be used\n{error}") from None
    if json is not None:
        write_to(json, lambda: json.write_text(answer_report(answer, versions()), "utf-8"))
    if plot is not None:
        write_to(plot, lambda: draw_answer(answer, plot))
    return answer


def exit_status(answer: Answer) -> int:
    """0 where it learns, 1 where code or settings are to blame, 2 where nobody can tell."""
    if answer.verdict in ("both learn", "the settings learn"):
        return 0
    return 2 if answer.verdict == "undecided" else 1


def _answer(options: argparse.Namespace) -> Answer:
    if options.labels is not None and options.data is None:
        raise CommandError("--labels says what the samples of --data belong to, which is missing")
    if options.limit is not None and options.data is None:
        raise CommandError("--limit takes the first samples of --data, which is missing")
    definition = read_case(case_file(options.case))
    data = None
    if options.data is not None:
        data = named(options.data, options.labels).first(options.limit)
    loaded = None
    if options.implementation is not None:
        loaded = load(options.implementation, timeout=options.timeout)
    with _progress_bar() as told:
        answer = learn(
            definition,
            None if loaded is None else loaded.implementation,
            options.dtype,
            data=data,
            steps=options.steps,
            epochs=options.epochs,
            batch_size=options.batch_size,
            lr=options.lr,
            seed=options.seed,
            timeout=options.timeout,
            progress=told,
        )
    return answer if loaded is None else replace(answer, implementation=loaded.label)


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """A bar over the steps, on a terminal alone."""
    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("", total=None)

        def told(what: str, done: int, steps: int) -> None:
            bars.update(bar, description=what, completed=done, total=steps)

        yield told
