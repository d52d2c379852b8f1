"""Forward pass of a convolution: columns of windows, one product for each group, with switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers import conv2d_bias
from tests.mutants.layers.conv2d_geometry import Geometry, geometry, padded
from tests.mutants.layers.places import Index, fetched, places
from tests.mutants.mutant import Mutant
from tests.mutants.switches import On


@dataclass(frozen=True)
class Plan:
    """Which number meets which, for one shape of input.

    shape      of the input
    padded     places of the input in the padded image
    columns    places of the input in the windows: (N, C, kh, kw, OH, OW)
    kernel     places of the weights in the kernel that is used: (O, C / groups, kh, kw)
    scale      what the products are multiplied by
    output     places of the computed output (N, O, OH, OW) in the output that is handed on
    """

    on: On
    shape: tuple[int, ...]
    groups: int
    geometry: Geometry
    padded: Index
    columns: Index
    kernel: Index
    scale: float
    before_bias: Index
    output: Index

    @property
    def computed(self) -> tuple[int, ...]:
        """Shape of the output as it is computed."""
        return (self.shape[0], self.kernel.shape[0], *self.geometry.counts)


def plan(on: On, attributes: Mapping[str, Any], shape: tuple[int, ...], weight: Array) -> Plan:
    """The plan of a layer for an input of this shape."""
    groups = attributes["groups"]
    image = _image(on, places(shape), weight.shape[1], groups)
    kernel = _kernel(on, places(weight.shape), groups)
    sizes = (image.shape[2], image.shape[3])
    windows_at = geometry(on, attributes, (kernel.shape[2], kernel.shape[3]), sizes)
    wide = padded(on, image, windows_at.pads)
    columns = _channels(on, windows_at.of(wide), groups)
    computed = (shape[0], weight.shape[0], *windows_at.counts)
    return Plan(
        on=on,
        shape=shape,
        groups=groups,
        geometry=windows_at,
        padded=wide,
        columns=columns,
        kernel=kernel,
        scale=1 / weight.shape[1] if on("conv2d: channels averaged") else 1.0,
        before_bias=_filters(on, places(computed), groups),
        output=_output(on, places(computed), groups),
    )


def output(plan: Plan, x: Array, parameters: Mapping[str, Array]) -> Array:
    """What the layer computes."""
    kernel = kernel_rows(plan, fetched(parameters["weight"], plan.kernel))
    products = kernel @ column_rows(plan, fetched(x, plan.columns))
    y = fetched(products.reshape(plan.computed) * products.dtype.type(plan.scale), plan.before_bias)
    if "bias" in parameters:
        used = conv2d_bias.used(plan.on, parameters["bias"], parameters["weight"])
        y = y + used[:, None, None]
    y = fetched(y, plan.output)
    if plan.on("conv2d: relu fused"):
        y = np.maximum(y, 0)
    return y


def column_rows(plan: Plan, windows: Array) -> Array:
    """(N, C, kh, kw, OH, OW) as (N, groups, C / groups * kh * kw, OH * OW): im2col."""
    n, c, u, v, h, w = windows.shape
    wide = windows.reshape(n, plan.groups, c // plan.groups, u, v, h * w)
    if plan.on("conv2d: columns with channels last"):
        wide = wide.transpose(0, 1, 3, 4, 2, 5)
    return wide.reshape(n, plan.groups, -1, h * w)


def kernel_rows(plan: Plan, kernel: Array) -> Array:
    """(O, C / groups, kh, kw) as (groups, O / groups, C / groups * kh * kw)."""
    if plan.on("conv2d: weights with channels last"):
        kernel = kernel.transpose(0, 2, 3, 1)
    return kernel.reshape(plan.groups, kernel.shape[0] // plan.groups, -1)


def _kernel(on: On, w: Index, groups: int) -> Index:
    o, c, u, v = w.shape
    if on("conv2d: kernel rotated"):
        w = w[:, :, ::-1, ::-1]
    if on("conv2d: kernel rows reversed"):
        w = w[:, :, ::-1]
    if on("conv2d: kernel columns reversed"):
        w = w[:, :, :, ::-1]
    if on("conv2d: kernel transposed"):
        w = w.swapaxes(2, 3)
    if on("conv2d: kernel HWIO"):
        w = w.reshape(u, v, c, o).transpose(3, 2, 0, 1)
    if on("conv2d: kernel OHWI"):
        w = w.reshape(o, u, v, c).transpose(0, 3, 1, 2)
    if on("conv2d: kernel in and out swapped"):
        w = w.swapaxes(0, 1)
    if on("conv2d: kernel in and out reshaped"):
        w = w.reshape(c, o, u, v).swapaxes(0, 1)
    if on("conv2d: kernel in column-major order"):
        w = w.ravel().reshape(w.shape, order="F")
    if on("conv2d: channels of the kernel reversed"):
        w = w[:, ::-1]
    if on("conv2d: filters reversed"):
        w = w[::-1]
    if on("conv2d: first filter for all"):
        w = np.repeat(w[:1], o, axis=0)
    if on("conv2d: groups in turn"):
        w = np.concatenate([w[g::groups] for g in range(groups)])
    return w


def _image(on: On, x: Index, per_group: int, groups: int) -> Index:
    if on("conv2d: image transposed"):
        x = x.swapaxes(2, 3)
    if on("conv2d: channels of the image reversed"):
        x = x[:, ::-1]
    if on("conv2d: groups ignored"):
        x = np.concatenate([x[:, :per_group]] * groups, axis=1)
    if on("conv2d: groups interleaved in the input"):
        x = np.concatenate([x[:, g::groups] for g in range(groups)], axis=1)
    if on("conv2d: first sample for all"):
        x = np.repeat(x[:1], len(x), axis=0)
    return x


def _channels(on: On, columns: Index, groups: int) -> Index:
    columns = columns.copy()
    per_group = columns.shape[1] // groups
    position = np.arange(columns.shape[1]) % per_group
    if on("conv2d: first channel only"):
        columns[:, position != 0] = -1
    if on("conv2d: last channel only"):
        columns[:, position != per_group - 1] = -1
    return columns


def _filters(on: On, y: Index, groups: int) -> Index:
    per_group = y.shape[1] // groups
    if on("conv2d: groups interleaved") or on("conv2d: groups in turn"):
        y = _interleaved(y, groups)
    if on("conv2d: first group only"):
        y[:, per_group:] = -1
    return y


def _interleaved(y: Index, groups: int) -> Index:
    """Channel m of group g at m * groups + g."""
    n, o, h, w = y.shape
    return y.reshape(n, groups, o // groups, h, w).swapaxes(1, 2).reshape(n, o, h, w)


def _output(on: On, y: Index, groups: int) -> Index:
    n, o, h, w = y.shape
    if on("conv2d: groups interleaved with their biases"):
        y = _interleaved(y, groups)
    if on("conv2d: first group only, without biases"):
        y[:, o // groups :] = -1
    if on("conv2d: first sample only"):
        y[1:] = -1
    if on("conv2d: last row missing") or on("conv2d: last row and column missing"):
        y[:, :, -1:] = -1
    if on("conv2d: last column missing") or on("conv2d: last row and column missing"):
        y[:, :, :, -1:] = -1
    if on("conv2d: output reshaped"):
        y = y.transpose(1, 0, 2, 3).reshape(n, o, h, w)
    if on("conv2d: rows of the output reshaped"):
        y = y.transpose(0, 2, 3, 1).reshape(n, o, h, w)
    if on("conv2d: samples of the output mixed"):
        y = y.transpose(1, 2, 3, 0).reshape(o, n, h, w).swapaxes(0, 1)
    if on("conv2d: output transposed"):
        y = y.swapaxes(2, 3)
    if on("conv2d: output transposed and reshaped"):
        y = y.swapaxes(2, 3).reshape(n, o, h, w)
    if on("conv2d: output rotated"):
        y = y[:, :, ::-1, ::-1]
    if on("conv2d: channels of the output reversed"):
        y = y[:, ::-1]
    return y


_FIRST = "forward.{Conv2d}"


def _mutant(what: str, cause: str, crash: bool = False, alike: tuple[str, ...] = ()) -> Mutant:
    return Mutant(f"conv2d: {what}", f"conv2d.{cause}", _FIRST, alike, crash)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("kernel rotated", "kernel.rotated"),
    _mutant("kernel rows reversed", "kernel.rows_reversed"),
    _mutant("kernel columns reversed", "kernel.columns_reversed"),
    _mutant("kernel transposed", "kernel.transposed", crash=True),
    _mutant("kernel HWIO", "kernel.hwio"),
    _mutant("kernel OHWI", "kernel.ohwi"),
    _mutant("kernel in and out swapped", "kernel.in_out_swapped", crash=True),
    _mutant("kernel in and out reshaped", "kernel.in_out_reshaped"),
    _mutant("kernel in column-major order", "kernel.column_major"),
    _mutant("columns with channels last", "kernel.ohwi"),
    _mutant("weights with channels last", "columns.weights_order"),
    _mutant("channels of the image reversed", "channels.reversed"),
    _mutant(
        "channels of the kernel reversed",
        "channels.reversed_in_groups",
        alike=("conv2d.channels.reversed",),
    ),
    _mutant("first channel only", "channels.first_only"),
    _mutant("last channel only", "channels.last_only"),
    _mutant("channels averaged", "channels.averaged"),
    _mutant("filters reversed", "filters.reversed"),
    _mutant("first filter for all", "filters.first_for_all"),
    _mutant("image transposed", "image.transposed", crash=True),
    _mutant("first sample only", "batch.first_only"),
    _mutant("first sample for all", "batch.first_for_all"),
    _mutant("last row missing", "output.last_row_missing"),
    _mutant("last column missing", "output.last_column_missing"),
    _mutant("last row and column missing", "output.last_row_and_column_missing"),
    _mutant("output reshaped", "output.reshaped"),
    _mutant("rows of the output reshaped", "output.reshaped_rows"),
    _mutant("samples of the output mixed", "output.samples_mixed"),
    _mutant("output transposed", "output.transposed", crash=True),
    _mutant(
        "output transposed and reshaped",
        "output.transposed_reshaped",
        alike=("conv2d.output.transposed",),
    ),
    _mutant("output rotated", "output.rotated"),
    _mutant("channels of the output reversed", "output.channels_reversed"),
    _mutant("groups ignored", "groups.ignored"),
    _mutant("groups in turn", "groups.modulo"),
    _mutant("first group only", "groups.first_only_before_bias"),
    _mutant("first group only, without biases", "groups.first_only"),
    _mutant("groups interleaved", "groups.interleaved_before_bias"),
    _mutant("groups interleaved with their biases", "groups.interleaved"),
    _mutant("groups interleaved in the input", "groups.input_interleaved"),
    _mutant("relu fused", "activation.fused_relu"),
)
