"""Average pooling with the right output and a wrong gradient. What both poolings know is in
pooling_backward.py. A gradient that is not divided is avg_pool2d.divisor.missing, backward only."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.pooling.shares import assigned, positions, shares
from oracles.diagnosis.hypotheses.pooling.windows import divisor, windows_of
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _overwritten(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """A pixel in several windows keeps the share of the last one only: shares are assigned, not
    added."""
    x = run.inputs[0]
    return {"input": assigned(x, shares(site, x, grad_output), *positions(x, windows_of(site)))}


def _divided_twice(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is divided by the size of the window twice."""
    twice = grad_output / divisor(site, run.inputs[0], windows_of(site))
    return {"input": run.autograd(twice)[0][0]}


HYPOTHESES = (
    Hypothesis(
        name="avg_pool2d.grad_input.overwritten",
        title="a pixel in several windows keeps the gradient of the last one",
        altered=Backward("AvgPool2d", _overwritten),
        why_unseen="Windows side by side do not overlap: with stride = kernel_size it is right.",
        fix="grad_input[n, c, rows, columns] += grad_output[n, c, i, j] / (kh*kw), not =",
        evidence=("deeplearning4j/deeplearning4j#1951",),
    ),
    Hypothesis(
        name="avg_pool2d.grad_input.divided_twice",
        title="the gradient is divided by the size of the window twice",
        altered=Backward("AvgPool2d", _divided_twice),
        why_unseen="It looks like a smaller learning rate of the layers before.",
        fix="grad_output / (kh*kw) to each pixel, once: the mean of a gradient that was spread "
        "with np.kron(g, np.ones((kh, kw))) / (kh*kw) is not taken again",
    ),
)
