"""Data whose numbers end up at other places: reshaped, turned round, in another order."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.altered import Prepare
from oracles.diagnosis.hypotheses.data.preparing import (
    BY_CHANNEL,
    image_shape,
    key_of,
    prepared,
    reshaped,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _channels_rows_columns(site: Site) -> tuple[int, int, int]:
    shape = image_shape(site)
    needs(len(shape) == 3)
    channels, rows, columns = shape
    return channels, rows, columns


def _mixed(site: Site) -> Array:
    """The whole array is reshaped to (C, H, W, N), and image n is [..., n] of it: pixel p of image
    n is number p * N + n of the batch, whatever sample that belongs to."""
    shape = image_shape(site)
    return reshaped(site, lambda x: np.moveaxis(x.reshape(*shape, len(x)), -1, 0))


def _mixed_channels_last(site: Site) -> Array:
    """The whole array is reshaped to (H, W, C, N), and image n is [..., n] of it."""
    c, h, w = _channels_rows_columns(site)
    needs(c > 1)
    return reshaped(site, lambda x: x.reshape(h, w, c, len(x)).transpose(3, 2, 0, 1))


def _mixed_columns(site: Site) -> Array:
    """The whole array is reshaped to (H, W, C, N) in column-major order, as MATLAB does: the first
    image is made of the first pixels of all samples."""
    c, h, w = _channels_rows_columns(site)

    def change(x: Array) -> Array:
        whole = x.reshape(len(x), -1)
        return whole.reshape(h, w, c, len(x), order="F").transpose(3, 2, 0, 1)

    return reshaped(site, change)


def _transposed(site: Site) -> Array:
    """Rows and columns of each image are exchanged."""
    x = prepared(site, site.case.preparation)
    needs(x.ndim > 2)
    return x.swapaxes(-1, -2)


def _rows_columns_reshaped(site: Site) -> Array:
    """Each sample is read column by column: reshaped to (C, W, H), then rows and columns are
    exchanged."""
    c, h, w = _channels_rows_columns(site)
    return reshaped(site, lambda x: x.reshape(len(x), c, w, h).swapaxes(2, 3))


def _channels_last_reshape(site: Site) -> Array:
    """The numbers of each sample are read as H W C: the channels run fastest."""
    c, h, w = _channels_rows_columns(site)
    needs(c > 1)
    return reshaped(site, lambda x: x.reshape(len(x), h, w, c).transpose(0, 3, 1, 2))


def _column_major_reshape(site: Site) -> Array:
    """Each sample is reshaped to (C, H, W) in column-major order: the channels run fastest, then
    the rows."""
    c, h, w = _channels_rows_columns(site)
    needs(c > 1)
    return reshaped(site, lambda x: x.reshape(len(x), w, h, c).transpose(0, 3, 2, 1))


def _rows_reversed(site: Site) -> Array:
    """Each image is upside down: its rows are in reverse order."""
    x = prepared(site, site.case.preparation)
    needs(x.ndim > 2)
    return np.flip(x, -2)


def _columns_reversed(site: Site) -> Array:
    """Each image is mirrored: its columns are in reverse order."""
    x = prepared(site, site.case.preparation)
    needs(x.ndim > 2)
    return np.flip(x, -1)


def _channels_reversed(site: Site) -> Array:
    """The channels of each image are in reverse order: blue, green, red."""
    c, _, _ = _channels_rows_columns(site)
    needs(c > 1)
    return prepared(site, site.case.preparation)[:, ::-1]


def _channels_reversed_at_first(site: Site) -> Array:
    """The channels of each image are in reverse order when numbers are divided or subtracted by
    channel: red gets those of blue."""
    c, h, w = _channels_rows_columns(site)
    steps = site.case.preparation
    needs(any(isinstance(value, tuple) for s in steps for k, value in s.items() if k in BY_CHANNEL))
    raw = site.step.raw.reshape(site.samples, c, h, w)[:, ::-1]
    return prepared(site, [step for step in steps if key_of(step) != "reshape"], raw)


def _memory_read(site: Site) -> Array:
    """The numbers are taken as they lie in memory, whatever the strides of the array say."""
    x = site.step.input
    memory = x
    while isinstance(memory.base, np.ndarray):
        memory = memory.base
    needs(memory.flags.c_contiguous)
    return memory.reshape(-1)[: x.size].reshape(x.shape).astype(np.float64)


_MIXED_UNSEEN = (
    "A gradient check passes, because it sees the data only as they come out of this. With one "
    "sample it is right. A full batch that never changes can be memorised, so that the loss falls; "
    "in batches that change, images have nothing to do with their labels, and the network answers "
    "the same for all of them."
)
_CONSISTENT = (
    "The network learns from images that are all changed in the same way, about as well, and a "
    "gradient check passes. It shows with weights from elsewhere, or where new images are read in "
    "another way."
)

HYPOTHESES = (
    Hypothesis(
        name="data.reshape_mixes_images",
        title="a reshape of the whole data mixes the pixels of all images",
        altered=Prepare(_mixed),
        why_unseen=_MIXED_UNSEEN,
        fix="x.reshape(N, H, W).transpose(1, 2, 0) where image n is [:, :, n], "
        "not x.reshape(H, W, N); x.reshape(N, C, H, W) where it is [n]",
        evidence=("datascience.stackexchange.com/questions/10564",),
    ),
    Hypothesis(
        name="data.reshape_mixes_images_channels_last",
        title="a reshape of the whole data to (H, W, C, N) mixes the pixels of all images",
        altered=Prepare(_mixed_channels_last),
        why_unseen=_MIXED_UNSEEN,
        fix="x.reshape(N, C, H, W).transpose(2, 3, 1, 0), not x.reshape(H, W, C, N)",
    ),
    Hypothesis(
        name="data.reshape_mixes_images_columns",
        title="a column-major reshape of the whole data mixes the pixels of all images",
        altered=Prepare(_mixed_columns),
        why_unseen=_MIXED_UNSEEN,
        fix="where a sample is a row of X, permute(reshape(X', W, H, C, N), [2 1 3 4]) in MATLAB, "
        "not reshape(X, H, W, C, N)",
    ),
    Hypothesis(
        name="data.transposed",
        title="rows and columns of the images are exchanged",
        altered=Prepare(_transposed),
        why_unseen=f"Square images keep their shape. {_CONSISTENT}",
        fix="x[n, c, row, column]: drop the transpose",
        evidence=("jatinshah/ufldl_tutorial#3", "vlfeat/matconvnet#657"),
    ),
    Hypothesis(
        name="data.rows_columns_reshaped",
        title="the images are read column by column",
        altered=Prepare(_rows_columns_reshaped),
        why_unseen=f"No shape is wrong. {_CONSISTENT}",
        fix="x.reshape(N, C, H, W); in MATLAB, which fills columns first, "
        "permute(reshape(row, W, H), [2 1])",
        evidence=("jatinshah/ufldl_tutorial#3",),
    ),
    Hypothesis(
        name="data.channels_last_reshape",
        title="the samples are reshaped as if the channels ran fastest, H W C",
        altered=Prepare(_channels_last_reshape),
        why_unseen=(
            "No shape is wrong, and with one channel it is right. With several, each channel gets "
            "every C-th pixel of all of them, from which a network still learns, worse."
        ),
        fix="x.reshape(N, C, H, W); of data in H W C, x.reshape(N, H, W, C).transpose(0, 3, 1, 2)",
    ),
    Hypothesis(
        name="data.column_major_reshape",
        title="the samples are reshaped to C H W in column-major order",
        altered=Prepare(_column_major_reshape),
        why_unseen=(
            "No shape is wrong, and a network still learns from pixels at wrong places, worse: "
            "neighbours are none."
        ),
        fix='x.reshape(N, C, H, W) with order="C"',
    ),
    Hypothesis(
        name="data.rows_reversed",
        title="the images are upside down",
        altered=Prepare(_rows_reversed),
        why_unseen=_CONSISTENT,
        fix="x[n, c, 0] is the top row: drop the flip, or the negative stride",
    ),
    Hypothesis(
        name="data.columns_reversed",
        title="the images are mirrored",
        altered=Prepare(_columns_reversed),
        why_unseen=_CONSISTENT,
        fix="x[n, c, :, 0] is the left column: drop the flip",
    ),
    Hypothesis(
        name="data.channels_reversed",
        title="the channels of the images are in reverse order, as in BGR",
        altered=Prepare(_channels_reversed),
        why_unseen=f"With one channel it is right. {_CONSISTENT}",
        fix="x[:, ::-1] once, before means are subtracted by channel: OpenCV reads BGR",
    ),
    Hypothesis(
        name="data.channels_reversed_at_first",
        title="the channels are in reverse order before means are subtracted by channel, as in BGR",
        altered=Prepare(_channels_reversed_at_first),
        why_unseen=f"Means of red, green and blue are much alike. {_CONSISTENT}",
        fix="x[:, ::-1] once, before means are subtracted by channel: OpenCV reads BGR",
    ),
    Hypothesis(
        name="data.memory_read",
        title="the data are read as they lie in memory, against the strides of the array",
        altered=Prepare(_memory_read),
        why_unseen=(
            "Contiguous arrays are right, and a test makes its own. Views come from elsewhere: a "
            "transpose, a flip, every second number."
        ),
        fix="np.ascontiguousarray(x) before the pointer of x is handed on",
    ),
)
