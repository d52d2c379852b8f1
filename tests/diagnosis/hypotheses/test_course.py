"""Mistakes in the course of steps, made in NumPy, are named."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from oracles.contract.case import Array, Case
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.course import backward as course_backward
from oracles.diagnosis.hypotheses.course import steps as course_steps
from oracles.references.pytorch import evaluate
from tests.diagnosis.hypotheses.by_hand import named, run
from tests.diagnosis.self_made import definition, evidence, made

ALL = (*course_backward.HYPOTHESES, *course_steps.HYPOTHESES)
BY_NAME = {one.name: one for one in ALL}
WEIGHT, BIAS = "fc.weight", "fc.bias"

DENSE = ["plain", "momentum", "momentum_decay", "nesterov_decay", "dampening_decay", "groups"]
"""One dense layer with an upstream gradient: its gradients do not depend on its parameters."""


def gradients(case: Case, parameter: str) -> list[Array]:
    """The right gradients of a parameter, step by step."""
    right = evaluate(case)
    return [right[f"step{step.index}.gradient.{parameter}"] for step in case.steps]


def outputs(case: Case, weights: list[Array], biases: list[Array]) -> dict[str, Array]:
    """Output and grad_input of each step by these parameters."""
    found = {}
    for step, weight, bias in zip(case.steps, weights, biases, strict=True):
        assert step.upstream is not None
        found[f"step{step.index}.forward.fc"] = step.input @ weight.T + bias
        found[f"step{step.index}.backward.fc"] = step.upstream @ weight
    return found


@pytest.mark.parametrize("name", [*DENSE, "clip_value_momentum", "decay", "maximize_momentum"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_update_that_comes_too_early_is_named(name: str, dtype: str) -> None:
    """Who passes the gradient through weights that were updated already reads that, with momentum,
    weight decay and clipping as well."""
    case = definition(f"sgd/{name}").draw(dtype)
    right = evaluate(case)
    early = {
        f"step{step.index}.backward.fc": step.upstream @ right[f"step{step.index}.update.fc.weight"]
        for step in case.steps
        if step.update and step.upstream is not None
    }
    found = run(case, early)
    assert set(found.failing) == set(early)
    assert named(found, ALL) == [{"course.updated_before_backward"}]


def test_an_early_update_inside_a_network_is_named() -> None:
    """In a network of three dense layers the gradients in front are those of what came through
    the new weights, and the last layer is right."""
    case = definition("training/update_before_backward").draw("float64")
    right = evaluate(case)
    sigmoid = right["step0.forward.sigmoid2"]
    delta = right["step0.backward.loss"]
    new = right["step0.update.fc3.weight"]
    through_new = delta @ new
    through_sigmoid = through_new * sigmoid * (1 - sigmoid)
    before = right["step0.forward.sigmoid1"]
    weight = case.layer("fc2").parameters["weight"] - 2.0 * through_sigmoid.T @ before
    changed = {
        "step0.backward.fc3": through_new,
        "step0.backward.sigmoid2": through_sigmoid,
        "step0.gradient.fc2.weight": through_sigmoid.T @ before,
        "step0.gradient.fc2.bias": through_sigmoid.sum(0),
        "step0.update.fc2.weight": weight,
        "step0.backward.fc2": through_sigmoid @ weight,
    }
    behind = [name for name in right if name.startswith("step1")]
    unknown = ["step0.backward.sigmoid1", "step0.backward.fc1", "step0.update.fc2.bias"]
    first = [f"step0.{kind}.fc1.{p}" for kind in ("gradient", "update") for p in ("weight", "bias")]
    found = run(case, changed, {*behind, *unknown, *first})
    assert found.failing == ("step0.backward.fc3", "step0.backward.fc2")
    assert named(found, ALL) == [{"course.updated_before_backward"}]


def test_gradients_that_are_not_zeroed_are_named() -> None:
    """Who adds the gradients of all steps reads that, although the parameters stay as they are."""
    case = definition("training/without_optimizer").draw("float32")
    right = evaluate(case)
    summed = {
        f"step1.gradient.{p}": right[f"step0.gradient.{p}"] + right[f"step1.gradient.{p}"]
        for p in case.parameters()
    }
    assert named(run(case, summed), ALL) == [{"course.gradients_not_zeroed"}]


def test_gradients_averaged_over_steps_are_named() -> None:
    """Who takes the mean of the gradients of all steps until then reads that."""
    case = definition("sgd/plain").draw("float64")
    averaged = {
        f"step{step.index}.gradient.{p}": np.mean(gradients(case, p)[: step.index + 1], axis=0)
        for p in (WEIGHT, BIAS)
        for step in case.steps
    }
    found = run(case, averaged, {"forward", "backward", "update"})
    assert named(found, ALL) == [{"course.gradients_averaged_over_steps"}]


@pytest.mark.parametrize("name", DENSE)
def test_parameters_that_are_not_handed_back_are_named(name: str) -> None:
    """Whose layers keep their first parameters, while the optimizer goes on, reads that."""
    case = definition(f"sgd/{name}").draw("float64")
    start, steps = case.parameters(), len(case.steps)
    wrong = outputs(case, [start[WEIGHT]] * steps, [start[BIAS]] * steps)
    assert named(run(case, wrong), ALL) == [{"course.parameters_not_handed_back"}]


def test_parameters_that_are_not_carried_are_named() -> None:
    """Who starts every step from the first parameters reads that."""
    case = definition("sgd/plain").draw("float64")
    start, steps = case.parameters(), len(case.steps)
    wrong = outputs(case, [start[WEIGHT]] * steps, [start[BIAS]] * steps)
    for parameter in (WEIGHT, BIAS):
        for step, gradient in zip(case.steps, gradients(case, parameter), strict=True):
            rate = step.learning_rates[parameter]
            wrong[f"step{step.index}.update.{parameter}"] = start[parameter] - rate * gradient
    assert named(run(case, wrong), ALL) == [{"course.parameters_not_carried"}]


def test_an_update_with_the_gradients_before_is_named() -> None:
    """Whose optimizer steps before the backward pass reads that its gradients are one step old."""
    case = definition("sgd/plain").draw("float64")
    wrong: dict[str, Array] = {}
    after: dict[str, list[Array]] = {}
    for parameter in (WEIGHT, BIAS):
        old = [np.zeros_like(case.parameters()[parameter]), *gradients(case, parameter)[:-1]]
        moves = [s.learning_rates[parameter] * g for s, g in zip(case.steps, old, strict=True)]
        after[parameter] = list(case.parameters()[parameter] - np.cumsum(moves, axis=0))
        wrong |= {f"step{k}.update.{parameter}": array for k, array in enumerate(after[parameter])}
    before = [[case.parameters()[p], *after[p][:-1]] for p in (WEIGHT, BIAS)]
    found = run(case, {**wrong, **outputs(case, *before)})
    assert named(found, ALL) == [{"course.updated_with_previous_gradients"}]


def test_running_statistics_that_are_not_carried_are_named() -> None:
    """Who makes new running statistics in each step reads that."""
    case = definition("batch_norm2d/three_train_steps").draw("float64")
    right, (layer,) = evaluate(case), [one for one in case.layers if one.buffers]
    keep = 1 - layer.attributes["momentum"]
    wrong = {}
    for buffer, start in layer.buffers.items():
        entries = [f"step{step.index}.state.{layer.name}.{buffer}" for step in case.steps]
        for before, entry in pairwise(entries):
            wrong[entry] = right[entry] - keep * right[before] + keep * start
    assert named(run(case, wrong), ALL) == [{"course.buffers_not_carried"}]


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("branch_overwritten", "step0.backward.conv1"),
        ("branch_dropped", "step0.backward.sum.1"),
    ],
)
def test_a_gradient_of_one_way_alone_is_named(name: str, way: str) -> None:
    """Where the input of a block is read twice, the layer in front gets one gradient of two."""
    case = definition("graph/residual").draw("float64")
    grad = evaluate(case)[way]
    windows = np.lib.stride_tricks.sliding_window_view(case.steps[0].input, (2, 3), axis=(2, 3))
    wrong = {
        "step0.gradient.stem.bias": grad.sum((0, 2, 3)),
        "step0.gradient.stem.weight": np.einsum("nohw,nchwuv->ocuv", grad, windows),
    }
    found = run(case, wrong, {"step0.backward.stem"})
    assert named(found, ALL) == [{f"course.{name}"}]


SELF_MADE = [
    ("stale_forward", "training/small_lenet"),
    ("first_forward", "training/small_lenet"),
    ("first_forward", "training/gradients_start_anew"),
    ("updated_before_backward", "training/small_lenet"),
    ("gradients_not_zeroed", "training/gradients_start_anew"),
    ("gradients_not_zeroed", "sgd/clip_norm_momentum_decay"),
    ("updated_in_eval", "training/eval_backward"),
    ("parameters_not_carried", "sgd/nesterov_decay"),
    ("updated_with_previous_gradients", "sgd/momentum_decay"),
    ("buffers_not_carried", "training/equal_layers"),
]


@pytest.mark.parametrize(("name", "case"), SELF_MADE)
def test_it_finds_itself_in_a_network(name: str, case: str) -> None:
    """In whole networks it explains all that is wrong. The rule makes the run itself."""
    drawn = definition(case).draw("float32")
    found = diagnose(evidence(drawn, made(drawn, BY_NAME[f"course.{name}"])), ALL)
    expected = [(f"course.{name}", "certain")]
    assert [(one.cause, one.certainty) for one in found.causes] == expected


HARMLESS = [
    ("gradients_not_zeroed", "linear/generic"),
    ("stale_forward", "linear/generic"),
    ("branch_overwritten", "training/small_lenet"),
    ("buffers_not_carried", "training/small_lenet"),
    ("parameters_not_handed_back", "training/without_optimizer"),
    ("updated_before_backward", "sgd/frozen"),
    ("updated_in_eval", "sgd/plain"),
]


@pytest.mark.parametrize(("name", "case"), HARMLESS)
def test_a_mistake_without_effect_changes_nothing(name: str, case: str) -> None:
    """One step has none before it, and a network without branches joins nothing."""
    drawn = definition(case).draw("float64")
    assert evidence(drawn, made(drawn, BY_NAME[f"course.{name}"])).failing == ()
