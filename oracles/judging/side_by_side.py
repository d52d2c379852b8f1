"""Free runs of an oracle side by side, step by step: one as it is, several with rounding noise.

Nothing but the current step of each run is kept, so hundreds of steps take no more memory than one.
Which branch each of them takes where rounding decides is the business of `branching.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from oracles.contract.case import NETWORK_INPUT, Array, Case, Step
from oracles.contract.reference import Reference
from oracles.contract.trace import Trace
from oracles.contract.training import Walk
from oracles.judging.bounds import arithmetic, widest
from oracles.judging.branching import Branching, ChosenMeasuredRules, ChosenRules, Taken
from oracles.judging.constants import NOISE_RUNS, TURNING_RUNS
from oracles.judging.measured import Measured
from oracles.judging.noise import Shaking, generator_of, shaking
from oracles.judging.shadow import Shadow


@dataclass(frozen=True)
class Width:
    """One entry of the current step: where the oracle is, and how far rounding spreads its runs.

    value       of the run without noise
    own         what the rounding of this entry alone can do to each element
    carried     for each noisy run, what rounding before this entry has done to each element
    """

    value: Array
    own: Array
    carried: tuple[Array, ...]


class SideBySide:
    """The runs of one case beside those of an implementation, which wrote `trace`.

    normwise   sums of products are by a fast algorithm: their sizes, and the noise, go by norms

    Where `following`, a branch that rounding decides is the one that the implementation took.
    """

    def __init__(
        self, case: Case, reference: Reference, trace: Trace, *, normwise: bool = False
    ) -> None:
        self.following = True
        self._arithmetic, self._drawn = arithmetic(case.dtype), case.drawn
        self._trace = trace
        self._index = 0
        self._measured: dict[str, Measured] = {}
        self._shaking: dict[str, Shaking] = {}
        self._shadow = Shadow(case, reference, trace, lambda entry: self._shaking[entry])
        followed, turned = Branching(self._taken, False), Branching(self._taken, True)
        rules = ChosenMeasuredRules(reference, followed)
        rules.normwise = normwise
        self._base = Walk(case, rules, self._visit_base)
        self._values: list[dict[str, Array]] = [{} for _ in range(NOISE_RUNS + TURNING_RUNS)]
        self._noisy = [
            Walk(
                case,
                ChosenRules(reference, followed if run < NOISE_RUNS else turned),
                partial(self._visit_noisy, values, generator_of(case, run)),
            )
            for run, values in enumerate(self._values)
        ]

    def step(self, step: Step) -> Iterator[tuple[str, Width]]:
        """Let every run take the next step; its entries in order of evaluation."""
        self._index = step.index
        with np.errstate(all="ignore"):
            if self.following:
                self._shadow.step(step)
            self._measured.clear()
            self._shaking.clear()
            self._base.step(step)
            if self.following:
                self._shadow.noisy_step(step)
            for values, run in zip(self._values, self._noisy, strict=True):
                values.clear()
                run.step(step)
            for name in self._measured:
                yield name, self._width(name)

    def _visit_base(self, name: str, measured: Measured) -> Array:
        if (mask := self._own_mask(name)) is not None:
            return mask
        self._measured[name] = measured
        self._shaking[name] = shaking(measured, self._arithmetic, drawn=self._drawn)
        return measured.value

    def _visit_noisy(
        self, values: dict[str, Array], draws: np.random.Generator, name: str, value: Array
    ) -> Array:
        if (mask := self._own_mask(name)) is not None:
            return mask
        values[name] = value
        return self._shaking[name](value, draws)

    def _own_mask(self, name: str) -> Array | None:
        """A dropout mask that the implementation drew itself is everybody's."""
        entry = self._trace.entries.get(name)
        if entry is None or entry.kind != "mask" or name not in self._trace:
            return None
        return np.asarray(self._trace[name], dtype=np.float64)

    def _width(self, name: str) -> Width:
        measured = self._measured[name]
        own = widest(measured.size, self._arithmetic)
        carried = tuple(values[name] - measured.value for values in self._values)
        return Width(measured.value, np.broadcast_to(own, measured.value.shape), carried)

    def _taken(self, name: str) -> Taken | None:
        """What the implementation has for the output of a layer, the input, or a parameter."""
        if not self.following:
            return None
        if "." in name:
            return self._shadow.taken(f"step{self._index - 1}.update.{name}")
        place = "input" if name == NETWORK_INPUT else f"forward.{name}"
        return self._shadow.taken(f"step{self._index}.{place}")
