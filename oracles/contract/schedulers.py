"""Learning rates over the train steps, as closed forms of torch.optim.lr_scheduler's, stepped once
after every train step. t counts the train steps from 0."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from oracles.contract.tables import Integer, KeyPath, Number, Table, Text, found


class Scheduler(Table):
    """A rule for the learning rate."""

    scheduler: Text
    lr: Number = Field(description="at the first train step")

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        """Values that make no sense."""
        if not 0 <= self.lr < math.inf:
            yield ("lr",), f"must be at least 0, got {found(self.lr)}"

    def at(self, t: int) -> float:
        """Learning rate of train step t."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """The options, every default filled in."""
        return self.model_dump()


class StepLR(Scheduler):
    """lr * gamma ** floor(t / step_size)."""

    scheduler: Literal["StepLR"]
    step_size: Integer = Field(description="at least 1")
    gamma: Number = 0.1

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        yield from _gamma(self.gamma)
        if self.step_size < 1:
            yield ("step_size",), f"must be at least 1, got {self.step_size}"

    def at(self, t: int) -> float:
        return float(self.lr * self.gamma ** (t // self.step_size))


class MultiStepLR(Scheduler):
    """lr * gamma ** (number of milestones that are at most t)."""

    scheduler: Literal["MultiStepLR"]
    milestones: tuple[Integer, ...]
    gamma: Number = 0.1

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        yield from _gamma(self.gamma)
        if any(milestone < 1 for milestone in self.milestones):
            yield ("milestones",), f"must be at least 1, got {min(self.milestones)}"

    def at(self, t: int) -> float:
        return float(self.lr * self.gamma ** sum(t >= step for step in self.milestones))


class ExponentialLR(Scheduler):
    """lr * gamma ** t."""

    scheduler: Literal["ExponentialLR"]
    gamma: Number

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        yield from _gamma(self.gamma)

    def at(self, t: int) -> float:
        return float(self.lr * self.gamma**t)


class CosineAnnealingLR(Scheduler):
    """eta_min + (lr - eta_min) * (1 + cos(pi * t / T_max)) / 2."""

    scheduler: Literal["CosineAnnealingLR"]
    T_max: Integer = Field(description="at least 1")
    eta_min: Number = 0.0

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        if self.T_max < 1:
            yield ("T_max",), f"must be at least 1, got {self.T_max}"
        if not 0 <= self.eta_min < math.inf:
            yield ("eta_min",), f"must be at least 0, got {found(self.eta_min)}"

    def at(self, t: int) -> float:
        half_way = (1 + math.cos(math.pi * t / self.T_max)) / 2
        return self.eta_min + (self.lr - self.eta_min) * half_way


SCHEDULERS: dict[str, type[Scheduler]] = {
    "StepLR": StepLR,
    "MultiStepLR": MultiStepLR,
    "ExponentialLR": ExponentialLR,
    "CosineAnnealingLR": CosineAnnealingLR,
}


def _gamma(gamma: float) -> Iterator[tuple[KeyPath, str]]:
    if not 0 <= gamma <= 1:
        yield ("gamma",), f"must be between 0 and 1, got {found(gamma)}"
