"""What is kept of a training: a few numbers of each step, instead of every array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from oracles.contract.case import Array, Case
from oracles.contract.reference import Parameters, Slots

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Snapshot:
    """Where a training stood before a step.

    buffers     {"bn1": {"running_mean": ...}}
    remembered  {"conv1.weight": {"momentum_buffer": ...}}, as far as it is known
    """

    step: int
    parameters: Parameters
    buffers: Mapping[str, Parameters]
    remembered: Slots

    def into(self, case: Case) -> Case:
        """The case that begins there."""

        def of(layer: str, arrays: Parameters) -> Parameters:
            return {name: self.parameters[f"{layer}.{name}"].astype(case.dtype) for name in arrays}

        layers = tuple(
            replace(
                layer,
                parameters=of(layer.name, layer.parameters),
                buffers={
                    name: np.array(array, dtype=case.dtype)
                    for name, array in self.buffers.get(layer.name, layer.buffers).items()
                },
            )
            for layer in case.layers
        )
        return replace(case, layers=layers, remembered=self.remembered, drawn=False)


@dataclass(frozen=True)
class Look:
    """A network that is looked at: forward passes in eval mode over some samples.

    loss         of the predictions, without penalties, as PyTorch has it: mean over the samples, a
                 sum as a batch of the training has it
    accuracy     share of samples whose largest output is at the label; NaN without labels
    most_often   share of samples that get the class predicted most often; NaN without labels
    spread       {layer: standard deviation of an output over the samples, mean over the outputs}
    size         {layer: root mean square of the outputs}
    predictions  (samples, ...)
    outputs      {layer: (samples, ...)} of up to 100 samples
    """

    samples: int
    loss: float
    accuracy: float
    most_often: float
    spread: Mapping[str, float]
    size: Mapping[str, float]
    predictions: Array = field(repr=False)
    outputs: Mapping[str, Array] = field(repr=False)


@dataclass(frozen=True)
class Course:
    """A training, step by step. NaN stands where nothing was recorded.

    who         name of the oracle or of the implementation
    steps       how many were done
    loss        (steps), penalties included
    accuracy    (steps), share of the batch that is classified right
    windows     (windows), the last step of each window: consecutive steps with 32 samples or more
    spread      {layer: (windows)} standard deviation of an output over the samples of the window,
                mean over the outputs
    gradients   {"conv1.weight": (steps)} Euclidean norms
    parameters  {"conv1.weight": (steps + 1)} norms, before the first step and after each
    trained_on  the network in the end, on samples to learn from
    held_out    ... on samples it has not seen, None where there are none
    not_finite  the first entry that is not finite, "" where all are
    parted      where it stood just before it left the other one, or ceased to be finite
    parted_at   the step before the one that showed it; `parted` is earlier than that, or None,
                where parameters are not recorded
    recorded    what it recorded in the step that begins there, and in the one after it
    end         parameters after the last step, as far as they are known
    finish      where it stood after the last step, None where that is not known
    message     why it ended before the last step, "" where it did not
    timed_out   whether that was because its time was over
    """

    who: str
    steps: int
    loss: Curve
    accuracy: Curve
    windows: NDArray[np.intp]
    spread: Mapping[str, Curve]
    gradients: Mapping[str, Curve]
    parameters: Mapping[str, Curve]
    trained_on: Look | None = None
    held_out: Look | None = None
    not_finite: str = ""
    parted: Snapshot | None = None
    parted_at: int | None = None
    end: Parameters | None = None
    finish: Snapshot | None = None
    message: str = ""
    timed_out: bool = False
    recorded: Mapping[str, Array] = field(default_factory=dict, repr=False)

    @property
    def first_loss(self) -> float:
        """The loss before anything is learned."""
        return float(self.loss[0]) if len(self.loss) else float("nan")

    def last_loss(self, epoch: int) -> float:
        """Mean over the last tenth of the steps, at most an epoch."""
        if not len(self.loss):
            return float("nan")
        return float(np.mean(self.loss[-min(epoch, max(1, len(self.loss) // 10)) :]))
