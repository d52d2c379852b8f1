"""Learning rates of 0."""

from __future__ import annotations

from oracles.learning.situation import SettingsFinding, Situation


def nothing_moves(situation: Situation) -> SettingsFinding | None:
    """Every parameter has the learning rate 0 in every step: nothing can be learned."""
    lesson, steps = situation.lesson, situation.case.steps
    if any(max(steps[i].learning_rates.values(), default=0.0) > 0 for i in range(lesson.steps)):
        return None
    return SettingsFinding(
        finding="settings.nothing_moves",
        title="every learning rate is 0, and no parameter moves",
        numbers=(f"lr is 0 for every parameter in all {lesson.steps} steps.",),
        change="Set lr in [optimizer], and in its groups.",
        prevents=True,
        figures={"lr": 0.0},
    )
