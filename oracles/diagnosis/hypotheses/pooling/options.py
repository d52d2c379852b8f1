"""Poolings that read an option in another way: other windows over the right image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import ForwardRule
from oracles.diagnosis.hypotheses.pooling.either import forward
from oracles.diagnosis.hypotheses.pooling.windows import Windows, pooled, swapped, windows_of
from oracles.diagnosis.site import Site, needs


def _other_windows(claim: str, alter: Callable[[Windows], Windows]) -> ForwardRule:
    """The rule of a layer whose windows are altered, said by the claim."""

    def rule(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
        return pooled(site, inputs[0], alter(windows_of(site)))

    rule.__doc__ = claim
    return rule


def kept_in_padding(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """With ceil_mode a last window is kept that begins behind the image, in the padding:
    OH = ceil((H + 2*padding - dilation*(kernel - 1) - 1) / stride) + 1 and nothing else."""
    windows, x = windows_of(site), inputs[0]
    needs(windows.ceil_mode)
    later = []
    for axis, size in enumerate(x.shape[2:]):
        reach = windows.dilation[axis] * (windows.kernel[axis] - 1) + 1
        room = size + 2 * windows.padding[axis] - reach
        later.append(-(-room // windows.stride[axis]) + 1 - windows.count(size, axis))
    return pooled(site, x, windows.altered(later=(later[0], later[1])))


_SQUARE = "With square windows, strides and paddings both orders are the same."
_BEGINS = "window [i, j] begins at row i*stride[0] - padding[0] and column j*stride[1] - padding[1]"

HYPOTHESES = (
    *forward(
        "ceil_mode.flipped",
        "the number of windows is rounded down where it is to be rounded up, or up where it is to "
        "be rounded down",
        _other_windows(
            "The number of windows is rounded the other way than ceil_mode says.",
            lambda windows: windows.altered(ceil_mode=not windows.ceil_mode),
        ),
        why_unseen="Sizes that the stride divides leave no remainder, and none of the usual "
        "examples has one.",
        fix="the ceil_mode of the case, or of the layer: Caffe and Chainer round up by default. "
        "OH = floor((H + 2*padding - dilation*(kernel - 1) - 1) / stride) + 1; with ceil_mode "
        "ceil in place of floor, and a window that would begin at H + padding or later is dropped",
        evidence=("ahmedfgad/NumPyCNN#7", "chainer/chainer#120", "tracel-ai/burn#5791"),
        convention="pooling.ceil_mode",
    ),
    *forward(
        "ceil_mode.window_in_padding",
        "a last window is kept although it begins behind the image, in the padding",
        kept_in_padding,
        why_unseen="It takes ceil_mode and padding together, and a stride that just reaches into "
        "the padding at the end.",
        fix="if (OH - 1) * stride >= H + padding: OH -= 1, and the same for OW. Early versions of "
        "ONNX's formula keep the window",
        evidence=("pytorch/pytorch#57178", "microsoft/onnxruntime#15446", "onnx/onnx#5741"),
        convention="pooling.ceil_mode",
    ),
    *forward(
        "kernel.axes_swapped",
        "height and width of the window are exchanged",
        _other_windows(
            "The window has kernel_size[1] rows and kernel_size[0] columns.",
            lambda windows: windows.altered(kernel=swapped(windows.kernel)),
        ),
        why_unseen=_SQUARE,
        fix="kh, kw = kernel_size: rows first",
        evidence=("Maratyszcza/NNPACK#15", "BVLC/caffe#298"),
    ),
    *forward(
        "stride.one",
        "the windows are one pixel apart, whatever the stride",
        _other_windows(
            "The stride is 1 on both axes: the default of a convolution.",
            lambda windows: windows.altered(stride=(1, 1)),
        ),
        why_unseen="The output only has another size, which the layers behind may adapt to.",
        fix="stride = kernel_size if stride is None else stride",
        evidence=("pytorch/torchdynamo#1159", "apple/coremltools#823", "apple/coremltools#759"),
    ),
    *forward(
        "stride.kernel",
        "the windows lie side by side, whatever the stride",
        _other_windows(
            "The stride is kernel_size, although another one is given.",
            lambda windows: windows.altered(stride=windows.kernel),
        ),
        why_unseen="The usual examples leave the stride out or give the size of the window, and "
        "then the two are the same.",
        fix=_BEGINS,
    ),
    *forward(
        "stride.axes_swapped",
        "the strides of rows and columns are exchanged",
        _other_windows(
            "The windows are stride[1] rows and stride[0] columns apart.",
            lambda windows: windows.altered(stride=swapped(windows.stride)),
        ),
        why_unseen=_SQUARE,
        fix="sh, sw = stride: rows first",
        evidence=("mlpack/mlpack#3376", "rosejn/cortex#211"),
    ),
    *forward(
        "padding.axes_swapped",
        "the paddings of rows and columns are exchanged",
        _other_windows(
            "padding[1] rows and padding[0] columns are added on each side.",
            lambda windows: windows.altered(padding=swapped(windows.padding)),
        ),
        why_unseen=_SQUARE,
        fix="ph, pw = padding: rows first; np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), ...)",
    ),
    *forward(
        "padding.ignored",
        "padding is ignored",
        _other_windows(
            "The image is not padded.",
            lambda windows: windows.altered(padding=(0, 0)),
        ),
        why_unseen="The usual 2 x 2 window has no padding. Where the output is not a row or a "
        "column short, only the border differs.",
        fix=_BEGINS,
    ),
)
