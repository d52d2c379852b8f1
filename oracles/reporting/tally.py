"""What a run comes to: entries per operation, and failures that begin alike."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from oracles.judging.judgement import DECISIVE, JudgedEntry, Judgement
from oracles.reporting.result import Result
from oracles.reporting.wording import column, phrase


@dataclass
class Cell:
    """Entries of one operation and one column of the table."""

    passed: int = 0
    failed: int = 0
    not_exposed: int = 0
    inherited: int = 0

    def add(self, entry: JudgedEntry) -> None:
        """Count an entry; what is inherited, undecided or supplied is neither right nor wrong."""
        self.passed += entry.verdict in {"exact", "same"}
        self.failed += entry.verdict == "different"
        self.not_exposed += entry.verdict == "not-exposed"
        self.inherited += entry.verdict == "inherited"

    @property
    def empty(self) -> bool:
        """Nothing here says by itself whether the implementation is right."""
        return not (self.passed or self.failed or self.not_exposed)

    @property
    def clean(self) -> bool:
        """Nothing failed and nothing is hidden."""
        return not self.failed and not self.not_exposed


Table = dict[str, dict[str, Cell]]
"""{operation: {column: cell}}, operations in alphabetical order."""


def operations(results: Iterable[Result]) -> Table:
    """Count the entries of the results per operation and column."""
    table: defaultdict[str, defaultdict[str, Cell]] = defaultdict(lambda: defaultdict(Cell))
    for result in results:
        for entry in result.judgement.entries:
            if entry.kind not in {"input", "mask"}:
                table[entry.operation][column(entry.kind)].add(entry)
    return {operation: dict(table[operation]) for operation in sorted(table)}


@dataclass
class Group:
    """Failures that begin alike: first wrong in the same quantity of the same operation, or ended
    by the same message."""

    begins: str
    results: list[Result] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many different cases are in it."""
        return len({result.judgement.case for result in self.results})

    @property
    def smallest(self) -> Result:
        """The one with the fewest entries, and among these with the fewest numbers."""
        return min(self.results, key=size)


def groups(results: Iterable[Result]) -> list[Group]:
    """The failures of a run, the largest group first."""
    found: dict[str, Group] = {}
    for result in results:
        if result.fails:
            line = _in_a_line(begins(result.judgement))
            found.setdefault(alike(result.judgement), Group(line)).results.append(result)
    return sorted(found.values(), key=lambda group: (-group.cases, group.begins))


def begins(judgement: Judgement) -> str:
    """How an item ended: `diverged: first wrong in the output of Conv2d`, or the outcome and the
    message, which may have several lines."""
    first = judgement.first_divergence
    message = judgement.message.strip()
    explained = any(finding.finding in DECISIVE for finding in judgement.findings)
    if first is not None and judgement.outcome == "diverged" and not explained:
        found = (phrase(entry) for entry in judgement.entries if entry.entry == first.entry)
        return f"diverged: first wrong in {next(found, first.entry)}"
    return f"{judgement.outcome}: {message}" if message else judgement.outcome


def alike(judgement: Judgement) -> str:
    """How an item ended without what differs from case to case: shapes, numbers, quoted names."""
    return re.sub(r"'[^']*'|\([\d, ]*\)|\d+", "_", _in_a_line(begins(judgement)))


def _in_a_line(text: str) -> str:
    """The first line, with the last one where it is only announced: `x.py does not import: ...`."""
    lines = text.splitlines()
    return f"{lines[0]} {lines[-1].strip()}" if text.partition("\n")[0].endswith(":") else lines[0]


def size(result: Result) -> tuple[int, int, str, str]:
    """By which the smallest of several failures is found."""
    judgement = result.judgement
    first = judgement.first_divergence
    numbers = first.total if first is not None else 0
    return len(judgement.entries), numbers, judgement.case, judgement.dtype
