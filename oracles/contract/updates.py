"""Which options of the optimizer and which penalties hold for which parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from oracles.contract.case import Penalty
from oracles.contract.document import Document
from oracles.contract.findings import Findings
from oracles.contract.losses import PenaltyTable
from oracles.contract.optimizers import SGD, Group, Rate, rate_at
from oracles.contract.schedule import PlannedStep
from oracles.contract.tables import KeyPath, did_you_mean


@dataclass(frozen=True)
class Updates:
    """The optimizer as it holds for each parameter.

    options   {"conv1.weight": {"momentum": 0.9, ...}}, groups considered, without lr
    rates     {"conv1.weight": lr} for the parameters whose group has an lr of its own
    """

    optimizer: SGD
    options: Mapping[str, Mapping[str, Any]]
    rates: Mapping[str, Rate]

    def as_mapping(self) -> Mapping[str, Any]:
        """What a case offers as `optimizer`."""
        return MappingProxyType(
            {**self.optimizer.options(), "parameters": MappingProxyType(dict(self.options))}
        )

    def lr(self, step: PlannedStep, t: int) -> float:
        """Learning rate of a step that is train step number t."""
        return rate_at(self.optimizer.lr, t) if step.lr is None else step.lr

    def learning_rates(self, step: PlannedStep, t: int) -> Mapping[str, float]:
        """The same for each parameter."""
        lr = self.lr(step, t)
        return MappingProxyType(
            {
                parameter: rate_at(self.rates[parameter], t) if parameter in self.rates else lr
                for parameter in self.options
            }
        )


def plan_updates(
    document: Document,
    parameters: tuple[str, ...] | None,
    steps: tuple[PlannedStep, ...],
    findings: Findings,
) -> Updates | None:
    """`parameters` are all of the network's, None where they are not known."""
    optimizer = document.optimizer
    for step in steps:
        if optimizer is None and step.lr is not None and step.mode == "train":
            findings.add(("steps", step.index, "lr"), "there is no [optimizer] to use it")
        if step.lr is not None and not 0 <= step.lr < float("inf"):
            findings.value(("steps", step.index, "lr"), f"must be at least 0, got {step.lr}")
    if optimizer is None:
        return None
    findings.values(("optimizer",), optimizer.check())
    _check_lengths(optimizer, steps, findings)
    if parameters is None:
        return None
    if not parameters:
        findings.add(("optimizer",), "no layer has parameters: there is nothing to update")
    for i, group in enumerate(optimizer.groups):
        key = ("optimizer", "groups", i, "parameters")
        matching(group.parameters, parameters, key, findings)
    own = {key: getattr(optimizer, key) for key in SGD.per_parameter}
    groups = {parameter: _group_of(parameter, optimizer.groups) for parameter in parameters}
    return Updates(
        optimizer,
        {
            parameter: MappingProxyType({**own, **(group.options() if group else {})})
            for parameter, group in groups.items()
        },
        {
            parameter: group.lr
            for parameter, group in groups.items()
            if group is not None and group.lr is not None
        },
    )


def plan_penalties(
    tables: tuple[PenaltyTable, ...], parameters: tuple[str, ...], findings: Findings
) -> tuple[Penalty, ...]:
    """Penalties with the parameters that their patterns match."""
    penalties = []
    for i, table in enumerate(tables):
        key = ("loss", "penalty", i, "parameters")
        matched = matching(table.parameters, parameters, key, findings)
        penalties.append(Penalty(table.type, table.factor, matched, table.per))
    return tuple(penalties)


def matching(
    patterns: tuple[str, ...], parameters: tuple[str, ...], key: KeyPath, findings: Findings
) -> tuple[str, ...]:
    """Parameters that one of the patterns matches; a pattern without any is a problem."""
    if not patterns:
        findings.add(key, "must not be empty")
    for i, pattern in enumerate(patterns):
        if not _matches(parameters, (pattern,)):
            close = did_you_mean(pattern, parameters) or ";"
            known = ", ".join(parameters[:20]) or "none"
            findings.add((*key, i), f"{pattern!r} matches no parameter{close} there are: {known}")
    return tuple(_matches(parameters, patterns))


def _matches(parameters: Iterable[str], patterns: tuple[str, ...]) -> list[str]:
    return [name for name in parameters if any(fnmatchcase(name, p) for p in patterns)]


def _group_of(parameter: str, groups: tuple[Group, ...]) -> Group | None:
    return next((group for group in groups if _matches((parameter,), group.parameters)), None)


def _check_lengths(optimizer: SGD, steps: tuple[PlannedStep, ...], findings: Findings) -> None:
    train_steps = sum(step.mode == "train" for step in steps)
    rates: list[tuple[KeyPath, Rate | None]] = [(("optimizer", "lr"), optimizer.lr)]
    rates += [
        (("optimizer", "groups", i, "lr"), group.lr) for i, group in enumerate(optimizer.groups)
    ]
    for key, rate in rates:
        if isinstance(rate, tuple) and len(rate) != train_steps and steps:
            text = f"a list has one number for each of the {train_steps} train steps"
            findings.add(key, f"{text}, got {len(rate)}")
