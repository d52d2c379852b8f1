"""The largest number of each window, with switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers import max_pool2d_backward as back
from tests.mutants.layers.places import fetched
from tests.mutants.layers.pool_windows import Windows, last_missing, pooled, shared
from tests.mutants.mutant import Mutant
from tests.mutants.switches import BACKWARD_ONLY, FORWARD_ONLY, On, Switches

AREA = "max_pool2d"


@dataclass(frozen=True)
class _Cache:
    """The input, and what the backward pass takes for its forward pass."""

    x: Array
    windows: Windows
    shares: Array
    """(N, C, OH, OW, kh * kw): what each number of a window gets of its gradient."""

    largest: Array


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, _Cache]:
    """The output; what backward needs."""
    (x,) = inputs
    y, _, _ = _pooled(on.forward, situation.attributes, x)
    largest, found, shares = _pooled(on.backward, situation.attributes, x)
    return y, _Cache(x, found, shares, largest)


def _pooled(on: On, attributes: Mapping[str, Any], x: Array) -> tuple[Array, Windows, Array]:
    dilation = attributes["dilation"]
    if on("max_pool2d: dilation ignored"):
        dilation = (1, 1)
    if on("max_pool2d: dilation axes swapped"):
        dilation = dilation[::-1]
    found = pooled(on, AREA, attributes, x.shape, dilation)
    values = fetched(x, found.last_first)
    inside = found.last_first >= 0
    if on("max_pool2d: average"):
        return _average(found, values)
    if on("max_pool2d: smallest"):
        winner = np.where(inside, values, np.inf).argmin(axis=-1)
    elif on("max_pool2d: largest absolute value") or on("max_pool2d: absolute value"):
        winner = np.where(inside, np.abs(values), -np.inf).argmax(axis=-1)
    elif on("max_pool2d: padding of zeros"):
        winner = np.where(_in_padded(found), values, -np.inf).argmax(axis=-1)
    elif on("max_pool2d: zeros everywhere outside"):
        winner = values.argmax(axis=-1)
    else:
        winner = np.where(inside, values, -np.inf).argmax(axis=-1)
    y = np.take_along_axis(values, winner[..., None], axis=-1)[..., 0]
    shares = (np.arange(values.shape[-1]) == winner[..., None]).astype(x.dtype)
    y, shares = _from(on, y, shares)
    if on("max_pool2d: window in the padding kept"):
        y = np.where(inside.any(axis=-1), y, -np.inf).astype(x.dtype)
    if on("max_pool2d: last window missing"):
        left_out = last_missing(found)
        y, shares = np.where(left_out, 0, y), np.where(left_out[..., None], 0, shares)
    if on("max_pool2d: absolute value"):
        return np.abs(y), found, shares * np.sign(y)[..., None]
    return y, found, shares


def _in_padded(found: Windows) -> Array:
    """Which numbers of the windows are in the padded image: (OH, OW, kh * kw)."""
    rows, columns = (
        at < size + 2 * p
        for at, size, p in zip(
            (found.rows, found.columns), found.image.shape[2:], found.padding, strict=True
        )
    )
    both = rows[:, None, :, None] & columns[None, :, None, :]
    return both.reshape(*both.shape[:2], -1)


def _from(on: On, y: Array, shares: Array) -> tuple[Array, Array]:
    """A running maximum that does not begin at minus infinity."""
    first = None
    if on("max_pool2d: maximum begins at zero"):
        first = y.dtype.type(0)
    if on("max_pool2d: maximum begins at the smallest positive number"):
        first = np.finfo(y.dtype).tiny
    if first is None:
        return y, shares
    return np.maximum(y, first), shares * (y > first)[..., None]


def _average(found: Windows, values: Array) -> tuple[Array, Windows, Array]:
    """The mean of a window as far as it is in the padded image."""
    count = _in_padded(found).sum(axis=-1).astype(values.dtype)
    shares = np.broadcast_to(1 / count[..., None], values.shape)
    return values.sum(axis=-1) / count, found, shares


def backward(
    on: Switches, cache: _Cache, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient of each window goes to its largest number."""
    shares = back.shares(on, cache.windows, cache.x, cache.shares)
    given = shares * grad_output[..., None]
    if on("max_pool2d: grad_input times the maximum"):
        given = given * cache.largest[..., None]
    index = back.destinations(on, cache.windows)
    put = back.put_together(on, given.astype(grad_output.dtype), index, cache.windows)
    return [put], {}


def _mutant(what: str, cause: str, crash: bool = False) -> Mutant:
    return Mutant(f"{AREA}: {what}", f"{AREA}.{cause}", "forward.{MaxPool2d}", crash=crash)


_BOTH: tuple[Mutant, ...] = (
    *shared(AREA, "MaxPool2d"),
    _mutant("dilation ignored", "dilation.ignored", crash=True),
    _mutant("dilation axes swapped", "dilation.axes_swapped", crash=True),
    _mutant("average", "type.average"),
    _mutant("smallest", "type.minimum"),
    _mutant("largest absolute value", "type.absolute"),
    _mutant("absolute value", "type.absolute_value"),
    _mutant("padding of zeros", "padding.zeros"),
    Mutant(
        f"{AREA}: zeros everywhere outside",
        f"{AREA}.padding.zeros_and_overhang",
        "forward.{MaxPool2d}",
        alike=(f"{AREA}.padding.zeros",),
    ),
    _mutant("window in the padding kept as zero", "ceil_mode.window_of_zeros", crash=True),
    _mutant("maximum begins at zero", "initial.zero"),
    _mutant("maximum begins at the smallest positive number", "initial.smallest_positive"),
)

_HALVES = ("max_pool2d: window offset", "max_pool2d: average", "max_pool2d: padding of zeros")


def _half(mutant: Mutant, end: str) -> Mutant:
    switch = mutant.switch + end
    if end == FORWARD_ONLY:
        return replace(mutant, switch=switch, variant="forward only")
    return replace(mutant, switch=switch, variant="backward only", entry="backward.{MaxPool2d}")


MUTANTS: tuple[Mutant, ...] = (
    *_BOTH,
    *(
        _half(mutant, end)
        for mutant in _BOTH
        if mutant.switch in _HALVES
        for end in (FORWARD_ONLY, BACKWARD_ONLY)
    ),
    *back.MUTANTS,
)
