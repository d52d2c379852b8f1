"""In which order the entries of a case depend on each other: the one place that walks through
forward passes, losses, backward passes and updates.

Who computes an entry, and with which value the walk goes on, is up to the caller: an oracle goes on
with its own values, the judge with those of the implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

import numpy as np

from oracles.contract.case import NETWORK_INPUT, Array, Case, Layer, Step
from oracles.contract.entries import backward_entry, clips
from oracles.contract.reference import Call, Parameters, Slots

Value = TypeVar("Value")
"""What a rule computes for one entry."""

ComputedGradients = tuple[list[Value], dict[str, Value]]


class Run(Protocol[Value]):
    """A layer that was evaluated: values of its output and buffers, and of its gradients."""

    @property
    def output(self) -> Value: ...

    @property
    def buffers(self) -> dict[str, Value]: ...

    def backward(self, grad_output: Array, spread: Array) -> ComputedGradients[Value]:
        """Values of the gradients with respect to the inputs and the parameters. `spread` is the
        sum of the absolute values of what grad_output is a sum of."""
        ...


class Rules(Protocol[Value]):
    """How each stage is computed."""

    def prepare(self, case: Case, step: Step) -> Value: ...
    def mask(self, case: Case, step: Step, layer: Layer) -> Value: ...
    def run(self, call: Call) -> Run[Value]: ...
    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> Value: ...
    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Value: ...
    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: dict[str, Value]
    ) -> dict[str, Value]: ...
    def clip(self, case: Case, gradients: Parameters) -> dict[str, Value]: ...
    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[dict[str, Value], dict[str, dict[str, Value]]]: ...


Visit = Callable[[str, Value], Array]
"""Gets the name and the computed value of an entry; returns the array to go on with."""


def walk(case: Case, rules: Rules[Value], visit: Visit[Value]) -> None:
    """Compute every entry of the case in order of evaluation."""
    state = Walk(case, rules, visit)
    for step in case.steps:
        state.step(step)


class Walk(Generic[Value]):
    """State that lives from step to step: parameters, buffers, what the optimizer remembers.

    Whoever needs several runs side by side takes the steps one by one. `gradients_of`, `joined` and
    `kept` are what a known mistake in the course of a step replaces (`oracles/diagnosis`).
    """

    def __init__(self, case: Case, rules: Rules[Value], visit: Visit[Value]) -> None:
        self.case, self.rules, self.visit = case, rules, visit
        self.parameters: Parameters = case.parameters()
        self.buffers = {layer.name: dict(layer.buffers) for layer in case.layers}
        self.gradients: Parameters = {}
        self.slots: Slots = {name: dict(slots) for name, slots in case.remembered.items()}
        self.batches = 0

    def step(self, step: Step) -> None:
        """Compute every entry of the next step in order of evaluation."""
        runs, prediction = self.forward(step)
        if self.case.loss is not None:
            loss = self.rules.loss(self.case, step, prediction, self.parameters)
            self.visit(f"step{step.index}.loss", loss)
        if step.backward:
            gradients = self.backward(step, runs, prediction)
            if step.update:
                self.update(step, gradients)
        self.batches += step.mode == "train"

    def forward(self, step: Step) -> tuple[dict[str, Run[Value]], Array]:
        k = step.index
        values = {NETWORK_INPUT: self.visit(f"step{k}.input", self.rules.prepare(self.case, step))}
        runs: dict[str, Run[Value]] = {}
        for layer in self.case.layers:
            run = self.rules.run(self.call(step, layer, values))
            runs[layer.name] = run
            values[layer.name] = self.visit(f"step{k}.forward.{layer.name}", run.output)
            for buffer, value in run.buffers.items():
                name = f"step{k}.state.{layer.name}.{buffer}"
                self.buffers[layer.name][buffer] = self.visit(name, value)
        return runs, values[self.case.output.name]

    def call(self, step: Step, layer: Layer, values: Mapping[str, Array]) -> Call:
        mask = None
        if layer.name in step.masks and step.mode == "train":
            value = self.rules.mask(self.case, step, layer)
            mask = self.visit(f"step{step.index}.mask.{layer.name}", value)
        return Call(
            layer=layer,
            inputs=tuple(values[name] for name in layer.inputs),
            parameters={p: self.parameters[f"{layer.name}.{p}"] for p in layer.parameters},
            buffers=dict(self.buffers[layer.name]),
            mode=step.mode,
            mask=mask,
            batches=self.batches,
            step=step.index,
        )

    def backward(self, step: Step, runs: dict[str, Run[Value]], prediction: Array) -> Parameters:
        flowing = {self.case.output.name: self.output_gradient(step, prediction)}
        spread = {name: np.abs(gradient) for name, gradient in flowing.items()}
        gradients: Parameters = {}
        for layer in reversed(self.case.layers):
            here = flowing[layer.name], spread[layer.name]
            grad_inputs, values = self.gradients_of(step, layer, runs, *here)
            for index, (source, value) in enumerate(zip(layer.inputs, grad_inputs, strict=True)):
                grad = self.visit(backward_entry(step.index, layer, index), value)
                flowing[source] = self.joined(flowing[source], grad) if source in flowing else grad
                spread[source] = spread.get(source, 0.0) + np.abs(grad)
            named = {f"{layer.name}.{p}": value for p, value in values.items()}
            penalised = self.rules.penalise(self.case, step, self.parameters, named)
            for name, value in penalised.items():
                gradients[name] = self.visit(
                    f"step{step.index}.gradient.{name}", self.kept(name, value)
                )
        self.gradients = {name: gradients[name] for name in self.parameters}
        return self.gradients

    def gradients_of(
        self,
        step: Step,
        layer: Layer,
        runs: Mapping[str, Run[Value]],
        grad_output: Array,
        spread: Array,
    ) -> ComputedGradients[Value]:
        """What one layer hands back, given what it was handed."""
        return runs[layer.name].backward(grad_output, spread)

    def joined(self, one: Array, other: Array) -> Array:
        """The gradient of an output that several layers read."""
        return one + other

    def kept(self, name: str, gradient: Value) -> Value:
        """The gradient of a parameter as the step records it."""
        return gradient

    def output_gradient(self, step: Step, prediction: Array) -> Array:
        if self.case.loss is None:
            assert step.upstream is not None
            return step.upstream
        value = self.rules.loss_gradient(self.case, step, prediction)
        return self.visit(f"step{step.index}.backward.loss", value)

    def update(self, step: Step, gradients: Parameters) -> None:
        k = step.index
        if clips(self.case):
            clipped = self.rules.clip(self.case, gradients)
            gradients = {
                name: self.visit(f"step{k}.clipped.{name}", value)
                for name, value in clipped.items()
            }
        updated, slots = self.rules.update(self.case, step, self.parameters, gradients, self.slots)
        self.slots = {
            name: {
                slot: self.visit(f"step{k}.optimizer.{name}.{slot}", value)
                for slot, value in values.items()
            }
            for name, values in slots.items()
        }
        self.parameters = {
            name: self.visit(f"step{k}.update.{name}", value) for name, value in updated.items()
        }
