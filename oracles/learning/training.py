"""Trains the oracle, and the implementation, on a lesson."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.entries import Entry, entries
from oracles.contract.evaluation import PlainRules
from oracles.contract.implementation import Implementation
from oracles.contract.training import Walk
from oracles.implementations.running import run
from oracles.learning.collecting import Collector, Parts, Told, WatchedTrace
from oracles.learning.course import Course
from oracles.learning.lesson import Lesson
from oracles.references.pytorch import PyTorch


def train_oracle(lesson: Lesson, dtype: str, told: Told | None = None) -> Course:
    """PyTorch, in float64, from the operands of the lesson rounded to `dtype`. It ends where its
    numbers leave float64, or the range of `dtype`."""
    case, reference = lesson.case(dtype), PyTorch()
    watched = _Watched(case, Collector(lesson, case, told), float(np.finfo(dtype).max))
    state = Walk(case, PlainRules(reference), watched.visit)
    for step in case.steps:
        watched.begin(step)
        with np.errstate(all="ignore"):
            state.step(step)
        if watched.lost:
            break
    ended = f"{watched.lost} is not finite" if watched.lost else ""
    return watched.collector.course(reference.name, ended)


class _Watched:
    """Shows a walk to a collector."""

    def __init__(self, case: Case, collector: Collector, largest: float) -> None:
        self.case, self.collector, self.largest = case, collector, largest
        self.names: dict[str, Entry] = {}
        self.lost = ""

    def begin(self, step: Step) -> None:
        """The entries of the step that comes."""
        self.names = {one.name: one for one in entries(replace(self.case, steps=(step,)))}

    def visit(self, name: str, array: Array) -> Array:
        inside = array.size == 0 or -self.largest <= array.min() <= array.max() <= self.largest
        if not self.lost and not inside:
            self.lost = name
        self.collector.record(self.names[name], array)
        return array


def train_implementation(
    implementation: Implementation,
    lesson: Lesson,
    dtype: str,
    *,
    timeout: float | None,
    told: Told | None = None,
    parts: Parts | None = None,
) -> Course:
    """The implementation, in one run of all steps."""
    case = lesson.case(dtype)
    collector = Collector(lesson, case, told, parts)
    trace = WatchedTrace(case, collector)
    ending = run(implementation, case, trace, timeout=timeout)
    message = f"{ending.message} ({ending.where})" if ending.where else ending.message
    course = collector.course(implementation.name, message, trace.around_parting())
    return replace(course, timed_out=ending.how == "timed-out")
