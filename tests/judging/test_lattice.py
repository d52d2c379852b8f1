"""Arrays on a dyadic grid."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.judging import lattice


@pytest.mark.parametrize(
    ("values", "exponent"),
    [
        pytest.param([1.0, -3.0, 2.0], 0, id="integers"),
        pytest.param([4.0, 12.0, 0.0], 2, id="multiples of four, zero among them"),
        pytest.param([0.75, 1.0], -2, id="quarters"),
        pytest.param([0.1], -55, id="a tenth has all 53 bits"),
        pytest.param([2.0**-1074], -1074, id="the smallest number there is"),
        pytest.param([np.inf], None, id="infinity lies on no grid"),
        pytest.param([1.0, np.nan], None, id="nor does what is no number"),
    ],
)
def test_grid(values: list[float], exponent: int | None) -> None:
    """The coarsest power of two that every element is a multiple of."""
    assert lattice.grid(np.array(values)) == exponent


@pytest.mark.parametrize(
    ("factor", "exponent"),
    [(0.25, -2), (2.0, 1), (1.0, 0), (-0.5, -1), (1.0 / 9.0, None), (0.0, None)],
)
def test_scale(factor: float, exponent: int | None) -> None:
    """A power of two moves a grid, any other factor leaves it."""
    assert lattice.scale(factor) == exponent


def test_zeros_lie_on_every_grid() -> None:
    """A sum with zeros is as coarse as the rest of it."""
    zeros, ones = lattice.grid(np.zeros(3)), lattice.grid(np.ones(3))
    assert lattice.common(zeros, ones) == 0
    assert lattice.common(ones, None) is None
    assert lattice.product(ones, None) is None
