"""Optimizers: torch.optim's names and arguments, with clipping and groups beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator

from oracles.contract.attribute_types import Described, NumberOrNone
from oracles.contract.schedulers import SCHEDULERS, Scheduler
from oracles.contract.tables import (
    Flag,
    KeyPath,
    Number,
    Table,
    Text,
    fault,
    found,
    located,
    unknown,
)

Rate = float | tuple[float, ...] | Scheduler


def _rate(value: Any) -> Rate:
    if type(value) in (int, float):
        return _number(value)
    if isinstance(value, list):
        problems: list[tuple[KeyPath, str]] = [
            ((i,), f"must be a number, got {found(rate)}")
            for i, rate in enumerate(value)
            if type(rate) not in (int, float)
        ]
        if problems:
            raise located(value, problems)
        return tuple(_number(rate) for rate in value)
    if not isinstance(value, dict):
        text = "must be a number, a list with one for each train step, or a table with scheduler"
        raise fault(f"{text}, got {found(value)}")
    if "scheduler" not in value:
        raise fault(f"a table must name a scheduler: {', '.join(SCHEDULERS)}")
    name = value["scheduler"]
    if not isinstance(name, str) or name not in SCHEDULERS:
        raise located(value, [(("scheduler",), unknown("scheduler", name, SCHEDULERS))])
    return SCHEDULERS[name].model_validate(value)


def _number(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        raise fault("must be a number that a float64 holds") from None


def _schedulers() -> Any:
    union: Any = float | list[float]
    for scheduler in SCHEDULERS.values():
        union = union | scheduler
    return union


LearningRate = Annotated[
    Rate,
    PlainValidator(_rate, json_schema_input_type=_schedulers()),
    Described("number, list or scheduler"),
]


class Group(Table):
    """Options for some parameters. The first group that matches a parameter holds for it."""

    parameters: tuple[Text, ...] = Field(description='patterns such as "*.bias", "conv1.*"')
    lr: LearningRate | None = Field(None, description="in place of the optimizer's at every step")
    momentum: Number | None = None
    dampening: Number | None = None
    weight_decay: Number | None = None
    nesterov: Flag | None = None
    maximize: Flag | None = None

    def options(self) -> dict[str, Any]:
        """What the group says, without lr."""
        given = {key: getattr(self, key) for key in SGD.per_parameter}
        return {key: value for key, value in given.items() if value is not None}

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        """Values that make no sense."""
        yield from check_rate(self.lr)


class SGD(Table):
    """torch.optim.SGD. lr = 0 computes gradients and never updates."""

    type: Literal["SGD"]
    lr: LearningRate = Field(
        1e-3, description="number, one for each train step, or `{ scheduler, lr, ... }`"
    )
    momentum: Number = Field(0.0, description="at least 0")
    dampening: Number = 0.0
    weight_decay: Number = Field(0.0, description="at least 0")
    nesterov: Flag = Field(False, description="needs momentum, and dampening = 0")
    maximize: Flag = False
    clip_grad_norm: NumberOrNone = Field(None, description="max_norm, over all parameters together")
    clip_grad_value: NumberOrNone = Field(None, description="clip_value; not with clip_grad_norm")
    groups: tuple[Group, ...] = Field((), description="`[[optimizer.groups]]`, first match wins")

    per_parameter: ClassVar[tuple[str, ...]] = (
        "momentum",
        "dampening",
        "weight_decay",
        "nesterov",
        "maximize",
    )

    def options(self) -> dict[str, Any]:
        """All options but the groups, every default filled in; a scheduler as a mapping."""
        keys = [key for key in type(self).model_fields if key != "groups"]
        options = {key: getattr(self, key) for key in keys}
        if isinstance(self.lr, Scheduler):
            options["lr"] = self.lr.options()
        return options

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        """Values that torch refuses, of the optimizer and of each group."""
        yield from check_rate(self.lr)
        own = {key: getattr(self, key) for key in self.per_parameter}
        yield from _check_options(own)
        for i, group in enumerate(self.groups):
            for key, text in (*group.check(), *_check_options({**own, **group.options()})):
                if key[0] == "lr" or key[0] in group.options():
                    yield ("groups", i, *key), text
        for clip in ("clip_grad_norm", "clip_grad_value"):
            limit = getattr(self, clip)
            if limit is not None and not 0 < limit < math.inf:
                yield (clip,), f"must be above 0, got {found(limit)}"
        if self.clip_grad_norm is not None and self.clip_grad_value is not None:
            yield ("clip_grad_value",), "give clip_grad_norm or clip_grad_value, not both"


OPTIMIZERS: dict[str, type[SGD]] = {"SGD": SGD}


def rate_at(rate: Rate, t: int) -> float:
    """Learning rate of train step t, counted from 0."""
    if isinstance(rate, Scheduler):
        try:
            return rate.at(t)
        except ArithmeticError:  # options that make no sense, in a case that has to be refused
            return math.nan
    return rate[t] if isinstance(rate, tuple) else rate


def check_rate(rate: Rate | None) -> Iterator[tuple[KeyPath, str]]:
    """Values that no learning rate has."""
    if isinstance(rate, Scheduler):
        yield from ((("lr", *key), text) for key, text in rate.check())
        return
    for value in rate if isinstance(rate, tuple) else (rate,):
        if value is not None and not 0 <= value < math.inf:
            yield ("lr",), f"must be at least 0, got {found(value)}"


def _check_options(options: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    for key in ("momentum", "weight_decay"):
        if not 0 <= options[key] < math.inf:
            yield (key,), f"must be at least 0, got {found(options[key])}"
    if not math.isfinite(options["dampening"]):
        yield ("dampening",), f"must be finite, got {found(options['dampening'])}"
    if options["nesterov"] and (options["momentum"] == 0 or options["dampening"] != 0):
        given = f"momentum = {options['momentum']}, dampening = {options['dampening']}"
        yield ("nesterov",), f"needs momentum above 0 and dampening = 0, got {given}"
