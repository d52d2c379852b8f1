"""The summary of a run on a terminal: plain lines, and one table per implementation."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence

from oracles.reporting.causes import Joint, has_cause, joined
from oracles.reporting.result import Result, Run
from oracles.reporting.tally import Cell, Group, Table, groups, operations
from oracles.reporting.wording import COLUMNS, count, judged_in

_MOST_GROUPS = 10
_MOST_DIFFERENCES = 3

_TOO_MANY = 8
"""Differences beyond which a neighbour is none worth the words."""
_MOST_REASONS = 3


def summary_lines(
    run: Run,
    *,
    verbose: bool = False,
    brief: bool = False,
    width: int = 80,
    colour: bool = False,
) -> Iterator[str]:
    """The summary, line by line; `verbose` has every group and reason, `brief` only those
    operations in the table that are not right in every entry."""
    for label in _labels(run.results):
        yield from _of_implementation(label, run.of(label), brief, width, colour)
    yield from _causes(run.results, verbose)
    yield from _groups(groups(r for r in run.results if not has_cause(r)), verbose)
    yield from _undiagnosed(run.results)
    yield from _reasons(run.results, verbose)
    yield from _totals(run)
    if run.nothing_passed:
        yield "Nothing passed: a run that finds nothing right is a failed run."


def _labels(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(result.judgement.implementation for result in results))


def _of_implementation(
    label: str, results: Sequence[Result], brief: bool, width: int, colour: bool
) -> Iterator[str]:
    table = operations(results)
    if not table:
        return
    shown = {
        operation: cells
        for operation, cells in table.items()
        if not brief or not all(cell.clean for cell in cells.values())
    }
    yield f"{label}: entries passed/failed/not exposed"
    yield from _rendered(shown, width, colour)
    right = len(table) - len(shown)
    if right:
        others = "other operation is" if shown else "operation is"
        many = "other operations are" if shown else "operations are"
        yield f"  {count(right, others, many)} right in every entry"
    yield ""


def _rendered(table: Table, width: int, colour: bool) -> Iterator[str]:
    if not table:
        return
    # rich is part of the extra that brings the harness, and takes 0.1 s to import
    from rich.console import Console
    from rich.table import Table as RichTable

    grid = RichTable(box=None, pad_edge=False, padding=(0, 2), header_style="bold")
    grid.add_column("  operation", no_wrap=True)
    for name in COLUMNS:
        grid.add_column(name, justify="right", no_wrap=True)
    for operation, cells in table.items():
        texts = [_cell(cells.get(name)) for name in COLUMNS]
        grid.add_row(f"  {operation or '(none)'}", *texts)
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
    )
    console.print(grid)
    yield from (line.rstrip() for line in out.getvalue().splitlines())


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    if cell.empty:
        return "[dim]inherited[/]" if cell.inherited else "[dim]supplied[/]"
    text = f"{cell.passed}/{cell.failed}/{cell.not_exposed}"
    colour = "red" if cell.failed else "yellow" if cell.not_exposed else "green"
    return f"[{colour}]{text}[/]"


def _causes(results: Sequence[Result], verbose: bool) -> Iterator[str]:
    for label in _labels(results):
        own = [result for result in results if result.judgement.implementation == label]
        found = joined(own)
        if not found:
            continue
        shown = found if verbose else found[:_MOST_GROUPS]
        yield causes_line(label, own, found)
        yield from (f"  {line}" for joint in shown for line in joint_lines(joint))
        if len(found) > len(shown):
            yield f"  ... and {count(len(found) - len(shown), 'more cause')} (-v shows all)"
        yield ""


def causes_line(label: str, results: Sequence[Result], found: Sequence[Joint]) -> str:
    """`mine: 41 cases fail, 40 of them by one cause`."""
    failing = len({result.judgement.case for result in results if result.fails})
    explained = len({case for joint in found for case in joint.cases})
    of = "" if explained == failing else f"{explained} of them "
    by = "one cause" if len(found) == 1 else f"{len(found)} causes"
    fail = "1 case fails" if failing == 1 else f"{failing} cases fail"
    more = len({result.judgement.case for result in results if _partly(result)})
    rest = f"; more than that is wrong in {more} of them" if more else ""
    return f"{label}: {fail}, {of}by {by}{rest}" if label else f"{fail}, {of}by {by}{rest}"


def _partly(result: Result) -> bool:
    """Whether a cause is named that does not explain all that is wrong."""
    diagnosis = result.judgement.diagnosis
    named = diagnosis is not None and bool(diagnosis.causes and diagnosis.unexplained)
    return result.fails and named


def joint_lines(joint: Joint) -> Iterator[str]:
    """The cause, and between which two cases it can be studied."""
    kind = {"mistake": "", "convention": ", a convention", "not-a-bug": ", not a bug"}[joint.sort]
    name = f"{joint.cause}, {joint.certainty}{kind}"
    yield f"{count(len(joint.cases), 'case')}: {joint.title} ({name})"
    smallest = joint.smallest.judgement
    text = f"    smallest: {smallest.case} ({smallest.dtype})"
    if joint.neighbour is not None:
        text += f"; nearest passing neighbour: {joint.neighbour.judgement.case}"
        more = f", and {len(joint.differs) - _MOST_DIFFERENCES} more"
        extra = more if len(joint.differs) > _MOST_DIFFERENCES else ""
        if len(joint.differs) > _TOO_MANY:
            text += f", in {len(joint.differs)} things another case"
        elif joint.differs:
            text += f", {', '.join(joint.differs[:_MOST_DIFFERENCES])}{extra}"
    yield text


def _undiagnosed(results: Sequence[Result]) -> Iterator[str]:
    reasons = Counter(
        result.judgement.diagnosis.skipped
        for result in results
        if result.judgement.diagnosis is not None and result.judgement.diagnosis.skipped
    )
    for reason, number in reasons.items():
        yield f"{count(number, 'item')} not diagnosed: {reason}"


def _groups(found: Sequence[Group], verbose: bool) -> Iterator[str]:
    shown = found if verbose else found[:_MOST_GROUPS]
    for group in shown:
        yield group_line(group)
    if len(found) > len(shown):
        yield f"... and {count(len(found) - len(shown), 'more kind')} of failure (-v shows all)"
    if found:
        yield ""


def group_line(group: Group) -> str:
    """`17 cases: first wrong in the output of Conv2d; smallest: conv2d/tiny (float64, mine)`."""
    judgement = group.smallest.judgement
    who = ", ".join(part for part in (judged_in(judgement), judgement.implementation) if part)
    one = f"{judgement.case} ({who})" if who else judgement.case
    if len(group.results) == 1:
        return f"1 case: {group.begins}: {one}"
    return f"{count(group.cases, 'case')}: {group.begins}; smallest: {one}"


def _reasons(results: Sequence[Result], verbose: bool) -> Iterator[str]:
    for outcome in ("unsupported", "expected-failure"):
        reasons = Counter(
            result.judgement.message for result in results if result.judgement.outcome == outcome
        )
        shown = reasons.most_common(None if verbose else _MOST_REASONS)
        yield from (f"{outcome} ({n}): {reason}" for reason, n in shown)
        if len(reasons) > len(shown):
            yield f"... and {count(len(reasons) - len(shown), 'more reason')} (-v shows all)"
    notes: dict[str, list[str]] = {}
    for result in results:
        for finding in result.judgement.findings:
            if not finding.fails:
                notes.setdefault(finding.finding, []).append(finding.message)
    for name, messages in sorted(notes.items()):
        others = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
        yield f"note {name}: {messages[0]}{others}"


def _totals(run: Run) -> Iterator[str]:
    counts = [f"{number} {outcome}" for outcome, number in run.counts().items() if number]
    behave = sum(result.judgement.about == "properties" for result in run.results)
    about = f" ({behave} of them about properties)" if behave else ""
    yield f"{count(len(run.results), 'item')}{about}: {', '.join(counts)}"
    judgements = [result.judgement for result in run.results]
    judged, total = sum(j.judged for j in judgements), sum(len(j.entries) for j in judgements)
    verdicts = Counter(entry.verdict for j in judgements for entry in j.entries)
    parts = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.most_common())
    if total:
        yield f"{judged} of {count(total, 'entry', 'entries')} judged: {parts}"
    oracles = list(dict.fromkeys(name for j in judgements for name in j.oracles))
    by = f"judged by {', '.join(oracles)}; " if oracles else ""
    yield by + ", ".join(f"{name} {version}" for name, version in run.versions.items())
