"""Which branch a free run takes where rounding decides.

The sign of a ReLU, the winner of a maximum, the sign under an L1 penalty: where these hang on less
than rounding, two right programs take different branches, and what follows differs by far more than
rounding. So the oracle follows the implementation: where that chooses otherwise, its numbers stand
in for those that are chosen from. They are its own where it exposes them (and are then judged
themselves), and else what the oracle makes of the entries that it does expose. Where rounding on
that short way can still turn a choice, nobody knows which branch it took; then some of the noisy
runs take the other one, so that whoever took it is no farther away than they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.evaluation import PlainRules, PlainRun
from oracles.contract.reference import Call, Parameters, Reference
from oracles.judging import margins
from oracles.judging.measured import Measured
from oracles.judging.rules import LAYER_RULES, MeasuredRules, MeasuredRun

BRANCHING = frozenset(margins.LAYERS)
"""Layers whose gradient jumps where another branch is taken."""


@dataclass(frozen=True)
class Taken:
    """What a choice of the implementation was made from.

    value   its numbers, as far as they are known
    reach   how far they can be from those; None where they are its own
    """

    value: Array
    reach: Array | None


@dataclass(frozen=True)
class Branching:
    """How choices are made.

    taken   what the implementation has for the output of a layer, the input or a parameter; None
            where it is not to be followed
    turns   whether to go the other way where that is in reach
    """

    taken: Callable[[str], Taken | None]
    turns: bool

    def call(self, call: Call, reference: Reference) -> Call:
        """The call on numbers that choose as the implementation did, or the other way."""
        if call.layer.type not in BRANCHING:
            return call
        taken = self.taken(call.layer.inputs[0])
        if taken is None:
            return call
        (x,) = call.inputs
        chosen = taken.value
        if self.turns and taken.reach is not None:
            upwards = _branch(call, chosen, reference) == 0
            chosen = np.where(upwards, chosen + taken.reach, chosen - taken.reach)
        turned = _branch(call, chosen, reference) != _branch(call, x, reference)
        if not np.any(turned):
            return call
        return call.on([np.where(turned, chosen, x)], call.parameters)

    def parameters(self, case: Case, parameters: Parameters) -> Parameters:
        """The parameters as the penalties see them."""
        if not any(penalty.type == "L1" for penalty in case.penalties):
            return parameters
        return {name: self._with_sign(name, array) for name, array in parameters.items()}

    def _with_sign(self, name: str, parameter: Array) -> Array:
        taken = self.taken(name)
        if taken is None:
            return parameter
        chosen = taken.value
        if self.turns and taken.reach is not None:
            chosen = np.where(np.abs(chosen) <= taken.reach, -chosen, chosen)
        return np.where(np.sign(chosen) != np.sign(parameter), chosen, parameter)


class ChosenRules(PlainRules):
    """An oracle's values, with branches chosen."""

    def __init__(self, reference: Reference, branching: Branching) -> None:
        super().__init__(reference)
        self.branching = branching

    def run(self, call: Call) -> PlainRun:
        return super().run(self.branching.call(call, self.reference))

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters
    ) -> Parameters:
        chosen = self.branching.parameters(case, parameters)
        return super().penalise(case, step, chosen, gradients)


class ChosenMeasuredRules(MeasuredRules):
    """An oracle's values with their sizes, with branches chosen."""

    def __init__(self, reference: Reference, branching: Branching) -> None:
        super().__init__(reference)
        self.branching = branching

    def run(self, call: Call) -> MeasuredRun:
        return super().run(self.branching.call(call, self.reference))

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: dict[str, Measured]
    ) -> dict[str, Measured]:
        chosen = self.branching.parameters(case, parameters)
        return super().penalise(case, step, chosen, gradients)


def _branch(call: Call, x: Array, reference: Reference) -> Array:
    """The choices that the layer makes on `x`."""
    here = call.on([x], call.parameters)
    branch = LAYER_RULES[call.layer.type].branch(here, reference.run(here))
    assert branch is not None
    return branch
