"""PyTorch as the oracle: float64, CPU, one thread, every layer, loss and optimizer by its name.

A stage is evaluated by the torch.nn module, the loss module and the optimizer that carry the name
in the case; gradients are autograd's. `evaluate` is a whole free run. Its `replace` puts an altered
rule in the place of one layer, backward pass, loss or update: that is how a known mistake is
re-enacted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.sgd import sgd

from oracles.contract import evaluation
from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.errors import Unsupported
from oracles.contract.reference import Call, Parameters, Slots

LayerForward = Callable[[Call, Sequence[Tensor], Mapping[str, Tensor]], Tensor]
"""An altered forward pass: (call, inputs, parameters) -> output. Autograd differentiates it."""

LayerBackward = Callable[["TorchRun", Tensor], tuple[list[Tensor], dict[str, Tensor]]]
"""An altered backward pass: (run, grad_output) -> (gradients of inputs, of parameters)."""

_CASE_ONLY = frozenset({"type", "reduction", "factor", "upstream"})
"""Keys of a loss that are the harness's, not torch's."""


@dataclass(frozen=True)
class Replacement:
    """Altered rules, each in the place of torch's own.

    forward    {layer name: rule}
    backward   {layer name: rule}; the forward pass stays
    loss       (case, step, prediction) -> the loss without penalties, differentiable
    update     the signature of `PyTorch.update`
    """

    forward: Mapping[str, LayerForward] | None = None
    backward: Mapping[str, LayerBackward] | None = None
    loss: Callable[[Case, Step, Tensor], Tensor] | None = None
    update: (
        Callable[[Case, Step, Parameters, Parameters, Slots], tuple[Parameters, Slots]] | None
    ) = None


_NOTHING = Replacement()


class TorchRun:
    """One evaluated layer, with the graph that autograd needs: `inputs`, `parameters` and `result`
    are its tensors."""

    def __init__(
        self, call: Call, forward: LayerForward | None = None, backward: LayerBackward | None = None
    ) -> None:
        self.call = call
        self.inputs = [_tensor(x).requires_grad_() for x in call.inputs]
        self.parameters = {p: _tensor(a).requires_grad_() for p, a in call.parameters.items()}
        self._buffers = {name: _tensor(array) for name, array in call.buffers.items()}
        with torch.enable_grad():
            if forward is None:
                self.result = layer_output(call, self.inputs, self.parameters, self._buffers)
            else:
                self.result = forward(call, self.inputs, self.parameters)
        self._backward = backward or TorchRun.autograd

    @property
    def output(self) -> Array:
        return _array(self.result)

    @property
    def buffers(self) -> dict[str, Array]:
        return {name: _array(buffer) for name, buffer in self._buffers.items()}

    def replace_buffers(self, buffers: Mapping[str, Tensor]) -> None:
        """Take other buffers than PyTorch's."""
        self._buffers = dict(buffers)

    def backward(self, grad_output: Array) -> tuple[list[Array], dict[str, Array]]:
        inputs, parameters = self._backward(self, _tensor(grad_output))
        return [_array(g) for g in inputs], {p: _array(g) for p, g in parameters.items()}

    def autograd(self, grad_output: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Gradients as autograd has them; may be called more than once."""
        operands = [*self.inputs, *self.parameters.values()]
        gradients = torch.autograd.grad(
            self.result, operands, grad_output, retain_graph=True, materialize_grads=True
        )
        inputs = list(gradients[: len(self.inputs)])
        return inputs, dict(zip(self.parameters, gradients[len(self.inputs) :], strict=True))


class PyTorch:
    """Every stage of a training step as PyTorch computes it (see `contract/reference.py`)."""

    name = "pytorch"

    def __init__(self, replace: Replacement | None = None) -> None:
        torch.set_num_threads(1)
        self.replace = replace or _NOTHING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PyTorch) and self.replace is other.replace

    def __hash__(self) -> int:
        return hash((PyTorch, id(self.replace)))

    def run(self, call: Call) -> TorchRun:
        """Evaluate one layer."""
        forward = (self.replace.forward or {}).get(call.layer.name)
        backward = (self.replace.backward or {}).get(call.layer.name)
        return TorchRun(call, forward, backward)

    def loss(self, case: Case, step: Step, prediction: Array) -> Array:
        """The loss without penalties; NaN where the prediction is."""
        value = _array(self._loss(case, step, _tensor(prediction)))
        lost = np.isnan(prediction)
        if not np.any(lost):
            return value
        return np.where(lost, np.nan, value) if value.shape == lost.shape else value * np.nan

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        """Its gradient with respect to the prediction."""
        tensor = _tensor(prediction).requires_grad_()
        with torch.enable_grad():
            loss = self._loss(case, step, tensor)
        assert case.loss is not None
        upstream = None
        if case.loss["reduction"] == "none":
            assert step.upstream is not None
            upstream = _tensor(step.upstream)
        (gradient,) = torch.autograd.grad(loss, tensor, upstream, materialize_grads=True)
        return np.where(np.isnan(prediction), np.nan, _array(gradient))

    def _loss(self, case: Case, step: Step, prediction: Tensor) -> Tensor:
        rule = self.replace.loss or data_loss
        return rule(case, step, prediction)

    def penalty(self, case: Case, step: Step, parameters: Parameters) -> Array:
        """What the penalties add to the loss."""
        return _array(penalty_value(case, step, _tensors(parameters)))

    def penalty_gradients(self, case: Case, step: Step, parameters: Parameters) -> Parameters:
        """What the penalties add to the gradients, for the parameters they concern."""
        concerned = {name for penalty in case.penalties for name in penalty.parameters}
        tensors = {
            name: _tensor(array).requires_grad_()
            for name, array in parameters.items()
            if name in concerned
        }
        if not tensors:
            return {}
        with torch.enable_grad():
            value = penalty_value(case, step, tensors)
        gradients = torch.autograd.grad(value, list(tensors.values()))
        return {name: _array(g) for name, g in zip(tensors, gradients, strict=True)}

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        """The gradients after torch.nn.utils' clipping, by norm or by value."""
        assert case.optimizer is not None
        parameters = {}
        for name, array in gradients.items():
            parameters[name] = torch.nn.Parameter(_tensor(array))
            parameters[name].grad = _tensor(array)
        if case.optimizer["clip_grad_norm"] is not None:
            torch.nn.utils.clip_grad_norm_(parameters.values(), case.optimizer["clip_grad_norm"])
        if case.optimizer["clip_grad_value"] is not None:
            torch.nn.utils.clip_grad_value_(parameters.values(), case.optimizer["clip_grad_value"])
        return {name: _array(p.grad) for name, p in parameters.items() if p.grad is not None}

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        """Parameters and slots after one step of the torch.optim optimizer of that name."""
        if self.replace.update is not None:
            return self.replace.update(case, step, parameters, gradients, slots)
        assert case.optimizer is not None
        rule = _OPTIMIZERS[case.optimizer["type"]]
        updated, kept = {}, {}
        for name, array in parameters.items():
            own = {slot: _tensor(value) for slot, value in slots.get(name, {}).items()}
            options = {**case.optimizer["parameters"][name], "lr": step.learning_rates[name]}
            updated[name], kept[name] = rule(array, gradients[name], own, options)
        return updated, kept


def evaluate(case: Case, replace: Replacement | None = None) -> dict[str, Array]:
    """Every entry of a case, in order of evaluation, from the case's own operands."""
    return evaluation.evaluate(case, PyTorch(replace))


def layer_output(
    call: Call,
    inputs: Sequence[Tensor],
    parameters: Mapping[str, Tensor],
    buffers: dict[str, Tensor],
) -> Tensor:
    """What one layer computes, differentiable as often as torch is; `buffers` are updated."""
    layer = call.layer
    if layer.type == "Add":
        return torch.stack([*torch.broadcast_tensors(*inputs)]).sum(dim=0)
    if layer.type == "Cat":
        return torch.cat(list(inputs), dim=layer.attributes["dim"])
    if layer.type == "Dropout":
        return _dropout(call, inputs[0])
    if layer.type == "BatchNorm2d":
        return _batch_norm(call, inputs[0], parameters, buffers)
    module = _holding(_module(layer), parameters, buffers)
    if layer.attributes.get("padding") != "same":
        output: Tensor = module.forward(*inputs)
        return output
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Using padding='same'")  # speed, not numbers
        output = module.forward(*inputs)
    return output


def _holding(
    module: torch.nn.Module, parameters: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
) -> torch.nn.Module:
    """The module with these tensors in it: a copy that shares all else, made as torch's
    DataParallel makes its replicas. torch.func.functional_call gives the same, much later."""
    if not parameters and not buffers:
        return module
    held = object.__new__(type(module))
    held.__dict__ = {
        **module.__dict__,
        "_parameters": {**module._parameters, **parameters},
        "_buffers": {**module._buffers, **buffers},
    }
    return held


def _dropout(call: Call, x: Tensor) -> Tensor:
    """torch.nn.Dropout with the mask of the case in the place of a drawn one."""
    if call.mask is None:
        return x * 1.0
    p = call.layer.attributes["p"]
    return x * _tensor(call.mask) * (1.0 / (1.0 - p) if p < 1 else 0.0)


def _batch_norm(
    call: Call, x: Tensor, parameters: Mapping[str, Tensor], buffers: dict[str, Tensor]
) -> Tensor:
    """torch.nn.BatchNorm2d; updates `buffers` in place, as the module does."""
    attributes = call.layer.attributes
    momentum = attributes["momentum"]
    if momentum is None:
        momentum = 1.0 / (call.batches + 1)
    return torch.nn.functional.batch_norm(
        x,
        buffers.get("running_mean"),
        buffers.get("running_var"),
        parameters.get("weight"),
        parameters.get("bias"),
        training=call.mode == "train" or not buffers,
        momentum=momentum,
        eps=attributes["eps"],
    )


def _module(layer: Layer) -> torch.nn.Module:
    return _module_of(layer.type, tuple(sorted(layer.attributes.items())))


@lru_cache(maxsize=4096)
def _module_of(type_: str, attributes: tuple[tuple[str, Any], ...]) -> torch.nn.Module:
    """The torch.nn module without memory for its parameters: they are handed over at each call."""
    found = getattr(torch.nn, type_, None)
    if found is None:
        raise Unsupported(f"PyTorch has no torch.nn.{type_}")
    arguments = dict(attributes)
    arguments.pop("mask", None)
    with torch.device("meta"):
        module = found(**arguments)
    assert isinstance(module, torch.nn.Module)
    return module


def data_loss(case: Case, step: Step, prediction: Tensor) -> Tensor:
    """The loss of the case without penalties, differentiable in the prediction."""
    assert case.loss is not None
    options = {key: value for key, value in case.loss.items() if key not in _CASE_ONLY}
    arrays = {k: _tensor(v) for k, v in options.items() if isinstance(v, np.ndarray)}
    reduction = case.loss["reduction"]
    torch_reduction = "sum" if reduction == "batchmean" else reduction
    module = getattr(torch.nn, case.loss["type"])(
        **{**options, **arrays}, reduction=torch_reduction
    )
    if case.loss["type"] == "BCELoss":  # torch raises for NaN, and what rounding has put outside
        prediction = prediction.nan_to_num(0.5).clamp(0.0, 1.0)
    loss: Tensor = module(prediction, _target(step)) * case.loss["factor"]
    return loss / len(step.samples) if reduction == "batchmean" else loss


def _target(step: Step) -> Tensor:
    assert step.target is not None
    if step.target.dtype.kind in "iu":
        return torch.from_numpy(np.array(step.target, dtype=np.int64, order="C"))
    return _tensor(step.target)


def penalty_value(case: Case, step: Step, parameters: Mapping[str, Tensor]) -> Tensor:
    """What the penalties add to the loss, differentiable in the parameters."""
    total = torch.zeros((), dtype=torch.float64)
    for penalty in case.penalties:
        scale = penalty.factor / penalty.divisor(step, case)
        for name in penalty.parameters:
            if name in parameters:
                p = parameters[name]
                total = total + scale * (p.abs().sum() if penalty.type == "L1" else (p * p).sum())
    return total


def _sgd(
    parameter: Array, gradient: Array, slots: Mapping[str, Tensor], options: Mapping[str, Any]
) -> tuple[Array, dict[str, Array]]:
    """torch.optim.SGD as a function. The class computes the same by it, and loads torch's compiler
    first, which takes as long as torch itself."""
    moved, buffers = _tensor(parameter), [slots.get("momentum_buffer")]
    sgd([moved], [_tensor(gradient)], buffers, foreach=False, fused=False, **options)
    kept = {} if buffers[0] is None else {"momentum_buffer": _array(buffers[0])}
    return _array(moved), kept


_OPTIMIZERS = {"SGD": _sgd}


def _tensors(arrays: Parameters) -> dict[str, Tensor]:
    return {name: _tensor(array) for name, array in arrays.items()}


def _tensor(array: Array) -> Tensor:
    """A float64 tensor on a copy: no framework ever gets hold of the caller's memory."""
    return torch.from_numpy(np.array(array, dtype=np.float64, order="C"))


def _array(tensor: Tensor) -> Array:
    return tensor.detach().numpy()
