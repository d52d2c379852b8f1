"""Steps that entries name."""

from __future__ import annotations


def of_step(entry: str) -> str:
    """`from step 147 on, first in step147.loss`."""
    return f"from step {step_of(entry)} on, first in {entry}"


def step_of(entry: str) -> int:
    """147 of `step147.loss`."""
    return int(entry.partition(".")[0].removeprefix("step"))
