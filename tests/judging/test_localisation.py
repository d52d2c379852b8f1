"""Which entry is at fault: first and further faults, what is inherited, what is not shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.judging.judgement import Judgement
from oracles.trial import judge
from tests.judging.building import Array
from tests.judging.replay import Replay, Tamper

NETWORK = """
format = 1
title = "two convolutions, trained for three steps"
why = "every kind of entry, and enough of them for a fault to spread"

[input]
shape = [7, 2, 9, 8]
fill = "uniform"

[[layers]]
type = "Conv2d"
name = "conv1"
in_channels = 2
out_channels = 3
kernel_size = [3, 2]

[[layers]]
type = "BatchNorm2d"
name = "norm"
num_features = 3

[[layers]]
type = "ReLU"
name = "relu"

[[layers]]
type = "MaxPool2d"
name = "pool"
kernel_size = 2

[[layers]]
type = "Conv2d"
name = "conv2"
in_channels = 3
out_channels = 4
kernel_size = [2, 3]
padding = [1, 0]

[[layers]]
type = "Tanh"
name = "tanh"

[[layers]]
type = "Flatten"

[[layers]]
type = "Linear"
name = "fc"
in_features = 16
out_features = 5

[loss]
type = "CrossEntropyLoss"
target = { classes = [0, 1, 2, 3, 4, 0, 1] }

[optimizer]
type = "SGD"
lr = 0.125
momentum = 0.9
clip_grad_norm = 0.5

[training]
steps = 3
batch_size = 3
"""


@pytest.fixture(scope="module")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    """The network above as a case."""
    return _read(tmp_path_factory.mktemp("cases"), NETWORK)


def _read(folder: Path, text: str) -> Definition:
    path = folder / "net.case.toml"
    path.write_text(text)
    return read_case(path)


def scaled(factor: float) -> Tamper:
    """All elements times a factor."""
    return lambda array: array * factor


def one_element_off(array: Array) -> Array:
    """A single element, and not by much."""
    array = array.copy()
    array.flat[array.size // 2] += 1e-3
    return array


def verdicts(judgement: Judgement, verdict: str) -> list[str]:
    """The entries with this verdict."""
    return [entry.entry for entry in judgement.entries if entry.verdict == verdict]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_right(definition: Definition, dtype: str) -> None:
    """A right implementation passes with every entry judged."""
    judgement = judge(Replay(), definition, dtype)
    assert judgement.outcome == "passed"
    assert judgement.judged == len(judgement.entries)


ENTRIES = [
    "step0.input",
    "step0.forward.conv1",
    "step0.forward.norm",
    "step0.state.norm.running_var",
    "step0.forward.relu",
    "step0.forward.pool",
    "step1.forward.conv2",
    "step0.forward.tanh",
    "step0.loss",
    "step0.backward.loss",
    "step0.backward.fc",
    "step1.gradient.fc.weight",
    "step0.backward.pool",
    "step2.backward.conv1",
    "step0.gradient.conv1.bias",
    "step1.clipped.conv2.weight",
    "step1.optimizer.conv2.weight.momentum_buffer",
    "step1.update.fc.bias",
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("entry", ENTRIES)
def test_one_fault_is_one_different_entry(definition: Definition, entry: str, dtype: str) -> None:
    """Whatever follows from a fault is inherited at most: one entry is to blame."""
    judgement = judge(Replay({entry: one_element_off}), definition, dtype)
    assert judgement.outcome == "diverged"
    assert verdicts(judgement, "different") == [entry]
    assert judgement.first_divergence is not None
    assert judgement.first_divergence.wrong == 1


def test_what_follows_from_a_fault_is_inherited(definition: Definition) -> None:
    """Entries before the fault are right; those computed from it are inherited."""
    judgement = judge(Replay({"step0.forward.conv2": scaled(1.5)}), definition, "float64")
    inherited = verdicts(judgement, "inherited")
    assert "step0.forward.fc" in inherited
    assert "step2.update.conv1.weight" in inherited
    assert "step0.forward.pool" not in inherited


def test_a_second_fault_is_a_fault_of_its_own(definition: Definition) -> None:
    """Two mistakes are two different entries, the second one behind the first."""
    faults = {"step0.forward.conv1": scaled(1.01), "step1.gradient.fc.weight": scaled(1.01)}
    judgement = judge(Replay(faults), definition, "float64")
    assert verdicts(judgement, "different") == list(faults)


def test_nan_is_blamed_once(definition: Definition) -> None:
    """What is computed from NaN is inherited, not wrong again."""
    judgement = judge(Replay({"step0.forward.tanh": scaled(np.nan)}), definition, "float64")
    assert verdicts(judgement, "different") == ["step0.forward.tanh"]
    assert "step0.forward.fc" in verdicts(judgement, "inherited")


def exposing(*kinds: str) -> Callable[[str], bool]:
    """Hide all entries but those of these kinds."""
    return lambda entry: not any(f".{kind}" in entry for kind in kinds)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "hide",
    [
        pytest.param(exposing("update", "loss"), id="loss and updates"),
        pytest.param(exposing("forward", "gradient"), id="outputs and gradients"),
        pytest.param(exposing("forward.fc", "update"), id="prediction and updates"),
        pytest.param(lambda entry: ".backward." in entry, id="all but input gradients"),
        pytest.param(lambda entry: ".optimizer." in entry, id="all but momentum"),
    ],
)
def test_a_right_implementation_may_hide_things(
    definition: Definition, hide: Callable[[str], bool], dtype: str
) -> None:
    """Rounding in what is not exposed is carried along; nothing is called wrong for it."""
    judgement = judge(Replay(hide=hide), definition, dtype)
    assert judgement.outcome == "passed", judgement.message
    assert "different" not in {entry.verdict for entry in judgement.entries}
    assert verdicts(judgement, "not-exposed")


def test_a_hidden_fault_shows_in_the_next_exposed_entry(definition: Definition) -> None:
    """Nobody sees the gradient of the first convolution, but its update is wrong."""
    hide = exposing("update", "loss")
    fault = {"step0.gradient.conv1.weight": scaled(-1.0)}
    judgement = judge(Replay(fault, hide=hide), definition, "float32")
    assert judgement.first_divergence is not None
    assert judgement.first_divergence.entry == "step0.update.conv1.weight"
    assert judgement.first_divergence.carried > 0


def test_a_kink_that_rounding_can_turn_is_undecided(tmp_path: Path) -> None:
    """Where an unexposed sum is zero but for rounding, ReLU behind it may go either way."""
    text = """
        format = 1
        title = "a sum that cancels"
        why = "its sign is an accident of rounding"
        [input]
        values = [1.0, 0.1, -1.0, 0.25, 0.5, 0.75]
        shape = [2, 3]
        [[layers]]
        type = "Linear"
        in_features = 3
        out_features = 2
        weight = [[1.0, 0.0, 1.0], [0.3, 0.1, 0.7]]
        bias = false
        [[layers]]
        type = "ReLU"
        name = "relu"
        [[layers]]
        type = "Linear"
        name = "fc"
        in_features = 2
        out_features = 2
        weight = [[0.7, 0.1], [0.9, -0.3]]
        [upstream]
        fill = "uniform"
    """
    judgement = judge(
        Replay(hide=lambda entry: "linear_0" in entry or "forward.relu" in entry),
        _read(tmp_path, text),
        "float32",
    )
    assert "step0.backward.relu" in verdicts(judgement, "undecided")
    assert judgement.first_divergence is None
