"""Entries of steps that were judged by themselves, by the numbers the steps have in the
training."""

from __future__ import annotations

import re
from collections.abc import Sequence


def numbered(text: str, steps: Sequence[int]) -> str:
    """`step1.loss` of an excerpt of steps 147 and 148 is `step148.loss`; in any text."""

    def of(match: re.Match[str]) -> str:
        position = int(match.group(1))
        return f"step{steps[position] if position < len(steps) else position}."

    return re.sub(r"\bstep(\d+)\.", of, text)


def of_step(entry: str) -> str:
    """`from step 147 on, first in step147.loss`."""
    return f"from step {step_of(entry)} on, first in {entry}"


def step_of(entry: str) -> int:
    """147 of `step147.loss`."""
    return int(entry.partition(".")[0].removeprefix("step"))
