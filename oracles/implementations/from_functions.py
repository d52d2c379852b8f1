"""Functions as an implementation: `implementation = from_functions({"Conv2d": (f, b), ...})`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oracles.contract.case import Array, Case, Layer
from oracles.contract.trace import Trace
from oracles.implementations.border import Border
from oracles.implementations.errors import ImplementationError
from oracles.implementations.known_names import refuse_misspelt
from oracles.implementations.layouts import Layouts
from oracles.implementations.left_out import only_own_refusals, refuse_what_is_left_out
from oracles.implementations.plugs import Gradients, LayerView, Plug, described, view_of
from oracles.implementations.results import (
    as_pair,
    input_gradients,
    parameter_gradients,
    refuse_missing_gradients,
)
from oracles.implementations.stages import LossFunction, OptimizerFunction, Stages
from oracles.implementations.stepping import run_steps
from oracles.implementations.structural import StructuralPlug

Forward = Callable[[Any, LayerView], Any]
"""(x, layer) -> (y, cache); x is a list where a layer has several inputs."""

Backward = Callable[[Any, Any], Any]
"""(grad_output, cache) -> (grad_input, {parameter: gradient})."""


def from_functions(
    layers: Mapping[str, tuple[Forward, Backward]],
    *,
    loss: Mapping[str, LossFunction] | None = None,
    optimizer: Mapping[str, OptimizerFunction] | None = None,
    follows: Sequence[str] = (),
    name: str = "functions",
) -> Functions:
    """An implementation made of functions, all arrays in PyTorch's layout.

    Args:
        layers: {type: (forward, backward)}. `forward(x, layer) -> (y, cache)`, where `layer` has
            `attributes`, `parameters`, `buffers`, `mode`, `training`, `mask` (see `LayerView`);
            new running statistics are written into `layer.buffers`. `backward(grad_output, cache)
            -> (grad_input, {parameter: gradient})`; grad_input may be None where no layer before
            has parameters. With several inputs x and grad_input are lists.
        loss: {type: function}, `(prediction, target, loss) -> (value, gradient)`, without
            penalties, which the harness adds to the loss and to the gradients.
        optimizer: {type: function}, `(parameter, gradient, state, options) -> (parameter, state)`,
            called for each parameter with the clipped gradient.
        follows: names of conventions (docs/causes) that it follows where PyTorch has another one.
        name: what reports call it.

    A loss or optimizer left out is computed by the case's rule and recorded as supplied, and so are
    Identity, Flatten, Add and Cat. Another type left out makes a case unsupported.
    """
    for type_, functions in layers.items():
        if not _are_two(functions):
            raise ImplementationError(
                f"from_functions: {type_!r} must have two functions, (forward, backward), "
                f"got {functions!r}"
            )
    refuse_misspelt(layers, loss or {}, optimizer or {})
    return Functions(layers, Stages(loss or {}, optimizer or {}), name, follows)


class Functions:
    """An implementation; runs whole cases."""

    def __init__(
        self,
        layers: Mapping[str, tuple[Forward, Backward]],
        stages: Stages,
        name: str,
        follows: Sequence[str] = (),
    ) -> None:
        self.follows = tuple(follows)
        self.layers = dict(layers)
        self.stages = stages
        self.name = name

    def run(self, case: Case, trace: Trace) -> None:
        """Run all steps of the case and record every entry the functions return."""
        refuse_what_is_left_out(case, self.layers, self.stages)
        with only_own_refusals(case, self.layers, self.stages):
            border = Border(case, Layouts())
            plugs = {layer.name: self._plug(case, layer, border) for layer in case.layers}
            run_steps(case, trace, border, plugs, self.stages)

    def _plug(self, case: Case, layer: Layer, border: Border) -> Plug:
        if layer.type not in self.layers:
            return StructuralPlug(case, layer, border)
        return FunctionPlug(case, layer, border, *self.layers[layer.type])


class FunctionPlug:
    """One layer: two functions, and the cache between them."""

    supplied = False

    def __init__(
        self, case: Case, layer: Layer, border: Border, forward: Forward, backward: Backward
    ) -> None:
        self.view = view_of(case, layer, border)
        self.what = described(layer)
        self._layer = layer
        self._forward = forward
        self._backward = backward
        self._cache: Any = None

    def start_step(self) -> None:
        pass

    def forward(self, inputs: Sequence[Array]) -> Any:
        x = inputs[0] if len(inputs) == 1 else list(inputs)
        what = f"forward of {self.what}"
        y, self._cache = as_pair(self._forward(x, self.view), what, "(y, cache)")
        return y

    def backward(self, grad_output: Array, lr: float | None) -> Gradients:
        what = f"backward of {self.what}"
        value = self._backward(grad_output, self._cache)
        expected = "(grad_input, {parameter: gradient})"
        grad_input, gradients = as_pair(value, what, expected)
        named = parameter_gradients(gradients, self._layer, what)
        refuse_missing_gradients(named, self._layer, what)
        return input_gradients(grad_input, self._layer, what), named

    def parameters(self) -> Mapping[str, Any]:
        return self.view.parameters

    def set_parameter(self, name: str, array: Array) -> None:
        self.view.parameters[name] = array

    def buffers(self) -> Mapping[str, Any]:
        return {name: self.view.buffers[name] for name in self._layer.buffers}


def _are_two(functions: Any) -> bool:
    return (
        isinstance(functions, tuple | list)
        and len(functions) == 2
        and all(callable(function) for function in functions)
    )
