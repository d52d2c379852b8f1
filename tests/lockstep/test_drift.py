"""A right implementation stays inside the tube, a mistake leaves it where it becomes visible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import oracles
from oracles.contract.case import Case, Step
from oracles.contract.definition import Definition
from oracles.implementations.loading import load
from tests.lockstep.small_case import SMALL, small_case
from tests.lockstep.torch_by_hand import Gradients, Moment, TorchByHand

ROOT = Path(__file__).parents[2]


def only_parameters(entry: str) -> bool:
    """What somebody has who looks at the weights after each step."""
    return ".update." in entry


def only_losses(entry: str) -> bool:
    """What somebody has who prints the loss."""
    return entry.endswith(".loss") and ".backward." not in entry


def one_sample_missing(moment: Moment) -> Gradients:
    """The bias of the last layer does not hear of the last sample."""
    bias = moment.gradients["fc.bias"] - moment.grad_output[-1]
    return {**moment.gradients, "fc.bias": bias}


def never_zeroed_again(moment: Moment) -> Gradients:
    """From step 100 on the gradients of the step before are still there."""
    if moment.step < 100:
        return moment.gradients
    return {name: g + moment.before[name] for name, g in moment.gradients.items()}


def one_step_late(case: Case, step: Step, name: str) -> float:
    """The learning rate of the step before."""
    return case.steps[max(step.index - 1, 0)].learning_rates[name]


RIGHT = TorchByHand()
MISTAKES = [
    pytest.param(replace(RIGHT, forgets_at=50), 51, 50, "optimizer", id="momentum lost at step 50"),
    pytest.param(
        replace(RIGHT, gradients=one_sample_missing), 2, 0, "gradient", id="one sample missing"
    ),
    pytest.param(replace(RIGHT, dampening=0.01), 3, 1, "optimizer", id="dampening of 0.01"),
    pytest.param(replace(RIGHT, rate=one_step_late), 31, 30, "update", id="rate one step late"),
    pytest.param(replace(RIGHT, decays_biases=True), 2, 0, "optimizer", id="decay on biases"),
    pytest.param(
        replace(RIGHT, gradients=never_zeroed_again), 101, 100, "gradient", id="not zeroed any more"
    ),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    """Drawn once."""
    return small_case(tmp_path_factory.mktemp("cases"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_refcnn_stays_inside_on_the_digits(dtype: str) -> None:
    """Over 200 steps of handwritten digits."""
    digits = oracles.read_case(ROOT / "cases" / "training" / "digits.case.toml")
    refcnn = load("refcnn").implementation
    result = oracles.lockstep(refcnn, digits, dtype, 200, judge=False)
    assert (result.outcome, len(result.steps), result.blind_from) == ("inside", 200, None)
    assert result.steps[0].oracle_loss > 2.0 > 0.5 > result.steps[180].oracle_loss  # type: ignore[operator]


@pytest.mark.parametrize(
    ("exposes", "kinds"),
    [
        pytest.param(
            RIGHT.exposes,
            ("loss", "outputs", "gradients", "memory", "parameters"),
            id="everything exposed",
        ),
        pytest.param(only_parameters, ("parameters",), id="only parameters"),
        pytest.param(only_losses, ("loss",), id="only losses"),
    ],
)
def test_a_right_program_in_float32_stays_inside(
    small: Definition, exposes: object, kinds: tuple[str, ...]
) -> None:
    """However little it exposes."""
    implementation = replace(RIGHT, exposes=exposes)  # type: ignore[arg-type]
    result = oracles.lockstep(implementation, small, "float32", 60, judge=False)
    assert (result.outcome, result.kinds, len(result.steps)) == ("inside", kinds, 60)


@pytest.mark.parametrize(("implementation", "steps", "step", "kind"), MISTAKES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_mistake_leaves_the_tube_where_it_becomes_visible(
    small: Definition,
    implementation: TorchByHand,
    steps: int,
    step: int,
    kind: str,
    dtype: str,
) -> None:
    """At its step, in the first entry that it reaches, and the judge names the same one."""
    result = oracles.lockstep(implementation, small, dtype, steps)
    assert result.outcome == "outside"
    assert result.departure is not None
    assert (result.departure.step, result.departure.entry_kind) == (step, kind)
    assert result.first_wrong is not None
    assert result.first_wrong.entry == result.departure.distance.entry


@pytest.mark.parametrize(("implementation", "steps", "step", "kind"), MISTAKES)
def test_a_mistake_is_seen_from_the_parameters_alone(
    small: Definition,
    implementation: TorchByHand,
    steps: int,
    step: int,
    kind: str,
) -> None:
    """The update shows it at the same step."""
    mistaken = replace(implementation, exposes=only_parameters)
    result = oracles.lockstep(mistaken, small, "float64", steps, judge=False)
    assert result.departure is not None
    assert (result.departure.step, result.departure.entry_kind) == (step, "update")


def test_a_mistake_is_seen_from_the_losses_alone(
    small: Definition,
) -> None:
    """One step later than in the parameters: the loss is computed before the update."""
    mistaken = replace(RIGHT, forgets_at=9, exposes=only_losses)
    result = oracles.lockstep(mistaken, small, "float64", 12, judge=False)
    assert result.departure is not None
    assert (result.departure.step, result.departure.distance.kind) == (10, "loss")


def test_the_element_that_is_named_is_the_furthest_one(
    small: Definition,
) -> None:
    """With both numbers, as they were recorded and as the oracle has them."""
    wrong = replace(RIGHT, gradients=lambda moment: _one_off(moment.gradients))
    departure = oracles.lockstep(wrong, small, "float64", 1, judge=False).departure
    assert departure is not None
    assert departure.index == (2, 0, 1, 0)
    assert departure.actual - departure.expected == pytest.approx(0.5)
    assert departure.distance.distance == pytest.approx(0.5 / 12**0.5)
    assert (departure.layer, departure.operation) == ("conv", "Conv2d")


def _one_off(gradients: Gradients) -> Gradients:
    """One weight of twelve is half too large."""
    weight = gradients["conv.weight"].clone()
    weight[2, 0, 1, 0] += 0.5
    return {**gradients, "conv.weight": weight}


def test_running_statistics_are_compared(tmp_path: Path) -> None:
    """They are a kind of their own."""
    batch_norm = """[[layers]]
type = "BatchNorm2d"
name = "norm"
num_features = 3

[[layers]]
type = "ReLU"
"""
    text = SMALL.replace('[[layers]]\ntype = "ReLU"\n', batch_norm)
    case = small_case(tmp_path, text)
    result = oracles.lockstep(load("refcnn").implementation, case, "float32", 12, judge=False)
    assert result.outcome == "inside"
    assert "statistics" in result.kinds
