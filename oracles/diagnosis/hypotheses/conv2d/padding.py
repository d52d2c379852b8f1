"""Convolutions with other padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import (
    Pair,
    convolved,
    extent,
    padding_of,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _axes_swapped(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The padding of the rows is used for the columns, and that of the columns for the rows."""
    left, right, top, bottom = padding_of(site)
    return convolved(site, inputs[0], parameters, sides=(top, bottom, left, right))


def _top_left(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """All padding is at the beginning, above and on the left."""
    left, right, top, bottom = padding_of(site)
    return convolved(site, inputs[0], parameters, sides=(left + right, 0, top + bottom, 0))


def _bottom_right(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """All padding is at the end, below and on the right."""
    left, right, top, bottom = padding_of(site)
    return convolved(site, inputs[0], parameters, sides=(0, left + right, 0, top + bottom))


def _ignored(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """There is no padding, whatever the layer says."""
    return convolved(site, inputs[0], parameters, sides=(0, 0, 0, 0))


def _replicate(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The padding repeats the pixels at the edge, it is not zero."""
    return _filled(site, inputs[0], parameters, "replicate")


def _reflect(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The padding mirrors the image at its edge, it is not zero."""
    left, right, top, bottom = padding_of(site)
    needs(max(top, bottom) < inputs[0].shape[2] and max(left, right) < inputs[0].shape[3])
    return _filled(site, inputs[0], parameters, "reflect")


def _circular(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The padding is the opposite side of the image, it is not zero."""
    left, right, top, bottom = padding_of(site)
    needs(max(top, bottom) <= inputs[0].shape[2] and max(left, right) <= inputs[0].shape[3])
    return _filled(site, inputs[0], parameters, "circular")


def _same_at_start(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Where "same" takes an odd number of rows or columns of padding, the odd one is at the top or
    on the left."""
    left, right, top, bottom = padding_of(site)
    if site.attributes["padding"] != "same":
        return convolved(site, inputs[0], parameters)
    return convolved(site, inputs[0], parameters, sides=(right, left, bottom, top))


def _tensorflow_same(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A padded layer pads as TensorFlow's SAME does: as little as ceil(H / stride) windows need,
    half of it at the beginning, rounded down."""
    if not any(padding_of(site)):
        return convolved(site, inputs[0], parameters)
    size: Pair = (inputs[0].shape[2], inputs[0].shape[3])
    rows, columns = (
        max((-(-length // step) - 1) * step + reach - length, 0)
        for length, step, reach in zip(size, site.attributes["stride"], extent(site), strict=True)
    )
    sides = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
    return convolved(site, inputs[0], parameters, sides=sides)


def _filled(site: Site, x: Tensor, parameters: Mapping[str, Tensor], mode: str) -> Tensor:
    padded = F.pad(x, padding_of(site), mode=mode)
    return convolved(site, padded, parameters, sides=(0, 0, 0, 0))


_BORDER = (
    "Only the outputs at the border differ, and their gradients belong to them: a gradient check "
    "passes and training hardly notices. Layers without padding do not differ at all."
)
_MOVED = (
    "The shape is right and the image only moves; a network that is trained this way learns "
    "moved kernels."
)
_ZEROS = "np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))): zeros, ph rows above and below"

HYPOTHESES = (
    Hypothesis(
        name="conv2d.padding.axes_swapped",
        title="the paddings of rows and columns are exchanged",
        altered=Forward("Conv2d", _axes_swapped),
        why_unseen="Most layers have the same padding on both axes, and then nothing differs.",
        fix=f"{_ZEROS}; torch.nn.functional.pad counts from the last axis: (pw, pw, ph, ph)",
    ),
    Hypothesis(
        name="conv2d.padding.top_left",
        title="all padding is at the top and on the left",
        altered=Forward("Conv2d", _top_left),
        why_unseen=_MOVED + " Layers without padding do not differ at all.",
        fix=_ZEROS,
    ),
    Hypothesis(
        name="conv2d.padding.bottom_right",
        title="all padding is at the bottom and on the right",
        altered=Forward("Conv2d", _bottom_right),
        why_unseen=_MOVED + " Layers without padding do not differ at all.",
        fix=_ZEROS,
    ),
    Hypothesis(
        name="conv2d.padding.ignored",
        title="the padding is ignored",
        altered=Forward("Conv2d", _ignored),
        why_unseen="Layers without padding do not differ.",
        fix=_ZEROS,
    ),
    Hypothesis(
        name="conv2d.padding.replicate",
        title="the padding repeats the edge of the image instead of being zero",
        altered=Forward("Conv2d", _replicate),
        why_unseen=_BORDER,
        fix=f'{_ZEROS}, without mode="edge"',
    ),
    Hypothesis(
        name="conv2d.padding.reflect",
        title="the padding mirrors the image instead of being zero",
        altered=Forward("Conv2d", _reflect),
        why_unseen=_BORDER,
        fix=f'{_ZEROS}, without mode="reflect"',
    ),
    Hypothesis(
        name="conv2d.padding.circular",
        title="the padding is the opposite side of the image instead of zero",
        altered=Forward("Conv2d", _circular),
        why_unseen=_BORDER + " An index below zero wraps round in NumPy without a message.",
        fix=f'{_ZEROS}, without mode="wrap"; x[i - p] with i < p reads from the end',
    ),
    Hypothesis(
        name="conv2d.padding.same_at_start",
        title='the odd row and column of padding "same" are at the top and on the left',
        altered=Forward("Conv2d", _same_at_start),
        why_unseen=_MOVED + " Odd kernels pad both sides alike.",
        fix="total = dilation * (kernel - 1); begin = total // 2, end = total - begin",
        evidence=("keras-team/keras#19291", "pytorch/pytorch#67551"),
        sort="convention",
        declaration='follows = ("conv2d.padding.same_at_start",)',
        convention="conv2d.same_padding",
    ),
    Hypothesis(
        name="conv2d.padding.tensorflow_same",
        title="padding is TensorFlow's SAME: as little as the stride needs, the odd row at the end",
        altered=Forward("Conv2d", _tensorflow_same),
        why_unseen=_MOVED + " With a stride of 1 and odd kernels it pads both sides alike, too.",
        fix="pad both sides by the padding of the layer; a model of TensorFlow with stride needs "
        "ZeroPad2d in front of it: total = max((ceil(H / s) - 1) * s + k - H, 0), total // 2 first",
        evidence=("taehoonlee/tensornets#25", "gmalivenko/pytorch2keras#38"),
        sort="convention",
        declaration='follows = ("conv2d.padding.tensorflow_same",)',
    ),
)
