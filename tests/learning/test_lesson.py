"""A lesson shows the samples it should, in the order it should, with the rates it should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Array, Case, Step
from oracles.contract.definition import Definition
from oracles.contract.longer import with_steps
from oracles.contract.reading import read_case
from oracles.learning.data.dataset import DataError
from oracles.learning.lesson import Lesson, lesson
from tests.learning.lessons import HEAD, INPUT, LAYERS, LOSS, OPTIMIZER, SMALL, images, small

CASES = Path(__file__).parents[2] / "cases"

DENSE = """
[[layers]]
type = "Flatten"

[[layers]]
type = "Linear"
name = "fc"
in_features = 12
out_features = 3
"""
SCHEDULE = """
[optimizer]
type = "SGD"
lr = { scheduler = "StepLR", lr = 0.8, step_size = 2, gamma = 0.5 }

[[optimizer.groups]]
parameters = ["*.bias"]
lr = { scheduler = "StepLR", lr = 0.3, step_size = 3 }
"""
NUMBERS = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform", seed = 6 }\n'
PENALTY = '[[loss.penalty]]\ntype = "L2"\nfactor = 0.5\nper = "dataset"\nparameters = ["*"]\n'
PREPARED = "[[preparation]]\nsubtract = 0.1\n[[preparation]]\nreshape = [1, 3, 4]\n"
STEPS = """
[[steps]]
samples = [5, 2]
lr = 0.7

[[steps]]
mode = "eval"
samples = [0, 1]

