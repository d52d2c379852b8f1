"""Your code, your settings, or both learn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from oracles.contract.definition import Definition
from oracles.contract.implementation import Implementation
from oracles.diagnosis.diagnosing import diagnose as diagnosed
from oracles.judging.judgement import Judgement
from oracles.learning.answer import Answer, Examined, Tried, Verdict
from oracles.learning.baseline import LEARNS, baseline
from oracles.learning.changes import nudged, times_lr
from oracles.learning.checks.table import CHECKS
from oracles.learning.collecting import Parts
from oracles.learning.course import Course
from oracles.learning.data.dataset import DataError, Dataset
from oracles.learning.lesson import Lesson, lesson
from oracles.learning.numbering import numbered
from oracles.learning.replaying import Replay
from oracles.learning.rescaled import Rescaled, factor_of, same_as_learning_rate
from oracles.learning.situation import Remedy, SettingsFinding, Situation
from oracles.learning.training import train_implementation, train_oracle
from oracles.properties.trial import dtype_for
from oracles.trial import Diagnose, judge

_EXAMINED = 3
"""Steps at the beginning that are judged entry by entry."""

_ROUNDINGS = 1000.0
"""How many times further apart than two oracles that begin a rounding apart two losses have to be
to be looked at. No verdict hangs on it: only which steps are judged."""

_AS_GOOD = 0.5
"""Share of what the oracle has learned that an implementation has to have learned as well where
their losses part without a step that is wrong."""

Progress = Callable[[str, int, int], None]
"""Gets what is being done, how many steps of it are done, and how many there are."""


def learn(
    case: Definition,
    implementation: Implementation | None = None,
    dtype: str | None = None,
    *,
    data: Dataset | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    seed: int | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
    diagnose: Diagnose | None = diagnosed,
    try_remedies: bool = True,
) -> Answer:
    """Train PyTorch, and `implementation`, with the settings of `case`, and say which of code and
    settings keeps it from learning.

    dtype         of the implementation (default: the first of the case that it is for)
    data          samples in the place of those of the case
    steps, epochs how long (default: as long as the case, and at least 300 steps)
    batch_size, lr  in the place of those of the case
    seed          of the order of the samples, new in each epoch; None keeps the order of the data
    timeout       seconds the implementation may take for all steps; None is no limit
    progress      called after each step
    diagnose      finds the cause of what is wrong with the code; None judges only
    try_remedies  whether the oracle is trained again with what the findings propose

    Never raises for what the implementation does. Raises DataError for a case that cannot be
    trained, and for data that do not fit it.
    """
    started = time.perf_counter()
    told = progress or _silent
    if dtype is None:
        dtype = case.dtypes[0] if implementation is None else dtype_for(implementation, case.dtypes)
    used = lesson(case, data, steps=steps, epochs=epochs, batch_size=batch_size, seed=seed)
    if lr is not None:
        own = _own_lr(used, dtype)
        if own is None:
            raise DataError(f"{case.id} has lr = 0, and no other rate can be put in its place")
        used = used.changed(times_lr(lr / own))
    base = baseline(used, dtype)
    seen = _Seen()
    if implementation is not None:
        seen = _first_steps(implementation, used, dtype, timeout, told, diagnose)
    asked, used = used, used.changed(times_lr(seen.factor))
    course = _train_oracle(used, dtype, told, "PyTorch trains")
    answer = Answer(
        case=case.id,
        dtype=dtype,
        implementation=None if implementation is None else implementation.name,
        verdict="undecided",
        data=used.samples.name,
        samples=len(used.samples.x),
        batch_size=used.batch_size,
        epoch=used.epoch,
        baseline=base,
        oracle=course,
        learned=base.learned(course.trained_on),
        examined=seen.examined,
        lr_factor=seen.factor,
    )
    if seen.subject is not None:
        answer = _with_implementation(answer, seen.subject, used, timeout, told, diagnose)
    if seen.factor != 1.0 and not answer.learns:
        other = _train_oracle(asked, dtype, told, "PyTorch trains with the rate of the case")
        answer = replace(answer, learned_as_asked=base.learned(other.trained_on))
    situation = Situation(used, dtype, base, course, answer.theirs)
    findings = list(_findings(situation, told))
    if seen.factor != 1.0:
        lr_asked = _own_lr(asked, dtype) or 0.0
        findings.append(same_as_learning_rate(seen.factor, lr_asked, used.batch_size))
    findings.sort(key=lambda one: (not one.prevents, one.symptom))
    answer = replace(answer, findings=tuple(findings))
    if try_remedies and not situation.learns:
        answer = replace(answer, tried=tuple(_tried(situation, findings, told)))
    return replace(answer, verdict=_verdict(answer), seconds=time.perf_counter() - started)


@dataclass(frozen=True)
class _Seen:
    """The first steps of an implementation, judged.

    subject   what is trained and judged from here on: the implementation, or, where its gradients
              are `factor` times the right ones, the implementation with that in its learning rate
    """

    subject: Implementation | None = None
    factor: float = 1.0
    examined: tuple[Examined, ...] = ()


def _first_steps(
    implementation: Implementation,
    used: Lesson,
    dtype: str,
    timeout: float | None,
    told: Progress,
    diagnose: Diagnose | None,
) -> _Seen:
    """Judged as it is, and where its gradients are a constant times the right ones, once more as
    if that were its learning rate; what is less wrong counts."""
    chosen, why = range(min(_EXAMINED, used.steps)), "the first steps"
    told(f"{implementation.name}: {why}", 0, 1)
    plain = _examined(implementation, used.excerpt(chosen), chosen, why, dtype, timeout, diagnose)
    asis = _Seen(implementation, 1.0, (plain,))
    if plain.judgement.outcome != "diverged":
        return asis
    factor = factor_of(implementation, used.excerpt(chosen), dtype, timeout)
    if factor is None:
        return asis
    subject, excerpt = Rescaled(implementation, factor), used.changed(times_lr(factor))
    other = _examined(subject, excerpt.excerpt(chosen), chosen, why, dtype, timeout, diagnose)
    if len(other.judgement.divergences) >= len(plain.judgement.divergences):
        return asis
    return _Seen(subject, factor, (other,))


def _examined(
    implementation: Implementation,
    excerpt: Definition,
    chosen: Sequence[int],
    why: str,
    dtype: str,
    timeout: float | None,
    diagnose: Diagnose | None,
) -> Examined:
    judgement = judge(
        implementation, excerpt, dtype, timeout=timeout, council=False, diagnose=diagnose
    )
    return Examined(tuple(chosen), numbered(judgement, chosen), why)


def _train_oracle(used: Lesson, dtype: str, told: Progress, what: str) -> Course:
    return train_oracle(used, dtype, lambda done: told(what, done, used.steps))


def _with_implementation(
    answer: Answer,
    implementation: Implementation,
    used: Lesson,
    timeout: float | None,
    told: Progress,
    diagnose: Diagnose | None,
) -> Answer:
    """Trained, and, where the first steps are right, judged where its loss leaves the oracle's."""
    seen = list(answer.examined)
    right = not any(_wrong(one.judgement) for one in seen)
    theirs = train_implementation(
        implementation,
        used,
        answer.dtype,
        timeout=timeout,
        told=lambda done: told(f"{implementation.name} trains", done, used.steps),
        parts=_parts(answer.oracle, used, answer.dtype, told) if right else None,
    )
    parted = theirs.parted
    if parted is not None and theirs.recorded and right:
        chosen, why = range(parted.step, min(parted.step + 2, used.steps)), "where the losses part"
        told(f"{implementation.name}: {why}", 0, 1)
        excerpt = used.excerpt(chosen, parted.into)
        replay = Replay(implementation, theirs, excerpt.id)
        seen.append(_examined(replay, excerpt, chosen, why, answer.dtype, None, diagnose))
    if right and parted is None and theirs.finish is not None and theirs.trained_on is not None:
        chosen, why = range(used.steps, used.steps + 1), "the network in the end, in eval mode"
        told(f"{implementation.name}: {why}", 0, 1)
        excerpt = used.excerpt(chosen, theirs.finish.into)
        seen.append(
            _examined(implementation, excerpt, chosen, why, answer.dtype, timeout, diagnose)
        )
    declines = seen[0].judgement.outcome == "unsupported"
    return replace(
        answer,
        theirs=theirs,
        theirs_learned=answer.baseline.learned(theirs.trained_on),
        examined=tuple(seen),
        parted_at=theirs.parted_at,
        code_is_wrong=any(_wrong(one.judgement) for one in seen)
        or (bool(theirs.message) and not declines and not theirs.timed_out),
    )


