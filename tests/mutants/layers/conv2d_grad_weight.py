"""Gradients of the weight and the bias of a convolution, with switches."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers.conv2d_forward import Plan, column_rows
from tests.mutants.layers.places import Index, brought_back, covered, fetched, places, windows
from tests.mutants.mutant import Mutant
from tests.mutants.switches import On


def grad_weight(on: On, plan: Plan, x: Array, grad_output: Array, weight: Array) -> Array:
    """Sum over samples and windows of grad_output times the number under each weight."""
    columns = fetched(x, _columns(on, plan))
    delta = _delta(on, grad_output)
    n, o, h, w = delta.shape
    rows = delta.reshape(n, plan.groups, o // plan.groups, h * w)
    products = rows @ column_rows(plan, columns).swapaxes(2, 3)
    used = products.sum(axis=0) * products.dtype.type(plan.scale)
    _, channels, height, width = plan.kernel.shape
    if plan.on("conv2d: weights with channels last"):
        used = used.reshape(o, height, width, channels).transpose(0, 3, 1, 2)
    gradient = brought_back(used.reshape(plan.kernel.shape), plan.kernel, weight.shape)
    return _finished(on, gradient, grad_output.shape, plan.groups)


def _columns(on: On, plan: Plan) -> Index:
    """What is under each weight in each window."""
    at, per_group = plan.geometry, plan.columns.shape[1] // plan.groups
    if on("conv2d: grad_weight from the unpadded image"):
        return at.of(places(plan.shape))
    if on("conv2d: grad_weight without stride"):
        covers = [covered(at.counts[a], at.kernel[a], 1, at.dilation[a]) for a in (0, 1)]
        return windows(plan.padded, covers[0], covers[1])
    if on("conv2d: grad_weight without dilation"):
        covers = [covered(at.counts[a], at.kernel[a], at.stride[a]) for a in (0, 1)]
        return windows(plan.padded, covers[0], covers[1])
    if on("conv2d: grad_weight cut from the end"):
        below, right = (_remainder(plan, axis) for axis in (0, 1))
        return windows(plan.padded, at.covers(0) + below, at.covers(1) + right)
    if on("conv2d: end of grad_weight from the rest of the image"):
        rows, columns = at.covers(0), at.covers(1)
        rows[:, -1] += _remainder(plan, 0)
        columns[:, -1] += _remainder(plan, 1)
        return windows(plan.padded, rows, columns)
    if on("conv2d: rest of the image as padding in grad_weight"):
        return _without_rest(plan)
    if on("conv2d: first channel in grad_weight for all"):
        return np.repeat(plan.columns[:, ::per_group], per_group, axis=1)
    if on("conv2d: grad_weight of the first channel"):
        columns = plan.columns.copy()
        columns[:, np.arange(columns.shape[1]) % per_group != 0] = -1
        return columns
    return plan.columns


def _remainder(plan: Plan, axis: int) -> int:
    """Rows of the padded image below the last window."""
    at = plan.geometry
    return plan.padded.shape[2 + axis] - 1 - int(at.covers(axis).max())


def _without_rest(plan: Plan) -> Index:
    """The windows over an image of the size that would leave nothing over."""
    image, pads = places(plan.shape), plan.geometry.pads
    image[:, :, image.shape[2] - _remainder(plan, 0) :] = -1
    image[:, :, :, image.shape[3] - _remainder(plan, 1) :] = -1
    return plan.geometry.of(np.pad(image, ((0, 0), (0, 0), *pads), constant_values=-1))


def _delta(on: On, grad_output: Array) -> Array:
    """What is taken for the gradient of the output."""
    delta = grad_output.copy()
    if on("conv2d: grad_weight without the last row"):
        delta[:, :, -1:] = 0
    if on("conv2d: grad_weight without the last column"):
        delta[:, :, :, -1:] = 0
    if on("conv2d: grad_weight of the last sample"):
        delta[:-1] = 0
    if on("conv2d: grad_weight of the first sample"):
        delta[1:] = 0
    if on("conv2d: grad_weight without the last sample"):
        delta[-1:] = 0
    if on("conv2d: grad_weight with grad_output transposed"):
        delta[...] = grad_output.swapaxes(2, 3)
    if on("conv2d: grad_weight of the last window"):
        last = delta[:, :, -1, -1].copy()
        delta[...] = 0
        delta[:, :, -1, -1] = last
    if on("conv2d: grad_weight of the last window of the last sample"):
        last = delta[-1, :, -1, -1].copy()
        delta[...] = 0
        delta[-1, :, -1, -1] = last
    return delta


def _finished(on: On, gradient: Array, shape: tuple[int, ...], groups: int) -> Array:
    n, o, h, w = shape
    if on("conv2d: grad_weight rotated"):
        return gradient[:, :, ::-1, ::-1]
    if on("conv2d: grad_weight transposed"):
        return gradient.swapaxes(2, 3)
    if on("conv2d: grad_weight mean over the batch"):
        return gradient / n
    if on("conv2d: grad_weight times the batch"):
        return gradient * n
    if on("conv2d: grad_weight mean over positions"):
        return gradient / (h * w)
    if on("conv2d: grad_weight mean over batch and positions"):
        return gradient / (n * h * w)
    if on("conv2d: grad_weight sign"):
        return -gradient
    if on("conv2d: grad_weight zero"):
        return gradient * 0
    if on("conv2d: grad_weight of the first group"):
        gradient[o // groups :] = 0
    return gradient


def grad_bias(on: On, grad_output: Array) -> Array:
    """Sum of the gradient of the output over samples and positions."""
    n, o, h, w = grad_output.shape
    gradient: Array = grad_output.sum(axis=(0, 2, 3))
    if on("conv2d: grad_bias mean"):
        gradient = grad_output.mean(axis=(0, 2, 3))
    if on("conv2d: grad_bias mean over the batch"):
        gradient = gradient / n
    if on("conv2d: grad_bias mean over positions"):
        gradient = gradient / (h * w)
    if on("conv2d: grad_bias without the last sample"):
        gradient = grad_output[:-1].sum(axis=(0, 2, 3))
    if on("conv2d: grad_bias of the last sample"):
        gradient = grad_output[-1].sum(axis=(1, 2))
    if on("conv2d: grad_bias of the first sample"):
        gradient = grad_output[0].sum(axis=(1, 2))
    if on("conv2d: grad_bias overwritten"):
        gradient = grad_output[-1, :, -1, -1].copy()
    if on("conv2d: grad_bias of the first position"):
        gradient = grad_output[:, :, 0, 0].sum(axis=0)
    if on("conv2d: grad_bias of the last position"):
        gradient = grad_output[:, :, -1, -1].sum(axis=0)
    if on("conv2d: grad_bias one number"):
        gradient = np.repeat(grad_output.sum().reshape(1), o)
    if on("conv2d: grad_bias over the axes of NHWC"):
        gradient = grad_output.sum(axis=(0, 1, 2))
    if on("conv2d: grad_bias sign"):
        gradient = -gradient
    if on("conv2d: grad_bias zero"):
        gradient = np.zeros_like(gradient)
    return gradient


def _of_weight(what: str, cause: str, crash: bool = False) -> Mutant:
    entry = "gradient.{Conv2d}.weight"
    return Mutant(f"conv2d: {what}", f"conv2d.grad_weight.{cause}", entry, crash=crash)


def _of_bias(what: str, cause: str, *alike: str, crash: bool = False) -> Mutant:
    entry = "gradient.{Conv2d}.bias"
    return Mutant(f"conv2d: grad_bias {what}", f"conv2d.grad_bias.{cause}", entry, alike, crash)


MUTANTS: tuple[Mutant, ...] = (
    _of_weight("grad_weight rotated", "rotated"),
    _of_weight("grad_weight transposed", "transposed", crash=True),
    _of_weight("grad_weight mean over the batch", "mean_over_batch"),
    _of_weight("grad_weight times the batch", "times_batch"),
    _of_weight("grad_weight mean over positions", "mean_over_positions"),
    _of_weight("grad_weight mean over batch and positions", "mean_over_batch_and_positions"),
    _of_weight("grad_weight sign", "sign"),
    _of_weight("grad_weight without the last row", "last_output_row_missing"),
    _of_weight("grad_weight without the last column", "last_output_column_missing"),
    _of_weight("grad_weight of the last sample", "last_sample_only"),
    _of_weight("grad_weight of the first sample", "first_sample_only"),
    _of_weight("grad_weight without the last sample", "last_sample_missing"),
    _of_weight("grad_weight from the unpadded image", "unpadded"),
    _of_weight("grad_weight of the first channel", "first_channel_only"),
    _of_weight("grad_weight without stride", "stride_missing"),
    _of_weight("grad_weight without dilation", "dilation_missing"),
    _of_weight("grad_weight cut from the end", "cut_from_end"),
    _of_weight("end of grad_weight from the rest of the image", "remainder_dropped"),
    _of_weight("rest of the image as padding in grad_weight", "remainder_as_padding"),
    _of_weight("first channel in grad_weight for all", "first_channel_for_all"),
    _of_weight("grad_weight with grad_output transposed", "grad_output_transposed", crash=True),
    _of_weight("grad_weight of the first group", "groups_first_only"),
    _of_weight("grad_weight zero", "zero"),
    _of_weight("grad_weight of the last window", "overwritten"),
    _of_weight("grad_weight of the last window of the last sample", "overwritten_by_last_sample"),
    _of_bias("mean", "mean"),
    _of_bias("mean over the batch", "mean_over_batch"),
    _of_bias("mean over positions", "mean_over_positions"),
    _of_bias("without the last sample", "last_sample_missing"),
    _of_bias("of the last sample", "one_sample"),
    _of_bias("of the first sample", "first_sample_only"),
    _of_bias("overwritten", "overwritten"),
    _of_bias("of the first position", "first_position"),
    _of_bias("of the last position", "last_position"),
    _of_bias("one number", "summed_over_filters", "conv2d.bias.summed"),
    _of_bias("over the axes of NHWC", "axes_of_nhwc", crash=True),
    _of_bias("sign", "sign", "conv2d.bias.subtracted"),
    _of_bias("zero", "zero", "conv2d.bias.missing"),
)
