"""Answers as `learn` could have given them, without a training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oracles.judging.diagnosis import Description, Diagnosis
from oracles.learning.answer import Answer, Examined, Tried
from oracles.learning.baseline import Baseline
from oracles.learning.course import Course, Look
from oracles.learning.situation import SettingsFinding
from tests.reporting.examples import EXPLAINED, PASSED

NAN = float("nan")
STEPS = 60


def look(loss: float, accuracy: float = 0.5) -> Look:
    """Of 12 samples and 3 classes."""
    return Look(
        samples=12,
        loss=loss,
        accuracy=accuracy,
        most_often=0.75,
        spread={"fc1": 0.25},
        size={"fc1": 1.5},
        predictions=np.full((12, 3), 0.5),
        outputs={"fc1": np.zeros((12, 4))},
    )


def course(who: str, last: float, accuracy: float = 0.5) -> Course:
    """Sixty steps from a loss of 2 down to `last`."""
    loss = np.geomspace(2.0, last, STEPS)
    return Course(
        who=who,
        steps=STEPS,
        loss=loss,
        accuracy=np.full(STEPS, accuracy),
        windows=np.arange(2, STEPS, 3),
        spread={"conv": loss[2::3], "flat": loss[2::3], "fc1": 0.1 * loss[2::3]},
        gradients={"conv.weight": loss, "conv.bias": np.zeros(STEPS), "fc1.weight": 3 * loss},
        parameters={"conv.weight": np.ones(STEPS + 1)},
        trained_on=look(last, accuracy),
    )


DECAY = SettingsFinding(
    finding="settings.decay_factor",
    title="the decay removes what is learned",
    numbers=("lr * weight_decay = 3.", "Norms: 1, 2, 4."),
    change="Choose less.",
    prevents=True,
    figures={"factor_per_step": -2.0},
)
SCALE = replace(
    DECAY,
    finding="settings.input_scale",
    title="the inputs are small",
    numbers=("They vary by 0.004.",),
    change="Divide by less.",
    prevents=False,
)

LEARNS = Answer(
    case="small",
    dtype="float64",
    implementation=None,
    verdict="the settings learn",
    data="the samples of the case",
    samples=12,
    batch_size=4,
    epoch=3,
    baseline=Baseline(np.array([0.1, 0.2, 0.3]), 1.0, 0.375),
    oracle=course("pytorch", 0.02, 0.9),
    learned=0.98,
    seconds=3.2,
)
FAILS = replace(
    LEARNS,
    verdict="your settings",
    oracle=course("pytorch", 1.5),
    learned=-0.5,
    findings=(DECAY, SCALE),
    tried=(Tried("no decay", -0.2, 1.2, False),),
)
FIRST = Examined((0, 1, 2), replace(PASSED, implementation="mine"), "the first steps")
WRONG = Examined((0, 1, 2), EXPLAINED, "the first steps")

BOTH = replace(
    LEARNS,
    implementation="mine",
    verdict="both learn",
    theirs=course("mine", 0.05, 0.8),
    theirs_learned=0.95,
    examined=(FIRST,),
)
PARTED = replace(BOTH, parted_at=40)
CODE = replace(BOTH, verdict="your code", examined=(WRONG,), code_is_wrong=True, theirs_learned=0.0)
UNKNOWN = replace(
    CODE,
    examined=(
        replace(
            WRONG,
            judgement=replace(
                EXPLAINED,
                diagnosis=Diagnosis(
                    unexplained=("step0.backward.conv1",),
                    descriptions=(Description("step0.backward.conv1", "constant factor 0.1"),),
                ),
            ),
        ),
    ),
)
CODE_THAT_LEARNS = replace(CODE, theirs_learned=0.9)
CRASHED = replace(
    BOTH,
    verdict="your code",
    code_is_wrong=True,
    theirs_learned=NAN,
    theirs=replace(
        course("mine", 0.05), message="IndexError: no (mine.py:3 in run)", trained_on=None
    ),
)
SETTINGS = replace(
    FAILS,
    implementation="mine",
    theirs=course("mine", 1.5),
    theirs_learned=-0.5,
    examined=(FIRST,),
)
BOTH_WRONG = replace(
    SETTINGS, verdict="your code and your settings", examined=(WRONG,), code_is_wrong=True
)
UNEXPLAINED = replace(FAILS, findings=(SCALE,), tried=())
UNDECIDED = replace(BOTH, verdict="undecided", theirs_learned=0.0)
NOT_FINITE = replace(
    UNDECIDED,
    theirs_learned=NAN,
    parted_at=39,
    theirs=replace(
        course("mine", 1.0),
        loss=np.r_[np.ones(40), np.full(20, NAN)],
        not_finite="step40.forward.fc1",
    ),
)
NO_OUTPUTS = replace(
    UNDECIDED, theirs_learned=NAN, theirs=replace(course("mine", 1.0), trained_on=None)
)
DECLINED = replace(
    NO_OUTPUTS,
    examined=(
        Examined(
            (0, 1, 2),
            replace(PASSED, outcome="unsupported", message="no pooling yet", entries=()),
            "the first steps",
        ),
    ),
)
ANOTHER_RATE = replace(BOTH, lr_factor=0.2)
