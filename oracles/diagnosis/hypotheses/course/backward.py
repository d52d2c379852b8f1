"""Backward passes whose stages are right, and that use or hand on the wrong arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.reference import Call, Parameters
from oracles.contract.training import ComputedGradients, Rules, Run, Visit, Walk
from oracles.diagnosis.altered import Course
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import needs

Runs = Mapping[str, Run[Array]]


class UpdatedBeforeBackward(Walk[Array]):
    """The parameters of a layer are updated before the gradient passes through it: grad_input is
    that of the new weights."""

    def __init__(self, case: Case, rules: Rules[Array], visit: Visit[Array]) -> None:
        super().__init__(case, rules, visit)
        needs(case.optimizer is not None and case.optimizer["clip_grad_norm"] is None)
        self.calls: dict[str, Call] = {}

    def call(self, step: Step, layer: Layer, values: Mapping[str, Array]) -> Call:
        self.calls[layer.name] = super().call(step, layer, values)
        return self.calls[layer.name]

    def gradients_of(
        self, step: Step, layer: Layer, runs: Runs, grad_output: Array, spread: Array
    ) -> ComputedGradients[Array]:
        right = super().gradients_of(step, layer, runs, grad_output, spread)
        if not (step.update and layer.parameters):
            return right
        gradients = {f"{layer.name}.{p}": gradient for p, gradient in right[1].items()}
        updated = self._updated(step, gradients)
        call = self.calls[layer.name]
        after = {p: updated[f"{layer.name}.{p}"] for p in layer.parameters}
        inputs, _ = self.rules.run(replace(call, parameters=after)).backward(grad_output, spread)
        return inputs, right[1]

    def _updated(self, step: Step, gradients: Parameters) -> Parameters:
        """The parameters of one layer after the update of this step."""
        own = {name: self.parameters[name] for name in gradients}
        gradients = self.rules.penalise(self.case, step, self.parameters, gradients)
        if self.case.optimizer is not None and self.case.optimizer["clip_grad_value"] is not None:
            gradients = self.rules.clip(self.case, gradients)
        slots = {name: self.slots.get(name, {}) for name in gradients}
        return self.rules.update(self.case, step, own, gradients, slots)[0]


class StaleForward(Walk[Array]):
    """The backward pass of a step uses what the layers have kept of the forward pass before: their
    inputs and masks are those of the last step that had a backward pass."""

    def __init__(self, case: Case, rules: Rules[Array], visit: Visit[Array]) -> None:
        super().__init__(case, rules, visit)
        self.calls: dict[str, Call] = {}
        self.remembered: dict[str, Call] = {}

    def call(self, step: Step, layer: Layer, values: Mapping[str, Array]) -> Call:
        self.calls[layer.name] = super().call(step, layer, values)
        return self.calls[layer.name]

    def backward(self, step: Step, runs: dict[str, Run[Array]], prediction: Array) -> Parameters:
        gradients = super().backward(step, runs, prediction)
        self.remember()
        return gradients

    def remember(self) -> None:
        """Keep the calls of this step for the next one."""
        self.remembered = dict(self.calls)

    def gradients_of(
        self, step: Step, layer: Layer, runs: Runs, grad_output: Array, spread: Array
    ) -> ComputedGradients[Array]:
        if layer.name not in self.remembered:
            return super().gradients_of(step, layer, runs, grad_output, spread)
        stale = self.remembered[layer.name]
        run = self.rules.run(replace(stale, parameters=self.calls[layer.name].parameters))
        needs(run.output.shape == grad_output.shape)
        return run.backward(grad_output, spread)


class FirstForward(StaleForward):
    """The backward pass of every step uses what the layers have kept of the first forward pass:
    their inputs and masks are those of the first step that had a backward pass."""

    def remember(self) -> None:
        self.remembered = self.remembered or dict(self.calls)


class BranchOverwritten(Walk[Array]):
    """Where an output is read by several layers, the gradient that comes last replaces those before
    it: they are not added."""

    def joined(self, one: Array, other: Array) -> Array:
        return other


class BranchDropped(Walk[Array]):
    """Where an output is read by several layers, only the gradient that comes first is kept: that
    of the layer furthest behind."""

    def joined(self, one: Array, other: Array) -> Array:
        return one


HYPOTHESES = (
    Hypothesis(
        name="course.updated_before_backward",
        title="a layer is updated before the gradient passes through it",
        altered=Course(UpdatedBeforeBackward),
        why_unseen=(
            "The last layer is right, and the others are off in proportion to the learning rate: a "
            "small one hides it. A gradient check updates nothing, and passes."
        ),
        fix="all gradients first, then all updates; grad_input of a layer with the weight it had",
        evidence=(
            "VikParuchuri/zero_to_gpt#12",
            "kim-marcel/basic_neural_network#7",
            "joelgrus/data-science-from-scratch#31",
            "CodingTrain/Toy-Neural-Network-JS#72",
            "Bot-Academy/NeuralNetworkFromScratch#3",
        ),
    ),
    Hypothesis(
        name="course.stale_forward",
        title="the backward pass uses what the layers have kept of the step before",
        altered=Course(StaleForward),
        why_unseen=(
            "A gradient check makes one forward pass for one backward pass, and one step alone is "
            "right. With the same batch in every step the inputs hardly differ."
        ),
        fix="a layer keeps its input in each forward pass, and its backward pass uses that one",
        evidence=("torch/nn#1015", "fetchai/ledger#1469", "intel/ipex-llm#2575"),
    ),
    Hypothesis(
        name="course.first_forward",
        title="the backward pass uses what the layers have kept of the first step, for ever",
        altered=Course(FirstForward),
        why_unseen=(
            "One step alone is right, and so is a gradient check. With the same batch in every "
            "step the inputs hardly differ."
        ),
        fix="a layer keeps its input in each forward pass: self.x = x, not only where it is None",
    ),
    Hypothesis(
        name="course.branch_overwritten",
        title="where an output is read twice, the second gradient overwrites the first",
        altered=Course(BranchOverwritten),
        why_unseen=(
            "Networks without branches are right, and one with shortcuts still learns from the one "
            "way that is left."
        ),
        fix="grad[source] += grad_input, from zero, not grad[source] = grad_input",
        evidence=("karpathy/micrograd#2", "karpathy/nn-zero-to-hero#52", "sony/nnabla#532"),
    ),
    Hypothesis(
        name="course.branch_dropped",
        title="where an output is read twice, only the first gradient is kept",
        altered=Course(BranchDropped),
        why_unseen=(
            "Networks without branches are right, and one with shortcuts still learns from the one "
            "way that is left."
        ),
        fix="grad[source] += grad_input for every layer that reads source",
    ),
)
