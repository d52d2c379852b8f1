"""Gradient of the input of a convolution: products put back where their numbers came from."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers.conv2d_forward import Plan, kernel_rows
from tests.mutants.layers.places import (
    Index,
    brought_back,
    covered,
    fetched,
    last_one_kept,
    places,
    windows,
)
from tests.mutants.mutant import Mutant
from tests.mutants.switches import On


def grad_input(on: On, plan: Plan, grad_output: Array, weight: Array) -> Array:
    """Every number gets grad_output times the weight above it, summed over its windows."""
    kernel = _kernel(on, fetched(weight, plan.kernel))
    delta = grad_output.copy()
    n, o, h, w = delta.shape
    per_group = o // plan.groups
    if on("conv2d: grad_input of the first filter"):
        delta[:, np.arange(o) % per_group != 0] = 0
    if on("conv2d: grad_input of the last filter"):
        delta[:, np.arange(o) % per_group != per_group - 1] = 0
    if on("conv2d: grad_input of the first group"):
        delta[:, per_group:] = 0
    rows = delta.reshape(n, plan.groups, per_group, h * w)
    products = kernel_rows(plan, kernel).swapaxes(1, 2) @ rows
    parts = _windows(plan, products, kernel.shape) * products.dtype.type(plan.scale)
    if on("conv2d: grad_input overwritten by windows and filters"):
        return _last_product(plan, kernel, delta)
    if on("conv2d: grad_input overwritten by windows"):
        last_axes = (0, 1, 4, 5, 2, 3)
        parts, index = parts.transpose(last_axes), plan.columns.transpose(last_axes)
        gradient = last_one_kept(parts, index, plan.shape)
    elif on("conv2d: grad_input overwritten by taps"):
        gradient = last_one_kept(parts, plan.columns, plan.shape)
    elif on("conv2d: grad_input repeated over the stride"):
        gradient = _repeated(plan, parts)
    else:
        gradient = brought_back(parts, _columns(on, plan), plan.shape)
    return _finished(on, gradient, plan, (n, o))


def _kernel(on: On, kernel: Array) -> Array:
    if on("conv2d: kernel not rotated in grad_input"):
        return kernel[:, :, ::-1, ::-1]
    if on("conv2d: kernel rotated by 90 degrees in grad_input"):
        return np.rot90(kernel, -1, axes=(2, 3))
    if on("conv2d: kernel transposed in grad_input"):
        return kernel.swapaxes(2, 3)
    if on("conv2d: in and out swapped in grad_input"):
        return kernel.swapaxes(0, 1)
    return kernel


def _windows(plan: Plan, products: Array, kernel: tuple[int, ...]) -> Array:
    """(N, groups, C / groups * kh * kw, OH * OW) as (N, C, kh, kw, OH, OW): back from im2col."""
    n, c, _, _, h, w = plan.columns.shape
    u, v = kernel[2:]
    per_group = c // plan.groups
    if plan.on("conv2d: columns with channels last"):
        wide = products.reshape(n, plan.groups, u, v, per_group, h * w)
        products = wide.transpose(0, 1, 4, 2, 3, 5)
    return products.reshape(n, c, u, v, h, w)


def _columns(on: On, plan: Plan) -> Index:
    """Where the products are put."""
    at = plan.geometry
    if on("conv2d: grad_input not cropped"):
        return at.of(places(plan.shape))
    if on("conv2d: grad_input without stride"):
        covers = [covered(at.counts[a], at.kernel[a], 1, at.dilation[a]) for a in (0, 1)]
        return windows(plan.padded, covers[0], covers[1])
    if on("conv2d: grad_input without dilation"):
        covers = [covered(at.counts[a], at.kernel[a], at.stride[a]) for a in (0, 1)]
        return windows(plan.padded, covers[0], covers[1])
    if on("conv2d: rest of grad_input at the top left"):
        rows, columns = at.covers(0), at.covers(1)
        rows = rows + (plan.padded.shape[2] - 1 - rows.max())
        columns = columns + (plan.padded.shape[3] - 1 - columns.max())
        return windows(plan.padded, rows, columns)
    return plan.columns


def _last_product(plan: Plan, kernel: Array, delta: Array) -> Array:
    """One product for each window, filter and weight, assigned in this order."""
    n, c, u, v, h, w = plan.columns.shape
    weights = kernel.reshape(plan.groups, -1, c // plan.groups, u, v)
    of_group = delta.reshape(n, plan.groups, -1, h, w)
    products = np.einsum("gmcuv,ngmhw->ngchwmuv", weights, of_group)
    index = plan.columns.transpose(0, 1, 4, 5, 2, 3)[:, :, :, :, None]
    parts = products.reshape(n, c, h, w, -1, u, v)
    return last_one_kept(parts, np.broadcast_to(index, parts.shape), plan.shape)


def _repeated(plan: Plan, parts: Array) -> Array:
    """Each window's gradient for stride x stride windows, as if they were all there."""
    at = plan.geometry
    dense = np.repeat(np.repeat(parts, at.stride[0], axis=4), at.stride[1], axis=5)
    covers = [covered(at.counts[a] * at.stride[a], at.kernel[a], 1, at.dilation[a]) for a in (0, 1)]
    return brought_back(dense, windows(plan.padded, covers[0], covers[1]), plan.shape)


