"""What is kept of a training is what happened in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import refcnn
from oracles.contract.case import Array, Case
from oracles.contract.longer import with_steps
from oracles.contract.trace import Trace
from oracles.learning.changes import times_lr
from oracles.learning.course import Course
from oracles.learning.lesson import Lesson, lesson
from oracles.learning.training import train_implementation, train_oracle
from oracles.references.pytorch import evaluate
from tests.learning.lessons import LOSS, SMALL, images, small

_BOTH = ("weight", "bias")
ONE_HOT = LOSS.replace("CrossEntropyLoss", "MSELoss")
PENALTY = '[[loss.penalty]]\ntype = "L2"\nfactor = 0.5\nper = "dataset"\nparameters = ["*"]\n'


class _Theirs:
    """PyTorch in the place of an implementation, with something done to each entry."""

    name = "theirs"

    def __init__(self, done: Callable[[str, Array, Trace], None]) -> None:
        self.done = done

    def run(self, case: Case, trace: Trace) -> None:
        for name, array in evaluate(case).items():
            self.done(name, array, trace)


def _trained(theirs: _Theirs, used: Lesson, timeout: float | None = None) -> Course:
    return train_implementation(theirs, used, "float64", timeout=timeout)


def _record(name: str, array: Array, trace: Trace) -> None:
    trace[name] = array


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(SMALL, id="cross-entropy"),
        pytest.param(SMALL.replace(LOSS, ONE_HOT + PENALTY), id="one-hot and a penalty"),
    ],
)
def test_the_oracle_takes_the_steps_that_a_case_of_so_many_takes(
    tmp_path: Path, text: str, dtype: str
) -> None:
    """Losses, norms and the parameters in the end are those of one free run, bit by bit."""
    definition = small(tmp_path, text)
    course = train_oracle(lesson(definition, steps=9), dtype)
    values = evaluate(with_steps(definition, 9).draw(dtype))
    assert course.loss.tolist() == [values[f"step{k}.loss"] for k in range(9)]
    assert course.gradients["conv.weight"].tolist() == [
        np.linalg.norm(values[f"step{k}.gradient.conv.weight"]) for k in range(9)
    ]
    assert course.parameters["fc.bias"][1:].tolist() == [
        np.linalg.norm(values[f"step{k}.update.fc.bias"]) for k in range(9)
    ]
    assert course.end is not None
    assert course.end.keys() == {f"{n}.{p}" for n in ("conv", "norm", "fc") for p in _BOTH}
    assert all(
        np.array_equal(array, values[f"step8.update.{name}"]) for name, array in course.end.items()
    )


def test_the_network_is_looked_at_with_the_parameters_and_statistics_it_ends_with(
    tmp_path: Path,
) -> None:
    """Accuracy and loss of a forward pass in eval mode, recomputed here from its outputs."""
    used = lesson(small(tmp_path), images(9, held_out=5), steps=6)
    course = train_oracle(used, "float64")
    values = evaluate(used.case("float64"))
    assert course.trained_on is not None
    assert course.held_out is not None
    assert np.array_equal(course.trained_on.predictions, values["step6.forward.fc"])
    assert np.array_equal(course.held_out.predictions, values["step7.forward.fc"])
    assert course.trained_on.loss == values["step6.loss"]
    classes = values["step7.forward.fc"].argmax(axis=1)
    assert course.held_out.accuracy == np.mean(classes == [0, 1, 2, 0, 1])
    assert course.held_out.most_often == np.bincount(classes).max() / 5


@pytest.mark.parametrize(
    ("dtype", "apart"),
    [pytest.param("float64", 1e-9, id="float64"), pytest.param("float32", 1e-3, id="float32")],
)
def test_an_implementation_that_is_right_has_the_course_of_the_oracle(
    tmp_path: Path, dtype: str, apart: float
) -> None:
    """refcnn over three epochs of shuffled images."""
    used = lesson(small(tmp_path), images(11, held_out=4), epochs=3, batch_size=4, seed=1)
    theirs = train_implementation(refcnn.implementation, used, dtype, timeout=None)
    oracle = train_oracle(used.changed(), dtype)
    assert theirs.message == theirs.not_finite == ""
    assert theirs.loss == pytest.approx(oracle.loss, rel=apart)
    assert theirs.accuracy.tolist() == oracle.accuracy.tolist()
    assert theirs.held_out is not None
    assert oracle.held_out is not None
    assert theirs.held_out.loss == pytest.approx(oracle.held_out.loss, rel=apart)
    assert theirs.end is not None
    assert oracle.end is not None
    assert theirs.end["conv.weight"] == pytest.approx(oracle.end["conv.weight"], rel=apart)


def test_the_oracle_ends_where_its_numbers_leave_the_dtype(tmp_path: Path) -> None:
    """A rate of 1e30 is too much for any network; float64 lasts longer than float32."""
    text = SMALL.replace(LOSS, ONE_HOT)
    used = lesson(small(tmp_path, text), steps=40).changed(times_lr(1e31))
    wide, narrow = train_oracle(used, "float64"), train_oracle(used, "float32")
    assert narrow.message.endswith("is not finite")
    assert wide.message.endswith("is not finite")
    assert narrow.steps < wide.steps < 40


def test_an_implementation_that_raises_keeps_what_it_had(tmp_path: Path) -> None:
    """The message names the error and the line; three steps were done, the fourth was begun."""

    def done(name: str, array: Array, trace: Trace) -> None:
        if name == "step3.forward.fc":
            raise ZeroDivisionError("no more")
        trace[name] = array

    course = _trained(_Theirs(done), lesson(small(tmp_path), steps=6))
    assert course.message.startswith("ZeroDivisionError: no more (test_training.py:")
    assert course.steps == 4
    assert np.isfinite(course.loss).tolist() == [True, True, True, False]
    assert course.trained_on is None


def test_the_first_number_that_is_not_finite_is_named_and_where_it_stood_before(
    tmp_path: Path,
) -> None:
    """At step 4; the snapshot is of the parameters and statistics before step 3, from which the
    steps can be judged by themselves."""
    used = lesson(small(tmp_path), steps=6)
    values = evaluate(used.case("float64"))

    def done(name: str, array: Array, trace: Trace) -> None:
        trace[name] = array * np.nan if name == "step4.gradient.fc.weight" else array

    course = _trained(_Theirs(done), used)
    assert course.not_finite == "step4.gradient.fc.weight"
    assert course.parted is not None
    assert course.parted.step == 3
    assert np.array_equal(course.parted.parameters["fc.bias"], values["step2.update.fc.bias"])
    mean = course.parted.buffers["norm"]["running_mean"]
    assert np.array_equal(mean, values["step2.state.norm.running_mean"])
    start = course.parted.into(used.case("float64"))
    assert np.array_equal(start.layer("fc").parameters["bias"], values["step2.update.fc.bias"])
    assert np.array_equal(start.layer("norm").buffers["running_mean"], mean)


def test_where_two_trainings_part_is_kept_once(tmp_path: Path) -> None:
    """Told by the loss of a step: the first time counts, and the step before it is where to
    begin."""
    used = lesson(small(tmp_path), steps=6)
    course = train_implementation(
        _Theirs(_record), used, "float64", timeout=None, parts=lambda step, loss: step >= 2
    )
    assert course.parted is not None
    assert course.parted.step == 1


def test_an_implementation_that_leaves_out_the_last_forward_passes_is_not_looked_at(
    tmp_path: Path,
) -> None:
    """Its losses are there all the same."""

    def done(name: str, array: Array, trace: Trace) -> None:
        if not name.startswith("step6."):
            trace[name] = array

    course = _trained(_Theirs(done), lesson(small(tmp_path), steps=6))
    assert (course.trained_on, course.held_out, course.message) == (None, None, "")
    assert np.isfinite(course.loss).all()
    assert course.end is not None


def test_an_implementation_may_record_nothing_but_losses(tmp_path: Path) -> None:
    """What it did not record is NaN or None."""

    def done(name: str, array: Array, trace: Trace) -> None:
        if name.endswith(".loss") and "backward" not in name:
            trace[name] = array

    course = _trained(_Theirs(done), lesson(small(tmp_path), steps=6))
    assert (course.steps, course.end, course.trained_on, course.parted) == (6, None, None, None)
    assert np.isfinite(course.loss).all()
    assert np.isnan(course.accuracy).all()
    assert np.isnan(course.gradients["fc.weight"]).all()
    assert np.isfinite(course.parameters["fc.weight"]).tolist() == [True] + [False] * 6


def test_an_implementation_that_records_nothing_at_all_has_done_nothing(tmp_path: Path) -> None:
    """And nothing can be said of it."""

    def done(name: str, array: Array, trace: Trace) -> None:
        """Keeps all to itself."""

    course = _trained(_Theirs(done), lesson(small(tmp_path), steps=6))
    assert (course.steps, len(course.loss), course.trained_on) == (0, 0, None)
    assert np.isnan(course.first_loss)
    assert np.isnan(course.last_loss(3))


class _Endless:
    """Records three losses and goes on for ever."""

    name = "endless"

    def run(self, case: Case, trace: Trace) -> None:
        for k in range(3):
            trace[f"step{k}.loss"] = 1.0 + k
        while True:
            pass


def test_an_implementation_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The message says after how long, and what it was doing; what it recorded counts."""
    used = lesson(small(tmp_path), steps=6)
    course = train_implementation(_Endless(), used, "float64", timeout=0.3)
    assert course.message.startswith("still running after 0.3 s (test_training.py:")
    assert course.loss.tolist() == [1.0, 2.0, 3.0]
