"""Which feature stands where behind a Flatten of images that are not laid out as PyTorch's.

A Flatten of N H W C data puts the features into another order than one of N C H W data. The order
goes through elementwise layers up to the next Linear layer, whose weight is read in it and whose
outputs are in an order of their own again.

An order is an array of indices: feature j of the implementation is feature order[j] of PyTorch.
None is the same order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oracles.contract.case import NETWORK_INPUT, Array, Case, Layer
from oracles.contract.errors import Unsupported
from oracles.implementations.layouts import Layouts

Order = Array | None


def feature_orders(case: Case, layouts: Layouts) -> dict[str, Order]:
    """The order of the features of every layer's output, and of the network's input."""
    orders: dict[str, Order] = {NETWORK_INPUT: None}
    for layer in case.layers:
        orders[layer.name] = _order(layer, [orders[name] for name in layer.inputs], layouts)
    return orders


def _order(layer: Layer, before: Sequence[Order], layouts: Layouts) -> Order:
    if layer.type == "Flatten" and len(layer.input_shapes[0]) > 1:
        return _of_flatten(layer, layouts)
    if layer.type == "Linear" and len(layer.input_shapes[0]) > 1 and layouts.image != "NCHW":
        raise Unsupported(
            f"Linear {layer.name!r} reads the last of several axes, {layer.input_shapes[0]} for "
            f"each sample, and layout {layouts.image!r} puts another axis there"
        )
    if layer.type == "Linear" or all(order is None for order in before):
        return None
    full = [
        np.arange(shape[0]) if order is None else order
        for order, shape in zip(before, layer.input_shapes, strict=True)
    ]
    if layer.type == "Cat":
        starts = np.cumsum([0, *(len(order) for order in full[:-1])])
        return np.concatenate([order + start for order, start in zip(full, starts, strict=True)])
    same = all(np.array_equal(order, full[0]) for order in full)
    if not same or layer.output_shape != layer.input_shapes[0]:
        raise Unsupported(
            f"{layer.type} {layer.name!r} behind a Flatten in layout {layouts.image!r}: "
            "its features have no order that a layout could describe"
        )
    return full[0]


def _of_flatten(layer: Layer, layouts: Layouts) -> Order:
    shape = layer.input_shapes[0]
    letters = layouts.image.replace("N", "")
    if letters == "CHW" and layouts.flatten == "C":
        return None
    if len(shape) != 3 or len(layer.output_shape) != 1:
        raise Unsupported(
            f"Flatten {layer.name!r} from {shape} to {layer.output_shape} "
            f"in layout {layouts.image!r}, flatten={layouts.flatten!r}"
        )
    torch_index = np.arange(int(np.prod(shape))).reshape(shape)
    own = torch_index.transpose(["CHW".index(letter) for letter in letters])
    order = own.ravel(order=layouts.flatten)
    return None if np.array_equal(order, np.arange(len(order))) else order
