"""What an implementation has where it exposes nothing, as far as its own entries tell.

The shadow of an implementation goes on with the entries that were recorded, and with the oracle's
values where there are none. A few more shadows with rounding noise in these gaps tell how far the
implementation can be from there: a few roundings where the parameters are exposed after each step,
everything that has added up since the start where only losses are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.evaluation import PlainRules
from oracles.contract.reference import Reference
from oracles.contract.trace import Trace
from oracles.contract.training import Walk
from oracles.judging.branching import BRANCHING, Taken
from oracles.judging.constants import SHADOWS, TURNING_SIGMAS
from oracles.judging.noise import Shaking, generator_of

_APART = 1000
"""Numbers of the generators: other ones than those of the noisy runs."""


class Shadow:
    """The shadow of one run, step by step. It is told what rounding does to an entry by
    `shaking`."""

    def __init__(
        self, case: Case, reference: Reference, trace: Trace, shaking: Callable[[str], Shaking]
    ) -> None:
        self._trace, self._shaking = trace, shaking
        self._runs: list[dict[str, Array]] = [{} for _ in range(SHADOWS + 1)]
        self._kept: dict[str, Taken] = {}
        self._index = 0
        draws = [None, *(generator_of(case, _APART + run) for run in range(SHADOWS))]
        rules = PlainRules(reference)
        self._walks = [
            Walk(case, rules, partial(self._visit, values, generator))
            for values, generator in zip(self._runs, draws, strict=True)
        ]
        self._needed = _has_gaps(case, trace)

    def step(self, step: Step) -> None:
        """Take the next step, without noise."""
        if self._needed:
            self._keep_parameters()
            self._index = step.index
            self._runs[0].clear()
            self._walks[0].step(step)

    def noisy_step(self, step: Step) -> None:
        """Take the same step with noise, now that `shaking` knows its entries."""
        if self._needed:
            for values, walk in zip(self._runs[1:], self._walks[1:], strict=True):
                values.clear()
                walk.step(step)

    def taken(self, entry: str) -> Taken | None:
        """What the implementation has for an entry of this step, or a parameter of the last."""
        if entry in self._trace:
            return Taken(np.asarray(self._trace[entry], dtype=np.float64), None)
        if entry in self._kept:
            return self._kept[entry]
        base, *others = self._runs
        if entry not in base:
            return None
        return Taken(base[entry], self._reach(entry) if entry in others[0] else None)

    def _reach(self, entry: str) -> Array:
        base, *others = self._runs
        known = [values[entry] - base[entry] for values in others]
        variance = np.mean(np.square(known), axis=0)
        own = self._shaking(entry).deviation
        variance = variance + (0.0 if own is None else np.square(own))
        floor = np.where(variance > 0, np.mean(variance), 0.0)
        reach: Array = TURNING_SIGMAS * np.sqrt(np.maximum(variance, floor))
        return reach

    def _visit(
        self, values: dict[str, Array], generator: np.random.Generator | None, name: str, to: Array
    ) -> Array:
        values[name] = to
        if name in self._trace:
            return np.asarray(self._trace[name], dtype=np.float64)
        return to if generator is None else self._shaking(name)(to, generator)

    def _keep_parameters(self) -> None:
        """The next step penalises the parameters that this one leaves."""
        prefix = f"step{self._index}.update."
        entries = [entry for entry in self._runs[0] if entry.startswith(prefix)]
        self._kept = {entry: Taken(self._runs[0][entry], self._reach(entry)) for entry in entries}


def _has_gaps(case: Case, trace: Trace) -> bool:
    """Whether a choice is made from something that is not exposed."""
    sources = {layer.inputs[0] for layer in case.layers if layer.type in BRANCHING}
    penalised = {name for p in case.penalties if p.type == "L1" for name in p.parameters}
    wanted = {f"forward.{name}" for name in sources} | {f"update.{name}" for name in penalised}
    return any(
        entry.name.partition(".")[2] in wanted and entry.name not in trace
        for entry in trace.entries.values()
    )
