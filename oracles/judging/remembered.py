"""Updates that do the right thing with a wrong memory.

What an optimizer remembers and the parameter after the update come out of one step of it, so that
both are judged from what was remembered before. Where the memory is wrong, an update that follows
from it is not wrong by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.entries import clips
from oracles.contract.trace import Trace
from oracles.judging.bounds import Arithmetic, arithmetic, widest
from oracles.judging.judgement import JudgedEntry
from oracles.judging.magnitudes.sgd import UPDATE_ROUNDINGS
from oracles.judging.measured import Size

Rule = Callable[[Mapping[str, Any], float, Array, Array, Mapping[str, Array]], tuple[Array, Array]]
"""(options, lr, parameter, gradient, slots after the step) -> the updated parameter and its M."""


def excused(
    case: Case, trace: Trace, values: Mapping[str, Array], judged: Sequence[JudgedEntry]
) -> list[JudgedEntry]:
    """The verdicts, with updates that follow from a memory which is wrong itself as inherited.

    values   every entry as the walk had it, where the implementation does not expose it
    """
    wrong = {one.entry for one in judged if one.verdict == "different"}
    return [
        replace(one, verdict="inherited", divergence=None)
        if one.entry in wrong and one.kind == "update" and _follows(case, trace, values, one, wrong)
        else one
        for one in judged
    ]


def _follows(
    case: Case,
    trace: Trace,
    values: Mapping[str, Array],
    update: JudgedEntry,
    wrong: set[str],
) -> bool:
    assert case.optimizer is not None
    step = case.steps[trace.entries[update.entry].step]
    name = update.entry.split(".update.")[1]
    prefix = f"step{step.index}.optimizer.{name}."
    slots = {e.removeprefix(prefix): trace[e] for e in wrong if e.startswith(prefix)}
    rule = RULES.get(case.optimizer["type"])
    if rule is None or not slots:
        return False

    def known(entry: str) -> Array:
        return np.asarray(trace[entry] if entry in trace else values[entry], dtype=np.float64)

    gradient = known(f"step{step.index}.{'clipped' if clips(case) else 'gradient'}.{name}")
    parameter = _before(case, step, name, known)
    options, lr = case.optimizer["parameters"][name], step.learning_rates[name]
    with np.errstate(all="ignore"):
        value, magnitude = rule(options, lr, parameter, gradient, slots)
        return _within(trace[update.entry], value, magnitude, arithmetic(case.dtype))


def _before(case: Case, step: Step, name: str, known: Callable[[str], Array]) -> Array:
    """The parameter that this step starts from."""
    earlier = [one.index for one in case.steps[: step.index] if one.update]
    if earlier:
        return known(f"step{earlier[-1]}.update.{name}")
    return np.asarray(case.parameters()[name], dtype=np.float64)


def _within(actual: Array, value: Array, magnitude: Array, a: Arithmetic) -> bool:
    bound = widest(Size(magnitude, UPDATE_ROUNDINGS), a)
    return bool(np.all(np.abs(np.asarray(actual, dtype=np.float64) - value) <= bound))


def _sgd(
    options: Mapping[str, Any],
    lr: float,
    parameter: Array,
    gradient: Array,
    slots: Mapping[str, Array],
) -> tuple[Array, Array]:
    buffer = np.asarray(slots["momentum_buffer"], dtype=np.float64)
    if not options["nesterov"]:
        return parameter - lr * buffer, np.abs(parameter) + lr * np.abs(buffer)
    sign = -1.0 if options["maximize"] else 1.0
    d = sign * gradient + options["weight_decay"] * parameter
    used = d + options["momentum"] * buffer
    largest = np.abs(gradient) + options["weight_decay"] * np.abs(parameter)
    largest = largest + options["momentum"] * np.abs(buffer)
    return parameter - lr * used, np.abs(parameter) + lr * largest


RULES: Mapping[str, Rule] = {"SGD": _sgd}
"""How each optimizer that remembers anything updates a parameter."""
