"""lr * weight_decay of 1 and more: the weights change their sign in each step."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.learning.changes import without_penalties, without_weight_decay
from oracles.learning.situation import Remedy, SettingsFinding, Situation

_MUCH = 3.0
"""Times e by which the weights are shrunk over a training that does not learn."""

_REMEDY = Remedy("no decay", lambda case: without_penalties(without_weight_decay(case)))


def decay_factor(situation: Situation) -> SettingsFinding | None:
    """Each step multiplies the weights by 1 - lr * weight_decay (and a penalty of factor f by
    1 - 2 * lr * f / divisor), before the gradient of the data has a say. At 1 and above that
    product leaves nothing of what was learned."""
    worst = max(_products(situation), key=lambda one: one[1], default=None)
    if worst is None:
        return None
    if worst[1] < 1.0:
        return None if situation.learns else _added_up(situation, worst)
    name, product, shown = worst
    norms = situation.course.parameters[name][:6]
    return SettingsFinding(
        finding="settings.decay_factor",
        title="the decay removes in each step what the step before has learned",
        numbers=(
            f"{shown}: each step multiplies {name} by {1.0 - product:.3g} before the gradient is "
            "subtracted.",
            f"Its norm before the first steps: {', '.join(f'{norm:.2g}' for norm in norms)}.",
        ),
        change="Choose lr * weight_decay far below 1: 1e-4 to 1e-6 is usual.",
        prevents=True,
        figures={"parameter": name, "factor_per_step": 1.0 - product},
        remedy=_REMEDY,
    )


def _added_up(situation: Situation, worst: tuple[str, float, str]) -> SettingsFinding | None:
    """What is taken off over all steps: with momentum m each step counts 1 / (1 - m) times."""
    name, product, shown = worst
    steps = situation.lesson.steps
    assert situation.case.optimizer is not None
    momentum = situation.case.optimizer["parameters"][name]["momentum"]
    total = product * steps / max(1.0 - momentum, 1e-3)
    if total < _MUCH:
        return None
    also = f", with momentum {momentum:g} 1 / (1 - {momentum:g}) times that" if momentum else ""
    norms = situation.course.parameters[name]
    return SettingsFinding(
        finding="settings.decay_factor",
        title="the decay is as strong as what is learned in the whole training",
        numbers=(
            f"{shown}: each step takes {product:.2g} of {name} off{also}, which in {steps} steps "
            f"leaves exp(-{total:.3g}) of what it began with.",
            f"Its norm goes from {norms[0]:.2g} to {norms[-1]:.2g}.",
        ),
        change="Choose a smaller decay: 1e-4 to 1e-6 for lr * weight_decay is usual.",
        prevents=True,
        figures={"parameter": name, "taken_off": total},
        remedy=_REMEDY,
    )


def _products(situation: Situation) -> Iterator[tuple[str, float, str]]:
    """For each parameter: name, share that is taken off in a step, and how that comes about."""
    case, step = situation.case, situation.first
    if case.optimizer is None:
        return
    for name, options in case.optimizer["parameters"].items():
        lr, decay = step.learning_rates[name], options["weight_decay"]
        yield name, lr * decay, f"lr * weight_decay = {lr:g} * {decay:g} = {lr * decay:.3g}"
    for penalty in case.penalties:
        if penalty.type != "L2":
            continue
        divisor = penalty.divisor(step, case)
        for name in penalty.parameters:
            lr = step.learning_rates[name]
            product = 2.0 * lr * penalty.factor / divisor
            shown = f"2 * lr * factor / divisor = 2 * {lr:g} * {penalty.factor:g} / {divisor}"
            yield name, product, f"{shown} = {product:.3g}"
