"""The plugged-in layers of one run, with their parameters as PyTorch has them."""

from __future__ import annotations

from collections.abc import Mapping

from oracles.contract.case import NETWORK_INPUT, Array, Case, Layer
from oracles.contract.reference import Parameters
from oracles.implementations.border import Border
from oracles.implementations.plugs import Plug


class Network:
    """One plug for each layer of a case."""

    def __init__(self, case: Case, border: Border, plugs: Mapping[str, Plug]) -> None:
        self.case = case
        self.border = border
        self.plugs = plugs
        self.needed = _with_parameters_before(case)

    def parameters(self) -> Parameters:
        """All parameters as they are now, in PyTorch's layout: {"conv1.weight": array}."""
        return {
            f"{layer.name}.{parameter}": self.parameter(layer, parameter)
            for layer in self.case.layers
            for parameter in layer.parameters
        }

    def parameter(self, layer: Layer, parameter: str) -> Array:
        """One of them."""
        plug = self.plugs[layer.name]
        what = f"{parameter} of {plug.what}"
        return self.border.take_parameter(layer, parameter, plug.parameters()[parameter], what)

    def set_parameter(self, layer: Layer, parameter: str, array: Array) -> None:
        """Give a layer a parameter that is in PyTorch's layout."""
        converted = self.border.hand_parameter(layer, parameter, array)
        self.plugs[layer.name].set_parameter(parameter, converted.copy())


def _with_parameters_before(case: Case) -> frozenset[str]:
    """The places whose gradient is needed: a layer with parameters stands there or before."""
    needed = {NETWORK_INPUT: False}
    for layer in case.layers:
        needed[layer.name] = bool(layer.parameters) or any(needed[name] for name in layer.inputs)
    return frozenset(place for place, is_needed in needed.items() if is_needed)
