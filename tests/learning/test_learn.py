"""Your code, your settings, or both learn: who is told what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.reading import read_case
from oracles.learning.answer import Answer
from oracles.learning.data.dataset import DataError
from oracles.learning.learn import learn
from oracles.learning.telling.headline import headline
from tests.learning.by_hand import ByHand, small_case

STEPS = 60


def answered(folder: Path, implementation: ByHand | None = None, **settings: Any) -> Answer:
    """What is said of it, with these settings."""
    return learn(small_case(folder, **settings), implementation, steps=STEPS)


VERDICTS = {
    "right code, settings that learn": (ByHand(), {}, "both learn"),
    "no code, settings that learn": (None, {}, "the settings learn"),
    "right code, far too much decay": (ByHand(), {"weight_decay": 3.0}, "your settings"),
    "no code, far too much decay": (None, {"weight_decay": 3.0}, "your settings"),
    "a wrong gradient": (ByHand(ascends=True), {}, "your code"),
    "a wrong gradient and too much decay": (
        ByHand(ascends=True),
        {"weight_decay": 3.0},
        "your code and your settings",
    ),
    "a schedule that goes wrong late": (ByHand(lr_from=40), {}, "your code"),
    "the same with momentum": (ByHand(lr_from=40), {"momentum": 0.5, "lr": 0.2}, "your code"),
    "not a number, late": (ByHand(nan_from=45), {}, "your code"),
    "right in training and wrong in eval mode": (ByHand(eval_factor=0.5), {}, "your code"),
    "gradients so small that the rate does not suffice": (
        ByHand(gradient_factor=0.001),
        {},
        "your code",
    ),
    "a late schedule of which the losses alone are recorded": (
        ByHand(lr_from=40, hides=("backward", "gradient", "update", "optimizer")),
        {},
        "undecided",
    ),
    "broken off": (ByHand(raises_at=30), {}, "your code"),
    "right losses, and no outputs": (ByHand(hides=("forward",)), {}, "both learn"),
    "nothing recorded but the input": (
        ByHand(hides=("forward", "loss", "backward", "gradient", "update")),
        {},
        "undecided",
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_is_about_what_is_wrong(name: str, tmp_path: Path) -> None:
    """Code is blamed for what it does, settings for what PyTorch cannot learn with either."""
    implementation, settings, verdict = VERDICTS[name]
    assert answered(tmp_path, implementation, **settings).verdict == verdict


WHERE = {
    "from the first step on": (ByHand(ascends=True), "step0.gradient.fc2.weight"),
    "a rate that changes at step 40": (ByHand(lr_from=40), "step40.update.fc1.weight"),
    "an output that is lost at step 45": (ByHand(nan_from=45), "step45.forward.fc2"),
}


@pytest.mark.parametrize("name", WHERE)
def test_the_step_is_named_as_the_training_counts(name: str, tmp_path: Path) -> None:
    """A mistake that begins late is judged in the step in which it begins."""
    implementation, entry = WHERE[name]
    found = answered(tmp_path, implementation).examined[-1].judgement
    assert found.first_divergence is not None
    assert found.first_divergence.entry == entry


def test_a_schedule_that_goes_wrong_is_no_matter_of_the_first_steps(tmp_path: Path) -> None:
    """What is right at the beginning is said to be."""
    answer = answered(tmp_path, ByHand(lr_from=40))
    assert [(one.steps[0], one.judgement.outcome) for one in answer.examined] == [
        (0, "passed"),
        (40, "diverged"),
    ]


def test_a_sum_is_told_as_a_batch_has_it(tmp_path: Path) -> None:
    """However many samples are looked at in the end: beside the losses of the steps it is of their
    size."""
    summed = learn(small_case(tmp_path, reduction="sum", lr=0.1), steps=STEPS)
    assert summed.baseline.loss == pytest.approx(5 * answered(tmp_path).baseline.loss)
    assert summed.oracle.trained_on is not None
    assert 0.5 < summed.oracle.trained_on.loss / summed.oracle.last_loss(3) < 2.0


def test_a_warm_up_from_nothing_can_be_set_too(tmp_path: Path) -> None:
    """The rate that is asked for is the first that moves anything."""
    case = small_case(tmp_path)
    path = case.path.with_name("warm.case.toml")
    text = case.path.read_text("utf-8").replace("lr = 0.5", "lr = [0.0, 0.5, 0.5, 0.25]")
    path.write_text(text.replace("steps = 60", "steps = 4"), "utf-8")
    warm = learn(read_case(path), lr=0.1, steps=4, try_remedies=False)
    moved = [np.diff(curve) for curve in warm.oracle.parameters.values()]
    assert all(np.all(one[:1] == 0) and np.all(one[1:] != 0) for one in moved)


def test_the_cause_is_named(tmp_path: Path) -> None:
    """With the diagnosis of a judgement."""
    assert answered(tmp_path, ByHand(ascends=True)).causes == ("linear.grad_weight.sign",)


def test_a_constant_factor_is_another_learning_rate(tmp_path: Path) -> None:
    """Gradients divided by the batch size twice are no bug: PyTorch is trained with lr / 5 beside
    them, and both end in the same place."""
    answer = answered(tmp_path, ByHand(gradient_factor=0.2))
    assert answer.theirs is not None
    assert answer.verdict == "both learn"
    assert answer.lr_factor == pytest.approx(0.2, rel=1e-12)
    assert [one.figures["same_as_lr"] for one in answer.findings] == [pytest.approx(0.1)]
    np.testing.assert_allclose(answer.theirs.loss, answer.oracle.loss, rtol=1e-9)


NO_LEARNING_RATE = {
    "with decay it changes what is decayed": (
        ByHand(gradient_factor=0.2),
        {"weight_decay": 0.01},
    ),
    "with the sign turned": (ByHand(gradient_factor=-1.0), {}),
    "beside another mistake of one layer": (
        ByHand(ascends=True),
        {},
    ),
}


@pytest.mark.parametrize("name", NO_LEARNING_RATE)
def test_what_is_more_than_a_factor_stays_a_mistake(name: str, tmp_path: Path) -> None:
    """The factor explains nothing unless it explains all of it."""
    implementation, settings = NO_LEARNING_RATE[name]
    assert answered(tmp_path, implementation, **settings).code_is_wrong


def test_remedies_are_tried_and_not_promised(tmp_path: Path) -> None:
    """PyTorch is trained again without the decay, and that is what is told."""
    tried, *_ = answered(tmp_path, weight_decay=3.0).tried
    assert tried.text == "no decay"
    assert tried.learns
    assert tried.learned == pytest.approx(answered(tmp_path).learned)


def test_what_it_looks_like_is_told_after_the_reason(tmp_path: Path) -> None:
    """The same output for every sample is what people see; the decay is why."""
    names = [one.finding for one in answered(tmp_path, weight_decay=3.0).findings]
    assert names.index("settings.decay_factor") < names.index("settings.outputs_equal")
    assert names[0] != "settings.outputs_equal"


def test_right_answers_are_told_where_the_loss_hides_them(tmp_path: Path) -> None:
    """Who gets most samples right and is sure of the others has a loss worse than a constant."""
    answer = answered(tmp_path)
    look = answer.oracle.trained_on
    assert look is not None
    sure = replace(look, loss=5.0, accuracy=0.9)
    assert answer.baseline.most_often == 0.5
    assert answer.baseline.mostly_right(sure)
    assert not answer.baseline.mostly_right(replace(sure, accuracy=0.6))
    assert not answer.baseline.mostly_right(replace(sure, loss=float("nan")))
    course = replace(answer.oracle, trained_on=sure)
    failed = replace(answer, verdict="your settings", learned=-4.0, oracle=course)
    assert "It gets 90 % of the labels right" in " ".join(headline(failed))


SAME = "{ classes = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }"


def test_equal_targets_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    """A constant is right: nothing would show whether a network learns."""
    case = small_case(tmp_path)
    text = case.path.read_text("utf-8").replace('{ fill = "classes", seed = 4 }', SAME)
    case.path.write_text(text, "utf-8")
    with pytest.raises(DataError, match="all 12 targets that are looked at are equal"):
        learn(read_case(case.path), steps=5)


def test_more_steps_than_anybody_waits_for_are_refused(tmp_path: Path) -> None:
    """Before memory is taken for their numbers."""
    with pytest.raises(DataError, match="at most 1,000,000 are trained"):
        learn(small_case(tmp_path), steps=10**11)


def test_published_numbers_are_of_the_steps_of_the_case_alone(tmp_path: Path) -> None:
    """A case that has some can be trained on, on whatever samples."""
    case = small_case(tmp_path)
    text = case.path.read_text("utf-8")
    text += '\n[expect]\n"step0.loss" = { values = 7.0, atol = 1e-3, why = "of other samples" }\n'
    case.path.write_text(text, "utf-8")
    answer = learn(read_case(case.path), ByHand(), steps=STEPS)
    assert answer.verdict == "both learn"
    assert {one.judgement.outcome for one in answer.examined} == {"passed"}
