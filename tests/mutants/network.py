"""A CNN with switches for mistakes: plain NumPy, sums as they stand in a textbook.

It shares nothing with refcnn and nothing with the oracles or their hypotheses: a mistake is made
here in the way in which people make it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.trace import Trace
from tests.mutants import data, losses, sgd
from tests.mutants.exposed import Exposed
from tests.mutants.layers import LAYERS
from tests.mutants.mutant import Mutant
from tests.mutants.situation import Situation
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
        run = _Run(self.on, case, Exposed(trace, self.exposes))
        for step in case.steps:
            run.step(step)


class _Run:
    """What lives from step to step."""

    def __init__(self, on: Switches, case: Case, trace: Exposed) -> None:
        self.on, self.case, self.trace = on, case, trace
        self.parameters = {name: array.copy() for name, array in case.parameters().items()}
        self.first = {name: array.copy() for name, array in self.parameters.items()}
        self.buffers = {layer.name: dict(layer.buffers) for layer in case.layers}
        self.velocity: dict[str, Array] = {}
        self.initial_buffers = {layer.name: dict(layer.buffers) for layer in case.layers}
        self.summed: Gradients = {}
        self.previous: Gradients = {}
        self.last_updated: Step | None = None
        self.backward_passes = 0
        self.remembered: dict[str, Any] = {}
        self.batches = 0
        self.drawn: dict[str, Array] = {}

    def step(self, step: Step) -> None:
        k, case = step.index, self.case
        if self.on("course: parameters not carried"):
            self.parameters = dict(self.first)
        if self.on("course: buffers not carried"):
            self.buffers = {name: dict(own) for name, own in self.initial_buffers.items()}
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
        caches = self.caches_of(caches)
        gradients = self.backward(step, caches, grad_output, added)
        self.backward_passes += 1
        if step.update:
            used = gradients
            if self.on("course: updated with the gradients before"):
                used = self.previous
            self.update(step, used)
            self.last_updated = step
        elif self.on("course: updated in eval") and self.last_updated is not None:
            self.update_in_eval(self.last_updated, gradients)
        self.previous = gradients

    def forward(self, step: Step, x: Array) -> tuple[dict[str, Array], dict[str, Any]]:
        values: dict[str, Array] = {"input": x}
        caches: dict[str, Any] = {}
        for layer in self.case.layers:
            inputs = [values[name] for name in layer.inputs]
            own = self.own(layer, self.known_to_layers)
            mask = self.mask(step, layer)
            module = LAYERS[layer.type]
            situation = Situation(layer, own, self.buffers[layer.name], step, mask, self.batches)
            output, caches[layer.name] = module.forward(self.on, situation, inputs)
            values[layer.name] = output
            self.trace[f"step{step.index}.forward.{layer.name}"] = output
            for buffer, array in situation.buffers.items():
                self.buffers[layer.name][buffer] = array
                self.trace[f"step{step.index}.state.{layer.name}.{buffer}"] = array
        return values, caches

    def mask(self, step: Step, layer: Layer) -> Array | None:
        """What a dropout keeps of a batch, in training."""
        if step.mode != "train":
            return None
        mask = step.masks.get(layer.name)
        if mask is None or not self.on("dropout: mask drawn once"):
            return mask
        kept = self.drawn.setdefault(layer.name, mask)
        return kept if kept.shape == mask.shape else mask

    def caches_of(self, caches: dict[str, Any]) -> dict[str, Any]:
        """What the backward pass takes for what the forward pass has remembered."""
        before, now = self.remembered, caches
        if self.on("course: backward of the first forward pass"):
            self.remembered = before or caches
            return self.remembered
        self.remembered = caches
        return before if self.on("course: backward of the forward pass before") and before else now

    def backward(
        self, step: Step, caches: Mapping[str, Any], grad_output: Array, added: Gradients
    ) -> Gradients:
        k = step.index
        flowing = {self.case.layers[-1].name: grad_output}
        gradients: Gradients = {}
        self.new: Gradients = {}
        for layer in reversed(self.case.layers):
            module = LAYERS[layer.type]
            own = self.own(layer, self.known_to_layers)
            cache, grad_output = caches[layer.name], flowing[layer.name]
            grad_inputs, grads = module.backward(self.on, cache, grad_output, own)
            named = self.gradients(step, layer, grads, added)
            if step.update and named and self.on("course: updated before backward"):
                updated = self.updated_at_once(step, named)
                own = self.own(layer, {**self.parameters, **updated})
                grad_inputs, _ = module.backward(self.on, cache, grad_output, own)
            for index, (source, grad) in enumerate(zip(layer.inputs, grad_inputs, strict=True)):
                suffix = f".{index}" if len(layer.inputs) > 1 else ""
                self.trace[f"step{k}.backward.{layer.name}{suffix}"] = grad
                flowing[source] = self.joined(flowing.get(source), grad)
            for name, gradient in named.items():
                gradients[name] = gradient
                self.trace[f"step{k}.gradient.{name}"] = gradient
        return {name: gradients[name] for name in self.parameters}

    @property
    def known_to_layers(self) -> Gradients:
        """The parameters that layers compute with: the optimizer's, if it hands them back."""
        return self.first if self.on("course: parameters not handed back") else self.parameters

    def own(self, layer: Layer, parameters: Mapping[str, Array]) -> Gradients:
        """The parameters of one layer, by their short names."""
        return {p: parameters[f"{layer.name}.{p}"] for p in layer.parameters}

    def joined(self, before: Array | None, grad: Array) -> Array:
        """The gradient of an output that several layers read."""
        if before is None or self.on("course: branch overwritten"):
            return grad
        if self.on("course: first branch only"):
            return before
        return before + grad

    def gradients(
        self, step: Step, layer: Layer, grads: Mapping[str, Array], added: Gradients
    ) -> Gradients:
        """The gradients of a layer's parameters as the step has them."""
        named: Gradients = {}
        for p, grad in grads.items():
            name = f"{layer.name}.{p}"
            gradient = np.asarray(grad + added.get(name, 0.0))
            summed = gradient + self.summed[name] if name in self.summed else gradient
            self.summed[name] = summed
            if self.on("course: gradients not zeroed"):
                gradient = summed
            if self.on("course: gradients averaged over steps"):
                gradient = summed / (self.backward_passes + 1)
            named[name] = gradient
        return named

    def updated_at_once(self, step: Step, named: Gradients) -> Gradients:
        """The parameters of one layer after its update, as they are while it goes backward. Who
        updates layer by layer cannot clip by the norm of all gradients: here none are clipped."""
        old = {name: self.parameters[name] for name in named}
        return sgd.updated(self.on, self.case, step, old, named, dict(self.velocity))

    def update_in_eval(self, step: Step, gradients: Gradients) -> None:
        """An update of which there is no entry, at the rate of `step`, which was the last one."""
        used = sgd.clipped(self.on, self.case, gradients) or gradients
        self.parameters = sgd.updated(
            self.on, self.case, step, self.parameters, used, self.velocity
        )

    def update(self, step: Step, gradients: Gradients) -> None:
        k = step.index
        if not gradients:
            for name, parameter in self.parameters.items():
                self.trace[f"step{k}.update.{name}"] = parameter
            return
        clipped = sgd.clipped(self.on, self.case, gradients)
        if clipped is not None:
            gradients = clipped
            for name, gradient in clipped.items():
                self.trace[f"step{k}.clipped.{name}"] = gradient
        updated = sgd.updated(self.on, self.case, step, self.parameters, gradients, self.velocity)
        for name in self.parameters:
            if name in self.velocity:
                self.trace[f"step{k}.optimizer.{name}.momentum_buffer"] = self.velocity[name]
        for name, parameter in updated.items():
            self.trace[f"step{k}.update.{name}"] = parameter
        self.parameters = updated


def _mutant(what: str, cause: str, entry: str, crash: bool = False) -> Mutant:
    return Mutant(f"course: {what}", f"course.{cause}", entry, crash=crash)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("gradients not zeroed", "gradients_not_zeroed", "gradient.*"),
    _mutant("gradients averaged over steps", "gradients_averaged_over_steps", "gradient.*"),
    _mutant("updated before backward", "updated_before_backward", "backward.*"),
    _mutant("updated with the gradients before", "updated_with_previous_gradients", "*"),
    _mutant("updated in eval", "updated_in_eval", "forward.*"),
    _mutant("backward of the forward pass before", "stale_forward", "*", crash=True),
    _mutant("backward of the first forward pass", "first_forward", "*", crash=True),
    _mutant("branch overwritten", "branch_overwritten", "*"),
    _mutant("first branch only", "branch_dropped", "*"),
    _mutant("parameters not carried", "parameters_not_carried", "*"),
    _mutant("parameters not handed back", "parameters_not_handed_back", "*"),
    _mutant("buffers not carried", "buffers_not_carried", "*"),
)
