"""One array against one oracle: what is the same, what is different, and what cannot be said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracles.judging.bounds import FLOAT32, FLOAT64
from oracles.judging.comparison import Compared, compare
from oracles.judging.measured import Size

U32 = 2.0**-24


def compared(actual: Any, value: Any, **options: Any) -> Compared:
    """Compare with M = 1 and n = 7 unless told, for drawn data in float32."""
    value = np.asarray(value, dtype=np.float64)
    options.setdefault("size", Size(np.ones(value.shape), 7.0))
    options.setdefault("arithmetic", FLOAT32)
    options.setdefault("drawn", True)
    return compare("step0.forward.conv1", np.asarray(actual), value, oracle="pytorch", **options)


@pytest.mark.parametrize(
    ("actual", "value", "verdict"),
    [
        pytest.param([1.0], [1.0], "exact", id="equal numbers are exact"),
        pytest.param([0.0], [-0.0], "exact", id="zero is zero whatever its sign"),
        pytest.param([1.0 + 8.9 * U32], [1.0], "same", id="nine units of M are allowed for n = 7"),
        pytest.param([1.0 + 9.1 * U32], [1.0], "different", id="more than nine are not"),
        pytest.param([np.nan], [1.0], "different", id="NaN is never right"),
        pytest.param([np.inf], [1.0], "different", id="infinity is not a number"),
        pytest.param([np.inf], [np.inf], "exact", id="equal infinities are equal"),
        pytest.param([-np.inf], [np.inf], "different", id="infinities agree in sign"),
        pytest.param([1.0], [np.inf], "different", id="a number is not infinity"),
        pytest.param([np.inf], [1e39], "same", id="float32 cannot hold 1e39"),
        pytest.param([np.nan], [np.nan], "inherited", id="NaN from NaN is inherited"),
        pytest.param([2.0], [np.nan], "inherited", id="nothing can be said of a NaN"),
        pytest.param([np.nan, 5.0], [np.nan, 1.0], "different", id="but of its neighbours"),
    ],
)
def test_elements(actual: list[float], value: list[float], verdict: str) -> None:
    """Every element is held to the bound, and special values to themselves."""
    assert compared(actual, value).verdict == verdict


def test_nothing_to_add_up_means_equal() -> None:
    """Where every term is zero, M = 0, and the smallest difference is one too many."""
    result = compared([1e-30], [0.0], size=Size(np.zeros(1), 3.0))
    assert result.verdict == "different"
    assert result.max_ratio == np.inf


@pytest.mark.parametrize(
    ("drawn", "units", "verdict"),
    [
        pytest.param(True, 43.0, "same", id="drawn data: 4 + 4 * sqrt(n) units"),
        pytest.param(True, 45.0, "different", id="drawn data: not more"),
        pytest.param(False, 101.0, "same", id="any data: n + 2 units"),
        pytest.param(False, 103.0, "different", id="any data: not more"),
    ],
)
def test_long_sums(drawn: bool, units: float, verdict: str) -> None:
    """Roundings of drawn data cancel; those of constant data may all point the same way."""
    size = Size(np.ones(1), 100.0)
    assert compared([units * U32], [0.0], size=size, drawn=drawn).verdict == verdict


def test_float64_has_two_that_round() -> None:
    """In float64 the oracle rounds as well as the implementation."""
    size = Size(np.ones(1), 7.0)
    allowed = compared([17.9 * 2.0**-53], [0.0], size=size, arithmetic=FLOAT64)
    assert allowed.verdict == "same"
    assert compared([17.9 * 2.0**-53], [0.0], size=size).verdict == "same"
    refused = compared([18.1 * 2.0**-53], [0.0], size=size, arithmetic=FLOAT64)
    assert refused.verdict == "different"


def test_small_errors_everywhere_are_no_rounding() -> None:
    """Each of many elements is inside its bound, but rounding does not do that to all of them."""
    value = np.ones(64)
    result = compared(value + 4.0 * U32, value)
    assert result.divergence is not None
    assert result.divergence.rule == "rms"
    assert result.divergence.wrong == 64


def test_few_elements_have_no_root_mean_square() -> None:
    """The same error in fifteen elements is judged one by one."""
    value = np.ones(15)
    assert compared(value + 4.0 * U32, value).verdict == "same"


@pytest.mark.parametrize(
    ("grid", "magnitude", "verdict"),
    [
        pytest.param(0, 2.0**24 - 1, "different", id="exact sums leave no room"),
        pytest.param(0, 2.0**24, "same", id="sums that may round do"),
        pytest.param(None, 1.0e6, "same", id="off any grid there is rounding"),
    ],
)
def test_lattice(grid: int | None, magnitude: float, verdict: str) -> None:
    """Where every partial sum is exact, equality is asked for."""
    size = Size(np.array([magnitude]), 7.0, grid)
    assert compared([1.0 + magnitude * U32], [1.0], size=size).verdict == verdict


def test_what_is_carried_widens_the_bound() -> None:
    """Rounding in entries that are not exposed may have moved the value."""
    carried = np.array([1e-3])
    assert compared([1.0009], [1.0], carried=carried).verdict == "same"
    assert compared([1.0011], [1.0], carried=carried).verdict == "different"


def test_undecided_elements_are_neither() -> None:
    """An element behind a kink that rounding can turn is not judged; its neighbours are."""
    undecided = np.array([True, False])
    assert compared([5.0, 1.0], [1.0, 1.0], undecided=undecided).verdict == "undecided"
    assert compared([5.0, 2.0], [1.0, 1.0], undecided=undecided).verdict == "different"


def test_a_divergence_shows_the_worst_element_and_its_bound() -> None:
    """What a person reads: index, both numbers, error, bound and what the bound is made of."""
    value = np.zeros((2, 3))
    actual = value.copy()
    actual[0, 1], actual[1, 2] = 1e-3, -1e-2
    divergence = compared(actual, value).divergence
    assert divergence is not None
    assert divergence.index == (1, 2)
    assert (divergence.actual, divergence.expected) == (-1e-2, 0.0)
    assert divergence.error == 1e-2
    assert divergence.bound == pytest.approx(9 * U32, rel=1e-12)
    assert divergence.ratio == pytest.approx(1e-2 / (9 * U32))
    assert (divergence.n, divergence.magnitude, divergence.unit) == (7.0, 1.0, U32)
    assert (divergence.wrong, divergence.total) == (2, 6)


def test_nan_is_shown_before_large_errors() -> None:
    """A NaN is worse than any finite error."""
    divergence = compared([1e9, np.nan], [0.0, 0.0]).divergence
    assert divergence is not None
    assert (divergence.index, divergence.rule) == ((1,), "finite")


def test_nothing_to_compare_is_an_error() -> None:
    """An empty array is never "the same"."""
    with pytest.raises(ValueError, match=r"step0.forward.conv1 has no elements to compare"):
        compared(np.zeros((0, 3)), np.zeros((0, 3)))
