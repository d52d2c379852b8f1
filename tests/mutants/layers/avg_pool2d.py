"""The mean of each window, with switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers.places import Index, brought_back, fetched, last_one_kept
from tests.mutants.layers.pool_windows import (
    Windows,
    last_missing,
    pooled,
    shared,
    tap_by_tap,
    without_padding,
)
from tests.mutants.mutant import Mutant
from tests.mutants.switches import BACKWARD_ONLY, FORWARD_ONLY, On, Switches

AREA = "avg_pool2d"


@dataclass(frozen=True)
class _Cache:
    """What the backward pass takes for its forward pass.

    shares   (N, C, OH, OW, kh * kw): what each number of a window gets of its gradient
    """

    windows: Windows
    shares: Array
    divisor: Array


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, _Cache]:
    """The output; what backward needs."""
    (x,) = inputs
    y, _ = _pooled(on.forward, situation.attributes, x)
    _, cache = _pooled(on.backward, situation.attributes, x)
    return y, cache


def _pooled(on: On, attributes: Mapping[str, Any], x: Array) -> tuple[Array, _Cache]:
    found = pooled(on, AREA, attributes, x.shape, (1, 1))
    values = fetched(x, found.last_first)
    divisor = _divisor(on, attributes, found).astype(x.dtype)
    if on("avg_pool2d: maximum"):
        inside = found.last_first >= 0
        winner = np.where(inside, values, -np.inf).argmax(axis=-1)
        largest = np.take_along_axis(values, winner[..., None], axis=-1)[..., 0]
        shares = (np.arange(values.shape[-1]) == winner[..., None]).astype(x.dtype)
        return largest, _Cache(found, shares, divisor)
    shares = np.broadcast_to(1 / divisor[..., None], values.shape)
    y = values.sum(axis=-1) / divisor
    if on("avg_pool2d: last window missing"):
        left_out = last_missing(found)
        y, shares = np.where(left_out, 0, y), np.where(left_out[..., None], 0, shares)
    if on("avg_pool2d: mean over the channels"):
        y, shares = y.mean(axis=1, keepdims=True), shares / x.shape[1]
    return y, _Cache(found, shares, divisor)


def _divisor(on: On, attributes: Mapping[str, Any], found: Windows) -> Array:
    """What the sum of each window is divided by: (OH, OW)."""
    rows, columns = found.rows.shape[1], found.columns.shape[1]
    whole = np.full((len(found.rows), len(found.columns)), rows * columns)
    override = attributes["divisor_override"]
    if on("avg_pool2d: divisor missing"):
        return np.ones_like(whole)
    if override is not None and not on("avg_pool2d: divisor_override ignored"):
        return np.full_like(whole, override)
    sides = {"rows alone": rows, "rows squared": rows**2, "columns squared": columns**2}
    for what, number in sides.items():
        if on(f"avg_pool2d: divided by the {what}"):
            return np.full_like(whole, number)
    counted = attributes["count_include_pad"]
    if on("avg_pool2d: divided by the whole window"):
        return whole
    if on("avg_pool2d: overhang counted") and counted:
        return whole
    if on("avg_pool2d: count_include_pad flipped"):
        counted = not counted
    return _pixels(found, padding=counted)


def _pixels(found: Windows, *, padding: bool) -> Array:
    """How many pixels of each window are in the image, or in the padded image."""
    inside = []
    for axis, at in enumerate((found.rows, found.columns)):
        size, p = found.image.shape[2 + axis], found.padding[axis]
        if padding:
            counted = at < size + 2 * p
        else:
            counted = (at >= p) & (at < size + p)
        inside.append(counted.sum(axis=1))
    return inside[0][:, None] * inside[1]


def backward(
    on: Switches, cache: _Cache, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """Every number of a window gets an equal part of its gradient."""
    given = _shares(on, cache) * grad_output[..., None]
    index = _destinations(on, cache.windows)
    if on("avg_pool2d: grad_input overwritten by taps"):
        return [tap_by_tap(given, index, cache.windows.shape)], {}
    if on("avg_pool2d: grad_input overwritten"):
        return [last_one_kept(given, index, cache.windows.shape)], {}
    return [brought_back(given, index, cache.windows.shape)], {}


def _shares(on: On, cache: _Cache) -> Array:
    right = cache.shares
    if on("avg_pool2d: grad_input divided twice"):
        return right / cache.divisor[..., None]
    if on("avg_pool2d: grad_input to the corner"):
        corner = np.zeros_like(right)
        corner[..., 0] = 1
        return corner
    if on("avg_pool2d: grad_input of the first window"):
        only = np.zeros_like(right)
        only[:, :, 0, 0] = right[:, :, 0, 0]
        return only
    if on("avg_pool2d: grad_input of the very first window"):
        only = np.zeros_like(right)
        only[0, 0, 0, 0] = right[0, 0, 0, 0]
        return only
    if on("avg_pool2d: grad_input zero"):
        return right * 0
    return right


def _destinations(on: On, found: Windows) -> Index:
    index = found.last_first
    if on("avg_pool2d: grad_input without the padding"):
        elsewhere = without_padding(found)
        return elsewhere.transpose(0, 1, 4, 5, 2, 3).reshape(index.shape)
    return index


def _forward(what: str, cause: str, *alike: str, crash: bool = False) -> Mutant:
    return Mutant(f"{AREA}: {what}", f"{AREA}.{cause}", "forward.{AvgPool2d}", alike, crash)


def _backward(what: str, cause: str) -> Mutant:
    entry = "backward.{AvgPool2d}"
    return Mutant(f"{AREA}: grad_input {what}", f"{AREA}.grad_input.{cause}", entry)


_WHOLE = (f"{AREA}.divisor.padding_flipped", f"{AREA}.divisor.overhang_counted")
"""What a division by all pixels of a window is called where only padding, or overhang as well, is
among them. The square of one side is that, where the window is a square."""

MUTANTS: tuple[Mutant, ...] = (
    *shared(AREA, "AvgPool2d"),
    _forward("maximum", "type.maximum"),
    _forward("divisor missing", "divisor.missing"),
    _forward("count_include_pad flipped", "divisor.padding_flipped"),
    _forward("overhang counted", "divisor.overhang_counted"),
    _forward("divided by the whole window", "divisor.overhang_counted", *_WHOLE),
    _forward("divisor_override ignored", "divisor.override_ignored"),
    _forward("divided by the rows alone", "divisor.rows_only"),
    _forward("divided by the rows squared", "divisor.height_squared", *_WHOLE),
    _forward("divided by the columns squared", "divisor.width_squared", *_WHOLE),
    _forward("mean over the channels", "channels.averaged", crash=True),
    Mutant(
        f"{AREA}: divided by the whole window{FORWARD_ONLY}",
        f"{AREA}.divisor.overhang_counted",
        "forward.{AvgPool2d}",
        _WHOLE,
        variant="forward only",
    ),
    Mutant(
        f"{AREA}: overhang counted{BACKWARD_ONLY}",
        f"{AREA}.divisor.overhang_counted",
        "backward.{AvgPool2d}",
        variant="backward only",
    ),
    Mutant(
        f"{AREA}: divisor missing{BACKWARD_ONLY}",
        f"{AREA}.divisor.missing",
        "backward.{AvgPool2d}",
        variant="backward only",
    ),
    _backward("divided twice", "divided_twice"),
    _backward("overwritten", "overwritten"),
    _backward("overwritten by taps", "overwritten_by_taps"),
    _backward("to the corner", "corner"),
    _backward("of the first window", "first_window_only"),
    Mutant(
        f"{AREA}: grad_input of the very first window",
        f"{AREA}.grad_input.first_window_of_batch",
        "backward.{AvgPool2d}",
        alike=(f"{AREA}.grad_input.first_window_only",),
    ),
    _backward("without the padding", "padding_shifted"),
    _backward("zero", "zero"),
)
