"""A wrong array that is the right one times a number, or plus one."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.describing.difference import Difference

_NEAR = 1e-4
"""Share of a factor within which it is taken for a number that has a name."""


def constant_factor(d: Difference) -> str | None:
    """Every element is the right one times the same number."""
    norm = float(np.sum(d.expected * d.expected))
    if norm == 0 or not np.all(np.isfinite(d.actual)):
        return None
    factor = float(np.sum(d.actual * d.expected)) / norm
    if not d.same(factor * d.expected) or abs(factor) < 1e-12:
        return None
    if abs(factor + 1) < _NEAR:
        return "it is the right array with the opposite sign"
    named = next((text for text, value in _factors(d) if abs(factor / value - 1) < _NEAR), "")
    number = f"{factor:.6g}"
    also = f", which is {named}" if named not in ("", number) else ""
    return f"it is the right array times {number}{also}"


def constant_step(d: Difference) -> str | None:
    """A parameter was moved in the right direction, and not as far as it should be."""
    if d.entry.kind != "update" or not np.all(np.isfinite(d.actual)):
        return None
    before = _before(d)
    right, own = d.expected - before, d.actual - before
    norm = float(np.sum(right * right))
    if norm == 0:
        return None
    factor = float(np.sum(own * right)) / norm
    if not d.same(before + factor * right):
        return None
    if abs(factor) < _NEAR:
        return "it stays as it was before"
    if abs(factor + 1) < _NEAR:
        return "it is moved as far as it should be, in the opposite direction"
    return f"it is moved {factor:.6g} times as far as it should be"


def _before(d: Difference) -> Array:
    """The parameter before the step, as the implementation has it where it says so."""
    name = f"{d.entry.layer}.{d.entry.parameter}"
    for step in range(d.entry.step - 1, -1, -1):
        earlier = f"step{step}.update.{name}"
        if earlier in d.evidence.base:
            return d.evidence.own.get(earlier, d.evidence.base[earlier])
    return np.asarray(d.evidence.case.parameters()[name], dtype=np.float64)


def constant_offset(d: Difference) -> str | None:
    """Every element is the right one plus the same number, or plus one for each channel."""
    if not np.all(np.isfinite(d.actual)):
        return None
    offset = d.actual - d.expected
    mean = np.mean(offset)
    if d.same(d.expected + mean):
        return f"it is the right array plus {mean:.6g} everywhere"
    if d.expected.ndim < 3:
        return None
    others = tuple(axis for axis in range(d.expected.ndim) if axis != 1)
    for_each = np.mean(offset, axis=others, keepdims=True)
    if d.same(d.expected + for_each):
        return "it is the right array plus one number for each channel"
    return None


def all_zero(d: Difference) -> str | None:
    """Nothing was ever added up."""
    return "it is zero everywhere" if not np.any(d.actual) else None


def _factors(d: Difference) -> Iterator[tuple[str, float]]:
    """Numbers that people multiply or divide by, with their names."""
    case, step = d.evidence.case, d.evidence.case.steps[d.entry.step]
    samples = len(step.samples)
    sizes = {"2": 2.0}
    if samples > 1:
        sizes["the batch size"] = float(samples)
        sizes["the square of the batch size"] = float(samples**2)
    if d.entry.layer:
        layer = case.layer(d.entry.layer)
        positions = math.prod(layer.output_shape[1:])
        if positions > 1:
            sizes["the positions of the output"] = float(positions)
            sizes["batch size times positions"] = float(samples * positions)
        kernel = layer.attributes.get("kernel_size")
        if kernel is not None:
            sizes["the elements of a window"] = float(math.prod(kernel))
        if "p" in layer.attributes and 0 < layer.attributes["p"] < 1:
            p = float(layer.attributes["p"])
            yield "1 - p", 1 - p
            yield "1 / (1 - p)", 1 / (1 - p)
            yield "p / (1 - p)", p / (1 - p)
    rate = step.lr
    if rate and d.entry.kind in ("update", "optimizer"):
        yield "the learning rate", rate
        yield "1 / the learning rate", 1 / rate
    for name, size in sizes.items():
        yield name, size
        yield f"1 / {name}", 1 / size
