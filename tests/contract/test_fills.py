"""Fills: the numbers of the specification, exact in float32, the same wherever they are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.contract import fills
from oracles.contract.fills import Floats, seed_of_name, seed_of_step, splitmix64

SEEDS = st.integers(0, 2**64 - 1)
MASK = 2**64 - 1


def scalar_splitmix64(seed: int, index: int) -> int:
    """Output `index` in Python integers, as the specification has it."""
    z = (seed + (index + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def test_splitmix64_known_answers() -> None:
    """The outputs that every implementation of SplitMix64 gives for this seed."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert splitmix64(1234567, 3).tolist() == expected


@given(SEEDS, st.integers(1, 40), st.integers(0, 20), st.integers(1, 12))
def test_splitmix64_is_that_of_the_specification(
    seed: int, count: int, start: int, stride: int
) -> None:
    """Arrays of NumPy and integers of Python agree, for all seeds, starts and strides."""
    expected = [scalar_splitmix64(seed, start + i * stride) for i in range(count)]
    assert splitmix64(seed, count, start, stride).tolist() == expected


def test_seed_of_a_name_is_its_crc_32() -> None:
    """The check value that every description of CRC-32 gives."""
    assert seed_of_name("123456789") == 0xCBF43926


def test_seed_of_a_step_is_the_first_output() -> None:
    """SplitMix64(seed + step)."""
    assert seed_of_step(1234560, 7) == 6457827717110365317


@pytest.mark.parametrize(
    ("low", "high", "q"),
    [(-1.0, 1.0, 24), (-2.0, 1.0, 23), (0.0, 255.0, 16), (0.5, 1.5, 23), (-(2.0**14), 0.0, 10)],
)
def test_uniform_is_that_of_the_specification(low: float, high: float, q: int) -> None:
    """Value i is low + j * 2^-q, in Python integers."""
    count = int((high - low) * 2**q)
    j = [((scalar_splitmix64(9, i) >> 32) * count) >> 32 for i in range(50)]
    assert fills.uniform((50,), 9, low, high).tolist() == [low + k * 2.0**-q for k in j]


def dyadic(units: int) -> float:
    """A multiple of 2^-10."""
    return units / 1024


@given(SEEDS, st.integers(-(2**24), 2**24 - 1), st.integers(1, 2**24))
def test_uniform_is_exact_in_float32_and_below_high(seed: int, units: int, width: int) -> None:
    """For all limits that are multiples of 2^-10."""
    low, high = dyadic(units), dyadic(min(units + width, 2**24))
    values = fills.uniform((30,), seed, low, high)
    assert np.array_equal(values, values.astype(np.float32))
    assert ((low <= values) & (values < high)).all()


@given(SEEDS, st.integers(-60, 60))
def test_normal_is_exact_in_float32(seed: int, exponent: int) -> None:
    """For all powers of two as standard deviation."""
    values = fills.normal((30,), seed, 2.0**exponent)
    assert np.array_equal(values, values.astype(np.float32))


def test_normal_is_that_of_the_specification() -> None:
    """Value i is the sum of twelve uniforms of 20 bits, less six, times std."""
    top = [[scalar_splitmix64(5, 12 * i + k) >> 44 for k in range(12)] for i in range(20)]
    expected = [(sum(bits) - 6 * 2**20) / 2**20 * 0.25 for bits in top]
    assert fills.normal((20,), 5, 0.25).tolist() == expected


def test_normal_has_mean_0_and_the_standard_deviation_asked_for() -> None:
    """Within five standard errors over 40,000 values."""
    values = fills.normal((40_000,), 1, 2.0)
    assert abs(values.mean()) < 5 * 2.0 / 200
    assert abs(values.std() / 2.0 - 1) < 5 / math.sqrt(2 * 40_000)


@pytest.mark.parametrize(
    ("low", "high", "zeros", "expected"),
    [
        (-2, 2, False, {-2, -1, 1, 2}),
        (-2, 2, True, {-2, -1, 0, 1, 2}),
        (0, 3, False, {1, 2, 3}),
        (-3, 0, False, {-3, -2, -1}),
        (4, 6, False, {4, 5, 6}),
    ],
)
def test_integers_takes_every_integer_asked_for(
    low: int, high: int, zeros: bool, expected: set[int]
) -> None:
    """Both limits included, 0 only if asked for."""
    assert set(fills.integers((500,), 3, low, high, zeros).ravel().tolist()) == expected


def test_arange_counts_in_row_major_order() -> None:
    """The last axis runs fastest."""
    assert fills.arange((2, 3), -1.0, 0.5).tolist() == [[-1, -0.5, 0], [0.5, 1, 1.5]]


def test_bernoulli_compares_the_upper_half() -> None:
    """1 where the upper 32 bits are below p * 2^32."""
    expected = [float((scalar_splitmix64(8, i) >> 32) < 2**30) for i in range(40)]
    assert fills.bernoulli((40,), 8, 0.25).tolist() == expected


def test_bernoulli_of_one_keeps_everything() -> None:
    """As the mask of a Dropout layer with p = 0 has to."""
    assert fills.bernoulli((1000,), 8, 1.0).all()


@given(SEEDS, st.integers(1, 50))
def test_permutation_takes_every_number_once(seed: int, count: int) -> None:
    """0 .. n-1 in some order."""
    assert sorted(fills.permutation((count,), seed).tolist()) == list(range(count))


def test_permutation_is_an_argsort() -> None:
    """Element i is the position of the i-th smallest output."""
    outputs = [scalar_splitmix64(4, i) for i in range(12)]
    expected = sorted(range(12), key=outputs.__getitem__)
    assert fills.permutation((3, 4), 4).ravel().tolist() == expected


def test_classes_takes_every_label() -> None:
    """0 .. K-1."""
    assert set(fills.classes((300,), 2, 5).tolist()) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    "values",
    [
        fills.uniform((2, 3), 1, -1, 1),
        fills.normal((2, 3), 1, 1),
        fills.integers((2, 3), 1, -3, 3, False),
        fills.bernoulli((2, 3), 1, 0.5),
        fills.permutation((2, 3), 1),
        fills.classes((2, 3), 1, 4),
    ],
    ids=["uniform", "normal", "integers", "bernoulli", "permutation", "classes"],
)
def test_fills_are_float64_in_their_shape(values: Floats) -> None:
    """Whatever they are made of."""
    assert (values.dtype.name, values.shape) == ("float64", (2, 3))
