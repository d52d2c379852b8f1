"""Judgements as a judge could have made them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from oracles.judging.diagnosis import Cause, Diagnosis, RuledOut
from oracles.judging.judgement import Divergence, Finding, JudgedEntry, Judgement
from oracles.reporting.result import Result, Run

VERSIONS = {"python": "3.11.2", "refcnn": "0.1.0", "numpy": "2.4.6", "torch": "2.13.0"}

DIVERGENCE = Divergence(
    entry="step0.backward.conv1",
    index=(1, 0, 7, 3),
    actual=0.0,
    expected=0.98123456,
    error=0.98123456,
    bound=2.0**-24 * (4 + 4 * math.sqrt(27)) * 3.2,
    ratio=0.98123456 / (2.0**-24 * (4 + 4 * math.sqrt(27)) * 3.2),
    rule="expected",
    n=27.0,
    magnitude=3.2,
    unit=2.0**-24,
    carried=0.0,
    wrong=36,
    total=288,
    oracle="pytorch",
)

SECOND = replace(
    DIVERGENCE, entry="step0.gradient.conv1.bias", index=(2,), wrong=4, total=4, ratio=7.0
)

ENTRIES = (
    JudgedEntry("step0.input", "input", "", "", "exact", 0.0),
    JudgedEntry("step0.forward.conv1", "forward", "conv1", "Conv2d", "same", 0.2),
    JudgedEntry("step0.forward.relu1", "forward", "relu1", "ReLU", "same", 0.0),
    JudgedEntry("step0.loss", "loss", "", "MSELoss", "supplied", None),
    JudgedEntry("step0.backward.relu1", "backward", "relu1", "ReLU", "not-exposed", None),
    JudgedEntry(
        "step0.backward.conv1", "backward", "conv1", "Conv2d", "different", 2e6, DIVERGENCE
    ),
    JudgedEntry("step0.gradient.conv1.weight", "gradient", "conv1", "Conv2d", "inherited", 9.0),
    JudgedEntry(
        "step0.gradient.conv1.bias", "gradient", "conv1", "Conv2d", "different", 7.0, SECOND
    ),
    JudgedEntry("step0.update.conv1.weight", "update", "conv1", "SGD", "undecided", None),
)

DIVERGED = Judgement(
    case="conv2d/with_stride",
    dtype="float32",
    implementation="my_cnn",
    outcome="diverged",
    message="",
    oracles=("pytorch", "published"),
    first_divergence=DIVERGENCE,
    entries=ENTRIES,
    findings=(Finding("state.input_modified", "step0.input was changed in place"),),
    seconds=0.25,
)

DISPUTED = replace(
    DIVERGED,
    conventions=("relu.gradient_at_zero", "max_pool.ties"),
    entries=(*ENTRIES[:5], replace(ENTRIES[5], operation="MaxPool2d")),
)

PASSED = Judgement(
    "conv2d/tiny", "float64", "my_cnn", "passed", "", ("pytorch",), None, ENTRIES[:3]
)

TITLE = "stride 2, one remainder row: the dilated gradient is one short"
COMMAND = "pytest 'cases/conv2d/with_stride.case.toml::float32[my_cnn]' --implementation my_cnn.py"


def run(*judgements: Judgement) -> Run:
    """A run with these judgements."""
    results = tuple(Result(judgement, TITLE, COMMAND) for judgement in judgements)
    return Run({"my_cnn": "my_cnn.py"}, VERSIONS, results)


CAUSE = Cause(
    cause="conv2d.grad_input.remainder_shifted",
    title="the remainder of the stride is at the top",
    sort="mistake",
    certainty="certain",
    variant="",
    claim="Rows that no window reaches are put first.",
    layers=("conv1",),
    operation="Conv2d",
    entry="step0.backward.conv1",
    explains=("step0.backward.conv1", "step0.gradient.conv1.bias"),
    contradicts=(),
    residual_ratio=0.9,
    error_ratio=2e5,
    residual=3e-8,
    why_unseen="Sizes that the stride divides have no remainder.",
    fix="scatter into H + 2p rows",
    evidence=("f-dangel/backpack#30",),
)

CERTAIN = Diagnosis(
    causes=(CAUSE,),
    ruled_out=(RuledOut("conv2d.kernel.rotated", "the kernel is rotated", "changes the output"),),
    tried=250,
    seconds=0.5,
)

EXPLAINED = replace(DIVERGED, diagnosis=CERTAIN)


def explained(cause: Cause = CAUSE, **rest: Any) -> Judgement:
    """A divergence with a cause, and more or less to say beside it."""
    return replace(DIVERGED, diagnosis=replace(CERTAIN, causes=(cause,), **rest))
