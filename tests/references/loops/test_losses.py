"""Losses and penalties at values where the answer is known, and their gradients by complex step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Case, Penalty
from oracles.references.loops.reference import Loops
from oracles.references.pytorch import PyTorch
from tests.judging.building import loss_case

STEP = 1e-30
QUARTERS = np.array([[0.0, np.log(3.0)], [np.log(3.0), 0.0]])
"""Logits of the probabilities 1/4, 3/4 and 3/4, 1/4."""
FOUR, THIRD = np.log(4.0), np.log(4.0 / 3.0)
"""-log(1/4) and -log(3/4)."""
LABELS = np.array([0, 0])


@pytest.mark.parametrize(
    ("type_", "target", "prediction", "options", "expected"),
    [
        pytest.param("MSELoss", [[0, 2]], [[1, 4]], {}, 2.5, id="mean of 1 and 4"),
        pytest.param(
            "MSELoss", [[0, 2]], [[1, 4]], {"factor": 0.5, "reduction": "sum"}, 2.5, id="half"
        ),
        pytest.param("BCELoss", [[0, 1]], [[0.5, 0.5]], {}, np.log(2), id="half and half"),
        pytest.param("BCELoss", [[1, 0]], [[0.0, 1.0]], {}, 100, id="no logarithm below -100"),
        pytest.param("BCELoss", [[0, 1]], [[-1.0, 2.0]], {}, 0, id="outside counts as the end"),
        pytest.param(
            "BCELoss",
            [[1, 0]],
            [[0.25, 0.25]],
            {"weight": np.array([2.0, 4.0]), "reduction": "sum"},
            2 * FOUR + 4 * THIRD,
            id="weights",
        ),
        pytest.param("BCEWithLogitsLoss", [[1, 0]], [[0, 0]], {}, np.log(2), id="logits of a half"),
        pytest.param("BCEWithLogitsLoss", [[0, 1]], [[1e4, -1e4]], {}, 1e4, id="logits, far out"),
        pytest.param(
            "BCEWithLogitsLoss",
            [[1, 0]],
            [[-np.log(3), np.log(3)]],
            {
                "pos_weight": np.array([3.0, 5.0]),
                "weight": np.array([1.0, 2.0]),
                "reduction": "sum",
            },
            3 * FOUR + 2 * FOUR,
            id="pos_weight of the ones only, weight of all",
        ),
        pytest.param("CrossEntropyLoss", LABELS, QUARTERS, {}, (FOUR + THIRD) / 2, id="mean"),
        pytest.param(
            "CrossEntropyLoss", np.array([0, 1]), QUARTERS, {"reduction": "sum"}, 2 * FOUR, id="sum"
        ),
        pytest.param(
            "CrossEntropyLoss",
            np.array([0, 1]),
            QUARTERS,
            {"reduction": "batchmean"},
            FOUR,
            id="batchmean",
        ),
        pytest.param(
            "CrossEntropyLoss",
            np.array([1, 0]),
            QUARTERS,
            {"ignore_index": 1},
            THIRD,
            id="what is ignored is not counted",
        ),
        pytest.param(
            "CrossEntropyLoss",
            np.array([0, 1]),
            QUARTERS * [[1], [-1]],
            {"weight": np.array([2.0, 6.0])},
            (2 * FOUR + 6 * THIRD) / 8,
            id="mean by the weights",
        ),
        pytest.param(
            "CrossEntropyLoss",
            LABELS,
            QUARTERS,
            {"label_smoothing": 0.5},
            (0.75 * FOUR + 0.25 * THIRD + 0.75 * THIRD + 0.25 * FOUR) / 2,
            id="3/4 and 1/4",
        ),
        pytest.param(
            "CrossEntropyLoss",
            np.array([[0.5, 0.5], [1.0, 0.0]]),
            QUARTERS,
            {"weight": np.array([2.0, 4.0])},
            (FOUR + 2 * THIRD + 2 * THIRD) / 2,
            id="probabilities: mean by the rows, weights or not",
        ),
        pytest.param("CrossEntropyLoss", np.array([1]), [[1e4, -1e4]], {}, 2e4, id="far apart"),
    ],
)
def test_value(type_: str, target: Any, prediction: Any, options: Any, expected: float) -> None:
    """A single number."""
    target = np.asarray(target) if type_ == "CrossEntropyLoss" else np.asarray(target, np.float64)
    case = loss_case(type_, target, **options)
    value = Loops().loss(case, case.steps[0], np.asarray(prediction, dtype=np.float64))
    assert value.shape == ()
    np.testing.assert_allclose(value, expected, rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize(
    ("target", "prediction", "expected"),
    [
        pytest.param(0.0, 0.25, 1 / 0.75, id="1 / (1 - p)"),
        pytest.param(1.0, 0.25, -4.0, id="-1 / p"),
        pytest.param(1.0, 0.0, -1e12, id="the floor of the denominator"),
        pytest.param(0.0, 0.0, 0.0, id="right, and at the end"),
        pytest.param(1.0, -0.5, 0.0, id="outside"),
        pytest.param(0.0, 1.5, 0.0, id="outside, above"),
    ],
)
def test_gradient_of_bce(target: float, prediction: float, expected: float) -> None:
    """PyTorch's: its floor is not the derivative of its clamped logarithm."""
    case = loss_case("BCELoss", np.array([[target]]))
    gradient = Loops().loss_gradient(case, case.steps[0], np.array([[prediction]]))
    np.testing.assert_allclose(gradient, [[expected]], rtol=1e-15)


