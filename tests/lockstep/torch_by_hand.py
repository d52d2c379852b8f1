"""A training loop in PyTorch in the dtype that is asked for, right or with one mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.contract.case import Case, Layer, Step
from oracles.contract.trace import Trace

Gradients = dict[str, Tensor]


@dataclass(frozen=True)
class Moment:
    """What a mistake in the gradients may look at.

    before        gradients of the step before; the same ones in the first step
    grad_output   gradient with respect to the prediction
    """

    step: int
    gradients: Gradients
    before: Gradients
    grad_output: Tensor


def right_gradients(moment: Moment) -> Gradients:
    """As autograd has them."""
    return moment.gradients


def right_rate(case: Case, step: Step, name: str) -> float:
    """The rate of this step."""
    return step.learning_rates[name]


def unchanged(layer: Layer, y: Tensor) -> Tensor:
    """Rounded as torch rounds it."""
    return y


def everything(entry: str) -> bool:
    """Record all there is."""
    return True


@dataclass(frozen=True)
class TorchByHand:
    """An implementation with its own SGD.

    exposes         which entries it records
    gradients       what it takes for the gradients
    rate            what it takes for the learning rate
    dampening       of the momentum
    decays_biases   whether weight decay reaches the biases too
    forgets_at      the step at which the momentum is lost
    rounded         how the output of a layer is rounded
    """

    name: str = "by hand"
    exposes: Callable[[str], bool] = everything
    gradients: Callable[[Moment], Gradients] = right_gradients
    rate: Callable[[Case, Step, str], float] = right_rate
    dampening: float = 0.0
    decays_biases: bool = False
    forgets_at: int = -1
    rounded: Callable[[Layer, Tensor], Tensor] = unchanged

    def run(self, case: Case, trace: Trace) -> None:
        parameters = {name: torch.tensor(array) for name, array in case.parameters().items()}
        momentum: dict[str, Tensor] = {}
        before: Gradients = {}
        for step in case.steps:
            moment = self.step(case, step, trace, parameters, before)
            before = moment.gradients
            used = self.gradients(moment)
            for name, gradient in used.items():
                self.record(trace, f"step{step.index}.gradient.{name}", gradient)
            if step.index == self.forgets_at:
                momentum.clear()
            self.update(case, step, parameters, used, momentum)
            for name, parameter in parameters.items():
                buffer = f"step{step.index}.optimizer.{name}.momentum_buffer"
                self.record(trace, buffer, momentum[name])
                self.record(trace, f"step{step.index}.update.{name}", parameter)

    def step(
        self,
        case: Case,
        step: Step,
        trace: Trace,
        parameters: dict[str, Tensor],
        before: Gradients,
    ) -> Moment:
        """Forward and backward."""
        k = step.index
        leaves = {name: p.clone().requires_grad_() for name, p in parameters.items()}
        outputs = {"input": torch.tensor(step.input, requires_grad=True)}
        self.record(trace, f"step{k}.input", outputs["input"])
        for layer in case.layers:
            y = self.rounded(layer, _forward(layer, outputs[layer.inputs[0]], leaves))
            y.retain_grad()
            outputs[layer.name] = y
            self.record(trace, f"step{k}.forward.{layer.name}", y)
        prediction = outputs[case.output.name]
        loss = F.cross_entropy(prediction, torch.tensor(step.target))
        self.record(trace, f"step{k}.loss", loss)
        loss.backward()
        self.record(trace, f"step{k}.backward.loss", prediction.grad)
        for layer in case.layers:
            grad_input = outputs[layer.inputs[0]].grad
            self.record(trace, f"step{k}.backward.{layer.name}", grad_input)
        gradients = {name: p.grad for name, p in leaves.items() if p.grad is not None}
        assert prediction.grad is not None
        return Moment(k, gradients, before or gradients, prediction.grad)

    def update(
        self,
        case: Case,
        step: Step,
        parameters: dict[str, Tensor],
        gradients: Gradients,
        momentum: dict[str, Tensor],
    ) -> None:
        """SGD with momentum, in place."""
        assert case.optimizer is not None
        for name, gradient in gradients.items():
            options = case.optimizer["parameters"][name]
            decayed = name.replace(".bias", ".weight") if self.decays_biases else name
            decay = case.optimizer["parameters"][decayed]["weight_decay"]
            d = gradient + decay * parameters[name]
            if name in momentum:
                d = options["momentum"] * momentum[name] + (1 - self.dampening) * d
            momentum[name] = d
            parameters[name] = parameters[name] - self.rate(case, step, name) * d

    def record(self, trace: Trace, entry: str, tensor: Tensor | None) -> None:
        """Only what it exposes."""
        if self.exposes(entry) and tensor is not None:
            trace[entry] = tensor.detach().numpy()


def _forward(layer: Layer, x: Tensor, leaves: dict[str, Tensor]) -> Tensor:
    weight, bias = leaves.get(f"{layer.name}.weight"), leaves.get(f"{layer.name}.bias")
    if layer.type == "Conv2d":
        assert weight is not None
        return F.conv2d(x, weight, bias)
    if layer.type == "Linear":
        assert weight is not None
        return F.linear(x, weight, bias)
    if layer.type == "MaxPool2d":
        return F.max_pool2d(x, layer.attributes["kernel_size"])
    return F.relu(x) if layer.type == "ReLU" else x.flatten(1)
