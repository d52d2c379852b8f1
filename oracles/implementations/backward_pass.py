"""The backward pass of one step through plugged-in layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from oracles.contract.case import Array, Layer
from oracles.contract.entries import backward_entry
from oracles.contract.errors import Unsupported
from oracles.contract.reference import Parameters
from oracles.implementations import supplied
from oracles.implementations.crossing import Crossing
from oracles.implementations.errors import ImplementationError
from oracles.implementations.network import Network

READ_OFF_LR = 2.0**64
"""Learning rate of an update that is made only to see the gradient. A power of two, so that
multiplying and dividing are exact, and so large that the parameter itself is lost in the update:
(before - after) / lr is then the gradient to the last bit, where a usual rate leaves the rounding
of the parameter in it."""


class BackwardPass:
    """Records gradients of inputs and of parameters; `gradients` has those of the parameters, in
    PyTorch's layout, summed over the samples, penalties included.

    updates          layers update their parameters in `backward`, and return no gradients of them
    keeps_updates    these updates are those of the case; otherwise the gradients are read off them
                     and the parameters put back
    """

    def __init__(
        self, crossing: Crossing, network: Network, updates: bool, keeps_updates: bool
    ) -> None:
        self.crossing = crossing
        self.network = network
        self.updates = updates
        self.keeps_updates = keeps_updates
        self.gradients: Parameters = {}
        case, step = crossing.case, crossing.step
        self._added: Parameters = {}
        if case.penalties:
            self._added = supplied.penalty_gradients(case, step, network.parameters())

    def run(self, chunk: slice, grad_output: Array) -> None:
        """From the gradient of the network's output down to the first layer."""
        case = self.crossing.case
        flowing: dict[str, Any] = {case.output.name: grad_output}
        for layer in reversed(case.layers):
            for place, gradient in self._layer(layer, chunk, flowing[layer.name]):
                flowing[place] = _sum(flowing[place], gradient) if place in flowing else gradient

    def _layer(
        self, layer: Layer, chunk: slice, grad_output: Any
    ) -> list[tuple[str, Array | None]]:
        if grad_output is None:
            return [(place, None) for place in layer.inputs]
        lr = self._lr(layer) if self.updates else None
        before = self._parameters_of(layer) if self.updates else {}
        results, gradients = self.network.plugs[layer.name].backward(grad_output, lr)
        taken = self._record_inputs(layer, chunk, results)
        if not self.updates:
            self._take_gradients(layer, chunk, gradients)
        elif not self.keeps_updates:
            self._read_off(layer, chunk, before)
        return taken

    def _parameters_of(self, layer: Layer) -> Parameters:
        return {name: self.network.parameter(layer, name).copy() for name in layer.parameters}

    def _record_inputs(
        self, layer: Layer, chunk: slice, results: Sequence[Any]
    ) -> list[tuple[str, Array | None]]:
        """Record the gradients of the inputs; one that nobody needs may be None."""
        plug = self.network.plugs[layer.name]
        taken: list[tuple[str, Array | None]] = []
        for index, (place, result) in enumerate(zip(layer.inputs, results, strict=True)):
            if result is None and place not in self.network.needed:
                taken.append((place, None))
                continue
            name = backward_entry(self.crossing.step.index, layer, index)
            what = f"the gradient of the input that backward of {plug.what} returned"
            array = self.crossing.take(result, place, chunk, what, name)
            self.crossing.record(name, array, plug.supplied)
            taken.append((place, np.asarray(result)))
        return taken

    def _take_gradients(self, layer: Layer, chunk: slice, gradients: Mapping[str, Any]) -> None:
        for parameter, value in gradients.items():
            what = f"the gradient of {parameter} of {self.network.plugs[layer.name].what}"
            name = f"{self.crossing.key}.gradient.{layer.name}.{parameter}"
            with self.crossing.kept_if_refused(name):
                gradient = self.crossing.border.take_parameter(layer, parameter, value, what)
            self._collect(f"{layer.name}.{parameter}", chunk, gradient)

    def _read_off(self, layer: Layer, chunk: slice, before: Parameters) -> None:
        for parameter, array in before.items():
            after = self.network.parameter(layer, parameter)
            self._collect(f"{layer.name}.{parameter}", chunk, (array - after) / READ_OFF_LR)
            self.network.set_parameter(layer, parameter, array)

    def _collect(self, name: str, chunk: slice, gradient: Array) -> None:
        """Sum over the samples; with the last one, add penalties and record."""
        chunks = self.crossing.chunks
        total = gradient.copy() if chunk == chunks[0] else self.gradients[name] + gradient
        if chunk == chunks[-1]:
            if name in self._added:
                wide = total + self._added[name]
                total = wide.astype(total.dtype if total.dtype.kind == "f" else np.float64)
            self.crossing.trace[f"{self.crossing.key}.gradient.{name}"] = total
        self.gradients[name] = total

    def _lr(self, layer: Layer) -> float:
        if not self.keeps_updates:
            return READ_OFF_LR
        step = self.crossing.step
        rates = {step.learning_rates[f"{layer.name}.{p}"] for p in layer.parameters}
        if len(rates) > 1:
            raise Unsupported(
                f"the parameters of {self.network.plugs[layer.name].what} have learning rates "
                f"{sorted(rates)}, and its backward updates them with one"
            )
        return rates.pop() if rates else float(step.lr or 0.0)


def _sum(a: Array | None, b: Array | None) -> Array | None:
    return None if a is None or b is None else a + b


def check_all_gradients(network: Network, gradients: Parameters) -> None:
    """An update needs the gradient of every parameter."""
    for layer in network.case.layers:
        for parameter in layer.parameters:
            if f"{layer.name}.{parameter}" not in gradients:
                raise ImplementationError(
                    f"backward of {network.plugs[layer.name].what} gave no gradient of "
                    f"{parameter}, and this step updates {parameter}"
                )
