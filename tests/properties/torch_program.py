"""PyTorch as a person uses it: modules in float32, autograd, torch.optim."""

from __future__ import annotations

from typing import Any

import torch

from oracles.contract.case import NETWORK_INPUT, Case, Layer, Step
from oracles.contract.entries import backward_entry
from oracles.contract.trace import Trace


class TorchProgram:
    """Networks of torch.nn, with an upstream gradient or a loss, trained by SGD."""

    name = "torch"
    dtypes = ("float32",)

    def run(self, case: Case, trace: Trace) -> None:
        modules = {layer.name: _module(layer) for layer in case.layers}
        optimizer = _optimizer(case, modules)
        for step in case.steps:
            _step(case, trace, step, modules, optimizer)


def _step(case: Case, trace: Trace, step: Step, modules: dict[str, Any], optimizer: Any) -> None:
    k = step.index
    values = {NETWORK_INPUT: torch.from_numpy(step.input.copy()).requires_grad_()}
    reads: dict[str, list[Any]] = {}
    for layer in case.layers:
        module = modules[layer.name].train(step.mode == "train")
        reads[layer.name] = [values[name].view_as(values[name]) for name in layer.inputs]
        for tensor in reads[layer.name]:
            tensor.retain_grad()
        y = module(reads[layer.name], step.masks.get(layer.name))
        values[layer.name] = y
        trace[f"step{k}.forward.{layer.name}"] = y.detach().clone()
        for buffer in layer.buffers:
            statistics = getattr(module.inner, buffer).detach()
            trace[f"step{k}.state.{layer.name}.{buffer}"] = statistics
    prediction = values[case.output.name]
    prediction.retain_grad()
    end = prediction if case.loss is None else _loss(case, step, prediction)
    if case.loss is not None:
        trace[f"step{k}.loss"] = end.detach()
    if not step.backward:
        return
    for module in modules.values():
        module.zero_grad()
    end.backward(None if case.loss is not None else torch.from_numpy(step.upstream))
    if case.loss is not None:
        trace[f"step{k}.backward.loss"] = prediction.grad
    _record_gradients(case, trace, k, modules, reads)
    if step.update:
        for group, rate in zip(optimizer.param_groups, step.learning_rates.values(), strict=True):
            group["lr"] = rate
        optimizer.step()
        _record_parameters(case, trace, k, modules)


def _record_gradients(
    case: Case, trace: Trace, k: int, modules: dict[str, Any], reads: dict[str, list[Any]]
) -> None:
    for layer in case.layers:
        for index, tensor in enumerate(reads[layer.name]):
            trace[backward_entry(k, layer, index)] = tensor.grad
        for name in layer.parameters:
            gradient = getattr(modules[layer.name].inner, name).grad
            trace[f"step{k}.gradient.{layer.name}.{name}"] = gradient


def _record_parameters(case: Case, trace: Trace, k: int, modules: dict[str, Any]) -> None:
    for layer in case.layers:
        for name in layer.parameters:
            parameter = getattr(modules[layer.name].inner, name).detach()
            trace[f"step{k}.update.{layer.name}.{name}"] = parameter


class _Several(torch.nn.Module):
    """A module that takes a list, and the mask of a dropout."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.kind = layer.type
        self.dim = layer.attributes.get("dim", 1)
        self.p = layer.attributes.get("p", 0.0)
        own = layer.type in ("Add", "Cat", "Dropout")
        options = {key: value for key, value in layer.attributes.items() if key != "mask"}
        self.inner: Any = torch.nn.Identity() if own else getattr(torch.nn, layer.type)(**options)

    def forward(self, inputs: Any, mask: Any) -> Any:
        if self.kind == "Add":
            return sum(inputs[1:], inputs[0])
        if self.kind == "Cat":
            return torch.cat(inputs, self.dim)
        if self.kind == "Dropout" and self.training:
            return inputs[0] * torch.from_numpy(mask) / (1 - self.p)
        return self.inner(inputs[0])


def _module(layer: Layer) -> _Several:
    module = _Several(layer)
    state = {**layer.parameters, **layer.buffers}
    copied = {name: torch.from_numpy(array.copy()) for name, array in state.items()}
    module.inner.load_state_dict(copied, strict=False)
    return module


def _optimizer(case: Case, modules: dict[str, Any]) -> Any:
    if case.optimizer is None:
        return None
    options = case.optimizer["parameters"]
    groups = []
    for key in case.parameters():
        layer, _, name = key.partition(".")
        groups.append({"params": [getattr(modules[layer].inner, name)], **options[key]})
    return torch.optim.SGD(groups, lr=0.1)


def _loss(case: Case, step: Step, prediction: Any) -> Any:
    assert case.loss is not None
    assert step.target is not None
    function = getattr(torch.nn, case.loss["type"])(reduction=case.loss["reduction"])
    return function(prediction, torch.from_numpy(step.target)) * case.loss["factor"]
