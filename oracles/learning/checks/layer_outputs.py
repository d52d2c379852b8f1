"""What the layers of a network give, before and after a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from oracles.contract.case import Array
from oracles.learning.objective import Objective
from oracles.learning.situation import Situation


def looked_at(situation: Situation) -> Iterator[tuple[str, Mapping[str, Array]]]:
    """("at the start", {layer: (samples, ...)}), then ("in the end", ...) where that is known: the
    outputs for the first samples to learn from, up to 100. Batch norm takes its statistics from
    them at the start, and nothing is dropped."""
    case = situation.case
    look = case.steps[situation.lesson.steps]
    step = replace(look, mode="train", masks={})
    yield "at the start", Objective(case, step).outputs(case.parameters())
    course = situation.course
    if course.trained_on is not None and not course.not_finite:
        yield "in the end", course.trained_on.outputs


def by_unit(outputs: Array) -> Array:
    """(values, units): a channel of an image is one unit, over all its positions."""
    if outputs.ndim <= 2:
        return outputs.reshape(len(outputs), -1)
    return np.moveaxis(outputs, 1, -1).reshape(-1, outputs.shape[1])
