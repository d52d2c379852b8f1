"""PyTorch by other conventions: what an implementation is held to that declares them.

    class Mine:
        follows = ("batch_norm2d.running.variance_biased",)

A convention is a hypothesis of that sort. Its altered rule takes the place of PyTorch's, for every
layer of its type.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor

from oracles.contract.case import Array, Case, Step
from oracles.contract.implementation import follows_of
from oracles.contract.reference import Call, Parameters, Slots
from oracles.contract.training import walk
from oracles.diagnosis.altered import Backward, Clip, Forward, Loss, LossGradient, State, Update
from oracles.diagnosis.concerning import concerns
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypotheses.table import HYPOTHESES
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.known import Known
from oracles.diagnosis.rules import AlteredRules
from oracles.diagnosis.site import Inapplicable, Site, needs, tensor
from oracles.judging.diagnosis import Description
from oracles.references.pytorch import PyTorch, TorchRun

CONVENTIONS: Mapping[str, Hypothesis] = {
    one.name: one
    for one in HYPOTHESES
    if one.sort == "convention"
    and isinstance(one.altered, Forward | Backward | State | Loss | LossGradient | Clip | Update)
}
"""Conventions that can be followed."""


def reference_for(implementation: object, case: Case) -> PyTorch:
    """What an implementation is held to: PyTorch, by the conventions that it follows.

    Raises ValueError for a convention that nobody knows.
    """
    names = follows_of(implementation)
    return Following(case, (_convention(name) for name in names)) if names else PyTorch()


def _convention(name: str) -> Hypothesis:
    if name in CONVENTIONS:
        return CONVENTIONS[name]
    close = difflib.get_close_matches(name, CONVENTIONS, n=1, cutoff=0.0)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"`follows` names {name!r}, which is no convention{hint}")


class Following(PyTorch):
    """PyTorch with the altered rules of conventions."""

    exact = False
    """What is exact on integers by PyTorch's rule may be a division by 3 by another."""

    def __init__(self, case: Case, conventions: Iterable[Hypothesis]) -> None:
        super().__init__()
        self.case = case
        self.conventions = tuple(conventions)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Following)
            and other.case is self.case
            and other.conventions == self.conventions
        )

    def __hash__(self) -> int:
        return hash((Following, id(self.case), tuple(one.name for one in self.conventions)))

    def run(self, call: Call) -> TorchRun:
        """Evaluate one layer."""
        site = Site(self.case, self.case.steps[call.step], call)
        rules = [one.altered for one in self.conventions]
        forward = backward = None
        for rule in rules:
            if isinstance(rule, Forward) and rule.operation == call.layer.type:
                forward = _forward(rule, site)
            if isinstance(rule, Backward) and rule.operation == call.layer.type:
                backward = _backward(rule, site)
        try:
            run = TorchRun(call, forward, backward)
            needs(run.output.shape[1:] == call.layer.output_shape)
        except Inapplicable:  # a case has the shapes of PyTorch's rule
            run = TorchRun(call, None, backward)
        run.replace_buffers(_buffers(rules, site, super().run(call)))
        return run

    def loss(self, case: Case, step: Step, prediction: Array) -> Array:
        """The loss without penalties."""
        for rules in self._of(Loss, case):
            with suppress(Inapplicable):
                return rules.bare_loss(case, step, prediction)
        return super().loss(case, step, prediction)

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        """Its gradient with respect to the prediction."""
        for rules in self._of(Loss | LossGradient, case):
            with suppress(Inapplicable):
                return rules.loss_gradient(case, step, prediction)
        return super().loss_gradient(case, step, prediction)

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        """The gradients after clipping."""
        for rules in self._of(Clip, case):
            try:
                return rules.clip(case, gradients)
            except Inapplicable:
                continue
        return super().clip(case, gradients)

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        """Parameters and slots after one step."""
        for rules in self._of(Update, case):
            with suppress(Inapplicable):
                return rules.update(case, step, parameters, gradients, slots)
        return super().update(case, step, parameters, gradients, slots)

    def _of(self, kind: Any, case: Case) -> list[AlteredRules]:
        """The altered rules of a kind that concern the loss or the optimizer of the case."""
        return [
            AlteredRules(self._known, case, one.altered, "", frozenset())
            for one in self.conventions
            if isinstance(one.altered, kind) and concerns(one.altered, case)
        ]

    @cached_property
    def _known(self) -> Known:
        known = Known()
        known.recording = False
        return known


def _forward(rule: Forward, site: Site) -> Any:
    def forward(call: Call, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
        here = Site(site.case, site.step, call)
        return rule.rule(here, inputs, parameters)

    return forward


def _backward(rule: Backward, site: Site) -> Any:
    def backward(run: TorchRun, grad_output: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
        inputs, parameters = run.autograd(grad_output)
        try:
            other = rule.rule(Site(site.case, site.step, run.call), run, grad_output)
        except Inapplicable:
            return inputs, parameters
        names = ("input", *(f"input.{index}" for index in range(1, len(inputs))))
        replaced = [other.get(name, right) for name, right in zip(names, inputs, strict=True)]
        return replaced, {name: other.get(name, right) for name, right in parameters.items()}

    return backward


def _buffers(rules: Sequence[object], site: Site, right: TorchRun) -> dict[str, Tensor]:
    """The buffers as the right rule has them, and then as the conventions have them."""
    buffers = right.buffers
    for rule in rules:
        concerned = isinstance(rule, State) and rule.operation == site.layer.type
        if concerned and site.call is not None and site.call.mode == "train":
            assert isinstance(rule, State)
            with suppress(Inapplicable):  # a layer that keeps no statistics
                buffers = buffers | rule.rule(site, buffers)
    return {name: tensor(array) for name, array in buffers.items()}


def pytorch_itself(evidence: Evidence) -> tuple[Description, ...]:
    """What there is to say where an implementation declares other conventions and does as PyTorch
    does; nothing otherwise."""
    if not isinstance(evidence.reference, Following):
        return ()
    plain: dict[str, Array] = {}

    def visit(name: str, value: Array) -> Array:
        plain[name] = value
        return evidence.own.get(name, value)

    with np.errstate(all="ignore"):
        walk(evidence.case, Known(), visit)
    if not all(evidence.likeness(name, plain[name]).same for name in evidence.failing):
        return ()
    names = ", ".join(one.name for one in evidence.reference.conventions)
    text = f"these are PyTorch's own numbers: `follows` declares {names}, and that is not done here"
    return tuple(Description(name, text) for name in evidence.failing[:1])
