"""Convolutions with another stride or another dilation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved, padding_of
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _stride_swapped(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The stride of the rows is used for the columns, and that of the columns for the rows."""
    down, across = site.attributes["stride"]
    return convolved(site, inputs[0], parameters, stride=(across, down))


def _stride_ignored(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The stride is 1 whatever the layer says: there is an output for every position."""
    return convolved(site, inputs[0], parameters, stride=(1, 1))


def _stride_missing_in_windows(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The output has the right size, but its windows begin at i and j, not at i * stride and
    j * stride."""
    _, rows, columns = site.layer.output_shape
    return convolved(site, inputs[0], parameters, stride=(1, 1))[:, :, :rows, :columns]


def _stride_of_rows(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The stride of the rows is used for the columns as well."""
    down, _ = site.attributes["stride"]
    return convolved(site, inputs[0], parameters, stride=(down, down))


def _stride_of_columns(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The stride of the columns is used for the rows as well."""
    _, across = site.attributes["stride"]
    return convolved(site, inputs[0], parameters, stride=(across, across))


def _dilation_ignored(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The dilation is 1 whatever the layer says."""
    return convolved(site, inputs[0], parameters, dilation=(1, 1))


def _dilation_missing_in_windows(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The output has the size of a dilated convolution, but the pixels of a window lie side by
    side."""
    _, rows, columns = site.layer.output_shape
    y = convolved(site, inputs[0], parameters, dilation=(1, 1), sides=padding_of(site))
    return y[:, :, :rows, :columns]


def _dilation_swapped(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The dilation of the rows is used for the columns, and that of the columns for the rows."""
    down, across = site.attributes["dilation"]
    return convolved(site, inputs[0], parameters, dilation=(across, down))


_SQUARE = "Most layers have the same number for both axes, and then nothing differs."
_ONE = "Nothing differs where it is 1, as in most tests."
_STRIDE = "window (i, j) begins at row i * stride[0] - padding[0] and column j * stride[1] - ..."
_DILATION = "window (i, j) reads row i * stride[0] + u * dilation[0] - padding[0], and so on"

HYPOTHESES = (
    Hypothesis(
        name="conv2d.stride.axes_swapped",
        title="the strides of rows and columns are exchanged",
        altered=Forward("Conv2d", _stride_swapped),
        why_unseen=_SQUARE,
        fix=f"{_STRIDE}: stride is (rows, columns), as the image is (rows, columns)",
    ),
    Hypothesis(
        name="conv2d.stride.ignored",
        title="the stride is ignored",
        altered=Forward("Conv2d", _stride_ignored),
        why_unseen=_ONE,
        fix=f"{_STRIDE}; OH = (H + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1",
    ),
    Hypothesis(
        name="conv2d.stride.missing_in_windows",
        title="the size of the output takes the stride into account, the windows do not",
        altered=Forward("Conv2d", _stride_missing_in_windows),
        why_unseen=_ONE + " The shape of the output is right in any case.",
        fix=f"{_STRIDE}: in NumPy x[:, :, i*s : i*s + k], not x[:, :, i : i + k]",
    ),
    Hypothesis(
        name="conv2d.stride.rows_for_both",
        title="the stride of the rows is used for both axes",
        altered=Forward("Conv2d", _stride_of_rows),
        why_unseen=_SQUARE,
        fix=f"{_STRIDE}: stride[1] for columns",
    ),
    Hypothesis(
        name="conv2d.stride.columns_for_both",
        title="the stride of the columns is used for both axes",
        altered=Forward("Conv2d", _stride_of_columns),
        why_unseen=_SQUARE,
        fix=f"{_STRIDE}: stride[0] for rows",
    ),
    Hypothesis(
        name="conv2d.dilation.ignored",
        title="the dilation is ignored",
        altered=Forward("Conv2d", _dilation_ignored),
        why_unseen=_ONE,
        fix=_DILATION,
    ),
    Hypothesis(
        name="conv2d.dilation.missing_in_windows",
        title="the size of the output takes the dilation into account, the windows do not",
        altered=Forward("Conv2d", _dilation_missing_in_windows),
        why_unseen=_ONE + " The shape of the output is right in any case.",
        fix=f"{_DILATION}: in NumPy x[:, :, i : i + d * (k - 1) + 1 : d]",
    ),
    Hypothesis(
        name="conv2d.dilation.axes_swapped",
        title="the dilations of rows and columns are exchanged",
        altered=Forward("Conv2d", _dilation_swapped),
        why_unseen=_SQUARE,
        fix=_DILATION,
    ),
)
