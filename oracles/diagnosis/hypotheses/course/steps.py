"""Steps that are right by themselves, and leave the wrong things to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.entries import clips
from oracles.contract.reference import Call, Parameters
from oracles.contract.training import Rules, Run, Visit, Walk
from oracles.diagnosis.altered import Course
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import needs


class GradientsNotZeroed(Walk[Array]):
    """Gradients are not set to zero between the steps: each step adds its own to those of all steps
    before it."""

    def kept(self, name: str, gradient: Array) -> Array:
        return self.gradients[name] + gradient if name in self.gradients else gradient


class GradientsAveraged(Walk[Array]):
    """The gradient of a step is the mean of those of all steps until then."""

    def __init__(self, case: Case, rules: Rules[Array], visit: Visit[Array]) -> None:
        super().__init__(case, rules, visit)
        self.steps_before = 0

    def backward(self, step: Step, runs: dict[str, Run[Array]], prediction: Array) -> Parameters:
        gradients = super().backward(step, runs, prediction)
        self.steps_before += 1
        return gradients

    def kept(self, name: str, gradient: Array) -> Array:
        if name not in self.gradients:
            return gradient
        before = self.steps_before
        return (before * self.gradients[name] + gradient) / (before + 1)


class ParametersNotCarried(Walk[Array]):
    """Every step starts from the initial parameters: what the step before has updated is lost."""

    def step(self, step: Step) -> None:
        self.parameters = self.case.parameters()
        super().step(step)


class ParametersNotHandedBack(Walk[Array]):
    """The layers keep their initial parameters: the optimizer updates copies of its own, and hands
    nothing back."""

    def call(self, step: Step, layer: Layer, values: Mapping[str, Array]) -> Call:
        return replace(super().call(step, layer, values), parameters=layer.parameters)


class BuffersNotCarried(Walk[Array]):
    """Every step starts from the initial running statistics: what the step before has made of them
    is lost."""

    def step(self, step: Step) -> None:
        self.buffers = {layer.name: dict(layer.buffers) for layer in self.case.layers}
        super().step(step)


class UpdatedWithPreviousGradients(Walk[Array]):
    """The optimizer steps before the backward pass: each update uses the gradients of the step
    before, and the first one changes nothing."""

    def __init__(self, case: Case, rules: Rules[Array], visit: Visit[Array]) -> None:
        super().__init__(case, rules, visit)
        self.previous: Parameters = {}

    def backward(self, step: Step, runs: dict[str, Run[Array]], prediction: Array) -> Parameters:
        self.previous = self.gradients
        return super().backward(step, runs, prediction)

    def update(self, step: Step, gradients: Parameters) -> None:
        if self.previous:
            super().update(step, self.previous)
        else:
            self._unchanged(step)

    def _unchanged(self, step: Step) -> None:
        """Record that the first update leaves every parameter as it is."""
        self.parameters = {
            name: self.visit(f"step{step.index}.update.{name}", np.array(array, dtype=np.float64))
            for name, array in self.parameters.items()
        }


class UpdatedInEval(Walk[Array]):
    """A step in eval mode with a backward pass updates the parameters as well, at the rate of the
    train step before it."""

    def __init__(self, case: Case, rules: Rules[Array], visit: Visit[Array]) -> None:
        super().__init__(case, rules, visit)
        needs(case.optimizer is not None)
        self.rates: Mapping[str, float] = {}

    def backward(self, step: Step, runs: dict[str, Run[Array]], prediction: Array) -> Parameters:
        gradients = super().backward(step, runs, prediction)
        if step.update:
            self.rates = step.learning_rates
        elif self.rates:
            asked = replace(step, learning_rates=self.rates)
            used = self.rules.clip(self.case, gradients) if clips(self.case) else gradients
            self.parameters, self.slots = self.rules.update(
                self.case, asked, self.parameters, used, self.slots
            )
        return gradients


HYPOTHESES = (
    Hypothesis(
        name="course.gradients_not_zeroed",
        title="gradients are not set to zero between the steps",
        altered=Course(GradientsNotZeroed),
        why_unseen=(
            "The first step is right, and a gradient check makes no second one. The sum of all "
            "gradients is a momentum without friction: the loss falls at first."
        ),
        fix="optimizer.zero_grad(), or grad = 0, before each backward pass",
        evidence=("karpathy/micrograd#102", "apache/mxnet#17989", "zou-group/textgrad#200"),
    ),
    Hypothesis(
        name="course.gradients_averaged_over_steps",
        title="the gradient of a step is the mean over all steps until then",
        altered=Course(GradientsAveraged),
        why_unseen="The first step is right, and later ones still go down, ever more slowly.",
        fix="the gradient of a step is that of its own batch alone",
    ),
    Hypothesis(
        name="course.parameters_not_carried",
        title="every step starts from the initial parameters",
        altered=Course(ParametersNotCarried),
        why_unseen="The first step is right, and a gradient check makes no second one.",
        fix="assign the updated parameters to the layers once, before the loop over the steps",
    ),
    Hypothesis(
        name="course.parameters_not_handed_back",
        title="the optimizer updates copies, and the layers keep their initial parameters",
        altered=Course(ParametersNotHandedBack),
        why_unseen=(
            "The first step is right, and so is each update by itself. The loss stays where it is "
            "but for the batches."
        ),
        fix="layer.weight = weight - lr * grad, or weight -= lr * grad in place; assigning to a "
        "local name changes no layer",
    ),
    Hypothesis(
        name="course.buffers_not_carried",
        title="every step starts from the initial running statistics",
        altered=Course(BuffersNotCarried),
        why_unseen=(
            "Training does not read them. Evaluation does, where statistics that hardly left their "
            "initial values cost accuracy and raise nothing."
        ),
        fix="running = (1 - momentum) * running + momentum * batch, assigned to the layer",
    ),
    Hypothesis(
        name="course.updated_with_previous_gradients",
        title="the optimizer steps before the backward pass, with the gradients of the step before",
        altered=Course(UpdatedWithPreviousGradients),
        why_unseen="Gradients one step old still go down: training works, a step later.",
        fix="loss.backward(), then optimizer.step()",
    ),
    Hypothesis(
        name="course.updated_in_eval",
        title="a step in eval mode updates the parameters",
        altered=Course(UpdatedInEval),
        why_unseen=(
            "The loss falls, on validation data even faster: they are trained on. Who evaluates "
            "without a backward pass never sees it."
        ),
        fix="optimizer.step() in train mode only",
    ),
)
