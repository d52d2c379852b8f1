"""A wrong array that has the right numbers in other places."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.describing.difference import Difference


def reversed_axes(d: Difference) -> str | None:
    """The right array, reversed along one axis or two."""
    long = [axis for axis, size in enumerate(d.expected.shape) if size > 1]
    for count in (1, 2):
        for axes in combinations(long, count):
            if d.same(np.flip(d.expected, axes)):
                names = " and ".join(d.axes[axis] for axis in axes)
                return f"it is the right array with the order of each {names} reversed"
    return None


def exchanged_axes(d: Difference) -> str | None:
    """The right array with two axes exchanged, or read in another order of its axes."""
    for order in permutations(range(d.expected.ndim)):
        moved = np.transpose(d.expected, order)
        names = ", ".join(d.axes[axis] for axis in order)
        if list(order) != sorted(order) and d.same(moved):
            return f"it is the right array with its axes in the order {names}"
        if list(order) != sorted(order) and d.same(moved.reshape(d.expected.shape)):
            return (
                f"it has the right numbers in the order of axes {names}, reshaped without "
                "being transposed back"
            )
    return None


def shifted(d: Difference) -> str | None:
    """The right array, moved by one or two places along an axis."""
    for axis, size in enumerate(d.expected.shape):
        for by in (1, -1, 2, -2):
            if size > abs(by) + 1 and (
                d.same(np.roll(d.expected, by, axis)) or d.same(_pushed(d.expected, by, axis))
            ):
                which = "later" if by > 0 else "earlier"
                return f"it is the right array {abs(by)} {d.axes[axis]} {which}"
    return None


def repeated_slice(d: Difference) -> str | None:
    """One slice of the right array, in the place of all others."""
    for axis, size in enumerate(d.expected.shape):
        for index in range(size) if 1 < size <= 64 else ():
            slice_ = np.take(d.expected, [index], axis)
            if d.same(np.broadcast_to(slice_, d.expected.shape)):
                return f"every {d.axes[axis]} has the numbers that belong to {d.axes[axis]} {index}"
    return None


def another_order(d: Difference) -> str | None:
    """The same numbers, in another order."""
    if not np.all(np.isfinite(d.actual)) or len(np.unique(d.expected)) < 4:
        return None
    limit = 2 * float(np.max(d.bound, initial=0.0))
    apart = np.abs(np.sort(d.actual.ravel()) - np.sort(d.expected.ravel()))
    return "it has the right numbers in another order" if np.all(apart <= limit) else None


def another_entry(d: Difference) -> str | None:
    """What belongs into another entry."""
    for name, array in _others(d):
        if d.same(array):
            return f"it is what belongs into {name}"
    return None


def _others(d: Difference) -> Iterator[tuple[str, Array]]:
    for name, array in d.evidence.base.items():
        if name == d.entry.name:
            break  # what comes behind is computed from the wrong numbers
        if array.shape == d.expected.shape and np.any(array):
            yield name, array
    if d.entry.kind == "update":
        parameter = d.evidence.case.parameters()[f"{d.entry.layer}.{d.entry.parameter}"]
        yield f"{d.entry.layer}.{d.entry.parameter} before the first step", parameter


def _pushed(array: Array, by: int, axis: int) -> Array:
    """Moved along an axis, with zeros where nothing comes in."""
    moved = np.roll(array, by, axis)
    index = [slice(None)] * array.ndim
    index[axis] = slice(0, by) if by > 0 else slice(by, None)
    moved[tuple(index)] = 0.0
    return moved
