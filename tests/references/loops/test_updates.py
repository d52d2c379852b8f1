"""Two steps of SGD with one number, p = 1, gradient 1/2, lr = 1/10; and clipping of 3 and 4."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Case
from oracles.contract.reference import Slots
from oracles.references.loops.reference import Loops
from tests.judging.building import sgd_case

HALF = {"momentum": 0.5}


def two_steps(case: Case) -> tuple[list[float], list[Slots]]:
    """Parameter and slots after each."""
    parameters, slots = {"fc.weight": np.array([1.0])}, dict[str, dict[str, Any]]()
    gradients = {"fc.weight": np.array([0.5])}
    first, kept = Loops().update(case, case.steps[0], parameters, gradients, slots)
    second, still = Loops().update(case, case.steps[0], first, gradients, kept)
    return [first["fc.weight"].item(), second["fc.weight"].item()], [kept, still]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, [0.95, 0.9], id="plain: 1/20 each"),
        pytest.param(HALF, [0.95, 0.875], id="momentum: v = 0.5, then 0.75"),
        pytest.param(
            {**HALF, "dampening": 0.75}, [0.95, 0.9125], id="dampening: v = 0.5, then 0.375"
        ),
        pytest.param(
            {**HALF, "nesterov": True}, [0.925, 0.8375], id="nesterov: d + v / 2 = 0.75, then 0.875"
        ),
        pytest.param({"weight_decay": 1.0}, [0.85, 0.715], id="decay: d = 1.5, then 1.35"),
        pytest.param({"maximize": True}, [1.05, 1.1], id="maximize"),
        pytest.param(
            {"maximize": True, "weight_decay": 1.0}, [0.95, 0.905], id="maximize turns no decay"
        ),
    ],
)
def test_two_steps(options: dict[str, Any], expected: list[float]) -> None:
    """The formula of the docstring."""
    parameters, _ = two_steps(sgd_case(0.1, {"fc.weight": np.zeros(1)}, **options))
    np.testing.assert_allclose(parameters, expected, rtol=1e-15)


def test_what_is_remembered() -> None:
    """A momentum buffer where there is momentum, and nothing where there is none."""
    _, plain = two_steps(sgd_case(0.1, {"fc.weight": np.zeros(1)}))
    assert plain == [{"fc.weight": {}}, {"fc.weight": {}}]
    _, slots = two_steps(sgd_case(0.1, {"fc.weight": np.zeros(1)}, **HALF))
    assert [slot["fc.weight"]["momentum_buffer"].item() for slot in slots] == [0.5, 0.75]


def test_each_parameter_has_its_own_options() -> None:
    """Momentum and rate of a group concern that group."""
    case = sgd_case(0.1, {"a.weight": np.zeros(1), "b.weight": np.zeros(1)})
    assert case.optimizer is not None
    case.optimizer["parameters"]["b.weight"]["weight_decay"] = 1.0
    case.steps[0].learning_rates["b.weight"] = 1.0  # type: ignore[index]
    ones = {"a.weight": np.ones(1), "b.weight": np.ones(1)}
    updated, _ = Loops().update(case, case.steps[0], ones, ones, {})
    assert updated["a.weight"].item() == 0.9
    assert updated["b.weight"].item() == -1.0


@pytest.mark.parametrize(
    ("clipping", "expected"),
    [
        pytest.param({}, [-3, 4], id="nothing"),
        pytest.param(
            {"clip_grad_norm": 2.5}, [-7.5 / 5.000001, 10 / 5.000001], id="norm 5, at most 2.5"
        ),
        pytest.param({"clip_grad_norm": 5.5}, [-3, 4], id="norm 5, at most 5.5"),
        pytest.param({"clip_grad_value": 3.5}, [-3, 3.5], id="each at most 3.5"),
        pytest.param({"clip_grad_value": 2.0}, [-2, 2], id="each at most 2, of either sign"),
    ],
)
def test_clipping(clipping: dict[str, float], expected: list[float]) -> None:
    """The norm is that of all gradients together."""
    case = sgd_case(0.1, {"a.weight": np.zeros(1), "b.weight": np.zeros(1)})
    case = _with(case, clipping)
    gradients = {"a.weight": np.array([-3.0]), "b.weight": np.array([[4.0]])}
    clipped = Loops().clip(case, gradients)
    np.testing.assert_allclose([array.item() for array in clipped.values()], expected, rtol=1e-15)
    assert clipped["b.weight"].shape == (1, 1)


def _with(case: Case, options: dict[str, float]) -> Case:
    assert case.optimizer is not None
    return replace(case, optimizer={**case.optimizer, **options})
