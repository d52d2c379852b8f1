"""Plugs a `Network` into the harness: a case's arrays into its layout, and back into PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.posts.post_000.network import Backward, Floats, Forward, Network, Sizes, join

LAYERS = ("Conv2d", "Sigmoid", "AvgPool2d", "Flatten", "Linear", "Sigmoid")


@dataclass(frozen=True)
class Setting:
    """What a case says about the network.

    samples   what the penalty is divided by where that is not the batch
    """

    sizes: Sizes
    reg: float
    white: float
    samples: int | None


class Plug:
    """An implementation in the sense of docs/implementations.md.

    shows_input   whether what the first layer sees is recorded
    """

    dtypes = ("float64",)

    def __init__(
        self, name: str, network: Callable[[Setting], Network], *, shows_input: bool = True
    ) -> None:
        self.name, self.network, self.shows_input = name, network, shows_input

    def run(self, case: Any, trace: Any) -> None:
        conv, sigmoid1, pool, flat, dense, sigmoid2 = _layers(case)
        network = self.network(_setting(case))
        theta = _theta(network.sizes, conv.parameters, dense.parameters)
        for step in case.steps:
            k = f"step{step.index}"
            labels = np.argmax(step.target, axis=1)
            there = network.forward(theta, step.raw)
            if self.shows_input:
                trace[f"{k}.input"] = there.images.transpose(2, 0, 1)[:, None]
            for layer, output in zip(case.layers, _outputs(there), strict=True):
                trace[f"{k}.forward.{layer.name}"] = output
            trace[f"{k}.loss"] = network.cost(theta, there, labels)
            if not step.backward:
                continue
            back = network.backward(theta, there, labels)
            for layer, error in zip(
                (sigmoid2, dense, flat, pool, sigmoid1), _errors(back), strict=True
            ):
                trace[f"{k}.backward.{layer.name}"] = error
            _record(trace, f"{k}.gradient", case, network.sizes, back.theta)
            if step.update:
                theta = theta - _rates(network.sizes, step, conv, dense) * back.theta
                _record(trace, f"{k}.update", case, network.sizes, theta)


def _layers(case: Any) -> Any:
    """The six layers, if they are those of the question."""
    if tuple(layer.type for layer in case.layers) != LAYERS:
        raise case.unsupported(f"this is {', '.join(LAYERS)} and nothing else")
    conv, pool, linear = (case.layers[i].attributes for i in (0, 2, 4))
    (rows, columns), (kernel, other) = case.layers[0].input_shapes[0][1:], conv["kernel_size"]
    plain = (conv["stride"], conv["dilation"], conv["padding"]) == ((1, 1), (1, 1), (0, 0))
    if not (plain and conv["bias"] and linear["bias"]):
        raise case.unsupported("convolutions have stride 1, no padding, no dilation, and a bias")
    if conv["in_channels"] != 1 or rows != columns or kernel != other:
        raise case.unsupported("images and kernels are square and grey")
    window = pool["kernel_size"]
    if window[0] != window[1] or window != pool["stride"] or (rows - kernel + 1) % window[0]:
        raise case.unsupported("pooling windows are square and cover the map without remainder")
    if (case.loss or {}).get("type") != "BCELoss" or case.loss["reduction"] != "batchmean":
        raise case.unsupported('the cost is BCELoss with reduction "batchmean"')
    return case.layers


def _setting(case: Any) -> Setting:
    """Sizes, decay and scale; a case without preparation has images already."""
    conv, pool, linear = (case.layers[i].attributes for i in (0, 2, 4))
    sizes = Sizes(
        side=case.layers[0].input_shapes[0][1],
        kernel=conv["kernel_size"][0],
        filters=conv["out_channels"],
        pool=pool["kernel_size"][0],
        classes=linear["out_features"],
    )
    actions = [next(iter(one.items())) for one in case.preparation]
    if [name for name, _ in actions] != ["reshape", "divide"]:
        raise case.unsupported("rows of pixels are reshaped and divided by what is white")
    if case.optimizer is not None and any(
        options["momentum"] or options["weight_decay"]
        for options in case.optimizer["parameters"].values()
    ):
        raise case.unsupported("plain SGD")
    weights = {f"{case.layers[i].name}.weight" for i in (0, 4)}
    for penalty in case.penalties:
        if penalty.type != "L2" or set(penalty.parameters) != weights or penalty.per is None:
            raise case.unsupported("one L2 penalty on both weights, over a number of samples")
    per_batch = all(penalty.per == "batch" for penalty in case.penalties)
    reg = 2 * sum(penalty.factor for penalty in case.penalties)
    return Setting(sizes, reg, float(actions[1][1]), None if per_batch else case.samples)


def _theta(sizes: Sizes, conv: Any, dense: Any) -> Floats:
    """From PyTorch's shapes to the flat vector: {"weight": ..., "bias": ...} of both layers."""
    kernels = np.asarray(conv["weight"], dtype=np.float64)[:, 0].transpose(1, 2, 0)
    columns = np.asarray(dense["weight"], dtype=np.float64)
    by_filter = columns.reshape(-1, sizes.filters, sizes.pooled, sizes.pooled)
    rows = by_filter.transpose(2, 3, 1, 0).reshape(-1, sizes.classes)
    return join(kernels, np.asarray(conv["bias"]), rows, np.asarray(dense["bias"]))


def _named(sizes: Sizes, theta: Floats) -> list[Floats]:
    """From the flat vector to PyTorch's shapes: weight and bias of both layers."""
    kernels, biases, rows, offsets = sizes.split(theta)
    by_place = rows.reshape(sizes.pooled, sizes.pooled, sizes.filters, sizes.classes)
    weight = by_place.transpose(3, 2, 0, 1).reshape(sizes.classes, -1)
    return [kernels.transpose(2, 0, 1)[:, None], biases, weight, offsets]


def _rates(sizes: Sizes, step: Any, conv: Any, dense: Any) -> Floats:
    """The learning rate of each number of the flat vector."""
    rates = step.learning_rates
    names = [f"{layer.name}.{key}" for layer in (conv, dense) for key in ("weight", "bias")]
    return join(
        *(np.full(shape, rates[name]) for name, shape in zip(names, sizes.shapes, strict=True))
    )


def _record(trace: Any, kind: str, case: Any, sizes: Sizes, theta: Floats) -> None:
    names = [f"{case.layers[i].name}.{key}" for i in (0, 4) for key in ("weight", "bias")]
    for name, array in zip(names, _named(sizes, theta), strict=True):
        trace[f"{kind}.{name}"] = array


def _outputs(there: Forward) -> list[Floats]:
    """Of the six layers."""
    maps = [_samples_first(array) for array in (there.conv, there.active, there.pooled)]
    return [*maps, maps[2].reshape(len(maps[2]), -1), there.logits, there.outputs]


def _errors(back: Backward) -> list[Floats]:
    """Gradients with respect to the inputs of sigmoid2, the dense layer, Flatten, pooling and
    sigmoid1."""
    pooled = _samples_first(back.pooled)
    flat = pooled.reshape(len(pooled), -1)
    return [back.logits, flat, pooled, _samples_first(back.active), _samples_first(back.conv)]


def _samples_first(maps: NDArray[Any]) -> NDArray[Any]:
    """(H, W, F, N) -> (N, F, H, W)."""
    return maps.transpose(3, 2, 0, 1)
