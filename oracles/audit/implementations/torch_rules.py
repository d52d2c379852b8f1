"""PyTorch in the dtype of the case, with the kernels that it uses by itself and without them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oracles.audit.implementations.evaluated import Evaluated, Gradients
from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.reference import Call, Parameters, Slots

NNPACK_BATCH = 16
"""PyTorch hands convolutions of smaller batches to its own kernel."""


@dataclass(frozen=True)
class Kernels:
    """Which libraries of kernels PyTorch may use."""

    onednn: bool
    nnpack: bool

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """While this lasts."""
        with warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")  # about GPUs that are not there, and padding="same"
            onednn = torch.backends.mkldnn.flags(enabled=self.onednn)
            with onednn, torch.backends.nnpack.flags(enabled=self.nnpack):
                yield


class TorchRules:
    """Modules, losses and optimizers of PyTorch by their names, autograd for the gradients."""

    def __init__(self, kernels: Kernels) -> None:
        torch.set_num_threads(1)
        self.kernels = kernels

    def prepare(self, case: Case, step: Step) -> Array:
        if not case.preparation:
            return step.input
        x = torch.from_numpy(np.array(step.raw)).to(_dtype(case))
        for option in case.preparation:
            ((name, value),) = option.items()
            x = _prepared(x, name, value)
        return x.numpy()

    def mask(self, case: Case, step: Step, layer: Layer) -> Array:
        return step.masks[layer.name]

    def run(self, call: Call) -> Evaluated:
        inputs = [_tensor(x).requires_grad_() for x in call.inputs]
        parameters = {name: _tensor(a).requires_grad_() for name, a in call.parameters.items()}
        buffers = {name: _tensor(array) for name, array in call.buffers.items()}
        with self.kernels.in_use():
            y = self._forward(call, inputs, parameters, buffers)

        def gradients(grad_output: Array) -> Gradients:
            operands = [*inputs, *parameters.values()]
            with self.kernels.in_use():
                found = torch.autograd.grad(
                    y, operands, _tensor(grad_output), materialize_grads=True
                )
            arrays = [gradient.numpy() for gradient in found]
            named = zip(parameters, arrays[len(inputs) :], strict=True)
            return arrays[: len(inputs)], dict(named)

        state = {name: buffer.numpy() for name, buffer in buffers.items()}
        return Evaluated(y.detach().numpy(), gradients, state)

    def _forward(
        self,
        call: Call,
        inputs: list[Tensor],
        parameters: Mapping[str, Tensor],
        buffers: Mapping[str, Tensor],
    ) -> Tensor:
        layer, x = call.layer, inputs[0]
        if layer.type == "Add":
            return torch.stack(inputs).sum(dim=0)
        if layer.type == "Cat":
            return torch.cat(inputs, dim=layer.attributes["dim"])
        if layer.type == "Dropout":
            return _dropout(call, x)
        if layer.type == "BatchNorm2d":
            return _batch_norm(call, x, parameters, buffers)
        if layer.type == "Conv2d" and self.kernels.nnpack and len(x) < NNPACK_BATCH:
            x = x.repeat(-(-NNPACK_BATCH // len(x)), 1, 1, 1)
        arguments = {name: v for name, v in layer.attributes.items() if name != "mask"}
        with torch.device("meta"):
            module = getattr(torch.nn, layer.type)(**arguments)
        y: Tensor = torch.func.functional_call(module, dict(parameters), (x,))
        return y[: len(inputs[0])]

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> Array:
        value = _loss(case, step, _tensor(prediction))
        for penalty in case.penalties:
            scale = penalty.factor / penalty.divisor(step, case)
            for name in penalty.parameters:
                p = _tensor(parameters[name])
                value = value + scale * (p.abs() if penalty.type == "L1" else p * p).sum()
        return value.numpy()

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        z = _tensor(prediction).requires_grad_()
        upstream = None if step.upstream is None else _tensor(step.upstream)
        with torch.enable_grad():
            value = _loss(case, step, z)
        (gradient,) = torch.autograd.grad(value, z, upstream, materialize_grads=True)
        return gradient.numpy()

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters
    ) -> Parameters:
        grown = dict(gradients)
        for penalty in case.penalties:
            scale = penalty.factor / penalty.divisor(step, case)
            for name in gradients.keys() & set(penalty.parameters):
                p = _tensor(parameters[name])
                added = 2 * scale * p if penalty.type == "L2" else scale * p.sign()
                grown[name] = (_tensor(grown[name]) + added).numpy()
        return grown

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        assert case.optimizer is not None
        parameters = _with_gradients(gradients, gradients)
        if case.optimizer["clip_grad_value"] is not None:
            torch.nn.utils.clip_grad_value_(parameters.values(), case.optimizer["clip_grad_value"])
        else:
            torch.nn.utils.clip_grad_norm_(parameters.values(), case.optimizer["clip_grad_norm"])
        return {name: p.grad.numpy() for name, p in parameters.items() if p.grad is not None}

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        assert case.optimizer is not None
        tensors = _with_gradients(parameters, gradients)
        groups = [
            {"params": [p], **case.optimizer["parameters"][name], "lr": step.learning_rates[name]}
            for name, p in tensors.items()
        ]
        optimizer = getattr(torch.optim, case.optimizer["type"])(groups, lr=0.0)
        for name, values in slots.items():
            optimizer.state[tensors[name]] = {slot: _tensor(a) for slot, a in values.items()}
        optimizer.step()
        remembered = {
            name: {
                slot: value.numpy()
                for slot, value in optimizer.state.get(p, {}).items()
                if isinstance(value, Tensor)
            }
            for name, p in tensors.items()
        }
        return {name: p.detach().numpy() for name, p in tensors.items()}, remembered


def _prepared(x: Tensor, name: str, value: Any) -> Tensor:
    if name == "reshape":
        return x.reshape(len(x), *value)
    numbers = torch.tensor(value, dtype=x.dtype)
    if name == "minmax":
        axes = tuple(range(1, x.ndim))
        least, largest = x.amin(axes, keepdim=True), x.amax(axes, keepdim=True)
        return numbers[0] + (x - least) / (largest - least) * (numbers[1] - numbers[0])
    numbers = numbers.reshape((-1,) + (1,) * (x.ndim - 2))
    return x / numbers if name == "divide" else x - numbers


def _dropout(call: Call, x: Tensor) -> Tensor:
    if call.mask is None:
        return x * 1.0
    return x * (_tensor(call.mask).to(x.dtype) / (1 - float(call.layer.attributes["p"])))


def _batch_norm(
    call: Call, x: Tensor, parameters: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
) -> Tensor:
    momentum = call.layer.attributes["momentum"]
    return torch.nn.functional.batch_norm(
        x,
        buffers.get("running_mean"),
        buffers.get("running_var"),
        parameters.get("weight"),
        parameters.get("bias"),
        training=call.mode == "train" or not buffers,
        momentum=1.0 / (call.batches + 1) if momentum is None else momentum,
        eps=call.layer.attributes["eps"],
    )


def _loss(case: Case, step: Step, z: Tensor) -> Tensor:
    assert case.loss is not None
    assert step.target is not None
    own = ("type", "reduction", "factor")
    options = {name: value for name, value in case.loss.items() if name not in own}
    options = {n: _tensor(v) if isinstance(v, np.ndarray) else v for n, v in options.items()}
    reduction = case.loss["reduction"]
    batchmean = reduction == "batchmean"
    module = getattr(torch.nn, case.loss["type"])
    loss = module(**options, reduction="sum" if batchmean else reduction)
    if case.loss["type"] == "BCELoss":  # PyTorch raises for NaN, and for what rounding put outside
        z = z.nan_to_num(0.5).clamp(0.0, 1.0)
    value: Tensor = loss(z, _tensor(step.target)) * case.loss["factor"]
    return value / len(step.samples) if batchmean else value


def _with_gradients(arrays: Parameters, gradients: Parameters) -> dict[str, torch.nn.Parameter]:
    parameters = {}
    for name, array in arrays.items():
        parameters[name] = torch.nn.Parameter(_tensor(array))
        parameters[name].grad = _tensor(gradients[name])
    return parameters


def _dtype(case: Case) -> torch.dtype:
    return torch.float32 if case.dtype == np.float32 else torch.float64


def _tensor(array: Array) -> Tensor:
    """A copy: PyTorch never gets hold of somebody else's memory."""
    return torch.from_numpy(np.array(array, order="C"))
