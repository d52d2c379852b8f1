"""Long training of an implementation in lockstep with PyTorch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.errors import Unsupported
from oracles.contract.implementation import Implementation, declares_normwise
from oracles.contract.longer import with_steps
from oracles.contract.trace import Trace
from oracles.implementations.running import Ending, run
from oracles.judging.constants import NOISE_RUNS
from oracles.judging.judgement import JudgedEntry
from oracles.judging.localisation import judge_entries
from oracles.judging.lockstep import Compared, Lockstep, Outcome, compare_in_lockstep, kind_of
from oracles.properties.trial import dtype_for
from oracles.references.pytorch import PyTorch

_MOST_NUMBERS = 5 * 10**7
"""That the judge keeps at once, of all steps and runs: 400 MB."""

_JUDGED = ("exact", "same", "different")
"""Verdicts that say what an entry is worth by itself."""

Progress = Callable[[str, int], None]
"""Gets what is being done, and after how many steps of it."""


def lockstep(
    implementation: Implementation,
    case: Definition,
    dtype: str | None = None,
    steps: int | None = None,
    *,
    timeout: float | None = None,
    judge: bool = True,
    progress: Progress | None = None,
) -> Lockstep:
    """Train `implementation` and PyTorch side by side on `case`, and hold the distance between them
    to what rounding noise does to PyTorch.

    dtype      default: the first of the case that the implementation is for
    steps      how many; default: those of the case. Batches start again after the last one
    timeout    seconds the implementation may take for all steps; None is no limit
    judge      also look at each step by itself, as `oracles.judge` does, as far as the departure
    progress   called after each step

    Never raises for what the implementation does. Raises ValueError for a dtype that is none, for
    steps that the case cannot have, and for a case that has to be refused.
    """
    asked = dtype or dtype_for(implementation, case.dtypes)
    if asked not in ("float32", "float64"):
        raise ValueError(f"dtype must be float32 or float64, got {asked!r}")
    if case.raises is not None:
        raise ValueError(f"{case.id} has to be refused: there is nothing to train")
    definition = case if steps is None else with_steps(case, steps)
    started = time.perf_counter()
    result = _lockstep(implementation, definition, asked, timeout, judge, progress or _silent)
    return replace(result, seconds=time.perf_counter() - started)


def _lockstep(
    implementation: Implementation,
    definition: Definition,
    dtype: str,
    timeout: float | None,
    judge: bool,
    progress: Progress,
) -> Lockstep:
    reference = PyTorch()
    used = definition.draw(dtype)
    blank = Lockstep(
        case=definition.id,
        dtype=dtype,
        implementation=implementation.name,
        oracle=reference.name,
        outcome="inside",
        asked=len(used.steps),
    )
    dtypes = getattr(implementation, "dtypes", None)
    names = [np.dtype(one).name for one in dtypes] if dtypes is not None else [dtype]
    if dtype not in names:
        message = f"{implementation.name} is for {', '.join(names)}"
        return replace(blank, outcome="unsupported", message=message)
    try:
        normwise = declares_normwise(implementation)
    except ValueError as error:
        return replace(blank, outcome="error", message=str(error))
    progress(f"{implementation.name} trains", 0)
    trace = Trace(used)
    ending = run(implementation, used, trace, timeout=timeout)
    if ending.how == "unsupported":
        return replace(blank, outcome="unsupported", message=ending.message)
    case, recorded = _recorded(definition.draw(dtype), trace)
    counting = _Counting(progress, f"beside {reference.name}")
    try:
        compared = compare_in_lockstep(case, recorded, reference, counting, normwise=normwise)
    except Unsupported as why:
        message = f"{reference.name} does not do this: {why}"
        return replace(blank, outcome="unsupported", message=message)
    outcome, message = _outcome(compared, ending, recorded)
    result = replace(
        blank,
        outcome=outcome,
        message=message,
        steps=compared.steps,
        departure=compared.departure,
        overflow=compared.overflow,
    )
    if not judge or not result.kinds or outcome == "incomplete":
        return result
    progress("each step by itself", len(compared.steps))
    last = compared.departure.step if compared.departure else len(compared.steps) - 1
    entries = _step_by_step(case, recorded, last + 1, reference, normwise=normwise)
    if not entries:
        return result
    wrong = (entry.divergence for entry in entries if entry.verdict == "different")
    judged, to_judge = _how_many(case, recorded, entries)
    return replace(
        result,
        first_wrong=next(wrong, None),
        judged_steps=last + 1,
        judged=judged,
        to_judge=to_judge,
    )


def _recorded(case: Case, trace: Trace) -> tuple[Case, Trace]:
    """The steps of which something was recorded: a crash leaves the later ones out."""
    last = max((trace.entries[name].step for name in trace), default=-1)
    return _cut(case, trace, last + 1)


def _cut(case: Case, trace: Trace, steps: int) -> tuple[Case, Trace]:
    """The first steps of a case, and what was recorded in them."""
    shorter = replace(case, steps=case.steps[:steps])
    kept = Trace(shorter)
    for name in trace:
        if name in kept.entries:
            kept[name] = trace[name]
    kept.supplied |= trace.supplied & kept.entries.keys()
    return shorter, kept


def _outcome(compared: Compared, ending: Ending, recorded: Trace) -> tuple[Outcome, str]:
    at = f" ({ending.where})" if ending.where else ""
    if ending.how == "timed-out":
        return "timeout", f"{ending.message}{at}"
    if ending.how == "raised":
        return "error", f"{ending.message}{at}"
    if compared.departure is not None:
        return "outside", ""
    if not any(step.distances for step in compared.steps):
        return "incomplete", "nothing was recorded that can be compared"
    own = [recorded.entries[name] for name in recorded if name not in recorded.supplied]
    if all(one.kind in ("input", "mask") for one in own if one.step < len(compared.steps)):
        return "incomplete", "nothing was recorded but the input: nothing computed was compared"
    return "inside", ""


def _step_by_step(
    case: Case, trace: Trace, steps: int, reference: PyTorch, *, normwise: bool
) -> tuple[JudgedEntry, ...]:
    """The verdicts where every step is judged by itself; none where that would take too much
    memory."""
    shorter, kept = _cut(case, trace, steps)
    numbers = sum(int(np.prod(entry.shape)) for entry in kept.entries.values())
    gaps = any(name not in kept for name, entry in kept.entries.items() if entry.kind != "mask")
    if numbers * (1 + NOISE_RUNS * gaps) > _MOST_NUMBERS:
        return ()
    return judge_entries(shorter, kept, reference, normwise=normwise)


def _how_many(case: Case, trace: Trace, entries: Sequence[JudgedEntry]) -> tuple[int, int]:
    """How many entries of outputs, gradients and parameters were judged, and how many there are.
    An input that nobody prepares is handed over, and not computed."""
    asked = [
        entry
        for entry in entries
        if kind_of(trace.entries[entry.entry]) in ("outputs", "gradients", "parameters")
        and (entry.kind != "input" or case.preparation)
    ]
    return sum(entry.verdict in _JUDGED for entry in asked), len(asked)


class _Counting:
    """Tells the progress one step after the other."""

    def __init__(self, progress: Progress, what: str) -> None:
        self.progress, self.what, self.done = progress, what, 0

    def __call__(self) -> None:
        self.done += 1
        self.progress(self.what, self.done)


def _silent(what: str, done: int) -> None:
    """Progress that nobody looks at."""
