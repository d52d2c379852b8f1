"""An answer for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from oracles.learning.answer import Answer, Tried
from oracles.learning.situation import SettingsFinding
from oracles.learning.telling.json import answer_report
from oracles.learning.telling.text import answer_lines
from tests.learning import answers


def told(answer: Answer, *, verbose: bool = False) -> str:
    """All lines as one sentence."""
    return " ".join(" ".join(answer_lines(answer, verbose=verbose)).split())


HEADS = {
    "no code, settings that learn": (
        answers.LEARNS,
        "PyTorch learns with these settings; give --implementation to have yours trained beside "
        "it.",
    ),
    "no code, settings that do not": (
        answers.FAILS,
        "Your settings: PyTorch does not learn with them: the decay removes what is learned "
        "(settings.decay_factor).",
    ),
    "right code, settings that do not": (
        answers.SETTINGS,
        "Your settings: PyTorch does not learn with them either: the decay removes what is learned "
        "(settings.decay_factor). Everything that was judged of mine is right.",
    ),
    "settings with which only yours learns": (
        replace(answers.SETTINGS, theirs_learned=0.5),
        "Your settings: PyTorch does not learn with them, and yours does: the decay",
    ),
    "settings with several faults": (
        replace(answers.FAILS, findings=(answers.DECAY, answers.DECAY, answers.DECAY)),
        "(settings.decay_factor), and 2 more findings below.",
    ),
    "wrong code": (
        answers.CODE,
        "Your code: step0.backward.conv1 is wrong first, conv2d.grad_input.remainder_shifted "
        "(certain). With these settings PyTorch learns. small, float64",
    ),
    "wrong code of no known cause": (
        answers.UNKNOWN,
        "Your code: step0.backward.conv1 is wrong first: constant factor 0.1. With these",
    ),
    "wrong code that learns": (
        answers.CODE_THAT_LEARNS,
        "With these settings PyTorch learns; yours does as well, in spite of that.",
    ),
    "code that breaks off": (
        answers.CRASHED,
        "Your code: it broke off, its last record is of step 59: IndexError: no (mine.py:3 in "
        "run).",
    ),
    "wrong code, wrong settings": (
        answers.BOTH_WRONG,
        "Your code, and your settings. step0.backward.conv1 is wrong first, "
        "conv2d.grad_input.remainder_shifted (certain). And PyTorch does not learn with "
        "these settings either: the decay",
    ),
    "both learn, from labels of other samples": (
        replace(
            answers.BOTH,
            findings=(
                SettingsFinding(
                    finding="settings.labels_shifted",
                    title="the labels are those of other samples",
                    numbers=(),
                    change="",
                    prevents=False,
                ),
            ),
        ),
        "But the labels are those of other samples (settings.labels_shifted).",
    ),
    "both learn": (
        answers.BOTH,
        "Both learn: PyTorch takes away 98.0 % of the loss of the best constant prediction, yours "
        "95.0 %. small, float64",
    ),
    "both learn, and part": (
        answers.PARTED,
        "yours 95.0 %. But their losses part after step 40, by more than rounding.",
    ),
    "gradients that are another rate": (
        answers.ANOTHER_RATE,
        "All gradients of yours are 0.2 times the right ones. That is another learning rate and no "
        "mistake, and PyTorch was trained with it.",
    ),
    "right code that does not learn": (
        answers.UNDECIDED,
        "Undecided: PyTorch learns with these settings. Every step that was judged is right, and "
        "yet yours does not learn.",
    ),
    "right code that ends in NaN": (
        answers.NOT_FINITE,
        "and yet the numbers of yours are not finite from step 40 on, first in step40.forward.fc1.",
    ),
    "code without outputs": (
        answers.NO_OUTPUTS,
        "Whether it learns cannot be told: it records no outputs of the steps in eval mode",
    ),
    "code that declines": (
        answers.DECLINED,
        "PyTorch learns with these settings. mine cannot be trained: no pooling yet.",
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_the_answer_comes_first(name: str) -> None:
    """As a sentence that claims no more than what was computed."""
    answer, sentence = HEADS[name]
    assert sentence in told(answer)
    first = next(answer_lines(answer))
    assert first.startswith(("Your ", "Both ", "PyTorch ", "Undecided: "))


SAID = {
    "what was trained on what": (
        answers.BOTH,
        "small, float64, on the samples of the case (12): 60 steps of 4 samples, 20 epochs, 3 s.",
    ),
    "the networks in the end": (answers.BOTH, "in the end, on 12 samples learned from loss 0.02"),
    "the three losses": (answers.BOTH, "loss 0.02 0.05 1 taken away"),
    "the three accuracies": (answers.BOTH, "accuracy 0.9 0.8 0.375"),
    "worse than the constant": (answers.SETTINGS, "the constant 50 % worse 50 % worse"),
    "why it broke off": (
        answers.CRASHED,
        "mine broke off, its last record is of step 59: IndexError: no",
    ),
    "since when it is not finite": (answers.NOT_FINITE, "mine are not finite from step 40 on"),
    "how much was judged": (answers.BOTH, "Steps 0 to 2, the first steps: right in all 3 entries."),
    "what is wrong first": (
        answers.CODE,
        "First wrong: step0.backward.conv1, the gradient with respect to the input of Conv2d",
    ),
    "what proves the cause": (answers.CODE, "Proof: re-running PyTorch with this rule"),
    "what a parting means": (
        answers.PARTED,
        "The losses part after step 40: from there on they are further apart than PyTorch's own "
        "become by a rounding at the start, a thousand times over. Nothing could be judged there:",
    ),
    "what a parting means where the steps are right": (
        replace(answers.PARTED, examined=(replace(answers.FIRST, why="where the losses part"),)),
        "What was judged there is right: either rounding has grown, or something is wrong that",
    ),
    "findings with figures and change": (
        answers.FAILS,
        "settings.decay_factor can keep it from learning: the decay removes what is learned. lr * "
        "weight_decay = 3. Norms: 1, 2, 4. Change: Choose less.",
    ),
    "remarks in a line": (answers.FAILS, "Remark: the inputs are small (settings.input_scale)."),
    "what was tried": (answers.FAILS, "has 1): no decay: loss 1.2, does not learn Nothing of this"),
    "what helps together": (
        replace(
            answers.FAILS,
            tried=(
                Tried("no decay", -0.2, 1.2, False),
                Tried("lr = 2", -0.2, 1.3, False),
                Tried("no decay, lr = 2", 0.5, 0.5, True),
            ),
        ),
        "no decay, lr = 2: loss 0.5, learns None of these changes alone is enough; all of them",
    ),
    "what to do without a finding": (answers.UNEXPLAINED, "No check found what keeps PyTorch"),
    "what to do where nothing is decided": (answers.UNDECIDED, "oracles lockstep small"),
}


@pytest.mark.parametrize("name", SAID)
def test_what_the_answer_rests_on_is_told(name: str) -> None:
    """Each part by itself."""
    answer, sentence = SAID[name]
    assert sentence in told(answer)


UNSAID = {
    "no advice where it is clear": (answers.CODE, "What to do next"),
    "no column for code that is not there": (answers.FAILS, "mine"),
    "no parting beside a wrong step": (replace(answers.CODE, parted_at=9), "The losses part"),
    "no figures of remarks": (answers.FAILS, "They vary by 0.004."),
    "no entries that are right": (answers.BOTH, "step0.forward.conv1"),
    "no lockstep for what cannot be trained": (answers.DECLINED, "lockstep"),
}


@pytest.mark.parametrize("name", UNSAID)
def test_what_would_be_too_much_is_left_out(name: str) -> None:
    """At midnight the short form is the one that is read."""
    answer, words = UNSAID[name]
    assert words not in told(answer)


def test_verbose_has_every_remark_and_every_entry() -> None:
    """With figures, change and verdict."""
    assert "They vary by 0.004. Change: Divide by less." in told(answers.FAILS, verbose=True)
    assert "same step0.forward.conv1 0.2 of its bound" in told(answers.BOTH, verbose=True)


@pytest.mark.parametrize("name", HEADS)
def test_lines_fit(name: str) -> None:
    """Into 100 columns."""
    answer, _ = HEADS[name]
    assert max(map(len, answer_lines(answer, verbose=True))) <= 100


def test_everything_is_in_the_data() -> None:
    """Under keys that stay."""
    data = json.loads(answer_report(answers.BOTH_WRONG, {"torch": "2.13"}))
    assert (data["format"], data["verdict"], data["learns_from"]) == (
        1,
        "your code and your settings",
        0.1,
    )
    assert data["answer"][0].startswith("Your code, and your settings.")
    assert data["causes"] == ["conv2d.grad_input.remainder_shifted"]
    assert data["examined"][0]["steps"] == [0, 1, 2]
    assert data["examined"][0]["judgement"]["outcome"] == "diverged"
    assert data["findings"][0]["figures"] == {"factor_per_step": -2.0}
    assert data["tried"] == [{"text": "no decay", "learned": -0.2, "loss": 1.2, "learns": False}]
    assert data["versions"] == {"torch": "2.13"}


def test_curves_are_in_the_data() -> None:
    """Step by step, and numbers that JSON cannot say as strings."""
    data = json.loads(answer_report(answers.NOT_FINITE, {}))
    assert data["theirs"]["loss"][38:42] == [1.0, 1.0, "nan", "nan"]
    assert data["theirs_learned"] == "nan"
    np.testing.assert_allclose(data["oracle"]["loss"], answers.LEARNS.oracle.loss)
    assert data["oracle"]["windows"][:2] == [2, 5]
    assert data["oracle"]["trained_on"]["predictions"][0] == [0.5, 0.5, 0.5]


def test_without_an_implementation_there_is_nothing_of_it() -> None:
    """Not even an empty training."""
    data = json.loads(answer_report(answers.LEARNS, {}))
    assert (data["implementation"], data["theirs"], data["examined"]) == (None, None, [])
