"""Derivatives by differences: within their own error of the truth, and no kink taken for one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles.contract.derivative import Estimate, Rounding, Weighted
from oracles.references.differences import Differences

Array = NDArray[Any]
Function = Callable[[Array], Array]

UNIT = 2.0**-53


def weighted(
    terms: Function, weights: Array, fixed: float = 4 * UNIT, growing: float = 4 * UNIT
) -> Weighted:
    """The function with the same rounding in all terms."""
    shape = np.shape(weights)
    return Weighted(terms, weights, Rounding(np.full(shape, fixed), np.full(shape, growing)))


def central(
    terms: Function,
    at: Array,
    weights: Array | None = None,
    direction: Array | None = None,
    reach: float = 1.0,
) -> Estimate:
    """The central difference; all weights and the direction are 1 if not given."""
    weights = np.ones(at.shape) if weights is None else weights
    direction = np.ones(at.shape) if direction is None else direction
    function = weighted(terms, weights)
    return Differences().central(function, at, direction, reach=reach, enough=0.0)


POINTS = np.array([-1.7, -0.4, 0.3, 0.9, 2.1])

SMOOTH = [
    pytest.param(lambda x: 3.0 * x, lambda x: 3.0 + 0.0 * x, id="linear"),
    pytest.param(lambda x: x**2, lambda x: 2.0 * x, id="square"),
    pytest.param(lambda x: x**3 - x, lambda x: 3.0 * x**2 - 1.0, id="cubic"),
    pytest.param(np.sin, np.cos, id="sine"),
    pytest.param(np.exp, np.exp, id="exponential"),
    pytest.param(np.tanh, lambda x: 1.0 / np.cosh(x) ** 2, id="tanh"),
    pytest.param(
        lambda x: np.tanh(50.0 * x), lambda x: 50.0 / np.cosh(50.0 * x) ** 2, id="steep tanh"
    ),
    pytest.param(
        lambda x: np.sqrt(x**2 + 1e-8), lambda x: x / np.sqrt(x**2 + 1e-8), id="rounded corner"
    ),
    pytest.param(
        lambda x: np.sin(100.0 * x), lambda x: 100.0 * np.cos(100.0 * x), id="fast oscillation"
    ),
]


@pytest.mark.parametrize(("function", "slope"), SMOOTH)
def test_central_differences_of_smooth_functions(function: Function, slope: Function) -> None:
    """Within their own error, which is small, however strongly the function bends."""
    found = central(function, POINTS)
    exact = math.fsum(slope(POINTS))
    size = float(np.sum(np.abs(slope(POINTS)))) + 1.0
    assert not found.kink
    assert abs(found.value - exact) <= found.error
    assert found.error <= 1e-8 * size


@pytest.mark.parametrize(("function", "slope"), SMOOTH)
def test_complex_steps_of_smooth_functions(function: Function, slope: Function) -> None:
    """Only rounding is left."""
    growing = 8 * UNIT * (1.0 + np.abs(slope(POINTS)))
    both = Weighted(function, np.ones(5), Rounding(np.zeros(5), growing))
    found = Differences().complex_step(both, POINTS, np.ones(5), reach=1.0)
    exact = math.fsum(slope(POINTS))
    assert abs(found.value - exact) <= found.error + 1e-13 * float(np.sum(np.abs(slope(POINTS))))
    assert found.error <= 1e-12 * (1.0 + float(np.sum(np.abs(slope(POINTS)))))


@pytest.mark.parametrize("function", [np.sin, np.exp, np.tanh])
def test_extrapolation_gives_a_digit_more(function: Function) -> None:
    """Without it, or with another factor, rounding and truncation meet at 2e-9 and more."""
    assert central(function, POINTS).error < 5e-10


def test_bends_at_the_point_itself() -> None:
    """Where a bend is narrow and the point is in the middle of it, steps go down into it."""
    found = central(lambda x: np.sqrt(x**2 + 1e-8), np.array([1e-5]))
    assert not found.kink
    assert abs(found.value - 1e-5 / np.sqrt(1e-10 + 1e-8)) <= found.error < 1e-5


def test_a_linear_function_is_exact_but_for_rounding() -> None:
    """Steps do not go down where larger ones say everything."""
    matrix = np.random.default_rng(0).standard_normal((4, 5))
    found = central(lambda x: matrix @ x, POINTS, weights=np.array([1.0, -2.0, 0.5, 3.0]))
    exact = float(np.array([1.0, -2.0, 0.5, 3.0]) @ matrix @ np.ones(5))
    assert abs(found.value - exact) <= found.error < 1e-11


def relu(x: Array) -> Array:
    """The larger one of x and 0."""
    return np.maximum(x, 0.0)


@pytest.mark.parametrize(
    ("function", "at"),
    [
        pytest.param(np.abs, [0.5, 0.0, -0.3], id="an absolute value at 0"),
        pytest.param(relu, [0.5, 0.0, -0.3], id="a ReLU at 0"),
        pytest.param(
            lambda x: np.array([np.max(x), x[0], x[1]]), [0.75, 0.25, 0.75], id="equal maxima"
        ),
        pytest.param(lambda x: np.clip(x, -1.0, 1.0), [1.0, 0.2, 0.4], id="the end of a range"),
        pytest.param(lambda x: np.sqrt(np.abs(x)), [1.0, 0.0, 0.4], id="an infinite slope"),
        pytest.param(np.log, [1.0, 0.0, 0.4], id="the end of a domain"),
        pytest.param(lambda x: np.floor(x) * x, [1.0, 0.25, 0.4], id="a jump"),
    ],
)
def test_a_kink_is_found(function: Function, at: list[float]) -> None:
    """The slopes to both sides do not approach each other, and no number is given."""
    direction = np.array([0.75, 0.5, 1.0])
    found = central(function, np.array(at), direction=direction)
    assert found.kink
    assert math.isnan(found.value)
    assert found.error == math.inf


def test_kinks_do_not_hide_behind_each_other() -> None:
    """Two kinks of opposite sign look smooth in the sum, and are found in the terms."""
    found = central(np.abs, np.zeros(2), weights=np.array([1.0, -1.0]))
    assert found.kink


def test_a_kink_of_no_weight_is_none() -> None:
    """What does not count cannot spoil a direction."""
    found = central(np.abs, np.array([0.0, 0.5]), weights=np.array([0.0, 2.0]))
    assert not found.kink
    assert abs(found.value - 2.0) <= found.error < 1e-11


@pytest.mark.parametrize("distance", [0.9, 0.5, 0.13, 0.12, 0.06, 1e-2, 1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("slope", [0.0, -1.0, 100.0])
def test_a_kink_nearby_spoils_nothing(slope: float, distance: float) -> None:
    """Steps go down until the kink is out of reach."""
    at = np.array([0.3])

    def bent(x: Array) -> Array:
        return np.where(x > at + distance, slope * (x - at - distance), 0.0) + np.sin(x)

    found = central(bent, at)
    assert not found.kink
    assert abs(found.value - np.cos(0.3)) <= found.error
    assert found.error <= 1e-12 / distance + 1e-8


def test_many_kinks_nearby_spoil_nothing() -> None:
    """Each term has a step of its own."""
    at = np.random.default_rng(1).uniform(-1.0, 1.0, 3000)
    found = central(relu, at)
    assert abs(found.value - np.count_nonzero(at > 0)) <= found.error < 1e-7


@pytest.mark.parametrize("seed", range(10))
def test_rounding_is_part_of_the_error(seed: int) -> None:
    """Function values that are good to 24 bits only give an error to match."""
    at = np.random.default_rng(seed).uniform(-1.0, 1.0, 20)
    function = weighted(
        lambda x: np.sin(x).astype(np.float32).astype(np.float64), np.ones(20), fixed=2.0**-25
    )
    found = Differences().central(function, at, np.ones(20), reach=1.0, enough=0.0)
    assert not found.kink
    assert abs(found.value - np.sum(np.cos(at))) <= found.error < 1e-2


def test_enough_is_enough() -> None:
    """With a coarser error asked for, the steps stop earlier."""
    calls: list[Array] = []

    def sine(x: Array) -> Array:
        calls.append(x)
        return np.sin(x)

    function = weighted(sine, np.ones(5))
    fine = Differences().central(function, POINTS, np.ones(5), reach=1.0, enough=0.0)
    after = len(calls)
    coarse = Differences().central(function, POINTS, np.ones(5), reach=1.0, enough=1e-3)
    assert len(calls) - after < after
    assert fine.error < coarse.error <= 1e-3


def test_operands_of_any_scale() -> None:
    """The reach goes with the operand."""
    scale = 2.0**-70
    found = central(lambda x: np.sin(x / scale), POINTS * scale, reach=scale)
    exact = math.fsum(np.cos(POINTS)) / scale
    assert not found.kink
    assert abs(found.value - exact) <= 1e-8 / scale


def test_no_weights_no_derivative_to_find() -> None:
    """A sum of nothing is 0, exactly."""
    assert central(np.abs, np.zeros(3), weights=np.zeros(3)) == Estimate(0.0, 0.0)


def test_directions() -> None:
    """Both signs, sizes between 1/2 and 1 that take few bits, and the same again for the same
    generator."""
    one = Differences().direction((40, 50), np.random.default_rng(3))
    again = Differences().direction((40, 50), np.random.default_rng(3))
    assert one.shape == (40, 50)
    assert np.array_equal(one, again)
    assert 0.4 < np.mean(one > 0) < 0.6
    assert np.min(np.abs(one)) == 0.5
    assert np.max(np.abs(one)) == 1.0
    assert np.array_equal(one * 256, np.round(one * 256))
    assert np.unique(one).size > 200
