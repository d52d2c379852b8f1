"""A learning rate with which the network would learn, if it were given far more steps."""

from __future__ import annotations

from oracles.learning.checks.rates import another_rate, descending_steps
from oracles.learning.curvature import stability
from oracles.learning.falling import still_falls
from oracles.learning.line_search import line_search
from oracles.learning.objective import Objective
from oracles.learning.situation import SettingsFinding, Situation

_FAR = 30.0
"""How many times larger a rate has to be of use for the one set to be called too small."""


def learning_rate_too_small(situation: Situation) -> SettingsFinding | None:
    """The loss is on its way down, but steps that are many times longer would lower it more and
    would still be stable, at the start and in the end.

    With momentum it is the sum of all steps that a gradient is in that counts.
    """
    course, case = situation.course, situation.case
    steps = descending_steps(situation)
    if situation.learns or course.not_finite or course.end is None or steps is None:
        return None
    if not still_falls(course, situation.lesson.epoch):
        return None
    places = tuple(zip(steps, (case.parameters(), course.end), strict=True))
    searches = [line_search(Objective(case, step), step, at) for step, at in places]
    limits = [stability(case, step, at) for step, at in places]
    best = min(search.best / one.sum for search, one in zip(searches, limits, strict=True))
    useful = min(best, *(one.sound for one in limits))
    if not useful >= _FAR * searches[0].lr:
        return None
    limit = min(one.limit for one in limits)
    search, remedy = searches[0], another_rate(steps[0], useful)
    epoch = situation.lesson.epoch
    return SettingsFinding(
        finding="settings.learning_rate_too_small",
        title="the learning rate is so small that the loss barely moves",
        numbers=(
            f"In {course.steps} steps at {search.lr:g} the loss goes from {course.first_loss:.4g} "
            f"to {course.last_loss(epoch):.4g}, and still falls.",
            f"One step from the start lowers it most at {search.best:.2g}, from "
            f"{search.before:.4g} to {search.lowest:.4g}, and steps are stable up to {limit:.2g}: "
            f"{useful / search.lr:.3g} times the rate is of use.",
        ),
        change=f"Choose a larger rate, {remedy.text}, or train for many more steps.",
        prevents=True,
        figures={"lr": search.lr, "lowers_most": search.best, "limit": limit},
        remedy=remedy,
    )
