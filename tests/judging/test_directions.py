"""Gradients held to differences: right ones confirmed, wrong ones seen, kinks neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from oracles.contract.case import Array, Case
from oracles.contract.errors import Unsupported
from oracles.contract.reading import read_case
from oracles.contract.reference import Call
from oracles.contract.trace import Trace
from oracles.judging.constants import DIRECTIONS
from oracles.judging.directions import JudgedGradient, judge_gradients
from oracles.references.differences import Differences
from oracles.references.loops.reference import Loops, LoopsRun
from oracles.references.pytorch import PyTorch
from tests.cases.files import COMPUTED, definition
from tests.judging.replay import Replay, Tamper

NETWORK = """
format = 1
title = "a network with a shortcut, two steps"
why = "every way in which a gradient comes about"

[input]
shape = [5, 2, 9, 8]
fill = "uniform"

[[layers]]
type = "Conv2d"
name = "conv"
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
type = "Tanh"
name = "tanh"

[[layers]]
type = "Add"
name = "sum"
inputs = ["pool", "tanh"]

[[layers]]
type = "AvgPool2d"
name = "average"
kernel_size = [3, 2]
stride = [1, 2]
padding = 1

[[layers]]
type = "Dropout"
name = "drop"
p = 0.25

[[layers]]
type = "Flatten"
name = "flatten"

[[layers]]
type = "Linear"
name = "fc"
in_features = 18
out_features = 4

[loss]
type = "CrossEntropyLoss"
target = { classes = [0, 1, 2, 3, 0] }
label_smoothing = 0.1
[[loss.penalty]]
type = "L2"
factor = 0.125
parameters = ["*"]
[[loss.penalty]]
type = "L1"
factor = 0.25
parameters = ["conv.*"]

[optimizer]
type = "SGD"
lr = 0.125
[training]
steps = 2
batch_size = 3
"""

TIES = {
    "max_pool2d/axes_differ_ties",
    "max_pool2d/ceil_mode_padding_ties",
    "max_pool2d/ceil_mode_ties",
    "max_pool2d/overlap_ties",
    "max_pool2d/textbook_ties",
    "reports/mxnet_18563",
}
"""Cases about equal maxima: nothing but ties, so that differences have nothing to say."""


def drawn(folder: Path, text: str, dtype: str = "float64") -> Case:
    """A case from the text of its file."""
    path = folder / "net.case.toml"
    path.write_text(text)
    return read_case(path).draw(dtype)


def gradients(
    case: Case,
    tamper: Mapping[str, Tamper] | None = None,
    hide: Callable[[str], bool] = lambda entry: False,
    loops: Loops | None = None,
) -> dict[str, JudgedGradient]:
    """What differences say of an implementation that is right but for `tamper`."""
    trace = Trace(case)
    Replay(tamper or {}, hide).run(case, trace)
    found = judge_gradients(case, trace, Differences(), PyTorch(), loops)
    return {one.entry: one for one in found}


def named(found: dict[str, JudgedGradient], verdict: str) -> list[str]:
    """The entries with this verdict."""
    return [entry for entry, one in found.items() if one.verdict == verdict]


def count(found: dict[str, JudgedGradient], verdict: str) -> int:
    """Directions with this verdict."""
    return sum(
        direction.verdict == verdict for one in found.values() for direction in one.directions
    )


@cache
def bundled(name: str, dtype: str) -> dict[str, JudgedGradient]:
    """What differences say of PyTorch's own gradients, in float64 with complex steps as well."""
    return gradients(definition(name).draw(dtype), loops=Loops() if dtype == "float64" else None)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", COMPUTED)
def test_pytorchs_gradients_are_confirmed(name: str, dtype: str) -> None:
    """On every case, every gradient, along every direction that meets no kink; only where
    everything is a tie is anything left undecided."""
    found = bundled(name, dtype)
    undecided = ["step0.backward.pool"] if name in TIES else []
    assert named(found, "different") == []
    assert named(found, "undecided") == undecided
    assert count(found, "kink") == DIRECTIONS * len(undecided)
    assert count(found, "coarse") + count(found, "split") == 0


