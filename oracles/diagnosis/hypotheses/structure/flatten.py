"""Images that become rows in another order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.contract.case import NETWORK_INPUT
from oracles.diagnosis.altered import Backward, Forward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun

Tensors = Sequence[Tensor]
Named = Mapping[str, Tensor]


def _flattened(site: Site, x: Tensor) -> tuple[int, ...]:
    """The axes that become one."""
    first, last = (site.attributes[key] % x.ndim for key in ("start_dim", "end_dim"))
    axes = tuple(range(first, last + 1))
    needs(len(axes) > 1)
    return axes


def _in_order(x: Tensor, axes: tuple[int, ...], order: tuple[int, ...]) -> Tensor:
    """`axes` flattened after they were brought into this order."""
    everything = (*range(axes[0]), *order, *range(axes[-1] + 1, x.ndim))
    return x.permute(everything).flatten(axes[0], axes[-1])


def _rows_of_everything(site: Site, x: Tensor) -> None:
    """Only where each sample becomes one row."""
    axes = _flattened(site, x)
    needs(axes[0] == 1 and axes[-1] == x.ndim - 1)


def _channels_last(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The channels run fastest: f = (h * W + w) * C + c, as if the image were H W C."""
    axes = _flattened(site, inputs[0])
    needs(axes[0] == 1)
    return _in_order(inputs[0], axes, (*axes[1:], axes[0]))


def _column_major(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The first axis runs fastest: f = c + C * (h + H * w), as reshape(N, -1, order="F") has it."""
    axes = _flattened(site, inputs[0])
    return _in_order(inputs[0], axes, axes[::-1])


def _rows_columns_swapped(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """Each channel is read column by column: f = (c * W + w) * H + h."""
    axes = _flattened(site, inputs[0])
    needs(inputs[0].ndim == 4 and axes[-2:] == (2, 3))
    return _in_order(inputs[0], axes, (*axes[:-2], 3, 2))


def _samples_mixed(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The whole batch is reshaped to (features, N) and transposed: row n has every N-th number of
    the batch, whatever sample it belongs to."""
    x = inputs[0]
    _rows_of_everything(site, x)
    return x.reshape(-1, len(x)).T


def _samples_mixed_order_f(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The whole batch is reshaped to (features, N) in column-major order and transposed: row n has
    the n-th part of the batch in the order of its memory, in which the samples run fastest."""
    x = inputs[0]
    _rows_of_everything(site, x)
    return x.permute(*reversed(range(x.ndim))).reshape(len(x), -1)


def _not_reshaped(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is handed back as it came, in rows: it does not become images again."""
    _flattened(site, run.inputs[0])
    return {"input": grad_output}


def _sigmoid_derivative(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is multiplied by x * (1 - x) on its way through a Flatten, as if its input x
    were the output of a sigmoid."""
    front = site.layer.inputs[0]
    needs(front == NETWORK_INPUT or site.case.layer(front).type != "Sigmoid")
    x = run.inputs[0]
    return {"input": grad_output.reshape(x.shape) * x * (1 - x)}


_UNSEEN = (
    "Forward and backward pass agree with each other, so that a gradient check passes, and the "
    "dense layer behind learns its weights in this order."
)
_MIXED = (
    "No shape is wrong, and forward and backward pass agree with each other, so that a gradient "
    "check passes. With one sample it is right. A full batch that never changes can be memorised; "
    "in new batches every row is made of several samples, and the network learns nothing."
)

HYPOTHESES = (
    Hypothesis(
        name="flatten.order.channels_last",
        title="an image is flattened with the channels running fastest, as in N H W C",
        altered=Forward("Flatten", _channels_last),
        why_unseen=f"{_UNSEEN} Weights from another framework are what shows it.",
        fix="x.reshape(N, -1) of an N C H W array; of N H W C, x.transpose(0, 3, 1, 2) first",
        evidence=("gzuidhof/nn-transfer#16", "microsoft/MMdnn#595", "gmalivenko/pytorch2keras#34"),
        sort="convention",
        declaration='oracles.from_layers(..., layout="NHWC")',
        convention="flatten.order",
    ),
    Hypothesis(
        name="flatten.order.column_major",
        title="an image is flattened in column-major order, as Fortran, MATLAB and Julia do",
        altered=Forward("Flatten", _column_major),
        why_unseen=f"{_UNSEEN} Weights from another program are what shows it.",
        fix='x.reshape(N, -1), with order="C"; of a column-major array reverse its axes first',
        evidence=("keras-team/keras#13830", "lanl-ansi/MathOptAI.jl#222"),
        sort="convention",
        declaration='oracles.from_layers(..., flatten="F")',
        convention="flatten.order",
    ),
    Hypothesis(
        name="flatten.order.rows_columns_swapped",
        title="each channel is flattened column by column",
        altered=Forward("Flatten", _rows_columns_swapped),
        why_unseen=f"{_UNSEEN} Images of one row or one column hide it.",
        fix="f = (c * H + h) * W + w: x.reshape(N, -1) of an N C H W array, not of N C W H",
        evidence=("vlfeat/matconvnet#657", "jatinshah/ufldl_tutorial#3"),
    ),
    Hypothesis(
        name="flatten.order.samples_mixed",
        title="a reshape of the whole batch mixes the samples: reshape(features, N).T",
        altered=Forward("Flatten", _samples_mixed),
        why_unseen=_MIXED,
        fix="x.reshape(N, -1); where columns are samples, x.reshape(N, -1).T",
    ),
    Hypothesis(
        name="flatten.order.samples_mixed_order_f",
        title="a column-major reshape of the whole batch mixes the samples",
        altered=Forward("Flatten", _samples_mixed_order_f),
        why_unseen=_MIXED,
        fix='x.reshape(N, -1); reshape(features, N, order="F") is right only for arrays whose last '
        "axis counts the samples",
    ),
    Hypothesis(
        name="flatten.grad_input.not_reshaped",
        title="the gradient of a Flatten comes back in rows, not in images",
        altered=Backward("Flatten", _not_reshaped),
        why_unseen=(
            "Where Flatten is the first layer nothing reads its gradient; elsewhere the layer in "
            "front may broadcast it."
        ),
        fix="grad_input = grad_output.reshape(x.shape)",
    ),
    Hypothesis(
        name="flatten.grad_input.sigmoid_derivative",
        title="the gradient of a Flatten is multiplied by x * (1 - x), where there is no sigmoid",
        altered=Backward("Flatten", _sigmoid_derivative),
        why_unseen=(
            "The outputs are right, and so is every gradient behind the Flatten. The layers in "
            "front still get some gradient, small where x is near 0 and of the other sign where x "
            "is negative or above 1, and what is behind learns without them."
        ),
        fix="grad_input = grad_output.reshape(x.shape); y * (1 - y) belongs to the sigmoid, y "
        "being its output, before the gradient is multiplied by the weights in front of it",
    ),
)
