"""What can be wrong, as exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PROBLEMS = 50
"""Problems of one file that are told at a time."""


class Unsupported(Exception):
    """An implementation or an oracle does not do something, and says so. Not a failure."""


class TraceError(ValueError):
    """An entry was recorded that the case does not have, or not in this shape."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with a case file, and where.

    line   1-based, 0 where the file as a whole is meant
    key    path of the key: `layers[0].kernel_size`
    text   what was found, what is allowed
    """

    line: int
    key: str
    text: str


class InvalidCase(ValueError):
    """A case file that cannot be used; carries every problem found in it."""

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        lines = self._lines()
        if len(lines) > PROBLEMS:
            lines[PROBLEMS:] = [f"{path}: and {len(lines) - PROBLEMS} more problems"]
        super().__init__("\n".join(lines))

    def _lines(self) -> list[str]:
        lines = []
        for problem in self.problems:
            place = f"{self.path}:{problem.line}" if problem.line else self.path
            key = f"{problem.key}: " if problem.key else ""
            lines.append(f"{place}: {key}{problem.text}")
        return lines
