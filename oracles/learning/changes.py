"""Other settings: from a case to the case with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from oracles.contract.case import Case, Step
from oracles.learning.lazy_steps import LazySteps
from oracles.learning.lesson import Change


def times_lr(factor: float) -> Change:
    """Every learning rate times a factor."""

    def of(step: Step) -> Step:
        rates = {name: rate * factor for name, rate in step.learning_rates.items()}
        lr = None if step.lr is None else step.lr * factor
        return replace(step, lr=lr, learning_rates=MappingProxyType(rates))

    return lambda case: replace(case, steps=each(case.steps, of))


def without_weight_decay(case: Case) -> Case:
    """The optimizer decays nothing."""
    if case.optimizer is None:
        return case
    options = {
        name: {**own, "weight_decay": 0.0} for name, own in case.optimizer["parameters"].items()
    }
    optimizer = {**case.optimizer, "weight_decay": 0.0, "parameters": MappingProxyType(options)}
    return replace(case, optimizer=MappingProxyType(optimizer))


def without_penalties(case: Case) -> Case:
    """Nothing is added to the loss."""
    return replace(case, penalties=())


def times_weights(factors: Mapping[str, float]) -> Change:
    """Initial parameters times a factor each: {"conv1.weight": 5.0}."""

    def of(case: Case) -> Case:
        layers = tuple(
            replace(
                layer,
                parameters={
                    name: (array * factors.get(f"{layer.name}.{name}", 1.0)).astype(array.dtype)
                    for name, array in layer.parameters.items()
                },
            )
            for layer in case.layers
        )
        return replace(case, layers=layers)

    return of


def times_input(factor: float) -> Change:
    """What the first layer sees, times a factor."""

    def of(step: Step) -> Step:
        return replace(step, input=(step.input * factor).astype(step.input.dtype))

    return lambda case: replace(case, steps=each(case.steps, of))


def each(steps: Sequence[Step], change: Callable[[Step], Step]) -> Sequence[Step]:
    """Every step changed, when it is made where it is made late."""
    if isinstance(steps, LazySteps):
        return steps.changed(change)
    return tuple(change(step) for step in steps)


def nudged(case: Case) -> Case:
    """Every initial parameter a rounding further from zero: what a training is like that differs
    by no more than rounding."""
    factor = 1.0 + float(np.finfo(case.dtype).eps)
    return times_weights(dict.fromkeys(case.parameters(), factor))(case)
