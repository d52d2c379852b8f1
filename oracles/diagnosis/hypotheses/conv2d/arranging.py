"""Convolutions with the right numbers in other places: of samples, filters, rows and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _reshaped(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The product (filter, sample * row * column) is reshaped to (sample, filter, row, column)."""
    y = convolved(site, inputs[0], parameters)
    return y.permute(1, 0, 2, 3).reshape(y.shape)


def _reshaped_rows(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The product (sample * row * column, filter) is reshaped to (sample, filter, row, column)."""
    y = convolved(site, inputs[0], parameters)
    return y.permute(0, 2, 3, 1).reshape(y.shape)


def _samples_mixed(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The product (filter, row * column * sample) is read as (filter, sample, row, column)."""
    y = convolved(site, inputs[0], parameters)
    n, o, rows, columns = y.shape
    return y.permute(1, 2, 3, 0).reshape(o, n, rows, columns).permute(1, 0, 2, 3)


def _transposed(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Rows and columns of the output are exchanged."""
    return convolved(site, inputs[0], parameters).swapaxes(2, 3)


def _transposed_reshaped(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The output lies column by column, and is read row by row, though it is not square."""
    y = convolved(site, inputs[0], parameters)
    needs(y.shape[2] != y.shape[3])
    return y.swapaxes(2, 3).reshape(y.shape)


def _rotated(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The output is rotated by 180 degrees."""
    return convolved(site, inputs[0], parameters).flip(2, 3)


def _channels_reversed(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The channels of the output are in reverse order."""
    return convolved(site, inputs[0], parameters).flip(1)


def _first_sample_only(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Only the first sample of the batch is computed: the others are zero."""
    y = convolved(site, inputs[0], parameters)
    return torch.cat([y[:1], torch.zeros_like(y[1:])])


def _first_sample_for_all(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Every sample has the output of the first one."""
    y = convolved(site, inputs[0], parameters)
    return y[:1].expand_as(y)


_RESHAPE = (
    "The shape is right and no number is lost. Autograd takes the gradients back the same way, so "
    "that a gradient check passes; one sample, or equal ones, hide it."
)
_MATRIX = "weight.reshape(O, -1) @ columns"
_ONE = "Tests with one sample are right."

HYPOTHESES = (
    Hypothesis(
        name="conv2d.output.reshaped",
        title="the matrix product is reshaped where its axes have to be exchanged",
        altered=Forward("Conv2d", _reshaped),
        why_unseen=_RESHAPE,
        fix=f"({_MATRIX}).reshape(O, N, OH, OW).transpose(1, 0, 2, 3)",
        evidence=(
            "ggml-org/ggml#737",
            "tensorflow/tfjs#6369",
        ),
    ),
    Hypothesis(
        name="conv2d.output.reshaped_rows",
        title="the matrix product with filters last is reshaped to filters first",
        altered=Forward("Conv2d", _reshaped_rows),
        why_unseen=_RESHAPE.replace("one sample, or equal ones, hide it", "one filter hides it"),
        fix="(columns @ weight.reshape(O, -1).T).reshape(N, OH, OW, O).transpose(0, 3, 1, 2)",
    ),
    Hypothesis(
        name="conv2d.output.samples_mixed",
        title="columns run through the samples first, and their product is read as if last",
        altered=Forward("Conv2d", _samples_mixed),
        why_unseen=_RESHAPE,
        fix=f"for columns (channel * row * column, position * sample): ({_MATRIX})"
        ".reshape(O, OH, OW, N).transpose(3, 0, 1, 2)",
    ),
    Hypothesis(
        name="conv2d.output.transposed",
        title="rows and columns of the output are exchanged",
        altered=Forward("Conv2d", _transposed),
        why_unseen="The shape of a square output is right, and later layers learn the transposed "
        "image.",
        fix="y[n, o, i, j]: i runs down the rows, j along the columns",
    ),
    Hypothesis(
        name="conv2d.output.transposed_reshaped",
        title="the output is written column by column and read row by row",
        altered=Forward("Conv2d", _transposed_reshaped),
        why_unseen="The shape is right and no number is lost; later layers learn the mixed-up "
        "image, and gradients are consistent.",
        fix="loop over rows outside, over columns inside, before reshape(N, O, OH, OW)",
    ),
    Hypothesis(
        name="conv2d.output.rotated",
        title="the output is rotated by 180 degrees",
        altered=Forward("Conv2d", _rotated),
        why_unseen="No number is lost, an output of one pixel is right, and later layers learn the "
        "rotated image; gradients are consistent.",
        fix="the image is the first argument and the kernel the second: "
        "scipy.signal.correlate2d(image, kernel), not correlate2d(kernel, image)",
        evidence=("discuss.pytorch.org/t/170134",),
    ),
    Hypothesis(
        name="conv2d.output.channels_reversed",
        title="the channels of the output are in reverse order",
        altered=Forward("Conv2d", _channels_reversed),
        why_unseen="The order of filters means nothing to later layers, which are trained with it; "
        "gradients are consistent.",
        fix="y[:, o] is the sum with weight[o], plus bias[o]",
    ),
    Hypothesis(
        name="conv2d.batch.first_only",
        title="only the first sample of the batch is computed",
        altered=Forward("Conv2d", _first_sample_only),
        why_unseen=_ONE,
        fix="for n in range(len(x)): y[n] = ...",
        evidence=("ggml-org/ggml#1448",),
    ),
    Hypothesis(
        name="conv2d.batch.first_for_all",
        title="every sample has the output of the first one",
        altered=Forward("Conv2d", _first_sample_for_all),
        why_unseen=_ONE + " Batches of equal samples hide it as well.",
        fix="x[n], not x[0], in the loop over samples",
    ),
)
