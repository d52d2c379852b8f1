"""A case as an implementation and an oracle get it: network, operands and steps, with every
default filled in and every array drawn.

A `Case` belongs to one run of one dtype: its arrays are fresh writable copies. Where they come
from is the business of `definition.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from oracles.contract.errors import Unsupported

Array = NDArray[Any]
Shape = tuple[int, ...]
Mode = Literal["train", "eval"]

NETWORK_INPUT = "input"
"""The name by which a layer's `inputs` mean the input of the network."""


@dataclass(frozen=True)
class Layer:
    """One layer of the network, in the order of the case file, which is an order of evaluation.

    type           torch.nn's name, or Add, Cat
    name           unique in the case
    attributes     torch's arguments, all of them; per-axis values are pairs (height, width);
                   `padding` of Conv2d may also be "same" or "valid"; "none" of a case file is None
    parameters     {"weight": ..., "bias": ...} in torch's shapes; without a bias there is no key
    buffers        {"running_mean": ..., "running_var": ...} before the first step
    inputs         the layers it reads, or "input"
    input_shapes   one for each of `inputs`, without the batch axis, which may change by the step
    output_shape   likewise
    """

    type: str
    name: str
    attributes: Mapping[str, Any]
    parameters: dict[str, Array]
    buffers: dict[str, Array]
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape


@dataclass(frozen=True)
class Penalty:
    """`factor * sum(p ** 2)` (L2) or `factor * sum(abs(p))` (L1) over `parameters`, added to the
    loss of a step, divided by the samples of the step (`per = "batch"`) or of the case
    (`per = "dataset"`) if `per` is given."""

    type: Literal["L1", "L2"]
    factor: float
    parameters: tuple[str, ...]
    per: Literal["batch", "dataset"] | None

    def divisor(self, step: Step, case: Case) -> int:
        """What the sum is divided by at this step."""
        if self.per is None:
            return 1
        return len(step.samples) if self.per == "batch" else case.samples


@dataclass(frozen=True)
class Step:
    """One forward pass, with what follows from it.

    mode             "train" or "eval": what dropout and batch norm do
    backward         whether gradients are computed (always in train mode)
    update           whether the optimizer is applied: mode "train" and the case has an optimizer
    samples          indices into the samples of the case
    raw              these samples as the file has them, before `preparation`
    input            after it, in the dtype of the run: what the first layer sees
    target           what the loss compares with; class indices are int64
    upstream         gradient with respect to the output of the network, where the case has no loss;
                     gradient with respect to the loss, where that has reduction "none"
    masks            {layer name: mask} of the dropout layers: 1 keeps, 0 drops; shaped like the
                     layer's input in this step, batch axis included; unused in eval mode
    lr               learning rate of the optimizer at this step, None where nothing is updated
    learning_rates   the same for each parameter, groups considered: {"conv1.weight": 0.1}
    """

    index: int
    mode: Mode
    backward: bool
    update: bool
    samples: tuple[int, ...]
    raw: Array
    input: Array
    target: Array | None
    upstream: Array | None
    masks: dict[str, Array]
    lr: float | None
    learning_rates: Mapping[str, float]


@dataclass(frozen=True)
class Case:
    """Everything an implementation needs to know to run a case.

    id            path of the file below the folder of cases
    dtype         what the operands are rounded to and the implementation is to compute in
    layers        in an order of evaluation; the last one is the output of the network
    loss          {"type": "MSELoss", "reduction": "mean", "factor": 1.0, ...}, every option filled
                  in, or None where an upstream gradient is given instead
    penalties     what is added to the loss and so to the gradients
    optimizer     {"type": "SGD", "clip_grad_norm": None, "clip_grad_value": None, "lr": ...,
                  "momentum": ..., "parameters": {"conv1.weight": {"momentum": ..., ...}, ...}}:
                  the options as given, and under "parameters" as they hold for each parameter,
                  groups considered (without lr, which changes by the step); or None
    preparation   ({"reshape": (1, 28, 28)}, {"divide": 255.0}, {"subtract": (0.13,)}, ...): per
                  sample, in order, in float64, then rounded to the dtype
    samples       number of samples of the whole input
    drawn         every operand is a random fill (which decides the bound, see judging/bounds.py)
    """

    id: str
    title: str
    why: str
    dtype: np.dtype[Any]
    layers: tuple[Layer, ...]
    loss: Mapping[str, Any] | None
    penalties: tuple[Penalty, ...]
    optimizer: Mapping[str, Any] | None
    steps: Sequence[Step]
    preparation: tuple[Mapping[str, Any], ...]
    samples: int
    drawn: bool
    remembered: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    """What the optimizer remembers before the first step, {"conv1.weight": {"momentum_buffer":
    array}}; empty unless the case begins in the middle of a training."""

    refused: bool = False
    """The case expects a refusal: shapes and values may make no sense, arrays may be missing."""

    @property
    def output(self) -> Layer:
        """The layer whose output is the prediction."""
        return self.layers[-1]

    def layer(self, name: str) -> Layer:
        """The layer of this name."""
        return next(layer for layer in self.layers if layer.name == name)

    def parameters(self) -> dict[str, Array]:
        """All parameters as {"conv1.weight": array}, in the order of the layers."""
        return {
            f"{layer.name}.{parameter}": array
            for layer in self.layers
            for parameter, array in layer.parameters.items()
        }

    def unsupported(self, why: str) -> Unsupported:
        """The exception by which an implementation that imports nothing of this package says that
        it does not do something: `raise case.unsupported("no dilation yet")`."""
        return Unsupported(why)
