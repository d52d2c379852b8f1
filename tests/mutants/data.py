"""Preparation of the data with switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants import batches, images, minmax
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

Action = tuple[str, Any]

INTEGERS = (
    "data: integer division",
    "data: bytes",
    "data: cut to bytes",
    "data: saturated at bytes",
)
"""Mistakes that only whole numbers suffer."""


def prepared(on: Switches, case: Case, step: Step) -> Array:
    """The batch of a step as the first layer gets it."""
    x = batches.taken(on, case, step)
    if x.ndim == 4 and on("data: channels reversed at first"):
        x = x[:, ::-1]
    if case.preparation and not any(on(switch) for switch in INTEGERS):
        x = x.astype(np.float64)
    for kind, value in _actions(on, case.preparation):
        x = _done(on, kind, value, x)
    return images.changed(on, x).astype(case.dtype)


def _actions(on: Switches, preparation: Sequence[Mapping[str, Any]]) -> list[Action]:
    """What is to be done, in order."""
    actions: list[Action] = [next(iter(action.items())) for action in preparation]
    kinds = [kind for kind, _ in actions]
    first = kinds.index("divide") if "divide" in kinds else None
    mean = kinds.index("subtract") if "subtract" in kinds else None
    if on("data: not subtracted"):
        return [action for action in actions if action[0] != "subtract"]
    if on("data: not divided"):
        return [a for i, a in enumerate(actions) if a[0] != "divide" or _after(i, mean)]
    if on("data: not divided by the deviation"):
        return [a for i, a in enumerate(actions) if a[0] != "divide" or not _after(i, mean)]
    if images.standardises(on):
        return [action for action in actions if action[0] in ("reshape", "minmax")]
    if first is not None and not _after(first, mean) and on("data: divided twice"):
        actions.insert(first, actions[first])
    if first is not None and on("data: divided by 255"):
        actions[first] = ("divide", 255.0)
    if first is not None and actions[first][1] == 255 and on("data: divided by 256"):
        actions[first] = ("divide", 256.0)
    if mean is not None and on("data: subtracted after the division"):
        return _exchanged(actions, mean, ("subtract", "divide"))
    if mean and on("data: subtracted before the division"):
        return _exchanged(actions, mean - 1, ("divide", "subtract"))
    return actions


def _after(position: int, mean: int | None) -> bool:
    return mean is not None and position > mean


def _exchanged(actions: list[Action], position: int, expected: tuple[str, str]) -> list[Action]:
    """Two actions in the other order, if they are the expected ones."""
    pair = actions[position : position + 2]
    if tuple(kind for kind, _ in pair) != expected:
        return actions
    return [*actions[:position], *reversed(pair), *actions[position + 2 :]]


def _done(on: Switches, kind: str, value: Any, x: Array) -> Array:
    if kind == "reshape":
        return images.reshaped(on, x, value)
    if kind == "minmax":
        return minmax.stretched(on, x, value)
    number = _per_channel(on, value, x)
    if kind == "divide":
        whole = x.dtype.kind in "iu" and not np.any(number % 1)
        if whole and on("data: integer division"):
            return x // number.astype(np.int64)
        return x / number
    if x.dtype == np.uint8 and on("data: bytes"):
        return x - number.astype(np.uint8)
    if x.dtype == np.uint8 and on("data: cut to bytes"):
        return (x - number).astype(np.int64).astype(np.uint8)
    if x.dtype == np.uint8 and on("data: saturated at bytes"):
        return np.clip(np.rint(x - number), 0, 255)
    return x - number


def _per_channel(on: Switches, value: Any, x: Array) -> Array:
    """A number, or one for each channel in the shape of (C, 1, ...)."""
    numbers = np.asarray(value, dtype=np.float64).reshape(-1)
    if on("data: numbers of the channels reversed"):
        numbers = numbers[::-1]
    if on("data: number of the first channel for all"):
        numbers = numbers[:1]
    return numbers.reshape((-1,) + (1,) * (x.ndim - 2))


def _mutant(mistake: str, cause: str, *alike: str) -> Mutant:
    return Mutant(f"data: {mistake}", f"data.{cause}", "input", alike)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("not divided", "not_divided"),
    _mutant("divided twice", "divided_twice"),
    _mutant("divided by 255", "divided_by_255"),
    _mutant("divided by 256", "divided_by_256"),
    _mutant("not subtracted", "not_subtracted"),
    _mutant("not divided by the deviation", "not_divided_by_std"),
    _mutant("subtracted after the division", "subtracted_after_division"),
    _mutant("subtracted before the division", "subtracted_before_division"),
    _mutant("numbers of the channels reversed", "channel_values_reversed"),
    _mutant("number of the first channel for all", "first_value_for_all"),
    _mutant("bytes", "uint8_wraps"),
    _mutant("cut to bytes", "uint8_wraps_at_the_end"),
    _mutant("saturated at bytes", "uint8_saturates"),
    _mutant("integer division", "integer_division"),
    # Without numbers for each channel there is no difference.
    _mutant("channels reversed at first", "channels_reversed_at_first", "data.channels_reversed"),
    *batches.MUTANTS,
    *minmax.MUTANTS,
    *images.MUTANTS,
)
