"""Max pooling that computes another output. What both poolings know is in pooling_forward.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.pooling.options import kept_in_padding
from oracles.diagnosis.hypotheses.pooling.windows import (
    counts,
    largest,
    pooled,
    read,
    swapped,
    windows_of,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _average(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The mean of each window is taken, not its maximum; the zeros of the padding count."""
    windows, x = windows_of(site), inputs[0]
    rows, columns = (counts(x, windows, axis, padding=True) for axis in (0, 1))
    return read(x, windows, 0.0).sum((-2, -1)) / (rows[:, None] * columns)


def _minimum(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The minimum of each window is taken, not its maximum."""
    return -largest(read(-inputs[0], windows_of(site), -torch.inf))


def _absolute(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The number of each window is taken whose absolute value is largest, with its sign."""
    windows = windows_of(site)
    sizes = read(inputs[0].abs(), windows, -torch.inf).flatten(-2)
    taps = read(inputs[0], windows, 0.0).flatten(-2)
    return taps.gather(-1, sizes.argmax(-1, keepdim=True)).squeeze(-1)


def _absolute_value(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The largest absolute value of each window is taken, without its sign."""
    return largest(read(inputs[0].abs(), windows_of(site), -torch.inf))


def _zeros_around(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The padding is zeros in place of minus infinity: they win wherever the rest of the window is
    negative."""
    windows = windows_of(site)
    down, right = windows.padding
    unpadded = windows.altered(padding=(0, 0), ceil_mode=False)
    padded = F.pad(inputs[0], (right, right, down, down))
    later = [
        windows.count(inputs[0].shape[2 + axis], axis)
        - unpadded.count(padded.shape[2 + axis], axis)
        for axis in (0, 1)
    ]
    return pooled(site, padded, unpadded.altered(later=(later[0], later[1])))


def _zeros_outside(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The padding is zeros in place of minus infinity, and so is what the last windows hang over
    with ceil_mode."""
    windows = windows_of(site)
    needs(windows.hangs_over(inputs[0]))
    return largest(read(inputs[0], windows, 0.0))


def _starts_at_zero(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The running maximum starts at 0, so that no output is negative, and a window without a
    positive number hands no gradient on."""
    return torch.relu(pooled(site, inputs[0], windows_of(site)))


def _starts_at_smallest(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The running maximum starts at the smallest positive number of the dtype, which FLT_MIN and
    numeric_limits<float>::min() are."""
    found, tiny = pooled(site, inputs[0], windows_of(site)), torch.finfo(site.dtype).tiny
    return torch.where(found > tiny, found, tiny)


def _padding_is_zero(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """With ceil_mode a last window is kept that begins behind the image, in the padding, and its
    maximum is 0."""
    found = kept_in_padding(site, inputs, _)
    return torch.where(found == -torch.inf, 0.0, found)


def _not_dilated(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The pixels of a window lie side by side: dilation is 1."""
    needs(site.attributes["dilation"] != (1, 1))
    return pooled(site, inputs[0], windows_of(site).altered(dilation=(1, 1)))


def _dilation_swapped(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The rows of a window are dilation[1] apart and its columns dilation[0]."""
    windows = windows_of(site)
    return pooled(site, inputs[0], windows.altered(dilation=swapped(windows.dilation)))


_FORMULA = "y[n, c, i, j] = max over u, v of x[n, c, i*sh + u*dh - ph, j*sw + v*dw - pw]"

HYPOTHESES = (
    Hypothesis(
        name="max_pool2d.type.average",
        title="the mean of each window is taken, not its maximum",
        altered=Forward("MaxPool2d", _average),
        why_unseen="Forward and backward pass are consistent, so that a gradient check passes, and "
        "a network learns with means too. In the backward pass alone the loss still falls.",
        fix=f"{_FORMULA}; the gradient goes to the maximum alone",
    ),
    Hypothesis(
        name="max_pool2d.type.minimum",
        title="the minimum of each window is taken, not its maximum",
        altered=Forward("MaxPool2d", _minimum),
        why_unseen="A gradient check passes, and the layers before it learn the other sign.",
        fix=_FORMULA,
    ),
    Hypothesis(
        name="max_pool2d.type.absolute",
        title="the number with the largest absolute value is taken, not the largest one",
        altered=Forward("MaxPool2d", _absolute),
        why_unseen="Behind a ReLU no value is negative, and the two are the same.",
        fix=_FORMULA,
    ),
    Hypothesis(
        name="max_pool2d.type.absolute_value",
        title="the largest absolute value is taken, not the largest number",
        altered=Forward("MaxPool2d", _absolute_value),
        why_unseen="Behind a ReLU no value is negative, and the two are the same.",
        fix=_FORMULA,
    ),
    Hypothesis(
        name="max_pool2d.padding.zeros",
        title="the image is padded with zeros, not with minus infinity",
        altered=Forward("MaxPool2d", _zeros_around),
        why_unseen="Behind a ReLU no value is negative, and a zero never wins; with numbers of "
        "both signs a window of negative ones alone is rare.",
        fix="np.pad(x, ..., constant_values=-np.inf)",
        evidence=("apache/mxnet#2753", "tensorflow/tensorflow#10216", "pytorch/pytorch#33384"),
    ),
    Hypothesis(
        name="max_pool2d.padding.zeros_and_overhang",
        title="what lies outside of the image, padding or overhang of ceil_mode, is zeros",
        altered=Forward("MaxPool2d", _zeros_outside),
        why_unseen="Behind a ReLU no value is negative, and a zero never wins.",
        fix="np.pad(x, ..., constant_values=-np.inf), at the end also for what ceil_mode adds",
    ),
    Hypothesis(
        name="max_pool2d.initial.zero",
        title="the running maximum starts at 0",
        altered=Forward("MaxPool2d", _starts_at_zero),
        why_unseen="Behind a ReLU no value is negative; elsewhere a window of negative numbers "
        "alone is rare.",
        fix="start at -np.inf, or at the first number of the window",
    ),
    Hypothesis(
        name="max_pool2d.initial.smallest_positive",
        title="the running maximum starts at the smallest positive number, not at the most "
        "negative one",
        altered=Forward("MaxPool2d", _starts_at_smallest),
        why_unseen="It takes a window of negative numbers alone; and 1.2e-38 looks like 0.",
        fix="start at -infinity: -FLT_MAX and numeric_limits<float>::lowest() will do, FLT_MIN is "
        "positive",
        evidence=("microsoft/onnxruntime#319", "pytorch/pytorch#65390"),
    ),
    Hypothesis(
        name="max_pool2d.ceil_mode.window_of_zeros",
        title="a last window is kept although it begins behind the image, and is 0",
        altered=Forward("MaxPool2d", _padding_is_zero),
        why_unseen="It takes ceil_mode and padding together, and a stride that just reaches into "
        "the padding at the end.",
        fix="if (OH - 1) * stride >= H + padding: OH -= 1, and the same for OW",
        evidence=("pytorch/pytorch#57178", "tracel-ai/burn#5791"),
        convention="pooling.ceil_mode",
    ),
    Hypothesis(
        name="max_pool2d.dilation.ignored",
        title="dilation is ignored: the pixels of a window lie side by side",
        altered=Forward("MaxPool2d", _not_dilated),
        why_unseen="Hardly any network dilates its pooling, and 1 is the default.",
        fix=_FORMULA,
    ),
    Hypothesis(
        name="max_pool2d.dilation.axes_swapped",
        title="the dilations of rows and columns are exchanged",
        altered=Forward("MaxPool2d", _dilation_swapped),
        why_unseen="With the same dilation on both axes both orders are the same.",
        fix="dh, dw = dilation: rows first",
    ),
)
