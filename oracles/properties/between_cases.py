"""One case after another, in one process."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.judging.judgement import Divergence
from oracles.judging.localisation import judge_entries
from oracles.properties.agreement import Apart, Pair, apart, pairs, unequal
from oracles.properties.breach import Breach, ended, numbers
from oracles.properties.rounding import Rounding
from oracles.properties.subject import Recorded, Subject
from oracles.properties.variants import other_data
from oracles.references.pytorch import PyTorch
from oracles.reporting.wording import exact_number, short

NAME = "state.leaks_between_cases"

_ADVICE = (
    "Usually something outlives run(): a buffer or a cache kept in a module, a class or the "
    "implementation itself, found again by the name of a layer or by a shape; or an array from "
    "np.empty that is not filled everywhere. Make it anew in run(), or fill all of it."
)


def between_cases(subject: Subject) -> Iterator[Breach]:
    """A case gives what it gives alone, also after another case of the same layers with other
    numbers and another size of the batch; and so does that other case."""
    alone = subject.second
    other = subject.run(
        lambda: other_data(subject.case(), larger=False), "the case with other data"
    )
    larger = subject.run(lambda: other_data(subject.case(), larger=True), "a larger batch")
    again = subject.run(subject.case, "the case once more, after others")
    yield from _errors(subject, other, larger, again)
    yield from _after_others(subject, again)
    if wrong := _wrong_after(alone, other):
        claim = "A case is right, and another one that runs after it in the same process is wrong"
        yield Breach(NAME, claim, _wrong(wrong), _ADVICE)


def _errors(
    subject: Subject, other: Recorded, larger: Recorded, again: Recorded
) -> Iterator[Breach]:
    for recorded, what in (
        (other, "a case of the same layers with other data"),
        (larger, "a case of the same layers with a larger batch"),
        (again, "the same case"),
    ):
        claim = f"After other cases in the same process, {what} ends with an error"
        if breach := ended(NAME, claim, subject, recorded, _ADVICE):
            yield breach


def _after_others(subject: Subject, again: Recorded) -> Iterator[Breach]:
    found, rounding = tuple(_steady(subject, again)), Rounding(subject.second)
    if beyond := apart(found, rounding):
        claim = "A case gives other numbers after another case has run in the same process"
        yield Breach(NAME, claim, _where(subject, beyond), _ADVICE)
    elif different := unequal(found, rounding):
        claim = "After another case, a case differs in the last digits"
        yield Breach(NAME, claim, _where(subject, different), _ADVICE, fails=False)


def _steady(subject: Subject, again: Recorded) -> Iterator[Pair]:
    """What two runs in a row agree on: the rest is not repeatable, whatever runs in between."""
    known = {pair.entry.name for pair in pairs(subject.second, subject.first) if pair.equal}
    return (pair for pair in pairs(again, subject.second) if pair.entry.name in known)


def _wrong_after(alone: Recorded, other: Recorded) -> Divergence | None:
    """What PyTorch finds wrong in the other case, if it finds nothing wrong in the one. A cache
    that nothing ever empties gives the same wrong numbers at every run: only an oracle sees it."""
    if not (alone.finished and other.finished) or _divergence(alone) is not None:
        return None
    return _divergence(other)


def _divergence(recorded: Recorded) -> Divergence | None:
    case, trace = recorded.make(), recorded.trace
    judged = judge_entries(case, trace, PyTorch(), normwise=recorded.normwise)
    return next((entry.divergence for entry in judged if entry.divergence is not None), None)


def _where(subject: Subject, found: Apart) -> str:
    return numbers(found, subject.case(), now="after the other cases", before="alone")


def _wrong(d: Divergence) -> str:
    return (
        f"Of the other one, with the same sizes and other data, {d.entry} at {list(d.index)} is "
        f"{exact_number(d.actual, d.unit)}, and {d.oracle} has {exact_number(d.expected, d.unit)}; "
        f"rounding can explain {short(d.bound)}"
    )