def _made() -> dict[str, tuple[Case, Any]]:
    """Each loss with each of its options and reductions."""
    generator = np.random.default_rng(7)
    draw, labels = generator.standard_normal, generator.integers(0, 4, (3, 5))
    maps, rows = draw((3, 4, 5)), generator.uniform(0.05, 0.95, (3, 4))
    ones = generator.integers(0, 2, (3, 4)).astype(np.float64)
    weight, positive = generator.uniform(0.5, 2.0, (2, 4))
    of_classes: list[Mapping[str, Any]] = [
        {},
        {"ignore_index": 2},
        {"weight": weight},
        {"label_smoothing": 0.25},
        {"weight": weight, "ignore_index": 1, "label_smoothing": 0.5, "factor": -3.0},
    ]
    shares = generator.dirichlet(np.ones(4), (3, 5)).transpose(0, 2, 1)
    options: list[tuple[str, Any, Any, Mapping[str, Any]]] = [
        ("MSELoss", draw((3, 4)), rows, {}),
        ("MSELoss", draw((3, 4)), rows, {"factor": 0.5}),
        ("BCELoss", ones, rows, {}),
        ("BCELoss", rows[::-1], rows, {"weight": weight, "factor": 2.0}),
        ("BCEWithLogitsLoss", ones, 30.0 * draw((3, 4)), {}),
        ("BCEWithLogitsLoss", rows, draw((3, 4)), {"weight": weight, "pos_weight": positive}),
        *(("CrossEntropyLoss", labels, maps, given) for given in of_classes),
        *(
            ("CrossEntropyLoss", shares, maps, given)
            for given in of_classes
            if "ignore_index" not in given
        ),
    ]
    made = {}
    for (type_, target, prediction, given), reduction in product(
        options, ("mean", "sum", "batchmean", "none")
    ):
        kind = " of probabilities" if target is shares else ""
        id_ = f"{type_}{kind}, {' '.join(given) or 'plain'}, {reduction}"
        case = loss_case(type_, target, reduction=reduction, **given)
        if reduction == "none" and target is shares:
            upstream = np.linspace(-1.0, 2.0, labels.size).reshape(labels.shape)
            case = replace(case, steps=(replace(case.steps[0], upstream=upstream),))
        made[id_] = case, prediction
    return made


MADE = _made()
each_loss = pytest.mark.parametrize(
    ("case", "prediction"), [pytest.param(*row, id=id_) for id_, row in MADE.items()]
)


@each_loss
def test_gradient_by_complex_step(case: Case, prediction: Any) -> None:
    """The gradient against the value, along one direction; "none" with what comes back to it."""
    step, loops = case.steps[0], Loops()
    direction = np.random.default_rng(5).standard_normal(prediction.shape)
    moved = loops.loss(case, step, prediction + 1j * STEP * direction).imag / STEP
    upstream = np.ones(()) if step.upstream is None else step.upstream
    products = loops.loss_gradient(case, step, prediction) * direction
    assert abs(np.sum(moved * upstream) - np.sum(products)) <= 1e-13 * np.sum(np.abs(products))


