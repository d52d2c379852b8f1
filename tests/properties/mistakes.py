"""Small implementations, each with exactly one mistake in how it behaves from run to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import oracles
import refcnn.implementation
from examples import my_cnn
from oracles.contract.case import Case
from oracles.contract.trace import Trace

CORRECT = {
    "Conv2d": (my_cnn.conv_forward, my_cnn.conv_backward),
    "ReLU": (my_cnn.relu_forward, my_cnn.relu_backward),
    "Linear": (my_cnn.linear_forward, my_cnn.linear_backward),
}


def functions(**changed: tuple[Any, Any]) -> Any:
    """The correct functions, some of them changed."""
    return oracles.from_functions({**CORRECT, **changed}, name="mine")


def draws_from_one_generator() -> Any:
    """Noise from a generator that goes on from run to run, as a global one does."""
    generator = np.random.default_rng(0)

    def forward(x: Any, layer: Any) -> Any:
        y, cache = my_cnn.linear_forward(x, layer)
        return y + generator.normal(0.0, 0.01, y.shape).astype(y.dtype), cache

    return functions(Linear=(forward, my_cnn.linear_backward))


def draws_masks_it_does_not_record() -> Any:
    """Dropout with masks of its own, others at each run."""
    generator = np.random.default_rng(0)

    def forward(x: Any, layer: Any) -> Any:
        mask = (generator.random(x.shape) < 0.5).astype(x.dtype) * 2
        return x * mask, mask

    def backward(grad_output: Any, mask: Any) -> Any:
        return grad_output * mask, {}

    return functions(Dropout=(forward, backward))


def remembers_momentum_of_the_run_before() -> Any:
    """What the optimizer remembers, by the shape of a parameter, outside of its state."""
    remembered: dict[Any, Any] = {}

    def sgd(parameter: Any, gradient: Any, state: Any, options: Any) -> Any:
        before = remembered.get(parameter.shape, 0)
        remembered[parameter.shape] = options["momentum"] * before + gradient
        return parameter - options["lr"] * remembered[parameter.shape], {}

    return oracles.from_functions(CORRECT, optimizer={"SGD": sgd}, name="mine")


def rounds_now_up_now_down() -> Any:
    """Every other call has the next larger numbers behind the last layer, whose sums are not exact
    in any dtype: right, and not the same."""
    calls = [0]

    def forward(x: Any, layer: Any) -> Any:
        y, cache = my_cnn.linear_forward(x, layer)
        calls[0] += layer.name == "fc2"
        return (np.nextafter(y, y + 1) if calls[0] % 2 and layer.name == "fc2" else y), cache

    return functions(Linear=(forward, my_cnn.linear_backward))


def caches_columns_by_shape() -> Any:
    """The padded input is looked up by its shape, and never made again."""
    cached: dict[Any, Any] = {}

    def forward(x: Any, layer: Any) -> Any:
        x = cached.setdefault((x.shape, x.dtype, layer.name), x.copy())
        return my_cnn.conv_forward(x, layer)

    return functions(Conv2d=(forward, my_cnn.conv_backward))


def sums_a_buffer_that_only_grows() -> Any:
    """A buffer for gradients as large as the largest batch of all cases, added up as a whole."""
    buffers: dict[Any, Any] = {}

    def backward(grad_output: Any, cache: Any) -> Any:
        kept = buffers.get(grad_output.dtype)
        if kept is None or len(kept) < len(grad_output):
            kept = buffers[grad_output.dtype] = np.zeros_like(grad_output)
        kept[: len(grad_output)] = grad_output
        grad_input, gradients = my_cnn.linear_backward(grad_output, cache)
        return grad_input, {**gradients, "bias": kept.sum(axis=0)}

    return functions(Linear=(my_cnn.linear_forward, backward))


def takes_the_first_batch_for_the_size_of_all() -> Any:
    """The array for the output is made by the first case and has its size for ever."""
    made: list[Any] = []

    def forward(x: Any, layer: Any) -> Any:
        y, cache = my_cnn.linear_forward(x, layer)
        made[:] = made or [np.empty_like(y)]
        made[0][:] = y
        return made[0].copy(), cache

    return functions(Linear=(forward, my_cnn.linear_backward))


def takes_the_mean_over_the_batch() -> Any:
    """Features minus their mean over the samples, as a batch norm does."""

    def forward(x: Any, layer: Any) -> Any:
        y, cache = my_cnn.linear_forward(x, layer)
        return y - y.mean(axis=0), cache

    return functions(Linear=(forward, my_cnn.linear_backward))


def mixes_gradients_of_samples() -> Any:
    """The mask of a ReLU in the order of samples turned round, in the backward pass alone."""

    def backward(grad_output: Any, positive: Any) -> Any:
        return grad_output * positive[::-1], {}

    return functions(ReLU=(my_cnn.relu_forward, backward))


def divides_by_a_batch_of_its_own() -> Any:
    """The gradient of a loss divided by the square of the samples."""

    def loss(prediction: Any, target: Any, loss: Any) -> Any:
        difference = prediction - target
        return np.mean(difference**2), 2 * difference / difference.size / len(prediction)

    return oracles.from_functions(CORRECT, loss={"MSELoss": loss}, name="mine")


def squeezes() -> Any:
    """A batch of one sample loses its axis."""

    def forward(x: Any, layer: Any) -> Any:
        y, cache = my_cnn.linear_forward(x, layer)
        return y.squeeze(), cache

    return functions(Linear=(forward, my_cnn.linear_backward))


def reads_memory_in_its_order() -> Any:
    """Numbers in the order of memory, put into the shape of the array."""

    def forward(x: Any, layer: Any) -> Any:
        return my_cnn.conv_forward(x.ravel(order="K").reshape(x.shape), layer)

    return functions(Conv2d=(forward, my_cnn.conv_backward))


def works_out_strides() -> Any:
    """Strides as those of a contiguous array, whatever they are."""

    def forward(x: Any, layer: Any) -> Any:
        strides = (x.shape[1] * x.itemsize, x.itemsize)
        return my_cnn.linear_forward(np.lib.stride_tricks.as_strided(x, x.shape, strides), layer)

    return functions(Linear=(forward, my_cnn.linear_backward))


def casts_memory() -> Any:
    """Bytes of the array as they lie, which not every array has."""

    def forward(x: Any, layer: Any) -> Any:
        flat = np.frombuffer(memoryview(x).cast("B"), x.dtype)
        return my_cnn.linear_forward(flat.reshape(x.shape), layer)

    return functions(Linear=(forward, my_cnn.linear_backward))


def works_in_place() -> Any:
    """A ReLU that writes into the output of the layer before it. Its numbers are right."""

    def forward(x: Any, layer: Any) -> Any:
        positive = x > 0
        return np.maximum(x, 0, out=x), positive

    return functions(ReLU=(forward, my_cnn.relu_backward))


def uses_one_array_for_all_outputs() -> Any:
    """An output that the next run writes into. Its numbers are right."""
    kept: dict[Any, Any] = {}

    def forward(x: Any, layer: Any) -> Any:
        y, cache = my_cnn.linear_forward(x, layer)
        array = kept.setdefault((layer.name, y.shape, y.dtype), np.empty_like(y))
        array[:] = y
        return array, cache

    return functions(Linear=(forward, my_cnn.linear_backward))


def updates_statistics_in_eval_mode() -> Any:
    """Running statistics go on in eval mode."""

    def forward(x: Any, layer: Any) -> Any:
        y, cache = batch_norm(x, layer)
        if not layer.training:
            update_statistics(x, layer)
        return y, cache

    return functions(BatchNorm2d=(forward, batch_norm_backward))


def evaluates_with_the_statistics_of_the_batch() -> Any:
    """Batch norm that is in train mode for ever, but for what it remembers."""

    def forward(x: Any, layer: Any) -> Any:
        kept = dict(layer.buffers)
        result = batch_norm(x, replace(layer, mode="train"))
        if not layer.training:
            layer.buffers.update(kept)
        return result

    return functions(BatchNorm2d=(forward, batch_norm_backward))


def forgets_momentum_by_evaluating() -> Any:
    """An evaluation clears what the optimizer remembers."""
    evaluated: list[bool] = []

    def forward(x: Any, layer: Any) -> Any:
        evaluated[:] = [True] if not layer.training else evaluated
        return my_cnn.linear_forward(x, layer)

    def sgd(parameter: Any, gradient: Any, state: Any, options: Any) -> Any:
        if evaluated:
            state = {}
            evaluated.clear()
        gradient = gradient + options["weight_decay"] * parameter
        before = options["momentum"] * state["v"] if state else 0
        return parameter - options["lr"] * (before + gradient), {"v": before + gradient}

    linear = {**CORRECT, "Linear": (forward, my_cnn.linear_backward)}
    return oracles.from_functions(linear, optimizer={"SGD": sgd}, name="mine")


class StaysInEvalMode:
    """Nobody calls train() after an evaluation."""

    name = "mine"

    def run(self, case: Case, trace: Trace) -> None:
        modes = [step.mode for step in case.steps]
        first = modes.index("eval") if "eval" in modes else len(modes)
        steps = (*case.steps[:first], *(replace(step, mode="eval") for step in case.steps[first:]))
        refcnn.implementation.run(replace(case, steps=steps), trace)


class KeepsRowsOfTheLargestBatch:
    """A dense layer with buffers that grow and never shrink; gradients are sums over all rows."""

    def __init__(self) -> None:
        self.W = self.b = self.dW = self.db = np.zeros(0)
        self.x = self.g = np.zeros((0, 0))

    def forward(self, x: Any) -> Any:
        self.x = self._kept(self.x, x)
        return x @ self.W.T + self.b

    def backward(self, grad_output: Any) -> Any:
        self.g = self._kept(self.g, grad_output)
        self.dW = self.g.T @ self.x
        self.db = self.g.sum(axis=0)
        return grad_output @ self.W

    def _kept(self, buffer: Any, array: Any) -> Any:
        if len(buffer) < len(array):
            return array.copy()
        buffer[: len(array)] = array
        return buffer


class CountsSamplesOnce(KeepsRowsOfTheLargestBatch):
    """The size of the first batch holds for all."""

    def _kept(self, buffer: Any, array: Any) -> Any:
        self.samples = getattr(self, "samples", len(array))
        kept = np.zeros_like(array)
        kept[: self.samples] = array[: self.samples]
        return kept


def layers(dense: Callable[[], Any]) -> Any:
    """A dense layer of objects made anew in each run."""
    return oracles.from_layers(
        {"Linear": lambda layer: dense()},
        parameters={"weight": "W", "bias": "b"},
        gradients={"weight": "dW", "bias": "db"},
        name="mine",
    )


def batch_norm(x: Any, layer: Any) -> Any:
    """Batch norm as it should be."""
    eps = layer.attributes["eps"]
    if layer.training:
        mean, variance = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        update_statistics(x, layer)
    else:
        mean, variance = layer.buffers["running_mean"], layer.buffers["running_var"]
    scale = 1 / np.sqrt(variance + eps)
    normed = (x - mean[:, None, None]) * scale[:, None, None]
    weight, bias = (layer.parameters[name][:, None, None] for name in ("weight", "bias"))
    return normed * weight + bias, (normed, scale, weight)


def update_statistics(x: Any, layer: Any) -> None:
    """Running statistics after a batch."""
    rate = layer.attributes["momentum"]
    new = {"running_mean": x.mean(axis=(0, 2, 3)), "running_var": x.var(axis=(0, 2, 3), ddof=1)}
    for name, value in new.items():
        layer.buffers[name] = (1 - rate) * layer.buffers[name] + rate * value


def batch_norm_backward(grad_output: Any, cache: Any) -> Any:
    """Gradients in train mode."""
    normed, scale, weight = cache
    axes, n = (0, 2, 3), grad_output.size // grad_output.shape[1]
    sums = grad_output.sum(axis=axes), (grad_output * normed).sum(axis=axes)
    inner = grad_output - sums[0][:, None, None] / n - normed * sums[1][:, None, None] / n
    return inner * weight * scale[:, None, None], {"weight": sums[1], "bias": sums[0]}