[[steps]]
samples = [6]
"""
PIXELS = ", ".join(f"0.{n}{k}1" for n in range(7) for k in range(12))
VALUES = f"[input]\nshape = [7, 1, 4, 3]\nvalues = [{PIXELS}]\n"
MASK = "mask = { values = [" + ", ".join(["[" + ", ".join("101101101101") + "]"] * 7) + "] }\n"
RATES = OPTIMIZER.replace("0.1", "[0.5, 0.25, 0.125, 0.1]")


def _arrays(step: Step) -> dict[str, Array]:
    assert step.target is not None
    masks = {f"mask.{name}": mask for name, mask in step.masks.items()}
    return {"raw": step.raw, "input": step.input, "target": step.target, **masks}


def _told(step: Step) -> tuple[Any, ...]:
    """Everything of a step but its arrays."""
    rates = dict(step.learning_rates)
    return step.index, step.mode, step.backward, step.update, step.samples, step.lr, rates


def _assert_equal_steps(actual: Case, expected: Case) -> None:
    for one, other in zip(actual.steps, expected.steps, strict=False):
        assert _told(one) == _told(other)
        for name, array in _arrays(other).items():
            assert np.array_equal(_arrays(one)[name], array), (one.index, name)
            assert _arrays(one)[name].dtype == array.dtype
            assert _arrays(one)[name].strides == array.strides


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(SMALL, id="labels, dropout, batch norm"),
        pytest.param(HEAD + INPUT + LAYERS + LOSS + OPTIMIZER, id="all samples in each step"),
        pytest.param(SMALL.replace(LOSS, NUMBERS), id="numbers as targets"),
        pytest.param(SMALL.replace(LOSS, NUMBERS.replace("uniform", "classes")), id="one-hot"),
        pytest.param(SMALL.replace(OPTIMIZER, SCHEDULE), id="schedules of two groups"),
        pytest.param(SMALL.replace(OPTIMIZER, RATES), id="rates written out"),
        pytest.param(SMALL.replace(LOSS, LOSS + PENALTY), id="a penalty per data set"),
        pytest.param(SMALL.replace(INPUT, INPUT + 'memory = "NHWC"\n'), id="NHWC"),
        pytest.param(SMALL.replace(INPUT, VALUES), id="values that float32 rounds"),
        pytest.param(
            SMALL.replace(INPUT, VALUES + 'memory = "reversed"\n' + PREPARED).replace(
                LAYERS, DENSE
            ),
            id="values prepared",
        ),
        pytest.param(SMALL.replace("p = 0.25\n", "p = 0.25\n" + MASK), id="a mask written out"),
        pytest.param(HEAD + INPUT + LAYERS + LOSS + OPTIMIZER + STEPS, id="steps written out"),
    ],
)
def test_a_lesson_without_data_has_the_steps_of_the_case(
    tmp_path: Path, text: str, dtype: str
) -> None:
    """Number by number what the case itself has, over more steps where that is possible."""
    definition = small(tmp_path, text)
    steps = len(definition.plan.steps)
    used = lesson(definition, steps=steps).case(dtype)
    _assert_equal_steps(used, with_steps(definition, steps).draw(dtype))
    assert used.samples == 7
    assert [layer.name for layer in used.layers] == [one.name for one in definition.plan.layers]


@pytest.mark.parametrize(
    "name",
    [
        "posts/000_training",
        "posts/001_net_c",
        "posts/002_settings",
        "posts/002_training",
        "posts/003_training",
    ],
)
def test_a_bundled_case_goes_on_as_it_begins(name: str) -> None:
    """Batches start again after the last one, masks of new steps are drawn anew."""
    definition = read_case(CASES / f"{name}.case.toml")
    longer = with_steps(definition, 7).draw("float32")
    _assert_equal_steps(lesson(definition, steps=7).case("float32"), longer)


def test_each_look_at_a_step_gives_fresh_arrays(tmp_path: Path) -> None:
    """What an implementation writes into its arrays is not there when the step is seen again."""
    case = lesson(small(tmp_path), steps=2).case("float64")
    first = case.steps[0]
    kept = {name: array.copy() for name, array in _arrays(first).items()}
    _spoil(first)
    assert all(np.array_equal(kept[name], again) for name, again in _arrays(case.steps[0]).items())


def _spoil(step: Step) -> None:
    for array in _arrays(step).values():
        array.fill(0)


def _seen(used: Lesson, epoch: int) -> list[int]:
    steps = used.case("float64").steps
    chosen = range(epoch * used.epoch, (epoch + 1) * used.epoch)
    return [sample for index in chosen for sample in steps[index].samples]


def test_an_epoch_shows_every_sample_once_the_last_batch_smaller(tmp_path: Path) -> None:
    """Eleven samples in batches of four: 4, 4 and 3, in the order of the data."""
    used = lesson(small(tmp_path), images(11), epochs=2, batch_size=4)
    assert (used.steps, used.epoch) == (6, 3)
    assert [len(step.samples) for step in used.case("float64").steps[:6]] == [4, 4, 3, 4, 4, 3]
    assert _seen(used, 0) == _seen(used, 1) == list(range(11))


def test_a_seed_shuffles_anew_in_each_epoch_and_alike_each_time(tmp_path: Path) -> None:
    """Every sample is seen once in each epoch, whatever the order."""
    definition = small(tmp_path)
    one, same, other = (
        lesson(definition, images(11), epochs=2, batch_size=4, seed=seed) for seed in (3, 3, 4)
    )
    assert sorted(_seen(one, 0)) == sorted(_seen(one, 1)) == list(range(11))
    assert _seen(one, 0) != _seen(one, 1)
    assert (_seen(one, 1), _seen(one, 0)) == (_seen(same, 1), _seen(same, 0))
    assert _seen(one, 0) != _seen(other, 0)


def test_inputs_and_targets_belong_together(tmp_path: Path) -> None:
    """Each image shows its own number, and its label is that number modulo 3."""
    step = lesson(small(tmp_path), images(11), batch_size=4, seed=3).case("float64").steps[1]
    assert step.target is not None
    assert step.input[:, 0, 0, 0].tolist() == list(step.samples)
    assert step.target.tolist() == [sample % 3 for sample in step.samples]
    assert step.masks["drop"].shape == (4, 12)


def test_the_network_is_looked_at_on_some_of_the_samples_and_on_all_held_out(
    tmp_path: Path,
) -> None:
    """A hundred at once, in the order of the data whatever the seed; nothing is trained."""
    used = lesson(small(tmp_path), images(120, held_out=105), steps=2, seed=1)
    steps = used.case("float64").steps[2:]
    assert [step.mode for step in steps] == ["eval"] * 4
    assert [len(step.samples) for step in steps] == [100, 20, 100, 5]
    assert [step.input[0, 0, 0, 0] for step in steps] == [0, 100, 120, 220]
    assert [step.target[-1] for step in steps if step.target is not None] == [0, 2, 0, 2]
    assert not any(step.backward or step.update for step in steps)


def test_a_thousand_samples_to_learn_from_are_looked_at(tmp_path: Path) -> None:
    """More would tell no more, and cost."""
    used = lesson(small(tmp_path), images(1001, held_out=3), steps=1)
    assert used.looked_at == 1000
    assert [len(samples) for samples in used.looks] == [100] * 10 + [3]
    assert used.looks[10] == (1001, 1002, 1003)


def test_written_out_steps_give_way_to_other_data(tmp_path: Path) -> None:
    """Their samples are those of the case."""
    definition = small(tmp_path, HEAD + INPUT + LAYERS + LOSS + OPTIMIZER + STEPS)
    used = lesson(definition, images(9), steps=2, batch_size=3)
    assert [step.samples for step in used.case("float64").steps[:2]] == [(0, 1, 2), (3, 4, 5)]


def test_schedules_count_steps_of_training(tmp_path: Path) -> None:
    """A step in eval mode is none: the rate of the third step is that of the second of training."""
    scheduled = SCHEDULE.replace("step_size = 2", "step_size = 1")
    definition = small(tmp_path, HEAD + INPUT + LAYERS + LOSS + scheduled + STEPS)
    steps = lesson(definition).case("float64").steps
    assert [step.lr for step in steps[:3]] == [0.7, None, 0.4]


def test_a_penalty_per_data_set_counts_the_samples_of_the_data(tmp_path: Path) -> None:
    """Not those that the case has."""
    case = lesson(small(tmp_path, SMALL.replace(LOSS, LOSS + PENALTY)), images(9)).case("float64")
    assert case.penalties[0].divisor(case.steps[0], case) == 9


def test_memory_of_the_case_is_that_of_other_data(tmp_path: Path) -> None:
    """Channels lie next to each other."""
    definition = small(tmp_path, SMALL.replace(INPUT, INPUT + 'memory = "NHWC"\n'))
    step = lesson(definition, images(9)).case("float64").steps[0]
    assert step.input.shape == (3, 1, 4, 3)
    assert step.input.transpose(0, 2, 3, 1).flags.c_contiguous


def test_labels_of_data_stay_labels_where_the_case_has_shares(tmp_path: Path) -> None:
    """What the targets of the data are decides, not what those of the case are."""
    shares = LOSS.replace('{ fill = "classes", seed = 6 }', '{ fill = "uniform", seed = 6 }')
    step = lesson(small(tmp_path, SMALL.replace(LOSS, shares)), images(9)).case("float32").steps[0]
    assert step.target is not None
    assert (step.target.dtype.name, step.target.tolist()) == ("int64", [0, 1, 2])


def test_an_excerpt_has_its_steps_from_nought_on(tmp_path: Path) -> None:
    """With the samples and masks they have in the training."""
    used = lesson(small(tmp_path), images(11), steps=9, batch_size=4, seed=1)
    whole, cut = used.case("float64"), used.excerpt([4, 5]).draw("float64")
    assert [step.index for step in cut.steps] == [0, 1]
    for actual, expected in zip(cut.steps, (whole.steps[4], whole.steps[5]), strict=True):
        assert np.array_equal(actual.input, expected.input)
        assert np.array_equal(actual.masks["drop"], expected.masks["drop"])


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        pytest.param(SMALL, 300, id="a short case"),
        pytest.param(SMALL.replace("steps = 4", "steps = 301"), 301, id="a long case"),
        pytest.param(SMALL.replace(OPTIMIZER, RATES), 4, id="rates that end"),
        pytest.param(HEAD + INPUT + LAYERS + LOSS + OPTIMIZER + STEPS, 3, id="steps written out"),
    ],
)
def test_a_lesson_lasts_as_long_as_it_can_and_at_least_300_steps(
    tmp_path: Path, text: str, steps: int
) -> None:
    """Unless it is told how long."""
    assert lesson(small(tmp_path, text)).steps == steps


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        pytest.param(
            SMALL.replace(OPTIMIZER, RATES),
            {"steps": 5},
            "writes out 4 learning rates, one for each step of training: they do not last for 5 st",
            id="rates that end",
        ),
        pytest.param(
            SMALL.replace(OPTIMIZER, RATES),
            {"epochs": 2, "data": images(9)},
            "they do not last for 6 steps; ask for fewer, or give the case one lr or a scheduler$",
            id="rates that end, over epochs",
        ),
        pytest.param(
            SMALL.replace(
                OPTIMIZER,
                OPTIMIZER + '[[optimizer.groups]]\nparameters = ["*.bias"]\nlr = [1, 2, 3, 4]\n',
            ),
            {"steps": 5},
            "writes out 4 learning rates",
            id="rates of a group that end",
        ),
        pytest.param(
            SMALL.replace("p = 0.25\n", "p = 0.25\n" + MASK),
            {"data": images(9)},
            "writes out the mask of drop for its own 7 samples: for other data it has to be a fill",
            id="a mask written out",
        ),
        pytest.param(
            HEAD + INPUT + LAYERS + LOSS + OPTIMIZER + STEPS,
            {"steps": 4},
            "writes out 3 steps, and cannot have 4$",
            id="steps written out",
        ),
        pytest.param(SMALL, {"batch_size": 8}, "batches of 8, and only 7 samples", id="a batch"),
        pytest.param(
            SMALL.replace(OPTIMIZER, ""), {}, r"has no \[optimizer\]: nothing would", id="no rule"
        ),
        pytest.param(
            HEAD + INPUT + LAYERS + '[upstream]\nfill = "uniform"\n',
            {},
            r"has no \[loss\]: there is nothing to learn$",
            id="an upstream gradient",
        ),
        pytest.param(
            SMALL.replace(
                LOSS, LOSS + 'reduction = "none"\nupstream = { fill = "uniform", seed = 1 }\n'
            ),
            {},
            "has a loss for each sample",
            id="no reduction",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(
    tmp_path: Path, text: str, options: dict[str, Any], message: str
) -> None:
    """Before a step is made, in the words of the case."""
    definition: Definition = small(tmp_path, text)
    with pytest.raises(DataError, match=message):
        lesson(definition, **options)
