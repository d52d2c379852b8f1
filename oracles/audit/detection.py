"""How many of the tiny mistakes the judge sees."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from oracles.audit.cases.draws import Draws
from oracles.audit.cases.toml import toml
from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.program import Program
from oracles.audit.implementations.torch_rules import Kernels, TorchRules
from oracles.audit.mistakes.mistake import Mistake, MistakenRules
from oracles.audit.mistakes.row import Row, Trial
from oracles.audit.mistakes.table import ROWS
from oracles.contract.reading import read_case
from oracles.judging.judgement import Judgement
from oracles.trial import judge

Column = Literal["float32", "float64", "lattice float32", "lattice float64"]
COLUMNS: tuple[Column, ...] = ("float32", "float64", "lattice float32", "lattice float64")

FEW_TRIALS = 8
"""Trials where all of them have to be caught: in float64 and where sums are exact, a mistake is a
million times what is allowed, and a few trials show it."""


@dataclass(frozen=True)
class Task:
    """One trial of one row in one column."""

    seed: int
    row: int
    column: Column
    number: int


@dataclass(frozen=True)
class Caught:
    """Whether the mistake was found where it is, and whether the same program without it passed."""

    task: Task
    caught: bool
    control: bool
    said: str


@dataclass(frozen=True)
class Score:
    """Trials of one row in one column: how many there were, and how many saw the mistake."""

    trials: int
    caught: int

    @property
    def percent(self) -> float:
        return 100.0 * self.caught / self.trials


@dataclass(frozen=True)
class RowResult:
    """A row of the table, and what does not reach its goal."""

    row: Row
    scores: dict[Column, Score]
    failed_controls: tuple[str, ...]

    def short(self) -> tuple[Column, ...]:
        """The columns that miss their goal."""
        return tuple(
            column
            for column, score in self.scores.items()
            if not score.percent >= (self.row.goal if column == "float32" else 100.0)
        )

    @property
    def good(self) -> bool:
        """Whether all goals are reached and no correct program was called wrong."""
        return not self.short() and not self.failed_controls


def tasks(seed: int, trials: int | None = None) -> list[Task]:
    """All trials; `trials` limits them in each row and column."""
    found = []
    for index, row in enumerate(ROWS):
        for column in COLUMNS[: 4 if row.lattice else 2]:
            count = row.trials if column == "float32" else min(row.trials, FEW_TRIALS)
            count = count if trials is None else min(count, trials)
            found += [Task(seed, index, column, number) for number in range(count)]
    return found


def carry_out(task: Task) -> Caught:
    """One trial, and a control without the mistake on the first one of each column."""
    row = ROWS[task.row]
    draws = Draws(task.seed, 1000 * task.row + task.number)
    trial = Trial(draws, task.number, lattice=task.column.startswith("lattice"))
    text = toml(row.case(trial))
    dtype = task.column.split()[-1]
    judgement = _judged(text, dtype, row.mistake)
    first = judgement.first_divergence
    caught = first is not None and first.entry == row.where
    control, said = True, judgement.message
    if task.number == 0:
        right = _judged(text, dtype, Mistake())
        control = right.outcome == "passed"
        said = said if control else right.message
    return Caught(task, caught, control, said)


def table(results: Iterable[Caught]) -> Iterator[RowResult]:
    """The rows with their scores."""
    everything = list(results)
    for index, row in enumerate(ROWS):
        own = [result for result in everything if result.task.row == index]
        scores = {}
        for column in COLUMNS:
            of_column = [result.caught for result in own if result.task.column == column]
            if of_column:
                scores[column] = Score(len(of_column), sum(of_column))
        failed = tuple(
            f"{result.task.column}: {result.said}" for result in own if not result.control
        )
        yield RowResult(row, scores, failed)


def _judged(text: str, dtype: str, mistake: Mistake) -> Judgement:
    kernels = Kernels(onednn=True, nnpack=False)
    program = Program(
        "torch", lambda choices: MistakenRules(TorchRules(kernels), mistake), Choices(0)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases" / "trial.case.toml"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        return judge(program, read_case(path), dtype, council=False)
