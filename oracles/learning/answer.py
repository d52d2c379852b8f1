"""What comes of a training: your code, your settings, or both learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oracles.judging.judgement import Judgement
from oracles.learning.baseline import LEARNS, Baseline
from oracles.learning.course import Course
from oracles.learning.situation import SettingsFinding

Verdict = Literal[
    "your code",
    "your settings",
    "your code and your settings",
    "both learn",
    "the settings learn",
    "undecided",
]
""""the settings learn": no implementation was given. "undecided": every step that was judged is
right, and yet only the oracle learns."""


@dataclass(frozen=True)
class Tried:
    """The oracle trained once more, with something set otherwise.

    text      what was set
    learned   see Baseline.learned, and
    loss      Look.loss, both in the end
    learns    whether that is learning
    """

    text: str
    learned: float
    loss: float
    learns: bool


@dataclass(frozen=True)
class Examined:
    """The implementation judged on some steps by themselves.

    steps      their numbers in the training
    judgement  the verdict; entries are named by the steps of the training
    why        why these steps: "the first steps", "where the losses part"
    """

    steps: tuple[int, ...]
    judgement: Judgement
    why: str


@dataclass(frozen=True)
class Answer:
    """Everything there is to tell.

    data       what was trained on, for people
    samples    to learn from
    batch_size, epoch   samples of a step, steps of an epoch
    oracle     its training, and
    theirs     that of the implementation, None where there is none
    learned    see Baseline.learned: by the oracle, and
    theirs_learned  by the implementation (NaN where that is not known)
    examined   what was judged of the implementation
    lr_factor  what the gradients of the implementation are of the right ones, where that is all
               that sets them apart: then both are trained with the learning rate times this
    learned_as_asked  by the oracle with the rate of the case, where that is another one and does
               not learn; NaN else
    parted_at  step before which its loss left the oracle's by more than rounding, None if it never
               did
    code_is_wrong   whether some of that, or the way it ended, is a fault of the implementation
    findings   about the settings, those that prevent learning first
    tried      the oracle with other settings, where it does not learn with these
    """

    case: str
    dtype: str
    implementation: str | None
    verdict: Verdict
    data: str
    samples: int
    batch_size: int
    epoch: int
    baseline: Baseline
    oracle: Course
    learned: float
    theirs: Course | None = None
    theirs_learned: float = float("nan")
    examined: tuple[Examined, ...] = ()
    code_is_wrong: bool = False
    findings: tuple[SettingsFinding, ...] = ()
    tried: tuple[Tried, ...] = ()
    lr_factor: float = 1.0
    learned_as_asked: float = float("nan")
    parted_at: int | None = None
    seconds: float = 0.0

    @property
    def learns(self) -> bool:
        """Whether the oracle learns with these settings."""
        return self.learned >= LEARNS

    @property
    def theirs_learns(self) -> bool:
        """Whether the implementation does."""
        return self.theirs_learned >= LEARNS

    @property
    def causes(self) -> tuple[str, ...]:
        """Names of the known mistakes that explain what is wrong with the code."""
        return tuple(
            cause.cause
            for one in self.examined
            if one.judgement.diagnosis is not None
            for cause in one.judgement.diagnosis.causes
        )
