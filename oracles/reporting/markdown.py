"""The report as Markdown, as a pull request or a job summary shows it."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.reporting.causes import has_cause, joined
from oracles.reporting.failure import failure_text
from oracles.reporting.result import Result, Run
from oracles.reporting.summary import group_line, joint_lines
from oracles.reporting.tally import Cell, groups, operations
from oracles.reporting.wording import COLUMNS, count, judged_in

_MOST_TEXTS = 20
"""A job summary holds 1 MB; after twenty kinds of failure nobody reads on."""


def markdown_report(run: Run) -> str:
    """The whole report as text."""
    return "\n".join([*_head(run), *_tables(run), *_failures(run), *_items(run)]) + "\n"


def _head(run: Run) -> Iterator[str]:
    yield f"# {', '.join(run.implementations) or 'No implementation'}"
    yield ""
    counts = [f"{number} {outcome}" for outcome, number in run.counts().items() if number]
    yield f"{count(len(run.results), 'item')}: {', '.join(counts)}."
    if run.nothing_passed:
        yield "Nothing passed."
    yield ""
    yield ", ".join(f"{name} {version}" for name, version in run.versions.items())
    yield ""


def _tables(run: Run) -> Iterator[str]:
    for label in dict.fromkeys(result.judgement.implementation for result in run.results):
        table = operations(run.of(label))
        if not table:
            continue
        yield f"## {label}: entries passed / failed / not exposed"
        yield ""
        yield f"| operation | {' | '.join(COLUMNS)} |"
        yield "|---|" + "---:|" * len(COLUMNS)
        for operation, cells in table.items():
            texts = " | ".join(_cell(cells.get(name)) for name in COLUMNS)
            yield f"| {_plain(operation)} | {texts} |"
        yield ""


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    text = f"{cell.passed} / {cell.failed} / {cell.not_exposed}"
    return f"**{text}**" if cell.failed else text


def _causes(run: Run) -> Iterator[str]:
    found = joined(run.results)
    if found:
        yield "## Causes"
        yield ""
    for position, joint in enumerate(found):
        yield f"- {' '.join(map(_plain, joint_lines(joint)))}"
        if position < _MOST_TEXTS:
            yield ""
            yield from (f"      {line}".rstrip() for line in _lines(joint.smallest))
            yield ""
    if found:
        yield ""


def _failures(run: Run) -> Iterator[str]:
    yield from _causes(run)
    found = groups(result for result in run.results if not has_cause(result))
    if found:
        yield "## Failures"
        yield ""
    for position, group in enumerate(found):
        yield f"- {_plain(group_line(group))}"
        if position < _MOST_TEXTS:
            yield ""
            yield from (f"      {line}".rstrip() for line in _lines(group.smallest))
            yield ""
    if found:
        yield ""


def _lines(result: Result) -> list[str]:
    return failure_text(result).splitlines()


def _items(run: Run) -> Iterator[str]:
    yield "## Items"
    yield ""
    yield "| case | dtype | implementation | outcome | first wrong |"
    yield "|---|---|---|---|---|"
    for result in run.results:
        judgement = result.judgement
        first = judgement.first_divergence
        cells = (
            judgement.case,
            judged_in(judgement),
            judgement.implementation,
            judgement.outcome,
            first.entry if first is not None else "",
        )
        yield f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    """Text of somebody else's, in a cell of a table."""
    for sign in "\\`*_|<>[]":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
