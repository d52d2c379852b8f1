"""What the numbers of a case must be: checked when all shapes are known to be right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from oracles.contract.arrays import Labels
from oracles.contract.fill_tables import Fill
from oracles.contract.fills import Floats
from oracles.contract.findings import Findings
from oracles.contract.objective import check_labels
from oracles.contract.operands import LARGEST, Operand
from oracles.contract.operations.batch_norm2d import BatchNorm2d
from oracles.contract.plan import Plan
from oracles.contract.preparation import prepare
from oracles.contract.tables import KeyPath, found


def check_values(plan: Plan, findings: Findings) -> None:
    """Everything about a plan that its numbers decide."""
    for operand in plan.operands:
        _check_finite(operand, plan, findings)
    if findings.problems or findings.refused:
        return
    findings.values((), _masks(plan))
    findings.values((), _statistics(plan))
    findings.values((), _bytes(plan))
    findings.values((), _minmax(plan))
    output = plan.layers[-1].output_shape
    if output:
        findings.values((), check_labels(plan.objective, output, plan.steps))


def _check_finite(operand: Operand, plan: Plan, findings: Findings) -> None:
    """Also where the case expects a refusal: NaN and infinity are no operands."""
    if isinstance(operand.form, Fill):
        return
    numbers = operand.given()
    key = (*operand.key, "classes") if isinstance(operand.form, Labels) else operand.key
    for dtype in plan.document.dtypes:
        wrong = np.argwhere(~(np.abs(numbers) <= LARGEST[dtype]) | np.isinf(numbers))
        if len(wrong):
            place = tuple(map(int, wrong[0]))
            number = float(numbers[place])
            text = f"operands are finite numbers of {dtype}, got {found(number)} at {place}"
            if np.isfinite(number):
                text += '; dtypes = ["float64"] leaves float32 out'
            findings.add(key, text)
            return


def _masks(plan: Plan) -> Iterator[tuple[KeyPath, str]]:
    for mask in plan.masks.values():
        if isinstance(mask.form, Fill):
            continue
        yield from _all(mask, lambda x: (x == 0) | (x == 1), "a mask is 1 where kept, 0 elsewhere")


def _statistics(plan: Plan) -> Iterator[tuple[KeyPath, str]]:
    for layer in plan.layers:
        if not isinstance(layer.operation, BatchNorm2d):
            continue
        if "running_var" in layer.buffers:
            variance = layer.buffers["running_var"]
            yield from _all(variance, lambda x: x >= 0, "a variance is not negative")
        shape = layer.input_shapes[0]
        for step in plan.steps if shape is not None and len(shape) == 3 else ():
            own = step.mode == "train" or not layer.operation.track_running_stats
            if shape is not None and own and len(step.samples) * shape[1] * shape[2] == 1:
                text = f"has one number for each channel in step {step.index}: no variance"
                yield layer.key, f"BatchNorm2d {text}"
                break


def _bytes(plan: Plan) -> Iterator[tuple[KeyPath, str]]:
    if plan.document.input.dtype != "uint8":
        return
    text = 'dtype = "uint8" needs integers from 0 to 255'
    yield from _all(plan.input, lambda x: (x >= 0) & (x <= 255) & (x == np.floor(x)), text)


def _minmax(plan: Plan) -> Iterator[tuple[KeyPath, str]]:
    for i, step in enumerate(plan.preparation):
        if "minmax" not in step:
            continue
        samples = prepare(plan.input.whole(), plan.preparation[:i])
        flat = samples.reshape(len(samples), -1)
        constant = np.flatnonzero(flat.min(axis=1) == flat.max(axis=1))
        if len(constant):
            text = f"sample {constant[0]} is constant: minmax divides by zero"
            yield ("preparation", i, "minmax"), text
        return


def _all(operand: Operand, holds: object, text: str) -> Iterator[tuple[KeyPath, str]]:
    numbers: Floats = operand.whole()
    assert callable(holds)
    wrong = np.argwhere(~holds(numbers))
    if len(wrong):
        place = tuple(map(int, wrong[0]))
        yield operand.key, f"{text}, got {found(float(numbers[place]))} at {place}"
