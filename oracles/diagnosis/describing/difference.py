"""One wrong array beside the right one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from oracles.contract.case import Array
from oracles.contract.entries import Entry
from oracles.diagnosis.evidence import Evidence

AXES = {
    ("image", 4): ("sample", "channel", "row", "column"),
    ("image", 3): ("sample", "channel", "position"),
    ("image", 2): ("sample", "feature"),
    ("image", 1): ("sample",),
    ("Conv2d", 4): ("filter", "input channel", "kernel row", "kernel column"),
    ("Linear", 2): ("output feature", "input feature"),
    ("vector", 1): ("element",),
}
"""What the axes of an entry are called."""


@dataclass(frozen=True)
class Difference:
    """An entry that is wrong and that no known mistake reproduces.

    bound   what rounding can explain, for each element
    """

    evidence: Evidence
    entry: Entry
    actual: Array
    expected: Array
    bound: Array

    @cached_property
    def wrong(self) -> Array:
        """The elements that rounding cannot explain."""
        with np.errstate(invalid="ignore"):
            off: Array = ~(np.abs(self.actual - self.expected) <= 2 * self.bound)
        wrong: Array = off & ~(self.actual == self.expected)
        return wrong

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        dims = self.expected.ndim
        kind = "image"
        if self.entry.parameter:
            layer = self.evidence.case.layer(self.entry.layer)
            kind = layer.type if dims > 1 else "vector"
        return AXES.get((kind, dims), tuple(f"axis {axis}" for axis in range(dims)))

    def same(self, predicted: Array) -> bool:
        """Whether another array is the implementation's within what rounding can explain."""
        if predicted.shape != self.actual.shape or not np.all(np.isfinite(self.actual)):
            return False
        if np.array_equal(predicted, self.expected):
            return False
        limit = 2 * float(np.max(self.bound, initial=0.0))
        largest = float(np.max(np.abs(predicted), initial=0.0))
        grown = largest / max(float(np.max(np.abs(self.expected), initial=0.0)), 1e-300)
        return bool(np.all(np.abs(self.actual - predicted) <= limit * max(1.0, grown)))


def difference(evidence: Evidence, name: str) -> Difference | None:
    """The difference on one entry; None where shapes differ or there is one number alone."""
    actual, expected = evidence.actual(name), evidence.base[name]
    if actual is None or actual.shape != expected.shape or expected.size < 2:
        return None
    bound = evidence.rounding(name)
    return Difference(evidence, evidence.trace.entries[name], actual, expected, bound)
