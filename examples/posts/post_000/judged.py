"""What the harness says of an implementation of this folder."""

from __future__ import annotations

from oracles.case_paths import case_file
from oracles.contract.implementation import Implementation
from oracles.contract.reading import read_case
from oracles.diagnosis.diagnosing import diagnose as diagnosed
from oracles.judging.judgement import Judgement
from oracles.reporting.failure import failure_text
from oracles.reporting.result import Result
from oracles.trial import Diagnose, judge


def judged(implementation: Implementation, case: str, diagnose: Diagnose = diagnosed) -> Judgement:
    """In float64."""
    definition = read_case(case_file(case))
    return judge(implementation, definition, "float64", council=False, diagnose=diagnose)


def causes(judgement: Judgement) -> str:
    """Their names."""
    if judgement.diagnosis is None:
        return ""
    return ", ".join(one.cause for one in judgement.diagnosis.causes)


def wrong(judgement: Judgement) -> list[str]:
    """Entries that are wrong by themselves, computed right from what came before them."""
    return [one.entry for one in judgement.entries if one.verdict == "different"]


def inherited(judgement: Judgement) -> int:
    """How many entries are wrong only through what comes before, and right by themselves."""
    return sum(one.verdict == "inherited" for one in judgement.entries)


def text(judgement: Judgement, case: str) -> tuple[str, ...]:
    """As `python -m oracles validate` prints it, without the command that repeats it."""
    title = read_case(case_file(case)).title
    return tuple(failure_text(Result(judgement, title)).splitlines())
