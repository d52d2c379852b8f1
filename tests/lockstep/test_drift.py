"""A right implementation stays inside the tube, a mistake leaves it where it becomes visible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import oracles
from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.trace import Trace
from oracles.implementations.loading import load
from tests.lockstep import mistakes
from tests.lockstep.mistakes import only_losses, only_parameters
from tests.lockstep.small_case import SMALL, small_case
from tests.lockstep.torch_by_hand import Gradients, TorchByHand, everything

ROOT = Path(__file__).parents[2]


MISTAKES = [
    pytest.param(mistakes.momentum_lost, 51, 50, "optimizer", id="momentum lost at step 50"),
    pytest.param(mistakes.sample_missing, 2, 0, "gradient", id="one sample missing"),
    pytest.param(mistakes.dampened, 3, 1, "optimizer", id="dampening of 0.01"),
    pytest.param(mistakes.rate_late, 31, 30, "update", id="rate one step late"),
    pytest.param(mistakes.biases_decay, 2, 0, "optimizer", id="decay on biases"),
    pytest.param(mistakes.not_zeroed, 101, 100, "gradient", id="not zeroed any more"),
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
            everything,
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
    implementation = replace(mistakes.implementation, exposes=exposes)  # type: ignore[arg-type]
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
    mistaken = replace(mistakes.implementation, forgets_at=9, exposes=only_losses)
    result = oracles.lockstep(mistaken, small, "float64", 12, judge=False)
    assert result.departure is not None
    assert (result.departure.step, result.departure.distance.kind) == (10, "loss")


def test_the_element_that_is_named_is_the_furthest_one(
    small: Definition,
) -> None:
    """With both numbers, as they were recorded and as the oracle has them."""
    wrong = replace(mistakes.implementation, gradients=lambda moment: _one_off(moment.gradients))
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


def test_with_the_parameters_exposed_the_tube_stays_narrow(tmp_path: Path) -> None:
    """They tell which branches were taken. Without that, the limit is five times as far here."""
    text = SMALL.replace("lr = 0.0625", "lr = 0.25").replace("[12, 1, 5, 4]", "[40, 1, 5, 4]")
    case = small_case(tmp_path, text.replace("batch_size = 5", "batch_size = 20"))
    result = oracles.lockstep(mistakes.parameters_alone, case, "float32", 50, judge=False)
    (last,) = result.steps[-1].distances
    assert result.outcome == "inside"
    assert last.limit < 5e-5 * last.size


def test_what_the_harness_supplied_is_not_compared(small: Definition) -> None:
    """It is not the implementation's own."""
    result = oracles.lockstep(_Supplied(), small, "float64", 2, judge=False)
    assert result.kinds == ("outputs",)


def test_masks_of_its_own_are_everybodys(tmp_path: Path) -> None:
    """Who draws another mask, and records it, has not computed anything wrong."""
    dropout = '[[layers]]\ntype = "Dropout"\nname = "drop"\np = 0.5\n\n'
    flat = '[[layers]]\ntype = "Flatten"'
    case = small_case(tmp_path, SMALL.replace(flat, dropout + flat))
    result = oracles.lockstep(_OtherMasks(), case, "float64", 8, judge=False)
    assert (result.outcome, len(result.steps)) == ("inside", 8)


class _Supplied:
    """Exposes its input; the loss is none of its own, and wrong."""

    name = "supplied"

    def run(self, case: Case, trace: Trace) -> None:
        for step in case.steps:
            trace[f"step{step.index}.input"] = step.input
            trace.supply(f"step{step.index}.loss", -1.0)


class _OtherMasks:
    """refcnn, dropping what the case keeps."""

    name = "other masks"

    def run(self, case: Case, trace: Trace) -> None:
        for step in case.steps:
            step.masks["drop"][...] = 1 - step.masks["drop"]
            trace[f"step{step.index}.mask.drop"] = step.masks["drop"]
        load("refcnn").implementation.run(case, trace)
