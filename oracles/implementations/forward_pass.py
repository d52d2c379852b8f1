"""The forward pass of one step through plugged-in layers."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import NETWORK_INPUT, Array, Layer
from oracles.implementations.crossing import Crossing
from oracles.implementations.network import Network
from oracles.implementations.stages import Prepare


def network_input(crossing: Crossing, prepare: Prepare | None, chunk: slice) -> Array:
    """What the first layer gets: prepared by the implementation and then rounded to the dtype of
    the case, or the case's own input."""
    case, step = crossing.case, crossing.step
    if prepare is None or not case.preparation:
        name = f"{crossing.key}.input"
        if name not in crossing.trace and not case.refused:
            crossing.trace.supply(name, step.input)
        return crossing.hand(step.input[chunk], NETWORK_INPUT)
    value = prepare(step.raw[chunk], case.preparation)
    taken = crossing.take(value, NETWORK_INPUT, chunk, "what prepare returned")
    crossing.record(f"{crossing.key}.input", taken.astype(case.dtype))
    return np.asarray(value).astype(case.dtype)


def forward(
    crossing: Crossing, network: Network, chunk: slice, x: Array, record: bool = True
) -> Array:
    """The output of the network, in the implementation's layout.

    A layer gets the very arrays that the layers before it returned: one that writes into its input
    spoils here what it would spoil in its author's program.
    """
    values = {NETWORK_INPUT: x}
    for layer in crossing.case.layers:
        plug = network.plugs[layer.name]
        plug.view.mode = crossing.step.mode
        plug.view.mask = _mask(crossing, layer, chunk)
        plug.start_step()
        value = plug.forward([values[name] for name in layer.inputs])
        what = f"what forward of {plug.what} returned"
        name = f"{crossing.key}.forward.{layer.name}"
        output = crossing.take(value, layer.name, chunk, what, name)
        values[layer.name] = np.asarray(value)
        if record:
            crossing.record(name, output, plug.supplied)
        if record and chunk == crossing.chunks[-1]:
            _record_buffers(crossing, network, layer)
    return values[crossing.case.output.name]


def _mask(crossing: Crossing, layer: Layer, chunk: slice) -> Array | None:
    if crossing.step.mode == "eval" or layer.name not in crossing.step.masks:
        return None
    return crossing.hand(crossing.step.masks[layer.name][chunk], layer.inputs[0])


def _record_buffers(crossing: Crossing, network: Network, layer: Layer) -> None:
    plug = network.plugs[layer.name]
    for name, value in plug.buffers().items():
        array = crossing.border.take_parameter(layer, name, value, f"{name} of {plug.what}")
        crossing.trace[f"{crossing.key}.state.{layer.name}.{name}"] = array
