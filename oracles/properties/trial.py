"""One trial of all properties: what any implementation must keep to, on one case."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from oracles.contract.definition import Definition
from oracles.contract.implementation import Implementation
from oracles.judging.judgement import Judgement, Outcome
from oracles.properties.between_cases import between_cases
from oracles.properties.breach import Breach
from oracles.properties.each_alone import each_alone
from oracles.properties.eval_between import changed_by_eval
from oracles.properties.memory import any_memory
from oracles.properties.overwritten import overwritten
from oracles.properties.repeatable import repeatable
from oracles.properties.smaller_batch import remembers_larger_batch
from oracles.properties.subject import OutOfTimeError, Subject

Property = Callable[[Subject], Iterator[Breach]]

OF_RUNS: tuple[Property, ...] = (repeatable, between_cases)
"""Where one of these does not hold, what a run gives depends on the runs before it: to compare it
with others says nothing then, and nothing more is said."""

OF_RESULTS: tuple[Property, ...] = (
    each_alone,
    any_memory,
    changed_by_eval,
    remembers_larger_batch,
)
"""Each by itself."""

PROPERTIES: tuple[Property, ...] = (*OF_RUNS, *OF_RESULTS, overwritten)
"""In the order in which they are checked, with what became of the arrays of the first runs as the
last. Unmodified inputs are looked at with the values."""


def judge_properties(
    implementation: Implementation,
    case: Definition,
    dtype: str | None = None,
    *,
    timeout: float | None = None,
) -> Judgement:
    """Run `implementation` on `case`, and on others made from it, and say which properties hold.

    dtype     default: the first of the case that the implementation is for
    timeout   seconds for each run, of which there are about twenty; None is no limit

    What is found stands in `findings`, as `state.not_repeatable` or `batch.samples_mixed`; there
    are no entries. Never raises for what the implementation does. Raises ValueError for an unknown
    dtype.
    """
    asked = dtype or dtype_for(implementation, case.dtypes)
    if asked not in ("float32", "float64"):
        raise ValueError(f"dtype must be float32 or float64, got {asked!r}")
    started = time.perf_counter()
    blank = Judgement(case.id, asked, implementation.name, "passed", "", about="properties")
    judgement = _announced(implementation, _judge(blank, implementation, case, timeout))
    return replace(judgement, seconds=time.perf_counter() - started)


def dtype_for(implementation: Implementation, dtypes: Sequence[str]) -> str:
    """The first of these that the implementation is for; the first of all if it is for none."""
    return next((name for name in dtypes if _is_for(implementation, name)), dtypes[0])


def _judge(
    blank: Judgement, implementation: Implementation, case: Definition, timeout: float | None
) -> Judgement:
    if not _is_for(implementation, blank.dtype):
        message = f"{implementation.name} is not for {blank.dtype}"
        return replace(blank, outcome="unsupported", message=message)
    if case.raises is not None:
        message = "the case is to be refused: there are no results to compare"
        return replace(blank, outcome="unsupported", message=message)
    try:
        subject = Subject(implementation, case, blank.dtype, timeout)
    except ValueError as error:
        return replace(blank, outcome="error", message=str(error))
    breaches: list[Breach] = []
    try:
        if subject.first.ending.how == "unsupported":
            return replace(blank, outcome="unsupported", message=subject.first.ending.message)
        for each in _in_turn(breaches):
            breaches += each(subject)
        outcome, message = _outcome(subject, breaches)
    except OutOfTimeError as error:
        outcome, message = "timeout", f"running {error}"
    told = tuple(dict.fromkeys(breach.finding for breach in breaches))
    return replace(blank, outcome=outcome, message=message, findings=told)


def _in_turn(breaches: Sequence[Breach]) -> Iterator[Property]:
    """The properties there is sense in checking, given what was found before the next one."""
    yield from OF_RUNS
    if not any(breach.fails for breach in breaches):
        yield from OF_RESULTS
    yield overwritten


def _outcome(subject: Subject, breaches: Sequence[Breach]) -> tuple[Outcome, str]:
    """How the item ends, and the sentence that says so."""
    first = subject.first
    if not first.finished:
        return "error", first.said
    failing = [breach for breach in breaches if breach.fails]
    if failing:
        return "diverged", f"{failing[0].name}: {failing[0].claim}"
    if not first.trace:
        return "incomplete", "nothing is exposed: there is nothing to compare"
    if all(name in first.trace.supplied for name in first.trace):
        message = f"not {subject.implementation.name}'s own: the harness did everything"
        return "unsupported", message
    return "passed", f"{len(PROPERTIES)} properties hold"


def _is_for(implementation: Implementation, dtype: str) -> bool:
    dtypes = getattr(implementation, "dtypes", None)
    return dtypes is None or dtype in [np.dtype(one).name for one in dtypes]


def _announced(implementation: Implementation, judgement: Judgement) -> Judgement:
    """A failure of a case that the implementation has announced. Properties may well hold where
    values are wrong: that is no error."""
    expected: Mapping[str, Any] = getattr(implementation, "expected_failures", None) or {}
    for pattern, why in expected.items():
        matches = fnmatch.fnmatchcase(judgement.case, pattern)
        if matches and judgement.outcome in ("diverged", "incomplete", "error", "timeout"):
            return replace(judgement, outcome="expected-failure", message=str(why))
    return judgement