@each_loss
def test_as_in_pytorch(case: Case, prediction: Any) -> None:
    """Value and gradient, in combinations that no case of the project has."""
    step, loops, pytorch = case.steps[0], Loops(), PyTorch()
    value = loops.loss(case, step, prediction)
    np.testing.assert_allclose(value, pytorch.loss(case, step, prediction), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(
        loops.loss_gradient(case, step, prediction),
        pytorch.loss_gradient(case, step, prediction),
        rtol=1e-12,
        atol=1e-15,
    )


@each_loss
def test_nan_is_passed_on(case: Case, prediction: Any) -> None:
    """A lost prediction is a lost loss, and nothing is written into what was handed over."""
    lost = np.full_like(prediction, np.nan)
    assert np.all(np.isnan(Loops().loss(case, case.steps[0], lost)))
    assert np.all(np.isnan(Loops().loss_gradient(case, case.steps[0], lost)))


P, Q = np.array([[-2.0, 0.0], [3.0, 1.0]]), np.array([5.0])
PARAMETERS = {"a.weight": P, "b.weight": Q, "b.bias": np.array([9.0])}
BOTH = ("a.weight", "b.weight")


def penalised(*penalties: Penalty) -> Case:
    """Two samples in the step, eight in the case."""
    return replace(loss_case("MSELoss", np.zeros((2, 1))), penalties=penalties, samples=8)


@pytest.mark.parametrize(
    ("penalties", "total", "gradients"),
    [
        pytest.param(
            [Penalty("L1", 2.0, BOTH, None)],
            22.0,
            {"a.weight": [[-2, 0], [2, 2]], "b.weight": [2]},
            id="2 * (2 + 0 + 3 + 1 + 5)",
        ),
        pytest.param(
            [Penalty("L2", 2.0, ("a.weight",), None)],
            28.0,
            {"a.weight": [[-8, 0], [12, 4]]},
            id="2 * (4 + 0 + 9 + 1)",
        ),
        pytest.param(
            [Penalty("L2", 2.0, ("b.weight",), "batch")], 25.0, {"b.weight": [10]}, id="over 2"
        ),
        pytest.param(
            [Penalty("L2", 2.0, ("b.weight",), "dataset")], 6.25, {"b.weight": [2.5]}, id="over 8"
        ),
        pytest.param(
            [Penalty("L2", 1.0, ("b.weight",), None), Penalty("L1", 1.0, ("b.weight",), None)],
            30.0,
            {"b.weight": [11]},
            id="two add up",
        ),
        pytest.param([], 0.0, {}, id="none"),
    ],
)
def test_penalty(penalties: list[Penalty], total: float, gradients: dict[str, Any]) -> None:
    """What is added to the loss, and to the gradients of the parameters it names."""
    case = penalised(*penalties)
    step = case.steps[0]
    np.testing.assert_array_equal(Loops().penalty(case, step, PARAMETERS), total)
    actual = Loops().penalty_gradients(case, step, PARAMETERS)
    assert {name: array.tolist() for name, array in actual.items()} == gradients


def test_penalty_by_complex_step() -> None:
    """In one element of each sign."""
    case = penalised(Penalty("L1", 2.0, BOTH, None), Penalty("L2", 0.5, BOTH, "batch"))
    direction = np.array([[1.0, 0.0], [10.0, 100.0]])
    moved = {**PARAMETERS, "a.weight": P + 1j * STEP * direction}
    along = Loops().penalty(case, case.steps[0], moved).imag / STEP
    gradient = Loops().penalty_gradients(case, case.steps[0], PARAMETERS)["a.weight"]
    np.testing.assert_allclose(along, np.sum(gradient * direction), rtol=1e-14)


def test_only_the_parameters_at_hand_are_penalised() -> None:
    """The walk asks layer by layer."""
    case = penalised(Penalty("L1", 1.0, BOTH, None))
    assert list(Loops().penalty_gradients(case, case.steps[0], {"b.weight": Q})) == ["b.weight"]
    np.testing.assert_array_equal(Loops().penalty(case, case.steps[0], {"b.weight": Q}), 5)
