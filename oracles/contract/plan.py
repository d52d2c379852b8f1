"""A case with everything but its numbers: what reading a file leads to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracles.contract.arrays import Kept
from oracles.contract.case import Penalty
from oracles.contract.document import Document
from oracles.contract.fill_tables import MaskFill
from oracles.contract.fills import Shape
from oracles.contract.findings import Findings
from oracles.contract.limits import case_too_large
from oracles.contract.network import PlannedLayer, plan_network
from oracles.contract.objective import Objective, plan_objective
from oracles.contract.operands import Form, Operand, Resolver
from oracles.contract.operations.dropout import Dropout
from oracles.contract.preparation import prepared_shape
from oracles.contract.schedule import PlannedStep, plan_steps
from oracles.contract.updates import Updates, plan_penalties, plan_updates


@dataclass(frozen=True)
class Plan:
    """Everything that a case is made of, before its arrays are drawn."""

    document: Document
    input: Operand
    preparation: tuple[dict[str, Any], ...]
    layers: tuple[PlannedLayer, ...]
    masks: dict[str, Operand]
    steps: tuple[PlannedStep, ...]
    objective: Objective
    updates: Updates | None
    penalties: tuple[Penalty, ...]
    operands: tuple[Operand, ...]

    @property
    def samples(self) -> int:
        """Number of samples of the whole input."""
        return self.input.shape[0]

    @property
    def sample_shape(self) -> Shape:
        """Shape of a sample as the first layer sees it."""
        return prepared_shape(self.input.shape[1:], self.preparation)


def make_plan(
    document: Document, broken: frozenset[str], folder: Path, findings: Findings
) -> Plan | None:
    """The plan, or None where problems leave no way to make one. Tables named in `broken` have
    problems of their own; what depends on them is not checked."""
    resolver = Resolver(folder, findings)
    input_ = None if "input" in broken else _input(document, resolver)
    sample, preparation = _prepared(document, input_, broken, findings)
    layers = plan_network(document.layers, sample, resolver)
    samples = input_.shape[0] if input_ is not None else 0
    steps = _steps(document, samples, broken, findings)
    objective = _objective(document, layers, samples, steps, broken, resolver)
    updates, penalties = _updates(document, layers, steps, broken, findings)
    masks = _masks(layers, samples, resolver) if samples else {}
    if input_ is None or not steps or not layers:
        return None
    operands = tuple(resolver.operands)
    plan = Plan(
        document=document,
        input=input_,
        preparation=preparation,
        layers=layers,
        masks=masks,
        steps=steps,
        objective=objective,
        updates=updates,
        penalties=penalties,
        operands=operands,
    )
    if text := case_too_large(_elements(plan)):
        findings.add((), text)
        return None
    return plan


def _input(document: Document, resolver: Resolver) -> Operand | None:
    operand = resolver.operand(("input",), "input", document.input, None)
    if operand is None:
        return None
    if len(operand.shape) < 2:
        text = f"has an axis of samples and at least one more, got shape {operand.shape}"
        resolver.findings.add(("input",), text)
        return None
    if min(operand.shape) < 1:
        resolver.findings.add(("input",), f"has no numbers: its shape is {operand.shape}")
        return None
    if document.input.memory == "NHWC" and len(operand.shape) != 4:
        text = f'"NHWC" is for images, N C H W, got shape {operand.shape}'
        resolver.findings.add(("input", "memory"), text)
    return operand


def _prepared(
    document: Document, input_: Operand | None, broken: frozenset[str], findings: Findings
) -> tuple[Shape | None, tuple[dict[str, Any], ...]]:
    """Shape of a sample after the preparation, if it can be done, and the preparation."""
    if input_ is None or "preparation" in broken:
        return None, ()
    shape = input_.shape[1:]
    for i, step in enumerate(document.preparation):
        problems = list(step.check(shape))
        findings.values(("preparation", i), problems)
        if problems:
            return None, ()
        shape = prepared_shape(shape, (step.option(),))
    return shape, tuple(step.option() for step in document.preparation)


def _steps(
    document: Document, samples: int, broken: frozenset[str], findings: Findings
) -> tuple[PlannedStep, ...]:
    if not samples or broken & {"steps", "training"}:
        return ()
    return plan_steps(document, samples, findings)


def _objective(
    document: Document,
    layers: tuple[PlannedLayer, ...],
    samples: int,
    steps: tuple[PlannedStep, ...],
    broken: frozenset[str],
    resolver: Resolver,
) -> Objective:
    if not samples or not layers or broken & {"loss", "upstream"}:
        return Objective()
    return plan_objective(document, layers[-1].output_shape, samples, steps, resolver)


def _updates(
    document: Document,
    layers: tuple[PlannedLayer, ...],
    steps: tuple[PlannedStep, ...],
    broken: frozenset[str],
    findings: Findings,
) -> tuple[Updates | None, tuple[Penalty, ...]]:
    """Which options and penalties hold for which parameters, if all parameters are known."""
    known = not any(key[:1] == ("layers",) for key, _ in findings.problems)
    names = tuple(f"{layer.name}.{name}" for layer in layers for name in layer.parameters)
    updates: Updates | None = None
    penalties: tuple[Penalty, ...] = ()
    if "optimizer" not in broken:
        updates = plan_updates(document, names if known else None, steps, findings)
    if document.loss is not None and known:
        penalties = plan_penalties(document.loss.penalty, names, findings)
    return updates, penalties


def _masks(
    layers: tuple[PlannedLayer, ...], samples: int, resolver: Resolver
) -> dict[str, Operand]:
    masks = {}
    for layer in layers:
        operation, shape = layer.operation, layer.input_shapes[0] if layer.input_shapes else None
        if not isinstance(operation, Dropout) or shape is None:
            continue
        mask, key = operation.mask, (*layer.key, "mask")
        form: Form
        if isinstance(mask, Kept):
            form = MaskFill(fill="bernoulli", seed=mask.seed, p=min(max(1 - operation.p, 0), 1))
        else:
            form = mask
        operand = resolver.operand(key, f"{layer.name}.mask", form, (samples, *shape))
        if operand is not None:
            masks[layer.name] = operand
    return masks


def _elements(plan: Plan) -> int:
    """Numbers in all arrays of the case and of its trace."""
    fixed = sum(math.prod(operand.shape) for operand in plan.operands)
    parameters = sum(
        math.prod(operand.shape) for layer in plan.layers for operand in layer.parameters.values()
    )
    activations = math.prod(plan.sample_shape) + sum(
        math.prod(shape)
        for layer in plan.layers
        for shape in (layer.output_shape, *layer.input_shapes)
        if shape is not None
    )
    batches = sum(len(step.samples) for step in plan.steps)
    return fixed + batches * activations + len(plan.steps) * parameters
