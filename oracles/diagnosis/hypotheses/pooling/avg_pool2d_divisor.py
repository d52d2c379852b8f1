"""Average pooling with another divisor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.pooling.windows import (
    counts,
    pooled,
    read,
    windows_of,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _sums(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The sum of each window is not divided."""
    return read(inputs[0], windows_of(site), 0.0).sum((-2, -1))


def _padding_flipped(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The divisor counts the zeros of the padding where count_include_pad says not to, and does not
    count them where it says so."""
    _divides_by_size(site)
    x, windows = inputs[0], windows_of(site)
    counted = not site.attributes["count_include_pad"]
    rows, columns = (counts(x, windows, axis, padding=counted) for axis in (0, 1))
    return _sums(site, inputs, _) / (rows[:, None] * columns)


def _overhang_counted(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The divisor is kh*kw everywhere, also where a window hangs over the edge with ceil_mode."""
    _divides_by_size(site)
    windows = windows_of(site)
    if not windows.hangs_over(inputs[0]):
        return pooled(site, inputs[0], windows)
    return _sums(site, inputs, _) / (windows.kernel[0] * windows.kernel[1])


def _override_ignored(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The sums are divided by the size of the window although divisor_override is given."""
    needs(site.attributes["divisor_override"] is not None)
    x, windows = inputs[0], windows_of(site)
    counted = site.attributes["count_include_pad"]
    rows, columns = (counts(x, windows, axis, padding=counted) for axis in (0, 1))
    return _sums(site, inputs, _) / (rows[:, None] * columns)


def _rows_only(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The sums are divided by kernel_size[0] alone, not by rows times columns."""
    _divides_by_size(site)
    return _sums(site, inputs, _) / windows_of(site).kernel[0]


def _height_squared(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The sums are divided by kernel_size[0] squared; kernel_size[1] is not looked at."""
    _divides_by_size(site)
    height, width = windows_of(site).kernel
    needs(height != width)
    return _sums(site, inputs, _) / height**2


def _width_squared(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The sums are divided by kernel_size[1] squared; kernel_size[0] is not looked at."""
    _divides_by_size(site)
    height, width = windows_of(site).kernel
    needs(height != width)
    return _sums(site, inputs, _) / width**2


def _divides_by_size(site: Site) -> None:
    """Nothing is counted where a divisor is given."""
    needs(site.attributes["divisor_override"] is None)


_WHOLE = "In a window that lies within the image nothing differs, and only those at the border do "
_WHOLE += "not. A gradient check passes."

HYPOTHESES = (
    Hypothesis(
        name="avg_pool2d.divisor.missing",
        title="the sum of each window is not divided by its size",
        altered=Forward("AvgPool2d", _sums),
        why_unseen="The factor is the same everywhere: the layer behind learns smaller weights. In "
        "the backward pass alone it looks like a higher learning rate of the layers before.",
        fix="divide by kh*kw, in the output and in the gradient",
        evidence=("mlpack/mlpack#2865", "deeplearning4j/deeplearning4j#1951"),
    ),
    Hypothesis(
        name="avg_pool2d.divisor.padding_flipped",
        title="count_include_pad is turned round: the zeros of the padding count where they are "
        "not to, or do not where they are to",
        altered=Forward("AvgPool2d", _padding_flipped),
        why_unseen=_WHOLE,
        fix="count_include_pad = True: divide by kh*kw at the padded border too; False: by the "
        "pixels of the image in the window",
        evidence=("apache/tvm#1144", "pytorch/pytorch#8645", "BVLC/caffe#6297"),
        sort="convention",
        declaration='follows = ("avg_pool2d.divisor.padding_flipped",)',
        convention="avg_pool.count_include_pad",
    ),
    Hypothesis(
        name="avg_pool2d.divisor.overhang_counted",
        title="what hangs over the edge with ceil_mode is counted in the divisor",
        altered=Forward("AvgPool2d", _overhang_counted),
        why_unseen="It takes ceil_mode and a size with a remainder; then only the last row and the "
        "last column differ.",
        fix="divide by the part of the window inside the padded image: "
        "(min(i*sh - ph + kh, H + ph) - (i*sh - ph)) rows, and columns likewise",
        evidence=("apple/coremltools#2844", "microsoft/onnxruntime#16203", "tracel-ai/burn#5604"),
        sort="convention",
        declaration='follows = ("avg_pool2d.divisor.overhang_counted",)',
        convention="avg_pool.ceil_divisor",
    ),
    Hypothesis(
        name="avg_pool2d.divisor.override_ignored",
        title="divisor_override is ignored: the sums are divided by the size of the window",
        altered=Forward("AvgPool2d", _override_ignored),
        why_unseen="Hardly any network gives a divisor, and all others are right.",
        fix="divide by divisor_override wherever it is given",
    ),
    Hypothesis(
        name="avg_pool2d.divisor.rows_only",
        title="the sums are divided by the rows of the window alone",
        altered=Forward("AvgPool2d", _rows_only),
        why_unseen="The factor kw is the same everywhere: the layer behind learns smaller weights.",
        fix="divide by kh*kw: len(window) is the number of rows, window.size that of pixels",
    ),
    Hypothesis(
        name="avg_pool2d.divisor.height_squared",
        title="the sums are divided by the squared height of the window",
        altered=Forward("AvgPool2d", _height_squared),
        why_unseen="With square windows it is right.",
        fix="divide by kernel_size[0] * kernel_size[1]",
    ),
    Hypothesis(
        name="avg_pool2d.divisor.width_squared",
        title="the sums are divided by the squared width of the window",
        altered=Forward("AvgPool2d", _width_squared),
        why_unseen="With square windows it is right.",
        fix="divide by kernel_size[0] * kernel_size[1]",
    ),
)
