"""What a check of the settings gets to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.learning.baseline import LEARNS, Baseline
from oracles.learning.course import Course
from oracles.learning.lesson import Change, Lesson
from oracles.learning.objective import Objective

SEEN = 500
"""Samples that checks of the data look at."""


@dataclass(frozen=True, eq=False)
class Situation:
    """A training of the oracle that is over, and everything it was done with.

    course   the oracle's training
    theirs   the implementation's, None where there is none
    """

    lesson: Lesson
    dtype: str
    baseline: Baseline
    course: Course
    theirs: Course | None = None

    @cached_property
    def case(self) -> Case:
        """The whole training; its steps are made when they are asked for."""
        return self.lesson.case(self.dtype)

    @cached_property
    def first(self) -> Step:
        """The first step."""
        return self.case.steps[0]

    @cached_property
    def objective(self) -> Objective:
        """The loss of the first step as a function of the parameters."""
        return Objective(self.case, self.first)

    @cached_property
    def seen(self) -> tuple[Array, Array]:
        """Inputs as the first layer sees them, and targets, of up to SEEN samples to learn from, in
        the order of the data; float64, labels as integers."""
        inputs, targets, count = [], [], 0
        for index in range(len(self.lesson.looks)):
            step = self.case.steps[self.lesson.steps + index]
            if count >= min(SEEN, self.lesson.looked_at):
                break
            assert step.target is not None
            inputs.append(np.asarray(step.input, dtype=np.float64))
            targets.append(step.target)
            count += len(step.samples)
        return np.concatenate(inputs)[:SEEN], np.concatenate(targets)[:SEEN]

    @property
    def learned(self) -> float:
        """The share of the loss of the best constant prediction that the oracle took away."""
        return self.baseline.learned(self.course.trained_on)

    @property
    def learns(self) -> bool:
        """Whether the oracle learns with these settings."""
        return self.learned >= LEARNS

    def weights(self) -> Mapping[str, tuple[Layer, Array]]:
        """Parameters at the start that are multiplied with inputs: weights of convolutions and
        dense layers, as {"conv1.weight": (layer, array)}."""
        return {
            f"{layer.name}.weight": (layer, layer.parameters["weight"])
            for layer in self.case.layers
            if layer.parameters.get("weight") is not None and layer.parameters["weight"].ndim >= 2
        }


@dataclass(frozen=True)
class Remedy:
    """Another setting that can be tried out.

    text     what is set, in the words of a case file: "weight_decay = 0"
    change   how
    """

    text: str
    change: Change


@dataclass(frozen=True)
class SettingsFinding:
    """Something computed about the settings.

    finding    stable dotted name, "settings.decay_factor"
    title      what is the matter, as a clause
    numbers    sentences with the figures that show it
    change     what to change, as a sentence
    prevents   whether this goes with a network that does not learn; else it is a remark
    symptom    whether it is what comes of that, and never the reason
    figures    the same figures for programs
    remedy     the change, so that it can be tried
    """

    finding: str
    title: str
    numbers: tuple[str, ...]
    change: str
    prevents: bool
    figures: Mapping[str, float | str] = field(default_factory=dict)
    remedy: Remedy | None = None
    symptom: bool = False


Check = Callable[[Situation], SettingsFinding | None]
"""Looks at a situation; None where there is nothing to say."""
