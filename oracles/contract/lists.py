"""Nested lists of numbers of a case file as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.contract.fills import Floats, Shape
from oracles.contract.tables import KeyPath, Overflowing, found, located


def numbers(value: Any) -> Floats:
    """A number, or a list of numbers or of lists, as a float64 array of the shape of the list."""
    problems: list[tuple[KeyPath, str]] = []
    flat: list[float] = []
    shape = _walk(value, (), flat, problems)
    if problems:
        raise located(value, problems[:10])
    return np.array(flat, dtype=np.float64).reshape(shape)


def _walk(
    value: Any, key: KeyPath, flat: list[float], problems: list[tuple[KeyPath, str]]
) -> Shape:
    if not isinstance(value, list):
        flat.append(_number(value, key, problems))
        return ()
    if not value:
        problems.append((key, "must not be empty"))
        return (0,)
    shapes = [_walk(item, (*key, i), flat, problems) for i, item in enumerate(value)]
    uneven = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)
    if uneven is not None and not problems:
        text = f"is {_what(shapes[uneven])}, but the first one is {_what(shapes[0])}"
        problems.append(((*key, uneven), f"the list is not rectangular: this {text}"))
    return (len(value), *shapes[0])


def _number(value: Any, key: KeyPath, problems: list[tuple[KeyPath, str]]) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            value = Overflowing(found(value))
    problems.append((key, f"must be a number, got {found(value)}"))
    return 0.0


def _what(shape: Shape) -> str:
    return f"a list of {shape[0]}" if shape else "a number"
