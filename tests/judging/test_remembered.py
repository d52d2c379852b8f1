"""A wrong memory of the optimizer is one fault, not two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Case, Step
from oracles.contract.evaluation import PlainRules
from oracles.contract.reading import read_case
from oracles.contract.reference import Parameters, Slots
from oracles.contract.trace import Trace
from oracles.contract.training import walk
from oracles.references.pytorch import PyTorch
from oracles.trial import judge

TEXT = """
format = 1
title = "momentum"
why = "the second step remembers the first"
[input]
shape = [4, 3]
fill = "uniform"
[[layers]]
type = "Linear"
name = "fc"
in_features = 3
out_features = 2
[upstream]
fill = "uniform"
[optimizer]
type = "SGD"
lr = 0.1
momentum = 0.9
nesterov = %s
weight_decay = 0.01
[training]
steps = 2
batch_size = 2
"""


class Forgetful(PlainRules):
    """SGD that forgets its momentum, and then updates with `rate` times the learning rate."""

    def __init__(self, rate: float) -> None:
        super().__init__(PyTorch())
        self.rate = rate

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        assert case.optimizer is not None
        updated, remembered = {}, {}
        for name, p in parameters.items():
            options: dict[str, Any] = dict(case.optimizer["parameters"][name])
            d = gradients[name] + options["weight_decay"] * p
            used = d + options["momentum"] * d if options["nesterov"] else d
            updated[name] = p - self.rate * step.learning_rates[name] * used
            remembered[name] = {"momentum_buffer": d}
        return updated, remembered


class Program:
    """Records everything, in the dtype of the case."""

    name = "forgetful"

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def run(self, case: Case, trace: Trace) -> None:
        def visit(entry: str, value: Any) -> Any:
            trace[entry] = np.asarray(value).astype(case.dtype)
            return trace[entry].astype(np.float64)

        walk(case, Forgetful(self.rate), visit)


@pytest.mark.parametrize("nesterov", ["true", "false"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("rate", "verdict"),
    [
        pytest.param(1.0, "inherited", id="the update follows from the memory"),
        pytest.param(1.001, "different", id="the update is wrong as well"),
    ],
)
def test_update_behind_a_wrong_memory(
    tmp_path: Path, rate: float, verdict: str, dtype: str, nesterov: str
) -> None:
    """It is wrong by itself only if it does something else with what is remembered."""
    path = tmp_path / "momentum.case.toml"
    path.write_text(TEXT % nesterov, encoding="utf-8")
    judgement = judge(Program(rate), read_case(path), dtype, council=False)
    verdicts = {one.entry: one.verdict for one in judgement.entries}
    assert verdicts["step1.optimizer.fc.weight.momentum_buffer"] == "different"
    assert verdicts["step1.update.fc.weight"] == verdict
    assert verdicts["step1.update.fc.bias"] == verdict
