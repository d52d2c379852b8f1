"""From a plan to the arrays of a run: drawn in float64, rounded once to the dtype."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.fills import Floats
from oracles.contract.network import PlannedLayer
from oracles.contract.objective import one_hot
from oracles.contract.operands import Operand, cut
from oracles.contract.plan import Plan
from oracles.contract.preparation import prepare
from oracles.contract.schedule import PlannedStep


class Numbers:
    """The numbers of a plan in float64, drawn when they are first asked for, never given away."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._whole: dict[tuple[str | int, ...], Floats] = {}
        self._batches: dict[tuple[tuple[str | int, ...], int], Floats] = {}

    def whole(self, operand: Operand) -> Floats:
        """All numbers of an operand."""
        if operand.key not in self._whole:
            self._whole[operand.key] = operand.whole()
        return self._whole[operand.key]

    def batch(self, operand: Operand, step: PlannedStep) -> Floats:
        """The numbers of an operand at a step."""
        where = (operand.key, step.index)
        if where not in self._batches:
            self._batches[where] = operand.batch(step.index, step.samples)
        return self._batches[where]

    @cached_property
    def target(self) -> Floats | None:
        """The target over all samples, labels made one-hot where the loss wants that."""
        objective = self.plan.objective
        if objective.target is None:
            return None
        numbers = self.whole(objective.target)
        output = self.plan.layers[-1].output_shape
        if objective.kind == "one-hot" and output:
            return one_hot(numbers, output[0])
        return numbers


def assemble(plan: Plan, numbers: Numbers, case_id: str, dtype: str) -> Case:
    """A case with fresh writable copies of all arrays."""
    kind = np.dtype(dtype)
    return Case(
        id=case_id,
        title=plan.document.title,
        why=plan.document.why,
        dtype=kind,
        layers=tuple(_layer(layer, numbers, kind) for layer in plan.layers),
        loss=_loss(plan, numbers, kind),
        penalties=plan.penalties,
        optimizer=None if plan.updates is None else plan.updates.as_mapping(),
        steps=_steps(plan, numbers, kind),
        preparation=tuple(MappingProxyType(step) for step in plan.preparation),
        samples=plan.samples,
        drawn=_drawn(plan),
        refused=plan.document.raises is not None,
    )


def view(array: Array, memory: str | None) -> Array:
    """The same numbers with other strides.

    NHWC      channels next to each other
    reversed  every axis but the batch runs backwards through memory
    strided   every second number of a row of twice the length
    """
    if memory == "NHWC":
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if memory == "reversed":
        backwards = (slice(None), *(slice(None, None, -1),) * (array.ndim - 1))
        return np.ascontiguousarray(array[backwards])[backwards]
    if memory == "strided":
        doubled = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
        doubled[..., ::2] = array
        return doubled[..., ::2]
    return array


def _layer(layer: PlannedLayer, numbers: Numbers, dtype: np.dtype[Any]) -> Layer:
    def arrays(operands: Mapping[str, Operand]) -> dict[str, Array]:
        return {name: numbers.whole(o).astype(dtype) for name, o in operands.items()}

    return Layer(
        type=layer.operation.type,
        name=layer.name,
        attributes=MappingProxyType(layer.operation.attributes()),
        parameters=arrays(layer.parameters),
        buffers=arrays(layer.buffers),
        inputs=layer.inputs,
        input_shapes=tuple(shape or () for shape in layer.input_shapes),
        output_shape=layer.output_shape or (),
    )


def _loss(plan: Plan, numbers: Numbers, dtype: np.dtype[Any]) -> Mapping[str, Any] | None:
    loss, weights = plan.objective.loss, plan.objective.weights
    if loss is None:
        return None
    arrays = {
        name: numbers.whole(weights[name]).astype(dtype) if name in weights else None
        for name in loss.weights
    }
    return MappingProxyType({**loss.options(), **arrays})


@dataclass(frozen=True)
class _Inputs:
    raw: Array
    input: Array
    memory: str | None

    def of(self, step: PlannedStep) -> tuple[Array, Array]:
        chosen = list(step.samples)
        input_ = view(self.input[chosen], self.memory)
        raw = self.raw[chosen]
        return (raw if self.raw is not self.input else view(raw, self.memory)), input_


def _inputs(plan: Plan, numbers: Numbers, dtype: np.dtype[Any]) -> _Inputs:
    document = plan.document
    given = numbers.whole(plan.input)
    raw = given.astype(document.input.dtype or dtype)
    if not plan.preparation and document.input.dtype is None:
        return _Inputs(raw, raw, document.input.memory)
    prepared = prepare(raw.astype(np.float64), plan.preparation).astype(dtype)
    return _Inputs(raw, prepared, document.input.memory)


def _steps(plan: Plan, numbers: Numbers, dtype: np.dtype[Any]) -> tuple[Step, ...]:
    inputs = _inputs(plan, numbers, dtype)
    steps, t = [], 0
    for step in plan.steps:
        steps.append(_step(plan, numbers, inputs, step, t, dtype))
        t += step.mode == "train"
    return tuple(steps)


def _step(
    plan: Plan,
    numbers: Numbers,
    inputs: _Inputs,
    step: PlannedStep,
    t: int,
    dtype: np.dtype[Any],
) -> Step:
    raw, input_ = inputs.of(step)
    upstream = plan.objective.upstream
    updates = plan.updates if step.mode == "train" else None
    return Step(
        index=step.index,
        mode=step.mode,
        backward=step.backward,
        update=updates is not None,
        samples=step.samples,
        raw=raw,
        input=input_,
        target=_target(plan, numbers, step, dtype),
        upstream=None if upstream is None else numbers.batch(upstream, step).astype(dtype),
        masks={name: numbers.batch(mask, step).astype(dtype) for name, mask in plan.masks.items()},
        lr=None if updates is None else updates.lr(step, t),
        learning_rates=MappingProxyType({}) if updates is None else updates.learning_rates(step, t),
    )


def _target(plan: Plan, numbers: Numbers, step: PlannedStep, dtype: np.dtype[Any]) -> Array | None:
    if numbers.target is None:
        return None
    labels = plan.objective.kind == "labels"
    return cut(numbers.target, step.samples).astype(np.int64 if labels else dtype)


def _drawn(plan: Plan) -> bool:
    labels = plan.objective.kind != "numbers"
    target = plan.objective.target
    return all(operand.drawn for operand in plan.operands if not (labels and operand is target))
