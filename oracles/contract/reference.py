"""What an oracle of whole operations offers, whatever framework is behind it.

Everything is a NumPy array in float64; parameters are named `conv1.weight`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from oracles.contract.case import Array, Case, Layer, Mode, Step

Parameters = dict[str, Array]
Slots = dict[str, dict[str, Array]]
"""What the optimizer remembers: {"conv1.weight": {"momentum_buffer": array}}."""


@dataclass(frozen=True)
class Call:
    """One evaluation of one layer: everything its output depends on.

    mask      of a dropout layer in train mode
    batches   calls of this layer in train mode before this one (batch norm with momentum None)
    step      index of the step it belongs to
    """

    layer: Layer
    inputs: tuple[Array, ...]
    parameters: Mapping[str, Array]
    buffers: Mapping[str, Array]
    mode: Mode
    mask: Array | None = None
    batches: int = 0
    step: int = 0

    def on(
        self, inputs: Sequence[Array], parameters: Mapping[str, Array], mask: Array | None = None
    ) -> Call:
        """The same call on other arrays."""
        return replace(self, inputs=tuple(inputs), parameters=parameters, mask=mask)


class LayerRun(Protocol):
    """A call that was evaluated, and can be differentiated."""

    @property
    def output(self) -> Array:
        """What the layer computes."""
        ...

    @property
    def buffers(self) -> dict[str, Array]:
        """Its buffers after the forward pass."""
        ...

    def backward(self, grad_output: Array) -> tuple[list[Array], dict[str, Array]]:
        """Gradients with respect to the inputs and the parameters."""
        ...


class Reference(Protocol):
    """An oracle that can evaluate every stage of a training step by itself."""

    name: str

    def __hash__(self) -> int:
        """What depends on shapes alone is kept for each reference."""
        ...

    def run(self, call: Call) -> LayerRun:
        """Evaluate one layer."""
        ...

    def loss(self, case: Case, step: Step, prediction: Array) -> Array:
        """The loss without penalties: a scalar, or one number per sample for "none"."""
        ...

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        """Its gradient with respect to the prediction."""
        ...

    def penalty(self, case: Case, step: Step, parameters: Parameters) -> Array:
        """What the penalties add to the loss."""
        ...

    def penalty_gradients(self, case: Case, step: Step, parameters: Parameters) -> Parameters:
        """What they add to the gradients, for the parameters they concern."""
        ...

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        """The gradients as the optimizer uses them."""
        ...

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        """Parameters and slots after the step; `slots` is empty before the first one."""
        ...
