"""refcnn's plug: runs a case of the oracles and records every array it computes.

`case` and `trace` are taken as they come (duck typing); nothing of `oracles` is imported.
"""

from typing import Any

import numpy as np

from refcnn import layers, losses
from refcnn.arrays import Array
from refcnn.graph import Graph, Node
from refcnn.network import Network
from refcnn.optim import SGD, clip_grad_norm_, clip_grad_value_
from refcnn.preparation import prepare

name = "refcnn"
keeps_dtype = True
refuses = True

LAYERS = (
    "Add",
    "AvgPool2d",
    "BatchNorm2d",
    "Cat",
    "Conv2d",
    "Dropout",
    "Flatten",
    "Identity",
    "Linear",
    "MaxPool2d",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "ZeroPad2d",
)
LOSSES = ("BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss")
OPTIMIZERS = ("SGD",)
WITH_DTYPE = ("BatchNorm2d", "Conv2d", "Linear")


def run(case: Any, trace: Any) -> None:
    """Build the network of the case, run all its steps, and record what there is."""
    with np.errstate(all="ignore"):  # a case may overflow on purpose: infinities are results
        _Run(case, trace).all_steps()


class _Run:
    """Network, loss and optimizer of one case, alive from step to step."""

    def __init__(self, case: Any, trace: Any) -> None:
        self.case, self.trace = case, trace
        self.network = _network(case)
        self.loss = _loss(case)
        self.penalties = [_penalty(spec, self.network) for spec in case.penalties]
        self.optimizer = _optimizer(case, self.network)

    def all_steps(self) -> None:
        for step in self.case.steps:
            self.network.train(step.mode == "train")
            prediction = self.forward(step)
            self.evaluate_loss(step, prediction)
            if step.backward:
                self.backward(step)
            if step.update:
                self.update(step)

    def forward(self, step: Any) -> Array:
        x = step.input
        if self.case.preparation:
            x = prepare(step.raw, self.case.preparation, self.case.dtype)
        self.trace[f"step{step.index}.input"] = x
        for dropout, mask in step.masks.items():
            self.network.layers[dropout].mask = mask  # type: ignore[attr-defined]
        try:
            return self.network.forward(x)
        finally:  # what was computed before a crash is worth judging
            self.record_forward(step)

    def record_forward(self, step: Any) -> None:
        outputs = self.network.outputs
        for layer in self.case.layers:
            if layer.name in outputs:
                self.trace[f"step{step.index}.forward.{layer.name}"] = outputs[layer.name]
                for buffer in layer.buffers:
                    value = self.network.layers[layer.name].buffers[buffer]
                    self.trace[f"step{step.index}.state.{layer.name}.{buffer}"] = value

    def evaluate_loss(self, step: Any, prediction: Array) -> None:
        if self.loss is None:
            return
        value = self.loss.forward(prediction, step.target)
        for spec, penalty in zip(self.case.penalties, self.penalties, strict=True):
            penalty.divisor = spec.divisor(step, self.case)
            value = value + penalty.value()
        self.trace[f"step{step.index}.loss"] = value

    def backward(self, step: Any) -> None:
        grad_output = step.upstream
        if self.loss is not None:
            without_upstream = self.loss.reduction != "none"
            grad_output = self.loss.backward(None if without_upstream else step.upstream)
            self.trace[f"step{step.index}.backward.loss"] = grad_output
        try:
            self.network.backward(grad_output)
        finally:
            self.record_grad_inputs(step)
        for penalty in self.penalties:
            penalty.add_gradients()
        for parameter, value in self.network.parameters.items():
            self.trace[f"step{step.index}.gradient.{parameter}"] = value.grad

    def record_grad_inputs(self, step: Any) -> None:
        for layer, gradient in self.network.grad_inputs.items():
            entry = f"step{step.index}.backward.{layer}"
            if isinstance(gradient, tuple):
                for position, part in enumerate(gradient):
                    self.trace[f"{entry}.{position}" if len(gradient) > 1 else entry] = part
            else:
                self.trace[entry] = gradient

    def update(self, step: Any) -> None:
        self.clip(step)
        assert self.optimizer is not None
        parameters = self.network.parameters
        for group, parameter in zip(self.optimizer.param_groups, parameters, strict=True):
            group["lr"] = step.learning_rates[parameter]
        self.optimizer.step()
        for parameter, value in parameters.items():
            for slot, array in self.optimizer.state.get(value, {}).items():
                self.trace[f"step{step.index}.optimizer.{parameter}.{slot}"] = array
            self.trace[f"step{step.index}.update.{parameter}"] = value.data

    def clip(self, step: Any) -> None:
        norm, value = (self.case.optimizer[k] for k in ("clip_grad_norm", "clip_grad_value"))
        if norm is None and value is None:
            return
        parameters = self.network.parameters
        if norm is not None:
            clip_grad_norm_(parameters, norm)
        if value is not None:
            clip_grad_value_(parameters, value)
        for parameter, clipped in parameters.items():
            self.trace[f"step{step.index}.clipped.{parameter}"] = clipped.grad


def _network(case: Any) -> Graph:
    """The layers of the case, with its parameters and buffers."""
    network = Graph([_node(case, spec) for spec in case.layers])
    given = {
        f"{spec.name}.{key}": array
        for spec in case.layers
        for key, array in {**spec.parameters, **spec.buffers}.items()
    }
    network.load_state_dict({**network.state_dict(), **given})
    return network


def _node(case: Any, spec: Any) -> Node:
    if spec.type not in LAYERS:
        raise case.unsupported(f"refcnn has no {spec.type}")
    options = {key: value for key, value in spec.attributes.items() if key != "mask"}
    if spec.type in WITH_DTYPE:
        options["dtype"] = case.dtype
    return Node(spec.name, getattr(layers, spec.type)(**options), spec.inputs)


def _loss(case: Any) -> losses.Loss | None:
    if case.loss is None:
        return None
    options = dict(case.loss)
    kind = options.pop("type")
    if kind not in LOSSES:
        raise case.unsupported(f"refcnn has no {kind}")
    options.pop("upstream", None)  # cut into batches, it is step.upstream
    loss: losses.Loss = getattr(losses, kind)(**options)
    return loss


def _penalty(spec: Any, network: Network) -> losses.Penalty:
    kind = {"L1": losses.L1Penalty, "L2": losses.L2Penalty}[spec.type]
    return kind([network.parameters[parameter] for parameter in spec.parameters], spec.factor)


def _optimizer(case: Any, network: Network) -> SGD | None:
    """One group per parameter, in their order; learning rates are set at each step."""
    if case.optimizer is None:
        return None
    if case.optimizer["type"] not in OPTIMIZERS:
        raise case.unsupported(f"refcnn has no {case.optimizer['type']}")
    options = case.optimizer["parameters"]
    return SGD(
        {"params": [parameter], **options[key]} for key, parameter in network.parameters.items()
    )
