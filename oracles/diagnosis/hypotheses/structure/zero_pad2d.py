"""Zero padding on other sides, with other numbers, or with its gradient cut out elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Backward, Forward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _top_left_bottom_right(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The four numbers are read as top, left, bottom, right."""
    top, left, bottom, right = site.attributes["padding"]
    return F.pad(inputs[0], (left, right, top, bottom))


def _top_bottom_left_right(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The four numbers are read as top, bottom, left, right: rows first."""
    top, bottom, left, right = site.attributes["padding"]
    return F.pad(inputs[0], (left, right, top, bottom))


def _mirrored(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """What is meant for the left goes to the right, and what is meant for the top to the bottom."""
    left, right, top, bottom = site.attributes["padding"]
    return F.pad(inputs[0], (right, left, bottom, top))


def _edge(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The pixels at the edge are repeated in place of zeros."""
    return F.pad(inputs[0], site.attributes["padding"], mode="replicate")


def _not_cropped(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is cut out at the top left corner of grad_output, not where the image lies in
    it."""
    left, _, top, _ = site.attributes["padding"]
    needs(left > 0 or top > 0)
    height, width = run.inputs[0].shape[-2:]
    return {"input": grad_output[..., :height, :width]}


def _negative_zero(site: Site, _: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is cut out with a slice that ends at minus the padding, which is empty where the
    padding on that side is 0."""
    left, right, top, bottom = site.attributes["padding"]
    needs(right == 0 or bottom == 0)
    return {"input": grad_output[..., top : -bottom or 0, left : -right or 0]}


_ORDER = "(left, right, top, bottom), as torch.nn.ZeroPad2d takes it; "
_ORDER += "np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))"

HYPOTHESES = (
    Hypothesis(
        name="zero_pad2d.sides.order_tlbr",
        title="the paddings are read as top, left, bottom, right",
        altered=Forward("ZeroPad2d", _top_left_bottom_right),
        why_unseen="With the same padding on all sides every order is the same.",
        fix=_ORDER,
        evidence=("apache/tvm#6646", "PINTO0309/onnx2tf#450", "alibaba/MNN#194"),
    ),
    Hypothesis(
        name="zero_pad2d.sides.order_tblr",
        title="the paddings are read as top, bottom, left, right",
        altered=Forward("ZeroPad2d", _top_bottom_left_right),
        why_unseen="With the same padding on all sides every order is the same.",
        fix=_ORDER,
        evidence=("opencv/opencv#20394", "kornia/kornia#4240"),
    ),
    Hypothesis(
        name="zero_pad2d.sides.mirrored",
        title="left and right are exchanged, and top and bottom",
        altered=Forward("ZeroPad2d", _mirrored),
        why_unseen="The output has the right shape, and with the same padding on opposite sides "
        "the right numbers.",
        fix=_ORDER,
    ),
    Hypothesis(
        name="zero_pad2d.value.edge",
        title="the edge of the image is repeated in place of zeros",
        altered=Forward("ZeroPad2d", _edge),
        why_unseen="Images with a black border have zeros there anyway, and a gradient check "
        "passes.",
        fix='np.pad(..., mode="constant"), not mode="edge"',
    ),
    Hypothesis(
        name="zero_pad2d.grad_input.not_cropped",
        title="the gradient is cut out at the corner, not where the image lies",
        altered=Backward("ZeroPad2d", _not_cropped),
        why_unseen="The shape is right, and the loss still falls. Before the first layer with "
        "parameters nobody reads this gradient at all.",
        fix="grad_output[:, :, top:top + H, left:left + W]",
        evidence=("tiny-dnn/tiny-dnn#415", "tiny-dnn/tiny-dnn#298"),
    ),
    Hypothesis(
        name="zero_pad2d.grad_input.negative_zero",
        title="the slice that cuts out the gradient is empty: it ends at -0",
        altered=Backward("ZeroPad2d", _negative_zero),
        why_unseen="With a padding of 1 or more on every side the same line is right.",
        fix="grad_output[:, :, top:top + H, left:left + W]: top:-bottom is empty for bottom = 0",
        evidence=("distdl/distdl#85",),
    ),
)
