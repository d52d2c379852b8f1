"""Convolutions with the right output and wrong gradients."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _weight_rotated(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is the right one, rotated by 180 degrees."""
    _, gradients = run.autograd(grad_output)
    needs(gradients["weight"].shape[2:] != (1, 1))
    return {"weight": gradients["weight"].flip(2, 3)}


HYPOTHESES = (
    Hypothesis(
        name="conv2d.grad_weight.rotated",
        title="the gradient of the kernel is rotated by 180 degrees",
        altered=Backward("Conv2d", _weight_rotated),
        why_unseen="The loss still falls: other parameters learn around it.",
        fix="grad_weight[o, c, u, v] = sum over n, i, j of grad_output[n, o, i, j] * "
        "x[n, c, i*sh + u, j*sw + v]: a correlation of the input with grad_output",
        evidence=("end-to-end-machine-learning.teachable.com 321/322", "FluxML/NNlib.jl#518"),
    ),
)
