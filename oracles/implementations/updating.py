"""The update of one step: clipping and the optimizer, the implementation's own or the case's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from oracles.contract.case import Case, Layer, Step
from oracles.contract.entries import clips, optimizer_slots
from oracles.contract.reference import Parameters, Slots
from oracles.implementations import supplied
from oracles.implementations.backward_pass import check_all_gradients
from oracles.implementations.crossing import Crossing
from oracles.implementations.network import Network
from oracles.implementations.results import as_pair
from oracles.implementations.stages import OptimizerFunction


def backward_updates_suffice(case: Case, step: Step, samples_at_once: int) -> bool:
    """Whether `parameter -= lr * gradient` inside a backward pass is the update of the case: SGD
    and nothing else, and all samples of the step in one backward pass."""
    if case.optimizer is None or not step.update or case.penalties or clips(case):
        return False
    if case.optimizer["type"] != "SGD" or samples_at_once != len(step.samples):
        return False
    options = case.optimizer["parameters"].values()
    return not any(o.get(key) for o in options for key in ("momentum", "weight_decay", "maximize"))


class Updating:
    """Keeps what an optimizer remembers from one step to the next."""

    def __init__(self, network: Network, optimizers: Mapping[str, OptimizerFunction]) -> None:
        self.network = network
        self.optimizers = optimizers
        self._states: dict[str, Any] = {}
        self._slots: Slots = {}

    def record_made(self, crossing: Crossing) -> None:
        """Backward has updated the parameters already."""
        for name, array in self.network.parameters().items():
            crossing.trace[f"{crossing.key}.update.{name}"] = array

    def run(self, crossing: Crossing, gradients: Parameters) -> None:
        """Clip, update, record."""
        case = crossing.case
        assert case.optimizer is not None
        check_all_gradients(self.network, gradients)
        if clips(case):
            gradients = supplied.clip(case, gradients)
            for name, gradient in gradients.items():
                crossing.trace.supply(f"{crossing.key}.clipped.{name}", gradient)
        own = self.optimizers.get(case.optimizer["type"])
        if own is None:
            self._supplied(crossing, gradients)
            return
        for layer in case.layers:
            for parameter in layer.parameters:
                self._own(own, crossing, layer, parameter, gradients)

    def _own(
        self,
        own: OptimizerFunction,
        crossing: Crossing,
        layer: Layer,
        parameter: str,
        gradients: Parameters,
    ) -> None:
        border, name = crossing.border, f"{layer.name}.{parameter}"
        plug = self.network.plugs[layer.name]
        optimizer = crossing.case.optimizer
        assert optimizer is not None
        what = f"the optimizer function for {optimizer['type']}"
        lr = crossing.step.learning_rates[name]
        options = MappingProxyType({**optimizer["parameters"][name], "lr": lr})
        gradient = border.hand_parameter(layer, parameter, gradients[name].copy())
        result = own(plug.parameters()[parameter], gradient, self._states.get(name, {}), options)
        updated, state = as_pair(result, what, "(parameter, state)")
        self._states[name] = state
        for slot in optimizer_slots(crossing.case, name):
            if isinstance(state, Mapping) and state.get(slot) is not None:
                said = f"{slot} of {what}"
                array = border.take_parameter(layer, parameter, state[slot], said)
                crossing.trace[f"{crossing.key}.optimizer.{name}.{slot}"] = array
        said = f"the {parameter} of {plug.what} that {what} returned"
        taken = border.take_parameter(layer, parameter, updated, said)
        crossing.trace[f"{crossing.key}.update.{name}"] = taken
        plug.set_parameter(parameter, np.asarray(updated))

    def _supplied(self, crossing: Crossing, gradients: Parameters) -> None:
        case, network = crossing.case, self.network
        updated, self._slots = supplied.update(
            case, crossing.step, network.parameters(), gradients, self._slots
        )
        for layer in case.layers:
            for parameter in layer.parameters:
                name = f"{layer.name}.{parameter}"
                for slot in optimizer_slots(case, name):
                    entry = f"{crossing.key}.optimizer.{name}.{slot}"
                    crossing.trace.supply(entry, self._slots[name][slot])
                crossing.trace.supply(f"{crossing.key}.update.{name}", updated[name])
                network.set_parameter(layer, parameter, updated[name])
