"""What a run lets the harness see."""

from __future__ import annotations

import fnmatch
from typing import Any

from oracles.contract.trace import Trace


class Exposed:
    """A trace in which some of what is recorded is not kept."""

    def __init__(self, trace: Trace, patterns: tuple[str, ...]) -> None:
        self.trace, self.patterns = trace, patterns

    def __setitem__(self, name: str, value: Any) -> None:
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.patterns):
            self.trace[name] = value
