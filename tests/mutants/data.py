"""Preparation of the data with switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants import images
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

Action = tuple[str, Any]


def prepared(on: Switches, case: Case, step: Step) -> Array:
    """The batch of a step as the first layer gets it."""
    raw, count = step.raw if case.preparation else step.input, len(step.samples)
    first = case.steps[0]
    if len(first.samples) >= count and on("data: first batch again"):
        raw = (first.raw if case.preparation else first.input)[:count]
    x = np.array(raw, order="C")
    if x.ndim == 4 and on("data: channels reversed at first"):
        x = x[:, ::-1]
    integers = on("data: integer division") or on("data: bytes") or on("data: cut to bytes")
    if case.preparation and not integers:
        x = x.astype(np.float64)
    for kind, value in _actions(on, case.preparation):
        x = _done(on, kind, value, x)
    return images.changed(on, x).astype(case.dtype)


def _actions(on: Switches, preparation: Sequence[Mapping[str, Any]]) -> list[Action]:
    """What is to be done, in order."""
    actions = [next(iter(action.items())) for action in preparation]
    kinds = [kind for kind, _ in actions]
    first = kinds.index("divide") if "divide" in kinds else None
    mean = kinds.index("subtract") if "subtract" in kinds else None
    if on("data: not subtracted"):
        return [action for action in actions if action[0] != "subtract"]
    if on("data: not divided"):
        return [a for i, a in enumerate(actions) if a[0] != "divide" or _after(i, mean)]
    if on("data: not divided by the deviation"):
        return [a for i, a in enumerate(actions) if a[0] != "divide" or not _after(i, mean)]
    if first is not None and on("data: divided twice"):
        actions.insert(first, actions[first])
    if first is not None and on("data: divided by 255"):
        actions[first] = ("divide", 255.0)
    if mean is not None and on("data: subtracted after the division"):
        return _exchanged(actions, mean, ("subtract", "divide"))
    if mean and on("data: subtracted before the division"):
        return _exchanged(actions, mean - 1, ("divide", "subtract"))
    return actions


def _exchanged(actions: list[Action], position: int, expected: tuple[str, str]) -> list[Action]:
    """Two actions in the other order, if they are the expected ones."""
    pair = actions[position : position + 2]
    if tuple(kind for kind, _ in pair) != expected:
        return actions
    return [*actions[:position], *reversed(pair), *actions[position + 2 :]]


def _after(position: int, mean: int | None) -> bool:
    return mean is not None and position > mean


def _done(on: Switches, kind: str, value: Any, x: Array) -> Array:
    if kind == "reshape":
        return _reshaped(on, x, value)
    if kind == "minmax":
        return _stretched(on, x, value)
    number = _per_channel(value, x)
    if kind == "divide":
        whole = x.dtype.kind in "iu" and not np.any(number % 1)
        if whole and on("data: integer division"):
            return x // number.astype(np.int64)
        return x / number
    if x.dtype == np.uint8 and on("data: bytes"):
        return x - number.astype(np.uint8)
    if x.dtype == np.uint8 and on("data: cut to bytes"):
        return (x - number).astype(np.int64).astype(np.uint8)
    return x - number


def _reshaped(on: Switches, x: Array, shape: tuple[int, ...]) -> Array:
    if on("data: reshape with the samples last"):
        return np.moveaxis(x.reshape(*shape, len(x)), -1, 0)
    if on("data: column-major reshape with the samples last"):
        return np.moveaxis(x.reshape(*shape, len(x), order="F"), -1, 0)
    if on("data: column-major reshape"):
        return x.reshape(len(x), *shape, order="F")
    return x.reshape(len(x), *shape)


def _stretched(on: Switches, x: Array, limits: tuple[float, float]) -> Array:
    low, high = limits
    axes = tuple(range(1, x.ndim))
    if on("data: minmax over the batch"):
        axes = tuple(range(x.ndim))
    if on("data: minmax of each pixel"):
        axes = (0,)
    if on("data: minmax of each channel") and x.ndim == 4:
        axes = (2, 3)
    if on("data: minmax to 0 and 1"):
        low, high = 0.0, 1.0
    least, most = x.min(axis=axes, keepdims=True), x.max(axis=axes, keepdims=True)
    if on("data: minmax divided by the maximum"):
        least = np.zeros_like(least)
    with np.errstate(divide="ignore", invalid="ignore"):
        stretched = (x - least) / (most - least) * (high - low)
    return stretched if on("data: minmax without the low") else low + stretched


def _per_channel(value: Any, x: Array) -> Array:
    """A number, or one for each channel in the shape of (C, 1, ...)."""
    return np.asarray(value, dtype=np.float64).reshape((-1,) + (1,) * (x.ndim - 2))


def _mutant(mistake: str, cause: str) -> Mutant:
    return Mutant(f"data: {mistake}", f"data.{cause}", "input")


MUTANTS: tuple[Mutant, ...] = (
    _mutant("first batch again", "first_batch_again"),
    _mutant("reshape with the samples last", "reshape_mixes_images"),
    _mutant("column-major reshape with the samples last", "reshape_mixes_images_columns"),
    _mutant("column-major reshape", "column_major"),
    _mutant("not divided", "not_divided"),
    _mutant("divided twice", "divided_twice"),
    _mutant("divided by 255", "divided_by_255"),
    _mutant("not subtracted", "not_subtracted"),
    _mutant("not divided by the deviation", "not_divided_by_std"),
    _mutant("subtracted after the division", "subtracted_after_division"),
    _mutant("subtracted before the division", "subtracted_before_division"),
    _mutant("minmax over the batch", "minmax_over_batch"),
    _mutant("minmax of each pixel", "minmax_per_pixel"),
    _mutant("minmax of each channel", "minmax_per_channel"),
    _mutant("minmax to 0 and 1", "minmax_wrong_limits"),
    _mutant("minmax without the low", "minmax_low_missing"),
    _mutant("minmax divided by the maximum", "minmax_minimum_missing"),
    _mutant("bytes", "uint8_wraps"),
    _mutant("cut to bytes", "uint8_wraps"),
    _mutant("integer division", "integer_division"),
    _mutant("channels reversed at first", "channels_reversed"),
    *images.MUTANTS,
)