@pytest.fixture(scope="module", params=["float32", "float64"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The network above."""
    return drawn(tmp_path_factory.mktemp("cases"), NETWORK, request.param)


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The network above in float32, where mistakes have more rounding to hide in."""
    return drawn(tmp_path_factory.mktemp("cases"), NETWORK, "float32")


def test_every_gradient_is_judged(case: Case) -> None:
    """One verdict for each gradient entry, in order of evaluation."""
    found = gradients(case)
    kinds = {"backward", "gradient", "loss_gradient"}
    assert list(found) == [e.name for e in Trace(case).entries.values() if e.kind in kinds]
    assert named(found, "same") == list(found)


def negated(array: Array) -> Array:
    """The wrong sign."""
    return -array


def one_percent_more(array: Array) -> Array:
    """A factor that is a little off."""
    return array * 1.01


def mirrored(array: Array) -> Array:
    """Back to front along the last axis."""
    return array[..., ::-1]


def last_one_missing(array: Array) -> Array:
    """A loop that ends too early."""
    array = array.copy()
    array[-1] = 0.0
    return array


def one_element_off(array: Array) -> Array:
    """A single element that is off by a thousandth of the largest one."""
    array = array.copy()
    array.flat[np.argmax(np.abs(array))] *= 1.001
    return array


def forgotten(array: Array) -> Array:
    """Nothing was added to it at all."""
    return np.zeros_like(array)


ENTRIES = [
    "step0.backward.loss",
    "step0.backward.fc",
    "step1.gradient.fc.weight",
    "step1.gradient.fc.bias",
    "step0.backward.drop",
    "step0.backward.average",
    "step0.backward.sum.1",
    "step1.backward.tanh",
    "step0.backward.pool",
    "step0.backward.relu",
    "step1.backward.norm",
    "step0.gradient.norm.weight",
    "step0.gradient.norm.bias",
    "step0.backward.conv",
    "step1.gradient.conv.weight",
    "step0.gradient.conv.bias",
]
MISTAKES = [negated, one_percent_more, mirrored, last_one_missing, one_element_off, forgotten]


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_a_wrong_gradient_is_seen(rough: Case, entry: str, mistake: Tamper) -> None:
    """It is different, and nothing else is: what follows is right for what it was given."""
    found = gradients(rough, {entry: mistake})
    divergence = found[entry].divergence
    assert named(found, "different") == [entry]
    assert divergence is not None
    assert divergence.ratio == found[entry].max_ratio
    assert abs(divergence.claimed - divergence.found.value) > divergence.bound


def test_nan_is_different(case: Case) -> None:
    """NaN is wrong along every direction, and what comes of it says nothing."""
    found = gradients(case, {"step1.backward.tanh": lambda array: array * np.nan})
    assert named(found, "different") == ["step1.backward.tanh"]
    assert set(named(found, "undecided")) == {
        "step1.backward.pool",
        "step1.backward.relu",
        "step1.backward.norm",
        "step1.backward.conv",
        *(f"step1.gradient.{name}.{p}" for name in ("conv", "norm") for p in ("weight", "bias")),
    }


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_operands_that_are_not_finite_say_nothing(rough: Case, value: float) -> None:
    """There is no derivative to look for, and nobody looks for it."""
    found = gradients(rough, {"step1.forward.flatten": lambda array: array + value})
    assert named(found, "different") == []
    assert found["step1.gradient.fc.weight"].verdict == "undecided"
    assert found["step1.gradient.fc.weight"].directions == ()
    assert found["step0.gradient.fc.weight"].verdict == "same"


def test_penalties_are_part_of_a_gradient(case: Case) -> None:
    """A gradient of the data alone is different."""
    weight = case.parameters()["conv.weight"]
    without = {"step0.gradient.conv.weight": lambda g: g - 0.25 * weight - 0.25 * np.sign(weight)}
    assert named(gradients(case, without), "different") == ["step0.gradient.conv.weight"]


@pytest.mark.parametrize(
    "hide",
    [
        pytest.param(lambda entry: ".forward." in entry, id="outputs"),
        pytest.param(lambda entry: "backward" in entry, id="input gradients"),
        pytest.param(lambda entry: "norm" in entry or "relu" in entry, id="two layers"),
        pytest.param(lambda entry: "update" in entry, id="updates"),
    ],
)
def test_a_right_implementation_may_hide_things(case: Case, hide: Callable[[str], bool]) -> None:
    """What is not exposed is not judged, and its rounding is carried along."""
    found = gradients(case, hide=hide)
    assert found
    assert not [entry for entry in found if hide(entry)]
    assert named(found, "different") == []


def test_rounding_in_what_is_hidden_is_part_of_the_bound(case: Case) -> None:
    """The implementation's own values before an entry would be away from those of the oracle."""
    entry = "step1.gradient.conv.weight"
    shown = gradients(case)[entry].directions[0]
    alone = gradients(case, hide=lambda other: other != entry)[entry].directions[0]
    assert alone.bound > 1.2 * shown.bound


def test_a_hidden_mistake_shows_in_what_is_computed_from_it(case: Case) -> None:
    """The gradient of the convolution comes from a wrong one that nobody sees."""
    fault = {"step0.backward.norm": one_percent_more}
    found = gradients(case, fault, hide=lambda entry: entry == "step0.backward.norm")
    assert "step0.gradient.conv.weight" in named(found, "different")


def test_what_the_harness_supplied_is_not_judged(case: Case) -> None:
    """It is nobody's mistake."""
    own, trace = Trace(case), Trace(case)
    Replay({"step0.backward.fc": negated}).run(case, own)
    trace.supply("step0.backward.fc", own["step0.backward.fc"])
    assert judge_gradients(case, trace, Differences(), PyTorch()) == ()


def test_the_same_directions_whatever_is_exposed(case: Case) -> None:
    """Hiding one entry changes no other one's verdict."""
    everything = gradients(case)["step1.gradient.fc.weight"]
    less = gradients(case, hide=lambda entry: "step0.gradient" in entry)["step1.gradient.fc.weight"]
    assert everything == less


TIED = """
format = 1
title = "zeros before a ReLU, equal maxima before a pool"
why = "what has no derivative"
[input]
shape = [1, 1, 2, 6]
values = [{values}]
[[layers]]
type = "{type}"
name = "layer"
{attributes}
[upstream]
fill = "uniform"
"""
RELU = {"type": "ReLU", "attributes": ""}
POOL = {"type": "MaxPool2d", "attributes": "kernel_size = [2, 3]"}
SOME_ZEROS = "0.0, -2.0, 3.0, 0.0, 1.0, 2.0, 3.0, -1.0, 0.0, 2.0, 0.5, -0.5"
TWO_WINDOWS = "1.0, 2.0, 2.0, 5.0, 0.25, 3.0, 0.75, 0.5, 2.0, 1.25, 0.125, -0.5"
ONE_VALUE = ", ".join(["2.0"] * 12)


@pytest.mark.parametrize(
    ("layer", "values", "left_out"),
    [
        pytest.param(RELU, SOME_ZEROS, 3, id="zeros before a ReLU"),
        pytest.param(POOL, TWO_WINDOWS, 3, id="a window with equal maxima"),
    ],
)
def test_the_rest_of_a_tied_entry_is_judged(
    tmp_path: Path, layer: dict[str, str], values: str, left_out: int
) -> None:
    """Tied elements are left out; a mistake in one of them is not seen, in another one it is."""
    case = drawn(tmp_path, TIED.format(values=values, **layer))
    right = gradients(case)["step0.backward.layer"]
    on_tie = gradients(case, {"step0.backward.layer": element_set(8)})["step0.backward.layer"]
    beside = gradients(case, {"step0.backward.layer": element_set(4)})["step0.backward.layer"]
    assert (right.verdict, right.left_out) == ("same", left_out)
    assert on_tie.verdict == "same"
    assert beside.verdict == "different"


def element_set(position: int) -> Tamper:
    """One element replaced by 7."""

    def tamper(array: Array) -> Array:
        array = array.copy()
        array.flat[position] = 7.0
        return array

    return tamper


@pytest.mark.parametrize(
    ("layer", "values"),
    [
        pytest.param(RELU, ", ".join(["0.0"] * 12), id="a ReLU of nothing but zeros"),
        pytest.param(POOL, ONE_VALUE, id="a pool of equal numbers"),
    ],
)
def test_nothing_but_kinks_is_undecided(tmp_path: Path, layer: dict[str, str], values: str) -> None:
    """Whatever an implementation claims there: no derivative contradicts it."""
    case = drawn(tmp_path, TIED.format(values=values, **layer))
    found = gradients(case, {"step0.backward.layer": element_set(4)})["step0.backward.layer"]
    assert found.verdict == "undecided"
    assert [one.verdict for one in found.directions] == ["kink"] * DIRECTIONS
    assert found.divergence is None
    assert found.max_ratio is None


MANY = """
format = 1
title = "thousands of elements"
why = "their roundings do not add up along a direction"
[input]
shape = [2, 2000]
fill = "uniform"
[[layers]]
type = "Tanh"
name = "tanh"
[upstream]
fill = "uniform"
"""


@pytest.mark.parametrize(
    ("more", "verdict"), [(0.0, "same"), (2e-5, "same"), (6e-4, "different"), (2e-2, "different")]
)
def test_roundings_of_many_elements_go_both_ways(tmp_path: Path, more: float, verdict: str) -> None:
    """An element off by 6e-4 is seen, where the bounds of all 4,000 elements add up to 1.6e-3; one
    that is off by some 40 times its own bound is not."""
    case = drawn(tmp_path, MANY, "float32")

    def off(array: Array) -> Array:
        array = array.copy()
        array[1, 7] += more
        return array

    found = gradients(case, {"step0.backward.tanh": off})["step0.backward.tanh"]
    assert found.verdict == verdict


DROWNED = """
format = 1
title = "a bias that drowns everything"
why = "the outputs have no digits left for a derivative"
[input]
shape = [2, 3]
fill = "uniform"
[[layers]]
type = "Linear"
name = "fc"
in_features = 3
out_features = 2
weight = [[0.5, 0.25, 0.75], [0.7, 0.3, 0.2]]
bias = [1e19, 3e19]
[upstream]
fill = "uniform"
"""


def test_a_difference_that_drowns_is_coarse(tmp_path: Path) -> None:
    """Where rounding of the outputs is larger than the derivative, nothing is said; the complex
    step still says it."""
    case = drawn(tmp_path, DROWNED)
    central = gradients(case, {"step0.backward.fc": mirrored})["step0.backward.fc"]
    assert central.verdict == "undecided"
    assert [one.verdict for one in central.directions] == ["coarse"] * DIRECTIONS


class Declining(Loops):
    """Takes no layer at all."""

    def run(self, call: Call) -> LoopsRun:
        raise Unsupported("too large")


class Wrong(Loops):
    """Its layers have another slope beside the real axis."""

    def run(self, call: Call) -> LoopsRun:
        run = super().run(call)
        run.output = np.real(run.output) + 2j * np.imag(run.output)
        return run


def test_without_a_complex_reference_there_is_the_central_difference(case: Case) -> None:
    """What it declines is left to the other method."""
    declined = gradients(case, loops=Declining())["step0.backward.conv"]
    assert [one.complex_step for one in declined.directions] == [None] * DIRECTIONS
    assert declined == gradients(case)["step0.backward.conv"]


def test_the_complex_step_is_the_more_certain_one(case: Case) -> None:
    """It is the one that decides where both are there."""
    found = gradients(case, loops=Loops())["step0.backward.tanh"]
    assert all(
        one.complex_step is not None and one.found is one.complex_step for one in found.directions
    )


def test_methods_that_contradict_each_other_decide_nothing(case: Case) -> None:
    """A wrong oracle is no reason to blame an implementation, nor to believe it."""
    found = gradients(case, {"step0.backward.conv": negated}, loops=Wrong())["step0.backward.conv"]
    assert found.verdict == "undecided"
    assert [one.verdict for one in found.directions] == ["split"] * DIRECTIONS
