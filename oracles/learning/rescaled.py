"""Gradients that are a constant times the right ones: another learning rate, and no mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.definition import Definition
from oracles.contract.entries import Entry
from oracles.contract.evaluation import evaluate
from oracles.contract.implementation import Implementation
from oracles.contract.trace import Trace
from oracles.implementations.running import run
from oracles.learning.changes import times_lr
from oracles.learning.situation import SettingsFinding
from oracles.references.pytorch import PyTorch

_SCALED = ("loss_gradient", "backward", "gradient", "clipped", "optimizer")
"""Kinds of entries that are multiplied where the gradient of the loss is."""

_ROUNDINGS = 1e4
"""Rounding units by which ratios of right gradients may differ. What is judged decides: this only
says whether it is worth another look."""


def factor_of(
    implementation: Implementation, excerpt: Definition, dtype: str, timeout: float | None
) -> float | None:
    """What the first gradients are of the right ones, where that is one positive number other than
    1 for all of them; None where it is not."""
    case = excerpt.draw(dtype)
    trace = Trace(case)
    run(implementation, case, trace, timeout=timeout)
    reference, untouched = PyTorch(), excerpt.draw(dtype)
    right = evaluate(untouched, reference)
    prediction = trace.get(f"step0.forward.{case.output.name}")
    if prediction is not None and np.all(np.isfinite(prediction)):
        gradient = reference.loss_gradient(untouched, untouched.steps[0], prediction)
        right["step0.backward.loss"] = gradient
    factors = list(_factors(trace, right, float(np.finfo(dtype).eps)))
    if not factors or factors[0] is None or factors[0] <= 0 or factors[0] == 1.0:
        return None
    first = factors[0]
    if trace.get("step0.backward.loss") is None:
        apart = [1.0 if one is None else abs(one / first - 1.0) for one in factors]
        if max(apart) > _ROUNDINGS * float(np.finfo(dtype).eps):
            return None
    return None if abs(first - 1.0) <= _ROUNDINGS * float(np.finfo(dtype).eps) else first


class Rescaled:
    """An implementation as it is where its gradients are taken to be the right ones, and `factor`
    to be part of the learning rate. It runs with the learning rate of the case / factor."""

    def __init__(self, implementation: Implementation, factor: float) -> None:
        self.implementation, self.factor = implementation, factor
        self.name = implementation.name

    def run(self, case: Case, trace: Trace) -> None:
        self.implementation.run(times_lr(1.0 / self.factor)(case), _Divided(trace, self.factor))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.implementation, name)


class _Divided(Trace):
    """Hands on what is recorded, gradients divided by the factor."""

    def __init__(self, trace: Trace, factor: float) -> None:
        self._whole, self._factor = trace, factor

    def __setitem__(self, name: str, value: Any) -> None:
        self._whole[name] = self._divided(name, value)

    def supply(self, name: str, value: Any) -> None:
        self._whole.supply(name, self._divided(name, value))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def __getitem__(self, name: str) -> Array:
        return self._whole[name]

    def __contains__(self, name: object) -> bool:
        return name in self._whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def get(self, name: str) -> Array | None:
        return self._whole.get(name)

    def _divided(self, name: str, value: Any) -> Any:
        entry: Entry | None = self._whole.entries.get(name)
        if entry is None or entry.kind not in _SCALED:
            return value
        array = np.asarray(value)
        return (array / self._factor).astype(array.dtype) if array.dtype.kind == "f" else value


def same_as_learning_rate(factor: float, lr: float, batch_size: int) -> SettingsFinding:
    """What there is to say about it."""
    each = f"1/{1.0 / factor:g}" if factor < 1 else f"{factor:g}"
    twice = abs(factor * batch_size - 1.0) < 1e-6
    why = " (the batch size: it is divided by that once more)" if twice else ""
    return SettingsFinding(
        finding="settings.same_as_learning_rate",
        title="every gradient is a constant times the right one: that is another learning rate",
        numbers=(
            f"All gradients are {each} of those of the loss{why}. Without decay, penalty and "
            f"clipping that is the same as the right gradients with lr = {lr * factor:.6g} in the "
            f"place of {lr:g}; judged like that.",
        ),
        change="Nothing has to change. To say what is meant, put the factor into lr.",
        prevents=False,
        figures={"factor": factor, "lr": lr, "same_as_lr": lr * factor},
    )


def _factors(trace: Trace, right: dict[str, Array], unit: float) -> Iterator[float | None]:
    """Of each array of gradients of the first step, that of the loss first; None where there is
    no one factor."""
    names = [
        name
        for name in trace
        if trace.entries[name].step == 0
        and trace.entries[name].kind in ("loss_gradient", "gradient")
        and name not in trace.supplied
    ]
    for name in sorted(names, key=lambda name: name != "step0.backward.loss"):
        ours = np.asarray(trace[name], dtype=np.float64).ravel()
        theirs = np.asarray(right[name], dtype=np.float64).ravel()
        size = float(theirs @ theirs)
        if ours.size < 2 or not size:
            continue
        factor = float(ours @ theirs) / size
        off = np.linalg.norm(ours - factor * theirs)
        yield factor if off <= _ROUNDINGS * unit * abs(factor) * np.sqrt(size) else None
