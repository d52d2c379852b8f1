"""Every way to describe a difference, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from oracles.diagnosis.evidence import Evidence
from oracles.judging.diagnosis import Description


def described(evidence: Evidence, entries: Sequence[str]) -> tuple[Description, ...]:
    """What can be said about entries that are wrong and unexplained."""
    return ()
