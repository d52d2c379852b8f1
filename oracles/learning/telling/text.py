"""An answer for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.learning.answer import Answer, Tried
from oracles.learning.course import Course
from oracles.learning.situation import SettingsFinding
from oracles.reporting.wording import count


def answer_lines(answer: Answer, *, verbose: bool = False) -> Iterator[str]:
    """Head, verdict, both trainings, what is wrong with the code, what with the settings."""
    who = "PyTorch" if answer.implementation is None else f"{answer.implementation} and PyTorch"
    yield (
        f"{who} on {answer.case}, {answer.dtype}: {count(answer.oracle.steps, 'step')} of "
        f"{count(answer.batch_size, 'sample')}, {answer.data} ({answer.samples:,})"
    )
    yield f"Answer: {answer.verdict}"
    yield from _course("PyTorch", answer.oracle, answer)
    if answer.theirs is not None:
        yield from _course(answer.implementation or "", answer.theirs, answer)
    for cause in answer.causes:
        yield f"  cause: {cause}"
    for finding in answer.findings:
        yield from _finding(finding)
    for tried in answer.tried:
        yield from _tried(tried)


def _course(who: str, course: Course, answer: Answer) -> Iterator[str]:
    yield f"  {who}: loss {course.first_loss:.4g} -> {course.last_loss(answer.epoch):.4g}"
    if course.trained_on is not None:
        look = course.trained_on
        yield (
            f"    looked at in the end: loss {look.loss:.4g} (best constant "
            f"{answer.baseline.loss:.4g}), accuracy {look.accuracy:.3f}"
        )
    if course.message:
        yield f"    ended: {course.message}"


def _finding(finding: SettingsFinding) -> Iterator[str]:
    yield f"{finding.finding}: {finding.title}"
    for sentence in finding.numbers:
        yield f"    {sentence}"
    yield f"    Change: {finding.change}"


def _tried(tried: Tried) -> Iterator[str]:
    yield f"  tried {tried.text}: loss {tried.loss:.4g}, {'learns' if tried.learns else 'does not'}"
