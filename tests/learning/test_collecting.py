"""A training is watched array by array, and only numbers of it are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Array, Case
from oracles.contract.errors import TraceError
from oracles.learning.collecting import Collector, WatchedTrace, spread_of
from oracles.learning.lesson import Lesson, lesson
from oracles.learning.training import train_oracle
from oracles.references.pytorch import evaluate
from tests.learning.lessons import LOSS, SMALL, images, small


def _watched(used: Lesson) -> tuple[Case, Collector, WatchedTrace]:
    case = used.case("float64")
    collector = Collector(used, case)
    return case, collector, WatchedTrace(case, collector)


def _held(trace: WatchedTrace, arrays: dict[str, Array]) -> Iterator[int]:
    """How many arrays are held after each that is recorded."""
    for name, array in arrays.items():
        trace[name] = array
        yield len(trace)


def test_a_trace_holds_the_arrays_of_two_steps_however_many_there_are(tmp_path: Path) -> None:
    """Twelve steps, and yet never more than the entries of two."""
    case, _, trace = _watched(lesson(small(tmp_path), steps=12))
    arrays = evaluate(case)
    of_a_step = sum(name.startswith("step3.") for name in arrays)
    assert max(_held(trace, arrays)) == 2 * of_a_step
    assert len(arrays) > 12 * of_a_step


def test_what_is_forgotten_was_seen(tmp_path: Path) -> None:
    """The numbers of all steps are there."""
    case, collector, trace = _watched(lesson(small(tmp_path), steps=12))
    arrays = evaluate(case)
    assert len(list(_held(trace, arrays))) == len(arrays)
    course = collector.course("x")
    assert course.loss.tolist() == [arrays[f"step{k}.loss"] for k in range(12)]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param(
            "step0.los", 1.0, "no entry 'step0.los'; did you mean 'step0.loss'", id="name"
        ),
        pytest.param("step9.loss", 1.0, "no entry 'step9.loss'", id="a step too many"),
        pytest.param("step0.loss", [1.0, 2.0], r"has shape \(2,\), expected \(\)$", id="shape"),
        pytest.param("step5.loss", 1.0, "step5.loss was recorded before", id="again at once"),
        pytest.param("step1.loss", 1.0, "step1.loss was recorded before", id="again, forgotten"),
        pytest.param("step5.update.fc.bias", "x", "must be an array of numbers", id="no numbers"),
    ],
)
def test_a_watched_trace_refuses_what_every_trace_refuses(
    tmp_path: Path, name: str, value: Any, message: str
) -> None:
    """At the line that records it, also where the first array is no longer held."""
    _, collector, trace = _watched(lesson(small(tmp_path), steps=6))
    losses = {f"step{k}.loss": np.array(2.0 + k) for k in range(1, 6)}
    assert list(_held(trace, losses)) == [1, 2, 2, 2, 2]
    with pytest.raises(TraceError, match=message):
        trace[name] = value
    assert collector.course("x").loss.tolist()[1:] == [3.0, 4.0, 5.0, 6.0, 7.0]


def test_the_spread_of_outputs_is_taken_over_windows_of_32_samples(tmp_path: Path) -> None:
    """Batches of 10: four steps make a window."""
    used = lesson(small(tmp_path), images(60), steps=9, batch_size=10)
    course, values = train_oracle(used, "float64"), evaluate(used.case("float64"))
    outputs = np.concatenate([values[f"step{k}.forward.conv"] for k in range(4, 8)])
    assert course.windows.tolist() == [3, 7]
    assert course.spread["conv"][1] == pytest.approx(np.std(outputs, axis=0).mean(), rel=1e-12)
    assert spread_of(np.array([[1.0, 5.0], [3.0, 5.0]])) == 0.5


def test_accuracy_is_the_share_of_the_batch_that_is_right(tmp_path: Path) -> None:
    """With labels, and with labels made one-hot."""
    used = lesson(small(tmp_path), images(12), steps=3, batch_size=4)
    course, values = train_oracle(used, "float64"), evaluate(used.case("float64"))
    right = values["step2.forward.fc"].argmax(axis=1) == [8 % 3, 9 % 3, 10 % 3, 11 % 3]
    assert course.accuracy[2] == right.mean()
    one_hot = small(tmp_path, SMALL.replace(LOSS, LOSS.replace("CrossEntropyLoss", "MSELoss")))
    assert 0 <= train_oracle(lesson(one_hot, images(12), steps=1), "float64").accuracy[0] <= 1


def test_targets_that_are_no_classes_have_no_accuracy(tmp_path: Path) -> None:
    """NaN, and not 0: nothing was to be classified."""
    numbers = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform", seed = 6 }\n'
    course = train_oracle(lesson(small(tmp_path, SMALL.replace(LOSS, numbers)), steps=1), "float64")
    assert course.trained_on is not None
    assert np.isnan([course.accuracy[0], course.trained_on.accuracy]).all()
    assert np.isnan(course.trained_on.most_often)


def test_every_layer_is_kept_of_the_first_samples_alone(tmp_path: Path) -> None:
    """All layers over all samples would be gigabytes; the output of the network is kept of all."""
    case, collector, trace = _watched(lesson(small(tmp_path), images(800, held_out=700), steps=1))
    arrays = evaluate(case)
    assert len(list(_held(trace, arrays))) == len(arrays)
    course = collector.course("x")
    assert course.trained_on is not None
    assert course.held_out is not None
    assert (len(course.trained_on.predictions), len(course.held_out.predictions)) == (800, 700)
    assert {len(array) for array in course.held_out.outputs.values()} == {100}
    assert np.array_equal(course.held_out.outputs["conv"], arrays["step9.forward.conv"])
    outputs = np.concatenate([arrays[f"step{k}.forward.conv"] for k in range(9, 14)])
    assert course.held_out.spread["conv"] == pytest.approx(np.std(outputs, axis=0).mean())
    kept = collector._looks.outputs
    assert [len(kept[k]) for k in range(1, 16)] == [5] * 5 + [1] * 3 + [5] * 5 + [1] * 2
