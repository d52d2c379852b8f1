"""Dense layers, tanh and cross-entropy by hand, with mistakes that can be switched on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oracles.contract.case import Case, Step
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.contract.trace import Trace

NETWORK = """
format = 1
title = "two dense layers"
why = "small enough to be trained in a test"

[input]
shape = [12, 6]
fill = "uniform"
seed = 3

[[layers]]
type = "Linear"
name = "fc1"
in_features = 6
out_features = 8

[[layers]]
type = "Tanh"
name = "tanh"

[[layers]]
type = "Linear"
name = "fc2"
in_features = 8
out_features = 3

[loss]
type = "CrossEntropyLoss"
reduction = "{reduction}"
target = {{ fill = "classes", seed = 4 }}

[optimizer]
type = "SGD"
lr = {lr}
momentum = {momentum}
weight_decay = {weight_decay}

[training]
steps = 60
batch_size = 5
"""


def small_case(
    folder: Path,
    lr: float = 0.5,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    reduction: str = "mean",
) -> Definition:
    """The network, with these settings."""
    path = folder / "small.case.toml"
    settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
    path.write_text(NETWORK.format(**settings, reduction=reduction), "utf-8")
    return read_case(path)


@dataclass(frozen=True)
class ByHand:
    """The network in NumPy.

    gradient_factor  what all gradients are multiplied by
    lr_from          from this call of the optimizer on the learning rate is ten times too large
    nan_from         from this step on one output of fc2 is not a number
    raises_at        it breaks off in this step
    eval_factor      what hidden outputs are multiplied by in eval mode
    ascends          the weight gradient of fc2 has the wrong sign
    hides            kinds of entries that are not recorded
    """

    gradient_factor: float = 1.0
    lr_from: int = 10**9
    nan_from: int = 10**9
    raises_at: int = 10**9
    eval_factor: float = 1.0
    ascends: bool = False
    hides: tuple[str, ...] = ()
    name: str = "by_hand"

    def run(self, case: Case, trace: Trace) -> None:
        """All steps."""
        if case.layers[0].name != "fc1":
            raise case.unsupported("this network alone")
        parameters = case.parameters()
        memory: dict[str, Any] = {}
        for step in case.steps:
            if step.index == self.raises_at:
                raise RuntimeError("the well is dry")
            gradients = self._gradients(step, parameters, trace)
            if not step.update:
                continue
            rate = 10.0 if step.index >= self.lr_from else 1.0
            for name, gradient in gradients.items():
                options = case.optimizer["parameters"][name] if case.optimizer else {}
                gradient = gradient + options["weight_decay"] * parameters[name]
                if options["momentum"]:
                    gradient = options["momentum"] * memory.get(name, 0.0) + gradient
                    memory[name] = gradient
                    self._record(
                        trace, f"step{step.index}.optimizer.{name}.momentum_buffer", gradient
                    )
                lr = np.asarray(step.learning_rates[name] * rate, dtype=gradient.dtype)
                parameters[name] = parameters[name] - lr * gradient
                self._record(trace, f"step{step.index}.update.{name}", parameters[name])

    def _gradients(self, step: Step, p: dict[str, Any], trace: Trace) -> dict[str, Any]:
        k, x = step.index, step.input
        hidden = x @ p["fc1.weight"].T + p["fc1.bias"]
        active = np.tanh(hidden)
        if step.mode == "eval":
            active = active * np.asarray(self.eval_factor, dtype=active.dtype)
        logits = active @ p["fc2.weight"].T + p["fc2.bias"]
        if k >= self.nan_from:
            logits[0, 0] = np.nan
        shifted = logits - logits.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        assert step.target is not None
        loss = -logs[np.arange(len(x)), step.target].mean()
        for name, array in (("input", x), ("forward.fc1", hidden), ("forward.tanh", active)):
            self._record(trace, f"step{k}.{name}", array)
        self._record(trace, f"step{k}.forward.fc2", logits)
        self._record(trace, f"step{k}.loss", loss)
        if not step.backward:
            return {}
        delta = np.exp(logs)
        delta[np.arange(len(x)), step.target] -= 1.0
        delta *= np.asarray(self.gradient_factor / len(x), dtype=x.dtype)
        back = delta @ p["fc2.weight"]
        before = back * (1.0 - active * active)
        weight = delta.T @ active
        gradients = {
            "fc1.weight": before.T @ x,
            "fc1.bias": before.sum(axis=0),
            "fc2.weight": -weight if self.ascends else weight,
            "fc2.bias": delta.sum(axis=0),
        }
        self._record(trace, f"step{k}.backward.loss", delta)
        self._record(trace, f"step{k}.backward.fc2", back)
        self._record(trace, f"step{k}.backward.tanh", before)
        self._record(trace, f"step{k}.backward.fc1", before @ p["fc1.weight"])
        for name, array in gradients.items():
            self._record(trace, f"step{k}.gradient.{name}", array)
        return gradients

    def _record(self, trace: Trace, name: str, array: Any) -> None:
        if name.split(".")[1] not in self.hides:
            trace[name] = array
