"""A CNN with switches for mistakes: plain NumPy, sums as they stand in a textbook.

It shares nothing with refcnn and nothing with the oracles or their hypotheses: a mistake is made
here in the way in which people make it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.trace import Trace
from tests.mutants import data, losses, sgd
from tests.mutants.layers import LAYERS
from tests.mutants.switches import Switches

Gradients = dict[str, Array]


class Mutable:
    """An implementation in which the named mistakes are made.

    exposes   patterns of entries that it records (fnmatch, "step*.loss"); default: all
    """

    def __init__(self, *switches: str, exposes: Iterable[str] = ("*",)) -> None:
        self.name = "mutable"
        self.on = Switches(switches)
        self.exposes = tuple(exposes)

    def run(self, case: Case, trace: Trace) -> None:
        """Every step of the case."""
        run = _Run(self.on, case, _Exposed(trace, self.exposes))
        for step in case.steps:
            run.step(step)


class _Exposed:
    """A trace in which some of what is recorded is not kept."""

    def __init__(self, trace: Trace, patterns: tuple[str, ...]) -> None:
        self.trace, self.patterns = trace, patterns

    def __setitem__(self, name: str, value: Any) -> None:
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.patterns):
            self.trace[name] = value


class _Run:
    """What lives from step to step."""

    def __init__(self, on: Switches, case: Case, trace: _Exposed) -> None:
        self.on, self.case, self.trace = on, case, trace
        self.parameters = {name: array.copy() for name, array in case.parameters().items()}
        self.first = {name: array.copy() for name, array in self.parameters.items()}
        self.buffers = {layer.name: dict(layer.buffers) for layer in case.layers}
        self.velocity: dict[str, Array] = {}
        self.summed: Gradients = {}
        self.caches: dict[str, Any] = {}
        self.batches = 0

    def step(self, step: Step) -> None:
        k, case = step.index, self.case
        x = data.prepared(self.on, case, step)
        self.trace[f"step{k}.input"] = x
        values, caches = self.forward(step, x)
        prediction = values[case.layers[-1].name]
        grad_output = step.upstream
        if case.loss is not None:
            loss, grad_output = losses.loss(self.on, case, step, prediction)
            loss, added = losses.penalised(self.on, case, step, loss, self.parameters)
            self.trace[f"step{k}.loss"] = loss
        else:
            added = {}
        if step.mode == "train":
            self.batches += 1
        if not step.backward:
            return
        if case.loss is not None:
            self.trace[f"step{k}.backward.loss"] = grad_output
        assert grad_output is not None
        if self.on("course: stale forward") and self.caches:
            caches = self.caches
        self.caches = dict(caches)
        gradients = self.backward(step, caches, grad_output, added)
        if step.update:
            self.update(step, gradients)

    def forward(self, step: Step, x: Array) -> tuple[dict[str, Array], dict[str, Any]]:
        values: dict[str, Array] = {"input": x}
        caches: dict[str, Any] = {}
        for layer in self.case.layers:
            inputs = [values[name] for name in layer.inputs]
            own = {p: self.parameters[f"{layer.name}.{p}"] for p in layer.parameters}
            mask = step.masks.get(layer.name) if step.mode == "train" else None
            module = LAYERS[layer.type]
            situation = Situation(layer, own, self.buffers[layer.name], step, mask, self.batches)
            output, caches[layer.name] = module.forward(self.on, situation, inputs)
            values[layer.name] = output
            self.trace[f"step{step.index}.forward.{layer.name}"] = output
            for buffer, array in situation.buffers.items():
                self.buffers[layer.name][buffer] = array
                self.trace[f"step{step.index}.state.{layer.name}.{buffer}"] = array
        return values, caches

    def backward(
        self, step: Step, caches: Mapping[str, Any], grad_output: Array, added: Gradients
    ) -> Gradients:
        k = step.index
        flowing = {self.case.layers[-1].name: grad_output}
        gradients: Gradients = {}
        for layer in reversed(self.case.layers):
            module = LAYERS[layer.type]
            own = {p: self.parameters[f"{layer.name}.{p}"] for p in layer.parameters}
            grad_inputs, grads = module.backward(
                self.on, caches[layer.name], flowing[layer.name], own
            )
            for index, (source, grad) in enumerate(zip(layer.inputs, grad_inputs, strict=True)):
                suffix = f".{index}" if len(layer.inputs) > 1 else ""
                self.trace[f"step{k}.backward.{layer.name}{suffix}"] = grad
                if source in flowing and not self.on("course: branch overwritten"):
                    grad = flowing[source] + grad
                flowing[source] = grad
            for p, grad in grads.items():
                name = f"{layer.name}.{p}"
                gradient = grad + added.get(name, 0.0)
                if self.on("course: gradients not zeroed") and name in self.summed:
                    gradient = gradient + self.summed[name]
                self.summed[name] = gradients[name] = np.asarray(gradient)
                self.trace[f"step{k}.gradient.{name}"] = gradients[name]
        return {name: gradients[name] for name in self.parameters}

    def update(self, step: Step, gradients: Gradients) -> None:
        k = step.index
        clipped = sgd.clipped(self.on, self.case, gradients)
        if clipped is not None:
            gradients = clipped
            for name, gradient in clipped.items():
                self.trace[f"step{k}.clipped.{name}"] = gradient
        updated = sgd.updated(self.on, self.case, step, self.parameters, gradients, self.velocity)
        assert self.case.optimizer is not None
        for name in self.parameters:
            if self.case.optimizer["parameters"][name]["momentum"]:
                self.trace[f"step{k}.optimizer.{name}.momentum_buffer"] = self.velocity[name]
        for name, parameter in updated.items():
            self.trace[f"step{k}.update.{name}"] = parameter
        self.parameters = updated


class Situation:
    """One call of a layer: its specification, parameters, buffers (replaced in place), the step,
    the mask and how many training batches there were before."""

    def __init__(
        self,
        layer: Layer,
        parameters: Mapping[str, Array],
        buffers: Mapping[str, Array],
        step: Step,
        mask: Array | None,
        batches: int,
    ) -> None:
        self.layer, self.parameters, self.buffers = layer, parameters, dict(buffers)
        self.step, self.mask, self.batches = step, mask, batches
        self.attributes = layer.attributes
        self.train = step.mode == "train"
