"""What stands for one layer while a case runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from oracles.contract.case import Array, Case, Layer, Mode, Shape
from oracles.implementations.border import Border


@dataclass
class LayerView:
    """A layer as functions and factories get it: `oracles.contract.case.Layer` with parameters and
    buffers in the declared layout, and what the step at hand adds.

    dtype   what to compute in
    mode    "train" or "eval"
    mask    of a dropout layer in train mode: 1 keeps, 0 drops, shaped like its input; else None
    """

    type: str
    name: str
    attributes: Mapping[str, Any]
    parameters: dict[str, Array]
    buffers: dict[str, Array]
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    dtype: np.dtype[Any]
    mode: Mode = "train"
    mask: Array | None = None

    @property
    def training(self) -> bool:
        return self.mode == "train"


def view_of(case: Case, layer: Layer, border: Border) -> LayerView:
    """The view of a layer before the first step."""

    def converted(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {name: border.hand_parameter(layer, name, array) for name, array in arrays.items()}

    return LayerView(
        type=layer.type,
        name=layer.name,
        attributes=layer.attributes,
        parameters=converted(layer.parameters),
        buffers=converted(layer.buffers),
        inputs=layer.inputs,
        input_shapes=layer.input_shapes,
        output_shape=layer.output_shape,
        dtype=case.dtype,
    )


Gradients = tuple[Sequence[Any], Mapping[str, Any]]
"""With respect to the inputs (None where not exposed) and the parameters, as they were returned."""


class Plug(Protocol):
    """One layer of one run. All arrays are in the implementation's layout.

    supplied   the harness computes this layer, not the implementation
    what       "Conv2d 'conv1'", for messages
    """

    view: LayerView
    supplied: bool
    what: str

    def start_step(self) -> None:
        """Mode and mask of the view are those of a new step, or of another sample."""
        ...

    def forward(self, inputs: Sequence[Array]) -> Any:
        """The output, as it was returned."""
        ...

    def backward(self, grad_output: Array, lr: float | None) -> Gradients:
        """`lr` is that of implementations whose backward pass updates, else None."""
        ...

    def parameters(self) -> Mapping[str, Any]:
        """As they are now."""
        ...

    def set_parameter(self, name: str, array: Array) -> None: ...

    def buffers(self) -> Mapping[str, Any]:
        """Those that are exposed, as they are now."""
        ...


def described(layer: Layer) -> str:
    """A layer in a message."""
    return f"{layer.type} {layer.name!r}"
