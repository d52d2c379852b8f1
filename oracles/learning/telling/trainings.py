"""Both trainings in a table: losses, accuracies, and what the best constant prediction has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from oracles.learning.answer import Answer
from oracles.learning.course import Course, Look
from oracles.learning.telling.steps import of_step
from oracles.reporting.wording import count
from oracles.reporting.wrapping import wrapped

_LABEL, _COLUMN = 44, 15


@dataclass(frozen=True)
class _Row:
    """What it is; PyTorch's, yours, and the best constant prediction's."""

    label: str
    oracle: str
    theirs: str
    constant: str = ""


def training_lines(answer: Answer) -> Iterator[str]:
    """What was trained on what, the table, and where a training ended early."""
    yield from wrapped(
        f"{answer.case}, {answer.dtype}, on {answer.data} ({answer.samples:,}): "
        f"{_how_long(answer)}, {answer.seconds:.0f} s.",
        indent=2,
        first=0,
    )
    yield ""
    yield _line(_Row("", "PyTorch", _cut(answer.implementation or ""), "best constant"), answer)
    for row in _rows(answer):
        yield _line(row, answer)
    for who, course in _courses(answer):
        for sentence in _endings(who, course):
            yield from wrapped(sentence, indent=4, first=2)


def _rows(answer: Answer) -> Iterator[_Row]:
    yield _row("loss of the first step", answer, lambda course: course.first_loss)
    yield _row("loss of the last steps", answer, lambda course: course.last_loss(answer.epoch))
    yield from _looked(answer, answer.oracle.trained_on, "learned from", "trained_on")
    yield from _looked(answer, answer.oracle.held_out, "held out", "held_out")


def _looked(answer: Answer, look: Look | None, what: str, name: str) -> Iterator[_Row]:
    """The networks in the end, on some samples."""
    theirs: Look | None = getattr(answer.theirs, name, None)
    known = look or theirs
    if known is None:
        return
    constant = answer.baseline
    yield _Row(f"in the end, on {count(known.samples, 'sample')} {what}", "", "")
    own = name == "trained_on"
    yield _pair("  loss", look, theirs, "loss", constant.loss if own else math.nan)
    if own:
        yield _Row(
            "  taken away of the loss of the constant",
            taken_away(answer.learned),
            taken_away(answer.theirs_learned),
        )
    if not math.isnan(known.accuracy):
        common = constant.most_often if own else math.nan
        yield _pair("  accuracy", look, theirs, "accuracy", common)
        yield _pair("  share of the class predicted most often", look, theirs, "most_often", 1.0)


def _pair(label: str, oracle: Look | None, theirs: Look | None, name: str, constant: float) -> _Row:
    def of(look: Look | None) -> str:
        return "" if look is None else _number(getattr(look, name))

    return _Row(label, of(oracle), of(theirs), "" if math.isnan(constant) else _number(constant))


def _row(label: str, answer: Answer, of: Callable[[Course], float]) -> _Row:
    theirs = "" if answer.theirs is None else _number(of(answer.theirs))
    return _Row(label, _number(of(answer.oracle)), theirs)


def _line(row: _Row, answer: Answer) -> str:
    cells = [row.oracle, row.constant]
    if answer.theirs is not None:
        cells.insert(1, row.theirs)
    padded = "".join(f"  {cell:>{_COLUMN - 2}}" for cell in cells)
    return f"  {row.label:<{_LABEL}}{padded}".rstrip()


def _endings(who: str, course: Course) -> Iterator[str]:
    if course.not_finite:
        yield f"The numbers of {who} are not finite {of_step(course.not_finite)}."
    if course.message and not course.message.startswith(course.not_finite or " "):
        yield f"{who} broke off, {recorded_until(course)}: {course.message}"


def _courses(answer: Answer) -> Iterator[tuple[str, Course]]:
    yield "PyTorch", answer.oracle
    if answer.theirs is not None:
        yield answer.implementation or "yours", answer.theirs


def _how_long(answer: Answer) -> str:
    """`300 steps of 16 samples, 12 epochs`."""
    steps = max(course.steps for _, course in _courses(answer))
    epochs = f"{steps / answer.epoch:.3g}"
    size = count(answer.batch_size, "sample")
    return f"{count(steps, 'step')} of {size}, {epochs} {'epoch' if epochs == '1' else 'epochs'}"


def _number(value: float) -> str:
    return "not known" if math.isnan(value) else f"{value:.4g}"


def recorded_until(course: Course) -> str:
    """How far a training came that broke off."""
    last = course.steps - 1
    return f"its last record is of step {last}" if last >= 0 else "before it recorded anything"


def taken_away(share: float) -> str:
    """A share of the loss of the best constant prediction: `97.9 %`, `57.3 % worse`."""
    if math.isnan(share):
        return "not known"
    return f"{100 * share:.1f} %" if share >= 0 else f"{-100 * share:.3g} % worse"


def _cut(name: str) -> str:
    return name if len(name) < _COLUMN else f"{name[: _COLUMN - 3]}…"
