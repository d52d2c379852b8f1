"""Which learning rate a step uses, with switches."""

from __future__ import annotations

from oracles.contract.case import Case, Step
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def used(on: Switches, case: Case, step: Step, name: str) -> float:
    """The learning rate of one parameter at a step."""
    updates = [other for other in case.steps if other.update]
    position = [other.index for other in updates].index(step.index)
    if on("sgd: rate constant"):
        position = 0
    if on("sgd: rate of the next step"):
        position = min(position + 1, len(updates) - 1)
    if on("sgd: rate of the step before"):
        position = max(position - 1, 0)
    lr = updates[position].learning_rates[name]
    if on("sgd: one rate for all groups"):
        assert step.lr is not None
        lr = step.lr
    if on("sgd: rate divided by the samples"):
        lr = lr / len(step.samples)
    if on("sgd: rate times samples"):
        lr = lr * len(step.samples)
    return lr


MUTANTS: tuple[Mutant, ...] = (
    Mutant("sgd: rate constant", "sgd.lr.constant", "update.*"),
    Mutant("sgd: rate of the next step", "sgd.lr.schedule_early", "update.*"),
    Mutant("sgd: rate of the step before", "sgd.lr.schedule_late", "update.*"),
    Mutant("sgd: one rate for all groups", "sgd.lr.groups_ignored", "update.*"),
    Mutant("sgd: rate divided by the samples", "sgd.lr.divided_by_batch", "update.*"),
    Mutant("sgd: rate times samples", "sgd.lr.times_batch", "update.*"),
)
