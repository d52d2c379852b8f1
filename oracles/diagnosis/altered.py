"""The kinds of altered rules: what a known mistake changes in a training step.

Each is a function on float64 torch tensors (arrays for optimizers and data) that stands in the
place of the right one. Its docstring is the sentence that it tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor

from oracles.contract.case import Array
from oracles.contract.reference import Parameters
from oracles.contract.training import Walk
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun

if TYPE_CHECKING:
    from oracles.diagnosis.evidence import Evidence, Likeness

ForwardRule = Callable[[Site, Sequence[Tensor], Mapping[str, Tensor]], Tensor]
BackwardRule = Callable[[Site, TorchRun, Tensor], dict[str, Tensor]]
StateRule = Callable[[Site, Mapping[str, Array]], dict[str, Array]]
LossRule = Callable[[Site, Tensor], Tensor]
PenaltyRule = Callable[[Site, Mapping[str, Tensor]], Tensor]
ClipRule = Callable[[Site, Parameters], Parameters]
PrepareRule = Callable[[Site], Array]


@dataclass(frozen=True)
class Forward:
    """Another forward pass of every layer of a type: (site, inputs, parameters) -> output.

    Autograd differentiates it, so that it predicts output, grad_input and the gradients of all
    parameters. It is also tried in the forward pass alone and in the backward pass alone. An output
    of another shape is compared with what the implementation tried to record.
    """

    operation: str
    rule: ForwardRule


@dataclass(frozen=True)
class Backward:
    """Other gradients of every layer of a type: (site, run, grad_output) -> {name: gradient}.

    Names are "input" (or "input.1" for the second input) and those of parameters; what is not
    returned is right. `run.inputs`, `run.parameters`, `run.result` are tensors with autograd's
    graph, `run.autograd(grad_output)` the right gradients.
    """

    operation: str
    rule: BackwardRule


@dataclass(frozen=True)
class State:
    """Other buffers after the forward pass: (site, right ones) -> other ones. What is not returned
    is right; in eval mode the right ones are those before."""

    operation: str
    rule: StateRule


@dataclass(frozen=True)
class Loss:
    """Another loss without penalties: (site, prediction) -> differentiable loss. Tried for loss and
    gradient together, for the loss alone and for the gradient alone."""

    losses: tuple[str, ...]
    rule: LossRule


@dataclass(frozen=True)
class LossGradient:
    """Another gradient of the loss with respect to the prediction: (site, prediction) -> gradient.
    The loss itself is right."""

    losses: tuple[str, ...]
    rule: LossRule


@dataclass(frozen=True)
class Penalty:
    """Other penalties: (site, all parameters) -> what they add to the loss, differentiable. Tried
    for loss and gradients together, for the loss alone and for the gradients alone."""

    rule: PenaltyRule


@dataclass(frozen=True)
class Clip:
    """Another clipping: (site, gradients) -> clipped gradients."""

    rule: ClipRule


@dataclass(frozen=True)
class Updating:
    """One parameter in one update.

    name      "conv1.weight"
    buffer    its momentum buffer from the step before, None in the first one and without momentum
    lr        learning rate of this step
    options   momentum, dampening, nesterov, weight_decay, maximize
    """

    site: Site
    name: str
    parameter: Array
    gradient: Array
    buffer: Array | None
    lr: float
    options: Mapping[str, Any]


UpdateRule = Callable[[Updating], tuple[Array, Array | None]]


@dataclass(frozen=True)
class Update:
    """Another optimizer: (updating) -> (parameter, momentum buffer or None)."""

    optimizer: str
    rule: UpdateRule


@dataclass(frozen=True)
class Prepare:
    """Another preparation of the data: (site) -> the batch as the first layer sees it, from
    `site.step.raw` and `site.case.preparation`."""

    rule: PrepareRule


@dataclass(frozen=True)
class Course:
    """Another course of a step: a subclass of `Walk` that overrides what happens when. Its
    docstring is the sentence it tests."""

    rule: type[Walk[Array]] = field(repr=False)


@dataclass(frozen=True)
class Precision:
    """No other rule, but other rounding: (evidence, wrong entries) -> those whose difference it
    accounts for, with how much of it. Asked last, about what nothing else explains."""

    rule: Callable[[Evidence, Sequence[str]], dict[str, Likeness]]


Altered = (
    Forward
    | Backward
    | State
    | Loss
    | LossGradient
    | Penalty
    | Clip
    | Update
    | Prepare
    | Course
    | Precision
)
