"""The network plugged into the harness: it is built as the case says, and records what it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

import oracles
from examples.posts.post_001 import layers
from examples.posts.post_001.layers import Array, Layer
from examples.posts.post_001.network import GradientDescent, Network, SumOfSquares

Build = Callable[[Any], Layer]
"""From a layer of a case to the object."""


def convolution(kind: type[layers.Convolution]) -> Build:
    """Builds convolutions of this class."""

    def build(layer: Any) -> Layer:
        attributes = layer.attributes
        plain = (attributes["padding"], attributes["dilation"], attributes["groups"])
        if plain != ((0, 0), (1, 1), 1) or len(set(attributes["stride"])) > 1:
            raise oracles.Unsupported("no padding, dilation or groups, and one stride for both")
        return kind(**layer.parameters, stride=attributes["stride"][0])

    return build


def max_pool(kind: type[layers.MaxPool]) -> Build:
    """Builds max pooling of this class."""

    def build(layer: Any) -> Layer:
        attributes = layer.attributes
        size = attributes["kernel_size"][0]
        plain = (attributes["kernel_size"], attributes["stride"], attributes["padding"])
        if plain != ((size, size), (size, size), (0, 0)):
            raise oracles.Unsupported("squares side by side, without padding")
        return kind(size)

    return build


RIGHT: Mapping[str, Build] = MappingProxyType(
    {
        "Conv2d": convolution(layers.Convolution),
        "MaxPool2d": max_pool(layers.MaxPool),
        "Linear": lambda layer: layers.FullyConnected(**layer.parameters),
        "Flatten": lambda layer: layers.Linearize(),
        "ZeroPad2d": lambda layer: layers.Border(layer.attributes["padding"][0]),
        "Tanh": lambda layer: layers.Tanh(),
        "Sigmoid": lambda layer: layers.Sigmoid(),
    }
)
"""Every layer as it should be."""


@dataclass(frozen=True)
class Plugged:
    """An implementation.

    layers   what its layers are made by
    descent  its optimizer
    """

    name: str
    layers: Mapping[str, Build] = field(default_factory=lambda: RIGHT)
    descent: type[GradientDescent] = GradientDescent

    def run(self, case: Any, trace: Any) -> None:
        """All steps of a case."""
        _refuse_others(case, self.layers)
        network = self.network(case)
        descent = self.descent(network)
        for step in case.steps:
            at = f"step{step.index}"
            x = _prepared(case, step)
            trace[f"{at}.input"] = x
            outputs = network.forward(x)
            _record(trace, f"{at}.forward", outputs)
            if step.upstream is None:
                delta = _error(case, step, outputs[case.output.name], trace)
            else:
                delta = step.upstream
            if not step.backward:
                continue
            _record(trace, f"{at}.backward", network.backward(delta))
            _record(trace, f"{at}.gradient", _named(network, "gradients"))
            if step.update:
                descent.step(step.lr)
                _record(trace, f"{at}.update", _named(network, "parameters"))

    def network(self, case: Any) -> Network:
        """The layers of a case, with its parameters."""
        return Network({layer.name: self.layers[layer.type](layer) for layer in case.layers})


def _refuse_others(case: Any, known: Mapping[str, Build]) -> None:
    others = {layer.type for layer in case.layers} - set(known)
    if others:
        raise oracles.Unsupported(f"no {', '.join(sorted(others))}")
    loss = case.loss
    if loss is not None and (loss["type"] != "MSELoss" or loss["reduction"] == "none"):
        raise oracles.Unsupported("the sum of squares is the only error")
    if case.penalties:
        raise oracles.Unsupported("no penalties")
    options = {} if case.optimizer is None else case.optimizer
    clipped = options.get("clip_grad_norm") or options.get("clip_grad_value")
    groups = options.get("parameters", {}).values()
    if clipped or any(own["momentum"] or own["weight_decay"] or own["maximize"] for own in groups):
        raise oracles.Unsupported("plain gradient descent only")


def _prepared(case: Any, step: Any) -> Array:
    x = step.raw
    for action in case.preparation:
        if set(action) != {"divide"}:
            raise oracles.Unsupported("pixels are divided by a number, and that is all")
        x = x / np.float64(action["divide"])
    prepared: Array = x.astype(case.dtype)
    return prepared


def _error(case: Any, step: Any, y: Array, trace: Any) -> Array:
    error = SumOfSquares(case.loss["factor"])
    divisor = {"sum": 1, "batchmean": len(y), "mean": y.size}[case.loss["reduction"]]
    trace[f"step{step.index}.loss"] = error.value(y, step.target, divisor)
    delta = error.gradient(y, step.target, divisor)
    if step.backward:
        trace[f"step{step.index}.backward.loss"] = delta
    return delta


def _named(network: Network, what: str) -> dict[str, Array]:
    """{"conv1.weight": array} for "parameters" or "gradients"."""
    return {
        f"{layer}.{name}": array
        for layer, one in network.layers.items()
        for name, array in getattr(one, what).items()
    }


def _record(trace: Any, what: str, arrays: Mapping[str, Array]) -> None:
    for name, array in arrays.items():
        trace[f"{what}.{name}"] = array
