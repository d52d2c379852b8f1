"""The audit as text, as JSON, and as Markdown for docs/numerics.md."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oracles.audit.alarms import Alarm, Alarms
from oracles.audit.detection import COLUMNS, RowResult
from oracles.audit.implementations.table import IMPLEMENTATIONS
from oracles.reporting.measured_page import Marks


@dataclass(frozen=True)
class Audit:
    """What was asked and what was found; None or empty for what was not asked.

    command   to do it again
    versions  of what took part
    seconds   of wall-clock time
    """

    command: str
    date: str
    versions: Mapping[str, str]
    seconds: float
    alarms: Alarms | None
    rows: Sequence[RowResult]

    @property
    def good(self) -> bool:
        """No alarm, and every row of the table reaches its goal."""
        quiet = self.alarms is None or not self.alarms.alarms
        return quiet and all(row.good for row in self.rows)


NORMWISE = frozenset(one.name for one in IMPLEMENTATIONS if one.algorithm == "normwise")

Cells = Sequence[str]


def run_cells(alarms: Alarms) -> Iterator[Cells]:
    """Implementation, dtype, arrays, alarms, undecided, largest ratio."""
    order = {one.name: i for i, one in enumerate(IMPLEMENTATIONS)}
    runs = sorted(alarms.runs, key=lambda run: (order.get(run[0], len(order)), run))
    for name, dtype in runs:
        tally = alarms.runs[name, dtype]
        shown = f"{name} (normwise)" if name in NORMWISE else name
        counts = (f"{tally.arrays:,}", f"{tally.alarms:,}", f"{tally.undecided:,}")
        yield shown, dtype, *counts, f"{tally.largest:.2f}"


def operation_cells(alarms: Alarms) -> Iterator[Cells]:
    """Operation, kind of entry, and for each dtype arrays and the largest ratio."""
    keys = dict.fromkeys((operation, kind) for operation, kind, _ in sorted(alarms.operations))
    for operation, kind in keys:
        found = [alarms.operations.get((operation, kind, d)) for d in ("float32", "float64")]
        cells = [("-", "-") if t is None else (f"{t.arrays:,}", f"{t.largest:.2f}") for t in found]
        yield operation, kind.replace("_", " "), *cells[0], *cells[1]


def row_cells(rows: Sequence[RowResult]) -> Iterator[Cells]:
    """Mistake, the goal in float32, what was published, percent caught in each column."""
    for result in rows:
        scores = [result.scores.get(column) for column in COLUMNS]
        caught = ["-" if score is None else f"{score.percent:.0f}" for score in scores]
        yield result.row.title, f"{result.row.goal:.0f}", result.row.published or "-", *caught


MARKS = Marks("<!-- audit", "<!-- end of audit")

RUNS = ("implementation", "dtype", "arrays", "alarms", "undecided", "largest ratio")
OPERATIONS = ("operation", "entry", "float32 arrays", "largest", "float64 arrays", "largest")
DETECTION = ("mistake", "at least", "published", *COLUMNS)


def alarm_lines(alarm: Alarm) -> Iterator[str]:
    """One alarm and how to see it again."""
    task = alarm.task
    yield (
        f"{alarm.implementation}, {alarm.dtype}, {alarm.hidden:.0%} hidden: "
        f"{alarm.entry or 'the whole run'} ({alarm.operation} {alarm.kind}), "
        f"rule {alarm.rule}, ratio {alarm.ratio:.3g}"
    )
    yield f"  {alarm.said}"
    if alarm.formulas:
        yield f"  {', '.join(f'{question}: {name}' for question, name in alarm.formulas.items())}"
    again = f"--seed {task.seed} --case {task.number} --implementation '{alarm.implementation}'"
    yield f"  again: python -m oracles audit --only alarms {again} --keep FOLDER"


def row_lines(result: RowResult) -> Iterator[str]:
    """What is wrong with a row that misses its goal."""
    for column in result.short():
        score, goal = result.scores[column], result.row.goal if column == "float32" else 100.0
        yield f"{result.row.title}, {column}: caught {score.percent:.0f} %, should be {goal:.0f} %"
    for control in result.failed_controls:
        yield f"{result.row.title}: without the mistake it is called wrong as well. {control}"


def markdown(audit: Audit) -> str:
    """The section of docs/numerics.md."""
    versions = ", ".join(f"{name} {version}" for name, version in audit.versions.items())
    lines = [f"    {audit.command}", "", f"{audit.date}, {versions}; {audit.seconds:.0f} s."]
    if audit.alarms is not None:
        found = audit.alarms
        lines += [
            "",
            f"**False alarms:** {len(found.alarms):,} in {found.arrays:,} comparisons of arrays "
            f"from {found.cases - len(found.refused):,} random cases.",
            "",
            *_table(RUNS, run_cells(found), 2),
            "",
            "Largest error as a share of what is allowed, for what is judged element by element:",
            "",
            *_table(OPERATIONS, operation_cells(found), 2),
        ]
    if audit.rows:
        lines += [
            "",
            "**Tiny mistakes:** percent of the trials in which the entry with the mistake is the "
            "first to be called wrong.",
            "",
            *_table(DETECTION, row_cells(audit.rows), 1),
        ]
    return "\n".join(lines) + "\n"


def as_json(audit: Audit) -> dict[str, Any]:
    """Everything as JSON-able data."""
    data: dict[str, Any] = {
        "format": 1,
        "command": audit.command,
        "date": audit.date,
        "versions": dict(audit.versions),
        "seconds": round(audit.seconds, 1),
        "good": audit.good,
    }
    if audit.alarms is not None:
        data["alarms"] = _alarms_json(audit.alarms)
    if audit.rows:
        data["detection"] = [_row_json(result) for result in audit.rows]
    return data


def _alarms_json(found: Alarms) -> dict[str, Any]:
    return {
        "cases": found.cases,
        "arrays": found.arrays,
        "refused": {str(number): why for number, why in found.refused.items()},
        "runs": [
            {"implementation": name, "dtype": dtype, "normwise": name in NORMWISE}
            | dataclasses.asdict(tally)
            for (name, dtype), tally in found.runs.items()
        ],
        "operations": [
            {"operation": operation, "kind": kind, "dtype": dtype} | dataclasses.asdict(tally)
            for (operation, kind, dtype), tally in found.operations.items()
        ],
        "alarms": [
            {**dataclasses.asdict(alarm), "ratio": _number(alarm.ratio)} for alarm in found.alarms
        ],
    }


def _row_json(result: RowResult) -> dict[str, Any]:
    return {
        "mistake": result.row.title,
        "goal": result.row.goal,
        "published": result.row.published,
        "scores": {column: dataclasses.asdict(score) for column, score in result.scores.items()},
        "failed_controls": list(result.failed_controls),
        "good": result.good,
    }


def _table(head: Cells, rows: Iterator[Cells], words: int) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * words + "---:|" * (len(head) - words)
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def _number(value: float) -> float | str:
    """JSON has no infinity."""
    return value if math.isfinite(value) else str(value)