def _wrong(judgement: Judgement) -> bool:
    return judgement.outcome in ("diverged", "error", "timeout")


def _parts(oracle: Course, used: Lesson, dtype: str, told: Progress) -> Parts:
    """Whether a loss is further from the oracle's than rounding takes it there."""
    moved = _train_oracle(used.changed(nudged), dtype, told, "PyTorch trains, a rounding apart")
    steps = min(moved.steps, oracle.steps)
    with np.errstate(all="ignore"):
        apart = np.abs(moved.loss[:steps] - oracle.loss[:steps])
    least = float(np.finfo(dtype).eps) * np.abs(oracle.loss[:steps])
    limit = _ROUNDINGS * np.maximum.accumulate(np.maximum(apart, least))

    def parts(step: int, loss: float) -> bool:
        return step < steps and not abs(loss - oracle.loss[step]) <= limit[step]

    return parts


def _findings(situation: Situation, told: Progress) -> Iterator[SettingsFinding]:
    for done, check in enumerate(CHECKS):
        told("settings are checked", done, len(CHECKS))
        with np.errstate(all="ignore"):
            finding = check(situation)
        if finding is not None:
            yield finding


def _tried(
    situation: Situation, findings: Sequence[SettingsFinding], told: Progress
) -> Iterator[Tried]:
    """The oracle with each remedy by itself, then with all of them."""
    remedies = [one.remedy for one in findings if one.remedy is not None]
    ways: list[tuple[tuple[Remedy, ...], str]] = [((one,), one.text) for one in remedies]
    if len(remedies) > 1:
        ways.append((tuple(remedies), ", ".join(remedy.text for remedy in remedies)))
    for chosen, text in ways:
        changed = situation.lesson.changed(*(remedy.change for remedy in chosen))
        course = _train_oracle(changed, situation.dtype, told, f"PyTorch trains, {text}")
        learned = baseline(changed, situation.dtype).learned(course.trained_on)
        loss = course.trained_on.loss if course.trained_on is not None else float("nan")
        yield Tried(text, learned, loss, learned >= LEARNS)


