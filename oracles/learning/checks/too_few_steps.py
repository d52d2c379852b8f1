"""A loss that still falls when the training ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracles.learning.baseline import LEARNS
from oracles.learning.course import Curve
from oracles.learning.dependence import HARDLY, dependence
from oracles.learning.situation import SettingsFinding, Situation

_BLOCKS = 9
"""Parts that the curve is cut into; the last six are looked at, two by two."""

_STEADY = 0.5
"""The fall of the last third of what is looked at, of that of the third before: below that the
curve flattens."""

_FARTHEST = 100
"""Times the steps that were done: further than that no line is drawn."""


@dataclass(frozen=True)
class _Fall:
    """How the loss falls in the end.

    before, last   from one third of what is looked at to the next
    slope          in each step of the last
    loss           mean over the last third
    """

    before: float
    last: float
    slope: float
    loss: float


def too_few_steps(situation: Situation) -> SettingsFinding | None:
    """A network that does not learn yet, with a loss that still falls steadily at the end and that
    would get below the best constant prediction if it went on like that: along a line, and even
    where each fall is smaller than the one before by what the last one was."""
    look = situation.course.trained_on
    if situation.learns or situation.course.message or look is None:
        return None
    fall = _fall(situation.course.loss, situation.lesson.epoch)
    if fall is None or not np.isfinite(look.loss):
        return None
    constant = situation.baseline.loss
    wanted = (1.0 - LEARNS) * constant
    more = (look.loss - wanted) / fall.slope
    if not (_reaches(fall, wanted) and more <= _FARTHEST * situation.course.steps):
        return None
    steps = situation.course.steps
    numbers = [
        f"After {steps} steps the loss is {look.loss:.4g}; learning would show below "
        f"{wanted:.4g}, the best constant prediction less {LEARNS:.0%}.",
        f"In the end it falls by {fall.slope:.2g} in a step, and fell by "
        f"{fall.before / fall.last * fall.slope:.2g} before.",
    ]
    if look.loss > constant:
        numbers.append(f"As far as {constant:.4g} the biases alone can take it.")
    found = dependence(situation)
    if found is not None and found.share < HARDLY:
        numbers.append("Until now only a constant is learned: the outputs are still alike.")
    return SettingsFinding(
        finding="settings.too_few_steps",
        title="the training ends before it has begun to learn: the loss still falls",
        numbers=tuple(numbers),
        change=f"Train longer: at this pace it takes {_rounded(steps + more)} steps at least until "
        "learning shows; or choose a larger learning rate.",
        prevents=True,
        figures={"steps": float(steps), "steps_needed": steps + more, "fall_in_a_step": fall.slope},
    )


def _fall(loss: Curve, epoch: int) -> _Fall | None:
    """None where the loss does not fall steadily at the end: some block of one third is not below
    all those of the third before, or the fall is no more than blocks of one third differ."""
    length = len(loss) // _BLOCKS
    if length > epoch:
        length -= length % epoch
    if not length or not np.all(np.isfinite(loss)):
        return None
    blocks = loss[len(loss) - 6 * length :].reshape(3, 2, length).mean(axis=2)
    lowest, highest = blocks.min(axis=1), blocks.max(axis=1)
    thirds = blocks.mean(axis=1)
    before, last = thirds[0] - thirds[1], thirds[1] - thirds[2]
    if not (highest[1] < lowest[0] and highest[2] < lowest[1] and last >= _STEADY * before):
        return None
    return _Fall(float(before), float(last), float(last / (2 * length)), float(thirds[2]))


def _reaches(fall: _Fall, wanted: float) -> bool:
    """Whether falls that go on shrinking by the factor of the last one get there."""
    factor = fall.last / fall.before
    return factor >= 1.0 or fall.loss - fall.last * factor / (1.0 - factor) <= wanted


def _rounded(steps: float) -> str:
    """With two digits: a line says no more."""
    return f"{float(f'{steps:.2g}'):,.0f}"
