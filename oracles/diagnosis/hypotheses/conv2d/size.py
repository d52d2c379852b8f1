"""Convolutions whose output has another size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved, extent, padding_of, remainder
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _rounded_up(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The size of the output is rounded up: one more window where rows or columns are left over,
    with zeros where it leaves the image."""
    left, right, top, bottom = padding_of(site)
    rows, columns = remainder(site, inputs[0])
    down, across = site.attributes["stride"]
    sides = (left, right + -columns % across, top, bottom + -rows % down)
    return convolved(site, inputs[0], parameters, sides=sides)


def _size_with_dilation(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The size of the output is computed with kernel * dilation for the rows that a window covers,
    which are (kernel - 1) * dilation + 1."""
    left, right, top, bottom = padding_of(site)
    own = site.attributes
    size = (inputs[0].shape[2] + top + bottom, inputs[0].shape[3] + left + right)
    rows, columns = (
        (length - k * d) // s + 1
        for length, k, d, s in zip(
            size, own["kernel_size"], own["dilation"], own["stride"], strict=True
        )
    )
    needs(rows > 0 and columns > 0)
    return convolved(site, inputs[0], parameters)[:, :, :rows, :columns]


def _size_without_dilation(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The size of the output is computed with the kernel as if it were not dilated, and windows
    that leave the image read zeros there."""
    left, right, top, bottom = padding_of(site)
    dilated, plain = extent(site), extent(site, (1, 1))
    sides = (left, right + dilated[1] - plain[1], top, bottom + dilated[0] - plain[0])
    return convolved(site, inputs[0], parameters, sides=sides)


def _one_row_short(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The output has one row too few, the last one."""
    return convolved(site, inputs[0], parameters)[:, :, :-1]


def _one_short(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The output has one row and one column too few, the last ones: its size is computed as
    (H + 2p - k) // s."""
    return convolved(site, inputs[0], parameters)[:, :, :-1, :-1]


_SIZE = "OH = (H + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1"
_LAST = (
    "Forward and backward pass are consistent, and the border of an image matters little: "
    "training goes on as if nothing were wrong."
)

HYPOTHESES = (
    Hypothesis(
        name="conv2d.output.rounded_up",
        title="the size of the output is rounded up, with one more window over zeros",
        altered=Forward("Conv2d", _rounded_up),
        why_unseen="Sizes that the stride divides, as in most examples, leave nothing to round.",
        fix=f"{_SIZE}, rounded down",
    ),
    Hypothesis(
        name="conv2d.output.size_with_dilation",
        title="the size of the output is computed with kernel * dilation",
        altered=Forward("Conv2d", _size_with_dilation),
        why_unseen="With a dilation of 1, as in most tests, both formulas agree.",
        fix=_SIZE,
        evidence=("NVIDIA/cutlass#3526",),
    ),
    Hypothesis(
        name="conv2d.output.size_without_dilation",
        title="the size of the output is computed without the dilation",
        altered=Forward("Conv2d", _size_without_dilation),
        why_unseen="With a dilation of 1, as in most tests, both formulas agree.",
        fix=_SIZE,
    ),
    Hypothesis(
        name="conv2d.output.one_row_short",
        title="the output has one row too few",
        altered=Forward("Conv2d", _one_row_short),
        why_unseen=_LAST + " The layers behind are built for the size that comes out.",
        fix=_SIZE,
    ),
    Hypothesis(
        name="conv2d.output.one_short",
        title="the output has one row and one column too few",
        altered=Forward("Conv2d", _one_short),
        why_unseen=_LAST + " The layers behind are built for the size that comes out.",
        fix=f"{_SIZE}: the + 1 is missing",
    ),
)
