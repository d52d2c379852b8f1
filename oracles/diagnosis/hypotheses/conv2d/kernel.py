"""Convolutions whose kernels are turned or mirrored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _rotated(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The kernel is rotated by 180 degrees before it slides over the image: a convolution as
    mathematics has it, y[i, j] = sum x[i - u, j - v] * w[u, v]."""
    return convolved(site, inputs[0], {**parameters, "weight": parameters["weight"].flip(2, 3)})


def _rows_reversed(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The rows of the kernel are in reverse order, its columns are not."""
    return convolved(site, inputs[0], {**parameters, "weight": parameters["weight"].flip(2)})


def _columns_reversed(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The columns of the kernel are in reverse order, its rows are not."""
    return convolved(site, inputs[0], {**parameters, "weight": parameters["weight"].flip(3)})


def _transposed(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Rows and columns of the kernel are exchanged: weight[o, c, v, u] lies where
    weight[o, c, u, v] should."""
    weight = parameters["weight"].swapaxes(2, 3)
    return convolved(site, inputs[0], {**parameters, "weight": weight})


_FORMULA = "y[n, o, i, j] = sum over c, u, v of x[n, c, i*sh + u, j*sw + v] * weight[o, c, u, v]"

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
        fix=f"{_FORMULA}; with SciPy: correlate2d in place of convolve2d",
        evidence=("stackoverflow.com/questions/40247760", "discuss.pytorch.org/t/170134"),
        sort="convention",
        declaration="oracles.from_layers(..., true_convolution=True)",
        convention="conv2d.true_convolution",
    ),
    Hypothesis(
        name="conv2d.kernel.rows_reversed",
        title="the rows of the kernel are in reverse order",
        altered=Forward("Conv2d", _rows_reversed),
        why_unseen=(
            "Whatever the kernel is, the gradients belong to it: a gradient check passes and the "
            "network learns the mirrored kernel. Kernels whose rows are alike show nothing."
        ),
        fix=f"{_FORMULA}: weight as it is, without [::-1] or flipud on its rows",
    ),
    Hypothesis(
        name="conv2d.kernel.columns_reversed",
        title="the columns of the kernel are in reverse order",
        altered=Forward("Conv2d", _columns_reversed),
        why_unseen=(
            "Whatever the kernel is, the gradients belong to it: a gradient check passes and the "
            "network learns the mirrored kernel. Kernels whose columns are alike show nothing."
        ),
        fix=f"{_FORMULA}: weight as it is, without [::-1] or fliplr on its columns",
    ),
    Hypothesis(
        name="conv2d.kernel.transposed",
        title="rows and columns of the kernel are exchanged",
        altered=Forward("Conv2d", _transposed),
        why_unseen=(
            "The shapes of a square kernel agree either way, forward and backward pass are "
            "consistent, and a network trained from the start learns the transposed kernel; only "
            "weights that come from elsewhere go wrong."
        ),
        fix=f"{_FORMULA}; weights that were stored column by column: weight.swapaxes(2, 3)",
        evidence=(
            "shekkizh/FCN.tensorflow#47",
            "anishathalye/neural-style#71",
        ),
    ),
)
