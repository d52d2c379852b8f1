"""The learning rates of a training, and the remedy of others."""

from __future__ import annotations

from oracles.contract.case import Step
from oracles.learning.changes import times_lr
from oracles.learning.situation import Remedy, Situation


def descending_steps(situation: Situation) -> tuple[Step, Step] | None:
    """The first and the last step that goes downhill at a rate above 0; None where there is none,
    or where the optimizer goes uphill on purpose."""
    case, steps = situation.case, range(situation.course.steps)
    if case.optimizer is None or any(o["maximize"] for o in case.optimizer["parameters"].values()):
        return None
    first = next((case.steps[i] for i in steps if _moves(case.steps[i])), None)
    last = next((case.steps[i] for i in reversed(steps) if _moves(case.steps[i])), None)
    return None if first is None or last is None else (first, last)


def another_rate(step: Step, wanted: float) -> Remedy:
    """`wanted`, cut to one digit, in the place of the largest rate of this step; the others keep
    their proportions to it."""
    rates = step.learning_rates
    lr = max(rates.values())
    factor = float(f"{wanted:.0e}") / lr
    own = step.lr or lr
    others = ", other rates in proportion" if len(set(rates.values())) > 1 else ""
    return Remedy(f"lr = {own * factor:.3g}{others}", times_lr(factor))


def _moves(step: Step) -> bool:
    return step.update and max(step.learning_rates.values(), default=0.0) > 0.0
