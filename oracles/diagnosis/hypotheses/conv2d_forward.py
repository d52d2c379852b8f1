"""Convolutions that compute another output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.convolving import convolved
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _rotated(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The kernel is rotated by 180 degrees before it slides over the image: a convolution as
    mathematics has it, y[i, j] = sum x[i - u, j - v] * w[u, v]."""
    weight = parameters["weight"]
    needs(weight.shape[2:] != (1, 1))
    return convolved(site, inputs[0], weight.flip(2, 3), parameters.get("bias"))


HYPOTHESES = (
    Hypothesis(
        name="conv2d.kernel.rotated",
        title="the kernel is rotated by 180 degrees: a true convolution, not a cross-correlation",
        altered=Forward("Conv2d", _rotated),
        why_unseen=(
            "Forward and backward pass are consistent, so that a gradient check passes, and a "
            "network trained this way learns as well: it learns the rotated kernel. Symmetric "
            "kernels and kernels of 1 x 1 hide it."
        ),
        fix="y[n, o, i, j] = sum over c, u, v of x[n, c, i*sh + u, j*sw + v] * weight[o, c, u, v]; "
        "with SciPy: correlate2d in place of convolve2d",
        evidence=("stackoverflow.com/questions/40247760", "discuss.pytorch.org/t/170134"),
        sort="convention",
        declaration="oracles.from_layers(..., true_convolution=True)",
        convention="conv2d.true_convolution",
    ),
)
