"""The rules of a walk in which one is altered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.reference import Call, Parameters, Slots
from oracles.contract.training import Run, Visit, Walk
from oracles.diagnosis.altered import (
    Altered,
    Backward,
    Clip,
    Course,
    Forward,
    Loss,
    LossGradient,
    Penalty,
    Prepare,
    State,
    Update,
    Updating,
)
from oracles.diagnosis.known import Known, KnownRun
from oracles.diagnosis.site import Inapplicable, Site, needs, tensor
from oracles.judging.diagnosis import Variant
from oracles.references.pytorch import TorchRun


def walk_altered(
    known: Known,
    case: Case,
    altered: Altered,
    layers: Iterable[str],
    visit: Visit[Array],
    variant: Variant = "",
) -> None:
    """Compute every entry of the case with one rule altered, in these layers where it is a layer's.

    Raises whatever the rule raises, Inapplicable where the mistake cannot be made.
    """
    rules = AlteredRules(known, case, altered, variant, frozenset(layers))
    course = altered.rule if isinstance(altered, Course) else Walk[Array]
    with np.errstate(all="ignore"):
        state = course(case, rules, visit)
        for step in case.steps:
            state.step(step)


class AlteredRules:
    """The right rules but for one.

    layers    names of the layers in which it is altered, where it is a layer's
    variant   of a rule that has a forward and a backward half: which half is altered
    """

    def __init__(
        self, known: Known, case: Case, altered: Altered, variant: Variant, layers: Set[str]
    ) -> None:
        self.known, self.case, self.altered = known, case, altered
        self.variant, self.layers = variant, layers
        self.forward = variant != "backward only"
        self.backward = variant != "forward only"

    def prepare(self, case: Case, step: Step) -> Array:
        """See `Rules`."""
        if isinstance(self.altered, Prepare):
            return np.asarray(self.altered.rule(Site(case, step)), dtype=np.float64)
        return self.known.prepare(case, step)

    def mask(self, case: Case, step: Step, layer: Layer) -> Array:
        """See `Rules`."""
        return self.known.mask(case, step, layer)

    def run(self, call: Call) -> Run[Array]:
        """See `Rules`."""
        base = self.known.run(call)
        if call.layer.name not in self.layers:
            return base
        try:
            return self._altered_run(base, Site(self.case, self.case.steps[call.step], call))
        except Inapplicable:
            if len(self.layers) == 1:
                raise
            return base  # the other layers may tell

    def _altered_run(self, base: KnownRun, site: Site) -> Run[Array]:
        if isinstance(self.altered, Forward):
            return _of_forward(self, site, base, self.altered)
        if isinstance(self.altered, Backward):
            return _OtherGradients(base, self.altered, site, alone=len(self.layers) == 1)
        if isinstance(self.altered, State):
            return _OtherBuffers(base, base.buffers | self.altered.rule(site, base.buffers))
        return base

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> Array:
        """See `Rules`."""
        altered = self.altered
        if isinstance(altered, Loss) and self.forward:
            value = self.bare_loss(case, step, prediction)
            with_penalties = self.known.loss(case, step, prediction, parameters)
            added = with_penalties - self.known.bare_loss(case, step, prediction)
            return np.asarray(value + added)
        if isinstance(altered, Penalty) and self.forward:
            tensors = {name: tensor(array) for name, array in parameters.items()}
            added = altered.rule(Site(case, step), tensors).numpy()
            return np.asarray(self.known.bare_loss(case, step, prediction) + added)
        return self.known.loss(case, step, prediction, parameters)

    def bare_loss(self, case: Case, step: Step, prediction: Array) -> Array:
        """The altered loss without penalties."""
        assert isinstance(self.altered, Loss)
        value = self.altered.rule(Site(case, step), tensor(prediction))
        return np.asarray(value.detach().numpy())

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        """See `Rules`."""
        site = Site(case, step)
        if isinstance(self.altered, LossGradient):
            return self.altered.rule(site, tensor(prediction)).detach().numpy()
        if not (isinstance(self.altered, Loss) and self.backward):
            return self.known.loss_gradient(case, step, prediction)
        operand = tensor(prediction).requires_grad_()
        with torch.enable_grad():
            loss = self.altered.rule(site, operand)
        needs(loss.requires_grad)
        upstream = None
        if loss.shape != ():
            needs(step.upstream is not None and step.upstream.shape == tuple(loss.shape))
            assert step.upstream is not None
            upstream = tensor(step.upstream)
        (gradient,) = torch.autograd.grad(loss, operand, upstream, materialize_grads=True)
        return gradient.numpy()

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters
    ) -> Parameters:
        """See `Rules`."""
        if case.penalties:
            needs(all(np.shape(g) == np.shape(parameters[name]) for name, g in gradients.items()))
        if not (isinstance(self.altered, Penalty) and self.backward and gradients):
            return self.known.penalise(case, step, parameters, gradients)
        tensors = {name: tensor(array).requires_grad_() for name, array in parameters.items()}
        with torch.enable_grad():
            added = self.altered.rule(Site(case, step), tensors)
        if not added.requires_grad:
            return gradients
        operands = [tensors[name] for name in gradients]
        extra = torch.autograd.grad(added, operands, materialize_grads=True)
        return {
            name: gradient + one.numpy()
            for (name, gradient), one in zip(gradients.items(), extra, strict=True)
        }

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        """See `Rules`."""
        if isinstance(self.altered, Clip):
            return self.altered.rule(Site(case, case.steps[0]), gradients)
        return self.known.clip(case, gradients)

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        """See `Rules`."""
        if not isinstance(self.altered, Update):
            return self.known.update(case, step, parameters, gradients, slots)
        updated: Parameters = {}
        remembered: Slots = {}
        assert case.optimizer is not None
        for name, parameter in parameters.items():
            updating = Updating(
                site=Site(case, step),
                name=name,
                parameter=np.asarray(parameter, dtype=np.float64),
                gradient=np.asarray(gradients[name], dtype=np.float64),
                buffer=slots.get(name, {}).get("momentum_buffer"),
                lr=step.learning_rates[name],
                options=case.optimizer["parameters"][name],
            )
            updated[name], buffer = self.altered.rule(updating)
            remembered[name] = {}
            if buffer is not None and updating.options["momentum"]:
                remembered[name]["momentum_buffer"] = buffer
        return updated, remembered


def _of_forward(rules: AlteredRules, site: Site, base: KnownRun, altered: Forward) -> Run[Array]:
    def rule(call: Call, inputs: Any, parameters: Mapping[str, Tensor]) -> Tensor:
        return altered.rule(site, inputs, parameters)

    assert site.call is not None
    run = TorchRun(site.call, rule)
    needs(rules.forward or run.output.shape == base.output.shape)
    return _OtherLayer(
        output=run.output if rules.forward else base.output,
        buffers=base.buffers,
        gradients=run if rules.backward else base,
    )


@dataclass(frozen=True)
class _OtherLayer:
    """A layer with another forward pass, or another backward pass, or both."""

    output: Array
    buffers: dict[str, Array]
    gradients: TorchRun | KnownRun

    def backward(self, grad_output: Array, spread: Array) -> tuple[list[Array], dict[str, Array]]:
        if isinstance(self.gradients, KnownRun):
            return self.gradients.backward(grad_output, spread)
        return self.gradients.backward(grad_output)


class _OtherBuffers:
    """A layer whose buffers are moved on in another way."""

    def __init__(self, base: KnownRun, buffers: dict[str, Array]) -> None:
        self.output, self.buffers, self.backward = base.output, buffers, base.backward


class _OtherGradients:
    """A layer with other gradients of some of its operands."""

    def __init__(self, base: KnownRun, altered: Backward, site: Site, *, alone: bool) -> None:
        self.output, self.buffers = base.output, base.buffers
        self._base, self._altered, self._site, self._alone = base, altered, site, alone

    def backward(self, grad_output: Array, spread: Array) -> tuple[list[Array], dict[str, Array]]:
        inputs, parameters = self._base.backward(grad_output, spread)
        assert self._site.call is not None
        run = TorchRun(self._site.call)
        try:
            with torch.no_grad():
                other = self._altered.rule(self._site, run, tensor(grad_output))
        except Inapplicable:
            if self._alone:
                raise
            return inputs, parameters
        arrays = {name: one.detach().numpy() for name, one in other.items()}
        names = ("input", *(f"input.{index}" for index in range(1, len(inputs))))
        replaced = [arrays.get(name, right) for name, right in zip(names, inputs, strict=True)]
        return replaced, {**parameters, **{p: arrays[p] for p in arrays if p in parameters}}
