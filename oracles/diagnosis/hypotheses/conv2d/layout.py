"""Convolutions whose array of weights is read in another order of axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.contract.case import Layer
from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _hwio(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The numbers of the weight are read as an array (kernel row, kernel column, input channel,
    filter)."""
    o, c, rows, columns = parameters["weight"].shape
    read = parameters["weight"].reshape(rows, columns, c, o).permute(3, 2, 0, 1)
    return convolved(site, inputs[0], {**parameters, "weight": read})


def _ohwi(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The numbers of the weight are read as an array (filter, kernel row, kernel column, input
    channel): weights flattened as (channel, row, column) meet windows flattened as (row, column,
    channel)."""
    o, c, rows, columns = parameters["weight"].shape
    read = parameters["weight"].reshape(o, rows, columns, c).permute(0, 3, 1, 2)
    return convolved(site, inputs[0], {**parameters, "weight": read})


def _weights_order(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Weights are flattened as (row, column, channel), the windows they meet as (channel, row,
    column)."""
    weight = parameters["weight"]
    read = weight.permute(0, 2, 3, 1).reshape(weight.shape)
    return convolved(site, inputs[0], {**parameters, "weight": read})


def _column_major(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The numbers of the weight are read with the first axis running fastest, though the last one
    does."""
    weight = parameters["weight"]
    read = weight.reshape(weight.shape[::-1]).permute(3, 2, 1, 0)
    return convolved(site, inputs[0], {**parameters, "weight": read})


def _in_out_swapped(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Filters and input channels of the weight are exchanged, of which there are equally many:
    weight[c, o] lies where weight[o, c] should."""
    weight = parameters["weight"]
    needs(weight.shape[0] == weight.shape[1])
    return convolved(site, inputs[0], {**parameters, "weight": weight.swapaxes(0, 1)})


def _in_out_reshaped(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The numbers of the weight are read as an array (input channel, filter, row, column)."""
    o, c, rows, columns = parameters["weight"].shape
    needs(any(_unequal(layer) for layer in site.case.layers if layer.type == "Conv2d"))
    read = parameters["weight"].reshape(c, o, rows, columns).swapaxes(0, 1)
    return convolved(site, inputs[0], {**parameters, "weight": read})


def _unequal(layer: Layer) -> bool:
    """Whether an exchange of filters and channels is more than an exchange of two axes."""
    filters, channels = layer.parameters["weight"].shape[:2]
    return bool(filters != channels)


_CONSISTENT = (
    "Each weight stands at some place of the kernel, and its gradient is right for that place: a "
    "gradient check passes, and a network that is trained from random weights learns as well."
)

HYPOTHESES = (
    Hypothesis(
        name="conv2d.kernel.hwio",
        title="the weight is read as (kernel rows, kernel columns, in_channels, out_channels)",
        altered=Forward("Conv2d", _hwio),
        why_unseen=_CONSISTENT + " Shapes object only if the array is not reshaped on the way.",
        fix="weight.transpose(3, 2, 0, 1) takes (kh, kw, in, out) to PyTorch's (out, in, kh, kw), "
        "weight.transpose(2, 3, 1, 0) takes it back; reshape is neither",
        evidence=(
            "tensorflow/tfjs-core#379",
            "gzuidhof/nn-transfer#16",
        ),
        sort="convention",
        declaration='oracles.from_layers(..., weights={"Conv2d": "HWIO"})',
    ),
    Hypothesis(
        name="conv2d.kernel.ohwi",
        title="the weight is read as (out_channels, kernel rows, kernel columns, in_channels)",
        altered=Forward("Conv2d", _ohwi),
        why_unseen=_CONSISTENT + " With one input channel, or a kernel of 1 x 1, nothing differs.",
        fix="weight.transpose(0, 3, 1, 2) takes (out, kh, kw, in) to PyTorch's (out, in, kh, kw); "
        "with im2col, columns in the order (channel, row, column) for weight.reshape(O, -1)",
        sort="convention",
        declaration='oracles.from_layers(..., weights={"Conv2d": "OHWI"})',
    ),
    Hypothesis(
        name="conv2d.columns.weights_order",
        title="weights and windows are flattened in different orders before they are multiplied",
        altered=Forward("Conv2d", _weights_order),
        why_unseen=_CONSISTENT + " With one input channel, or a kernel of 1 x 1, nothing differs.",
        fix="columns in the order (channel, row, column) and weight.reshape(O, -1) of an array "
        "(out, in, kh, kw), or (row, column, channel) for both",
    ),
    Hypothesis(
        name="conv2d.kernel.column_major",
        title="the weight is read in column-major order",
        altered=Forward("Conv2d", _column_major),
        why_unseen=_CONSISTENT + " The shape is right, too: only the order in memory is not.",
        fix='np.ascontiguousarray(weight) before memory is read; weight.ravel(order="C") for an '
        "array of PyTorch, order 'F' for one of MATLAB or Fortran",
    ),
    Hypothesis(
        name="conv2d.kernel.in_out_swapped",
        title="input channels and filters of the weight are exchanged",
        altered=Forward("Conv2d", _in_out_swapped),
        why_unseen=_CONSISTENT
        + " Shapes object as soon as in_channels and out_channels differ; here they are equal.",
        fix="y[n, o] = sum over c of correlate(x[n, c], weight[o, c]): filters are the first axis",
    ),
    Hypothesis(
        name="conv2d.kernel.in_out_reshaped",
        title="the weight is reshaped to (in_channels, out_channels, kernel rows, kernel columns)",
        altered=Forward("Conv2d", _in_out_reshaped),
        why_unseen=_CONSISTENT + " With one input channel or one filter nothing differs.",
        fix="weight.transpose(1, 0, 2, 3) exchanges two axes; reshape keeps the order of the "
        "numbers, and so mixes them",
    ),
)
