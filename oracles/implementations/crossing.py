"""One step's arrays on their way across the border, and into the trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.trace import Trace
from oracles.implementations.border import Border
from oracles.implementations.errors import WrongShape

Conversion = Callable[[Array], Array]


class Crossing:
    """The border during one step.

    border   for what layers get: all samples, or one at a time
    whole    for what a loss gets: all samples
    chunks   which samples of the step go through the layers together
    """

    def __init__(
        self, case: Case, step: Step, trace: Trace, border: Border, whole: Border, batched: bool
    ) -> None:
        self.case = case
        self.step = step
        self.trace = trace
        self.border = border
        self.whole = whole
        self.batched = batched
        self.key = f"step{step.index}"
        self.samples = len(step.samples)
        size = self.samples if batched else 1
        self.chunks = [slice(i, i + size) for i in range(0, self.samples, size)]
        self._parts: dict[str, list[Array]] = {}
        self._given: list[tuple[Array, Array, Conversion]] = []

    def hand(self, array: Array, place: str) -> Array:
        """An array of the case for the layers."""
        return self._handed(array, lambda a: self.border.hand(a, place))

    def hand_target(self, target: Array) -> Array:
        """The target for the loss, or the gradient with respect to unreduced losses."""
        place = self.case.output.name
        return self._handed(target, lambda a: self.whole.hand_target(a, place))

    def take(self, value: Any, place: str, chunk: slice, what: str, name: str = "") -> Array:
        """What a layer returned for an entry, in PyTorch's layout."""
        with self.kept_if_refused(name):
            return self.border.take(value, place, chunk.stop - chunk.start, what)

    @contextmanager
    def kept_if_refused(self, name: str) -> Iterator[None]:
        """Keep an array of a wrong shape that was to become the entry of this name: its numbers may
        tell why. One of several chunks tells too little."""
        try:
            yield
        except WrongShape as error:
            if name and len(self.chunks) == 1:
                self.trace.refused[name] = np.array(error.array)
            raise

    def record(self, name: str, array: Array, is_supplied: bool = False) -> None:
        """Record an array of one chunk: at once, or when the last sample is there."""
        parts = self._parts.setdefault(name, [])
        parts.append(array if len(self.chunks) == 1 else array.copy())
        if len(parts) < len(self.chunks):
            return
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if is_supplied:
            self.trace.supply(name, whole)
        else:
            self.trace[name] = whole

    def give_back(self) -> None:
        """Do to the arrays of the case what the implementation did to its converted copies, so
        that an input that it overwrote is found."""
        for original, given, convert in self._given:
            if given.shape != convert(original).shape:
                continue
            if not np.array_equal(given, convert(original), equal_nan=True):
                positions = convert(np.arange(original.size).reshape(original.shape))
                original[np.unravel_index(positions, original.shape)] = given

    def _handed(self, array: Array, convert: Conversion) -> Array:
        given = convert(array)
        if given is not array:
            self._given.append((array, given, convert))
        return given
