"""Layers that are in one mode all the time, and layers that overwrite what they read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from oracles.contract.case import Array, Layer, Step
from oracles.contract.reference import Call
from oracles.contract.training import Walk
from oracles.diagnosis.altered import Course
from oracles.diagnosis.hypothesis import Hypothesis


class AlwaysTrain(Walk[Array]):
    """Batch norms are in train mode in evaluation as well: they use the statistics of the batch,
    and move the running ones."""

    def step(self, step: Step) -> None:
        super().step(step)
        self.batches += step.mode == "eval"

    def call(self, step: Step, layer: Layer, values: Mapping[str, Array]) -> Call:
        call = super().call(step, layer, values)
        return replace(call, mode="train") if layer.type == "BatchNorm2d" else call


class AlwaysEval(Walk[Array]):
    """Batch norms are in eval mode in training as well: they use the running statistics, and leave
    them as they are."""

    def call(self, step: Step, layer: Layer, values: Mapping[str, Array]) -> Call:
        call = super().call(step, layer, values)
        return replace(call, mode="eval") if layer.type == "BatchNorm2d" else call


class InPlace(Walk[Array]):
    """A ReLU overwrites its input, so that other layers that read it get zeros where it was
    negative."""

    def call(self, step: Step, layer: Layer, values: Mapping[str, Array]) -> Call:
        read = {**values}
        for earlier in self.case.layers[: self.case.layers.index(layer)]:
            (source, *_) = earlier.inputs
            if earlier.type == "ReLU" and source in layer.inputs:
                read[source] = np.maximum(values[source], 0.0)
        return super().call(step, layer, read)


HYPOTHESES = (
    Hypothesis(
        name="batch_norm2d.statistics.always_train",
        title="batch norms are in train mode in evaluation as well",
        altered=Course(AlwaysTrain),
        why_unseen="Training is right. Evaluation of large batches is nearly right as well; only "
        "the result for a sample depends on its company, and on what was evaluated before.",
        fix="in eval mode: running_mean and running_var, and no update of them (model.eval())",
    ),
    Hypothesis(
        name="batch_norm2d.statistics.always_eval",
        title="batch norms are in eval mode in training as well",
        altered=Course(AlwaysEval),
        why_unseen="The network learns, and evaluation agrees with training. At the start, with a "
        "mean of 0 and a variance of 1, the layers do nothing.",
        fix="in train mode: statistics of the batch, and an update of the running ones "
        "(model.train())",
    ),
    Hypothesis(
        name="relu.in_place",
        title="the ReLU overwrites its input, which another layer reads as well",
        altered=Course(InPlace),
        why_unseen="In a chain of layers nobody else reads the input of a ReLU. At a shortcut or "
        "a branch somebody does.",
        fix="y = np.maximum(x, 0), which makes a new array; not x[x < 0] = 0",
    ),
)
