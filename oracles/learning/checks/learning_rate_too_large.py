"""A learning rate above what the curvature of the loss allows."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Step
from oracles.learning.checks.rates import another_rate, descending_steps
from oracles.learning.curvature import Stability, stability
from oracles.learning.falling import still_falls
from oracles.learning.line_search import line_search
from oracles.learning.objective import Objective
from oracles.learning.situation import SettingsFinding, Situation
from oracles.reporting.wording import count

_OFTEN = 0.25
"""Share of the steps that end with a larger loss of their batch than an epoch before."""


def learning_rate_too_large(situation: Situation) -> SettingsFinding | None:
    """Along the direction in which the loss curves most, a step with a rate above 2 / (largest
    eigenvalue of the Hessian) ends further from the minimum than it began.

    A rate at this limit or somewhat above is normal where a network learns, and no finding: it has
    to hurt as well, and the loss not to be on its way down.
    """
    if situation.learns or not np.isfinite(situation.course.first_loss):
        return None
    harm, steps = _harm(situation), descending_steps(situation)
    if not harm or steps is None:
        return None
    case, (first, last) = situation.case, steps
    start = stability(case, first, case.parameters())
    where, limits = ("at the start", start) if start.over > 1.0 else _later(situation, last)
    if not limits.over > 1.0:
        return None
    search = line_search(Objective(case, first), first, case.parameters())
    wanted = start.sound if start.over > 1.0 else min(start.sound, start.lr / 10)
    remedy = another_rate(first, wanted)
    lowers = f"at rates up to {search.largest:.2g}" if search.largest else "at no rate"
    return SettingsFinding(
        finding="settings.learning_rate_too_large",
        title="the learning rate is larger than the curvature of the loss allows",
        numbers=(
            f"Largest eigenvalue of the Hessian {where}: {limits.eigenvalue:.3g}, so that steps "
            f"grow with rates above {limits.limit:.2g}. The rate is {limits.lr:g}, "
            f"{limits.over:.3g} times that.",
            f"One step from the start lowers the loss of its own batch {lowers}; at "
            f"{search.lr:g} it goes from {search.before:.4g} to {search.after:.4g}.",
            harm,
        ),
        change=f"Choose a rate well below the limit: {remedy.text}.",
        prevents=True,
        figures={
            "lr": limits.lr,
            "eigenvalue": limits.eigenvalue,
            "limit": limits.limit,
            "largest_that_lowers": search.largest,
        },
        remedy=remedy,
    )


def _harm(situation: Situation) -> str:
    """What has become of the loss, "" where it is still on its way down."""
    course, epoch = situation.course, situation.lesson.epoch
    first, last = course.first_loss, course.last_loss(epoch)
    if course.not_finite:
        return f"The first number that is not finite: {course.not_finite}."
    if last > first:
        return f"The loss ends at {last:.4g}, above the {first:.4g} it began with."
    again = course.loss[epoch:] - course.loss[:-epoch]
    again = again[len(again) // 2 :]
    rises = int(np.sum(again > 0.0))
    if rises >= len(again) * _OFTEN > 0.0:
        return f"The loss goes up and down: up in {rises} of the last {count(len(again), 'step')}."
    if still_falls(course, epoch):
        return ""
    return (
        f"The loss does not come down: {course.loss.min():.4g} to {course.loss.max():.4g} over all "
        f"steps, {last:.4g} in the end; the best constant prediction has "
        f"{situation.baseline.loss:.4g}."
    )


def _later(situation: Situation, last: Step) -> tuple[str, Stability]:
    """The limit where the training went: before it left the finite numbers, or in the end."""
    case, course = situation.case, situation.course
    if course.not_finite and course.parted is not None:
        left = course.parted
        step = case.steps[left.step] if left.step < last.index else last
        return f"before step {left.step}", stability(case, step, left.parameters)
    if course.end is not None and not course.not_finite:
        return "in the end", stability(case, last, course.end)
    return "nowhere", Stability(float("nan"), float("nan"), float("inf"), 1.0)
