"""An oracle that has an opinion on some stages only, with another one standing in for the rest.

A walk through a case needs a value for every entry, so that somebody has to compute what `first`
declines. Whose opinion an entry is, `speaks_on` tells: the deputy's is not `first`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from oracles.contract.case import Array, Case, Step
from oracles.contract.entries import Entry
from oracles.contract.errors import Unsupported
from oracles.contract.reference import Call, LayerRun, Parameters, Reference, Slots

Answer = TypeVar("Answer")


class WithDeputy:
    """A reference under the name of `first` that can evaluate everything.

    declined   {stage: why}: a layer by its name, or "loss", "penalty", "clip", "update"
    """

    def __init__(self, first: Reference, deputy: Reference) -> None:
        self.name = first.name
        self.first, self.deputy = first, deputy
        self.declined: dict[str, str] = {}

    def speaks_on(self, entry: Entry, case: Case) -> bool:
        """Whether the entry was computed by `first`, with nothing of the deputy in it."""
        return not any(stage in self.declined for stage in _stages(entry, case))

    def run(self, call: Call) -> LayerRun:
        """Evaluate one layer."""
        first, deputy = self.first, self.deputy
        return self._asked(call.layer.name, lambda: first.run(call), lambda: deputy.run(call))

    def loss(self, case: Case, step: Step, prediction: Array) -> Array:
        """The loss without penalties."""
        first, deputy = self.first, self.deputy
        return self._asked(
            "loss",
            lambda: first.loss(case, step, prediction),
            lambda: deputy.loss(case, step, prediction),
        )

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        """Its gradient with respect to the prediction."""
        first, deputy = self.first, self.deputy
        return self._asked(
            "loss",
            lambda: first.loss_gradient(case, step, prediction),
            lambda: deputy.loss_gradient(case, step, prediction),
        )

    def penalty(self, case: Case, step: Step, parameters: Parameters) -> Array:
        """What the penalties add to the loss."""
        first, deputy = self.first, self.deputy
        return self._asked(
            "penalty",
            lambda: first.penalty(case, step, parameters),
            lambda: deputy.penalty(case, step, parameters),
        )

    def penalty_gradients(self, case: Case, step: Step, parameters: Parameters) -> Parameters:
        """What they add to the gradients."""
        first, deputy = self.first, self.deputy
        return self._asked(
            "penalty",
            lambda: first.penalty_gradients(case, step, parameters),
            lambda: deputy.penalty_gradients(case, step, parameters),
        )

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        """The gradients as the optimizer uses them."""
        first, deputy = self.first, self.deputy
        return self._asked(
            "clip", lambda: first.clip(case, gradients), lambda: deputy.clip(case, gradients)
        )

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        """Parameters and slots after the step."""
        first, deputy = self.first, self.deputy
        return self._asked(
            "update",
            lambda: first.update(case, step, parameters, gradients, slots),
            lambda: deputy.update(case, step, parameters, gradients, slots),
        )

    def _asked(
        self, stage: str, first: Callable[[], Answer], deputy: Callable[[], Answer]
    ) -> Answer:
        if stage not in self.declined:
            try:
                return first()
            except Unsupported as why:
                self.declined[stage] = str(why)
        return deputy()


def _stages(entry: Entry, case: Case) -> tuple[str, ...]:
    """What an entry is computed by."""
    penalty = ("penalty",) if case.penalties else ()
    return {
        "input": (),
        "mask": (),
        "forward": (entry.layer,),
        "state": (entry.layer,),
        "loss": ("loss", *penalty),
        "loss_gradient": ("loss",),
        "backward": (entry.layer,),
        "gradient": (entry.layer, *penalty),
        "clipped": ("clip",),
        "optimizer": ("update",),
        "update": ("update",),
    }[entry.kind]
