"""Where the gradients of max pooling go, with switches."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers.places import Index, brought_back, fetched, last_one_kept
from tests.mutants.layers.pool_windows import Windows, tap_by_tap, without_padding
from tests.mutants.mutant import Mutant
from tests.mutants.switches import On


def shares(on: On, found: Windows, x: Array, right: Array) -> Array:
    """What each number of a window gets of the window's gradient: (N, C, OH, OW, kh * kw)."""
    inside = found.last_first >= 0
    values = np.where(inside, fetched(x, found.last_first), -np.inf)
    largest = values == values.max(axis=-1, keepdims=True)
    rows, columns = found.rows.shape[1], found.columns.shape[1]
    taps = np.arange(rows * columns)
    if on("max_pool2d: grad_input everywhere"):
        return np.ones_like(right)
    if on("max_pool2d: grad_input averaged"):
        return np.full_like(right, 1 / (rows * columns))
    if on("max_pool2d: grad_input to the corner"):
        return np.broadcast_to(taps == 0, right.shape).astype(right.dtype)
    if on("max_pool2d: grad_input to all of the largest"):
        return largest.astype(right.dtype)
    if on("max_pool2d: grad_input shared by the largest"):
        return largest / largest.sum(axis=-1, keepdims=True, dtype=right.dtype)
    if on("max_pool2d: grad_input to the last of the largest"):
        last = rows * columns - 1 - largest[..., ::-1].argmax(axis=-1)
        return (taps == last[..., None]).astype(right.dtype)
    if on("max_pool2d: columns looked through first"):
        order = taps.reshape(rows, columns).T.reshape(-1)
        first = order[largest[..., order].argmax(axis=-1)]
        return (taps == first[..., None]).astype(right.dtype)
    if on("max_pool2d: row and column in the window exchanged"):
        return _exchanged(right, rows, columns)
    if on("max_pool2d: index in the window divided by its height"):
        return _divided(right, rows, columns)
    if on("max_pool2d: grad_input of the first window"):
        only = np.zeros_like(right)
        only[:, :, 0, 0] = right[:, :, 0, 0]
        return only
    if on("max_pool2d: grad_input of the very first window"):
        only = np.zeros_like(right)
        only[0, 0, 0, 0] = right[0, 0, 0, 0]
        return only
    if on("max_pool2d: grad_input zero"):
        return right * 0
    if on("max_pool2d: grad_input sign"):
        return -right
    return right


def _exchanged(right: Array, rows: int, columns: int) -> Array:
    """(u, v) of the winner written as (v, u); what is outside the window is an error."""
    u, v = np.divmod(right.argmax(axis=-1), columns)
    if u.max(initial=0) >= columns or v.max(initial=0) >= rows:
        raise IndexError(f"index is out of bounds for a window of ({rows}, {columns})")
    swapped = v * columns + u
    return (np.arange(rows * columns) == swapped[..., None]).astype(right.dtype)


def _divided(right: Array, rows: int, columns: int) -> Array:
    """Row and column of the winner as quotient and remainder of the wrong side of the window."""
    u, v = np.divmod(right.argmax(axis=-1), rows)
    if u.max(initial=0) >= rows or v.max(initial=0) >= columns:
        raise IndexError(f"index is out of bounds for a window of ({rows}, {columns})")
    return (np.arange(rows * columns) == (u * columns + v)[..., None]).astype(right.dtype)


def destinations(on: On, found: Windows) -> Index:
    """Where each number of a window is in the input: (N, C, OH, OW, kh * kw)."""
    index = found.last_first
    _, c, h, w = found.shape
    outside = index < 0
    if on("max_pool2d: grad_input without the padding"):
        elsewhere = without_padding(found)
        return elsewhere.transpose(0, 1, 4, 5, 2, 3).reshape(index.shape)
    if on("max_pool2d: grad_input into the first sample"):
        return np.where(outside, -1, index % (c * h * w))
    if on("max_pool2d: grad_input into the first channel"):
        return np.where(outside, -1, index // (c * h * w) * (c * h * w) + index % (h * w))
    if on("max_pool2d: grad_input into the very first plane"):
        return np.where(outside, -1, index % (h * w))
    if on("max_pool2d: row of the padded image in a flat index"):
        return _flat_of_padded(found, index)
    return index


def _flat_of_padded(found: Windows, index: Index) -> Index:
    """The number of a place in the padded plane, used as its number in the plane."""
    h, w = found.shape[2:]
    wide = w + 2 * found.padding[1]
    row, column = np.divmod(index % (h * w), w)
    flat = (row + found.padding[0]) * wide + column + found.padding[1]
    if np.any((index >= 0) & (flat >= h * w)):
        raise IndexError(f"index {flat.max()} is out of bounds for a plane of {h * w} numbers")
    return np.where(index < 0, -1, index - index % (h * w) + flat)


def put_together(on: On, given: Array, index: Index, found: Windows) -> Array:
    """The gradient of the input."""
    if on("max_pool2d: grad_input overwritten by taps"):
        return tap_by_tap(given, index, found.shape)
    if on("max_pool2d: grad_input overwritten by whole windows"):
        return last_one_kept(given, index, found.shape)
    if on("max_pool2d: grad_input overwritten"):
        given, index = _winners(given, index)
        return last_one_kept(given, index, found.shape)
    return brought_back(given, index, found.shape)


def _winners(given: Array, index: Index) -> tuple[Array, Index]:
    """Only the winners are written: one assignment for each window."""
    return given, np.where(given != 0, index, -1)


def _mutant(what: str, cause: str, crash: bool = False) -> Mutant:
    cause = f"max_pool2d.grad_input.{cause}"
    return Mutant(f"max_pool2d: {what}", cause, "backward.{MaxPool2d}", crash=crash)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("grad_input everywhere", "everywhere"),
    _mutant("grad_input to the corner", "corner"),
    Mutant(
        "max_pool2d: grad_input averaged",
        "max_pool2d.grad_input.averaged",
        "backward.{MaxPool2d}",
        alike=("max_pool2d.type.average",),
    ),
    _mutant("grad_input overwritten", "overwritten"),
    _mutant("grad_input overwritten by taps", "overwritten_by_taps"),
    _mutant("grad_input overwritten by whole windows", "windows_overwritten"),
    _mutant("grad_input to all of the largest", "ties_all"),
    _mutant("grad_input to the last of the largest", "ties_last"),
    _mutant("grad_input shared by the largest", "ties_shared"),
    _mutant("columns looked through first", "ties_columns_first"),
    _mutant("grad_input times the maximum", "times_maximum"),
    _mutant("row and column in the window exchanged", "swapped_index", crash=True),
    _mutant("grad_input into the first sample", "without_batch_offset"),
    _mutant("grad_input into the first channel", "without_channel_offset"),
    _mutant("grad_input into the very first plane", "without_offsets"),
    _mutant("index in the window divided by its height", "index_by_height", crash=True),
    _mutant("row of the padded image in a flat index", "index_of_padded_image", crash=True),
    _mutant("grad_input without the padding", "padding_shifted"),
    _mutant("grad_input of the first window", "first_window_only"),
    Mutant(
        "max_pool2d: grad_input of the very first window",
        "max_pool2d.grad_input.first_window_of_batch",
        "backward.{MaxPool2d}",
        alike=("max_pool2d.grad_input.first_window_only",),
    ),
    _mutant("grad_input zero", "zero"),
    _mutant("grad_input sign", "sign"),
)