def _verdict(answer: Answer) -> Verdict:
    learns = answer.learns
    if answer.implementation is None:
        return "the settings learn" if learns else "your settings"
    if answer.code_is_wrong:
        return "your code" if learns else "your code and your settings"
    if not learns:
        return "your code" if answer.learned_as_asked >= LEARNS else "your settings"
    if answer.parted_at is not None and not answer.theirs_learned >= _AS_GOOD * answer.learned:
        return "undecided"
    return "both learn" if answer.theirs_learns or _same_course(answer) else "undecided"


def _same_course(answer: Answer) -> bool:
    """Whether all losses of the implementation are the oracle's, though nothing is known of what it
    predicts in the end."""
    theirs = answer.theirs
    return (
        theirs is not None
        and np.isnan(answer.theirs_learned)
        and theirs.steps == answer.oracle.steps
        and answer.parted_at is None
        and bool(np.all(np.isfinite(theirs.loss)))
    )


def _own_lr(used: Lesson, dtype: str) -> float | None:
    """The first learning rate that moves anything: a schedule may begin with 0."""
    case = used.case(dtype)
    rates = (case.steps[index].lr for index in range(used.steps))
    return next((rate for rate in rates if rate), None)


def _silent(what: str, done: int, steps: int) -> None:
    """Progress that nobody looks at."""
