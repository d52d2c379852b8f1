"""Which samples a batch is made of, with switches."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def taken(on: Switches, case: Case, step: Step) -> Array:
    """The samples of a step before the preparation."""
    count = len(step.samples)
    x = _of(case, step)
    if on("data: memory read"):
        return x.ravel(order="K").reshape(x.shape)
    if on("data: first batch again"):
        known = {sample: row for one in case.steps for sample, row in _rows(case, one)}
        if all(sample in known for sample in range(count)):
            x = np.stack([known[sample] for sample in range(count)])
    if on("data: samples in order"):
        first = sum(len(one.samples) for one in case.steps[: step.index])
        known = {sample: row for one in case.steps for sample, row in _rows(case, one)}
        if all(sample in known for sample in range(first, first + count)):
            x = np.stack([known[sample] for sample in range(first, first + count)])
    if on("data: samples reversed"):
        x = x[::-1]
    if on("data: samples shifted by one"):
        x = np.roll(x, 1, axis=0)
    if on("data: first sample for all"):
        x = np.repeat(x[:1], count, axis=0)
    return np.array(x, order="C")


def _of(case: Case, step: Step) -> Array:
    return step.raw if case.preparation else step.input


def _rows(case: Case, step: Step) -> list[tuple[int, Array]]:
    return list(zip(step.samples, _of(case, step), strict=True))


MUTANTS: tuple[Mutant, ...] = (
    Mutant("data: first batch again", "data.first_batch_again", "input"),
    Mutant("data: samples in order", "data.samples_in_order", "input"),
    Mutant("data: memory read", "data.memory_read", "input"),
    Mutant("data: samples reversed", "data.samples_reversed", "input"),
    Mutant("data: samples shifted by one", "data.samples_rolled", "input"),
    Mutant("data: first sample for all", "data.first_sample_for_all", "input"),
)