def _finished(on: On, gradient: Array, plan: Plan, sizes: tuple[int, int]) -> Array:
    n, o = sizes
    if on("conv2d: last row of grad_input zero"):
        gradient[:, :, -1] = 0
    if on("conv2d: last column of grad_input zero"):
        gradient[:, :, :, -1] = 0
    if on("conv2d: channels of grad_input reversed"):
        return gradient[:, ::-1]
    if on("conv2d: grad_input sign"):
        return -gradient
    if on("conv2d: grad_input zero"):
        return gradient * 0
    if on("conv2d: grad_input divided by filters"):
        return gradient / o
    if on("conv2d: grad_input mean over the batch"):
        return gradient / n
    if on("conv2d: grad_input cut as [p:-p]"):
        (top, bottom), (left, right) = plan.geometry.pads
        around = ((0, 0), (0, 0), (top, bottom), (left, right))
        return np.pad(gradient, around)[:, :, top:-bottom, left:-right]
    return gradient


def _mutant(what: str, cause: str, crash: bool = False, alike: tuple[str, ...] = ()) -> Mutant:
    cause = f"conv2d.grad_input.{cause}"
    return Mutant(f"conv2d: {what}", cause, "backward.{Conv2d}", alike, crash)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("kernel not rotated in grad_input", "kernel_not_rotated"),
    _mutant("kernel rotated by 90 degrees in grad_input", "kernel_rotated_90", crash=True),
    _mutant("kernel transposed in grad_input", "kernel_transposed", crash=True),
    _mutant("in and out swapped in grad_input", "in_out_swapped", crash=True),
    _mutant("grad_input not cropped", "not_cropped"),
    _mutant("grad_input overwritten by windows", "overwritten"),
    _mutant("grad_input overwritten by taps", "overwritten_by_taps"),
    _mutant("grad_input overwritten by windows and filters", "overwritten_per_filter"),
    _mutant("grad_input of the first filter", "first_filter_only"),
    _mutant("grad_input of the last filter", "last_filter_only"),
    _mutant("last row of grad_input zero", "last_row_zero"),
    _mutant("last column of grad_input zero", "last_column_zero"),
    _mutant("channels of grad_input reversed", "channels_reversed"),
    _mutant("grad_input sign", "sign"),
    _mutant("grad_input zero", "zero"),
    _mutant("grad_input without stride", "stride_missing"),
    _mutant("grad_input without dilation", "dilation_missing"),
    _mutant("rest of grad_input at the top left", "remainder_shifted"),
    _mutant("grad_input repeated over the stride", "repeated_over_stride"),
    _mutant("grad_input divided by filters", "divided_by_filters"),
    _mutant("grad_input of the first group", "groups_first_only"),
    _mutant("grad_input mean over the batch", "mean_over_batch"),
    _mutant("grad_input cut as [p:-p]", "negative_zero", crash=True),
)
