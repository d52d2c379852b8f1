"""What both networks start from."""

import numpy as np
import pytest

from examples.lockstep import lenet5

_F64, _F32 = np.dtype(np.float64), np.dtype(np.float32)


@pytest.mark.parametrize("dtype", [_F32, _F64], ids=str)
def test_the_moved_state_is_one_rounding_unit_away(dtype: np.dtype[np.floating]) -> None:
    """Every weight goes to a number next to it, some up and some down; zero biases stay."""
    generator = np.random.default_rng(6)
    state = lenet5.initial_state(generator, dtype)
    moved = lenet5.moved_by_one_rounding_unit(state, generator)
    weight, neighbour = state["conv2.weight"], moved["conv2.weight"]
    up = neighbour > weight
    assert neighbour.dtype == dtype
    assert np.array_equal(neighbour[up], np.nextafter(weight[up], dtype.type(np.inf)))
    assert np.array_equal(neighbour[~up], np.nextafter(weight[~up], dtype.type(-np.inf)))
    assert 0.4 < up.mean() < 0.6
    assert not moved["conv2.bias"].any()


def test_initial_weights_have_glorots_variance() -> None:
    """2 / (fan_in + fan_out): 2 / (25 * (6 + 16)) for conv2."""
    weight = lenet5.initial_state(np.random.default_rng(7), _F64)["conv2.weight"]
    assert weight.var() == pytest.approx(2 / (25 * 22), rel=0.05)
