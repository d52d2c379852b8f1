"""Convolutions and matrix products small enough to be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracles.references.loops.reference import Loops
from tests.references.loops.calls import call, conv, row

SQUARE = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
KERNEL = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)


def test_a_kernel_of_four() -> None:
    """First output: 1*1 + 2*2 + 3*4 + 4*5 = 37, and 10 of the bias; the kernel is not turned."""
    run = Loops().run(conv(SQUARE, KERNEL, np.array([10.0])))
    np.testing.assert_array_equal(run.output[0, 0], [[47, 57], [77, 87]])


def test_its_gradients() -> None:
    """With 1 above left and 2 below right: kernel = x[0:2, 0:2] + 2 * x[1:3, 1:3]; the image gets
    the kernel above left and twice the kernel below right."""
    run = Loops().run(conv(SQUARE, KERNEL, np.array([10.0])))
    (grad_x,), gradients = run.backward(np.array([[[[1.0, 0.0], [0.0, 2.0]]]]))
    np.testing.assert_array_equal(gradients["weight"][0, 0], [[11, 14], [20, 23]])
    np.testing.assert_array_equal(gradients["bias"], [3])
    np.testing.assert_array_equal(grad_x[0, 0], [[1, 2, 0], [3, 6, 4], [0, 6, 8]])


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param({}, [21, 32, 43, 54, 65], id="x[j] + 10 * x[j + 1]"),
        pytest.param({"padding": "valid"}, [21, 32, 43, 54, 65], id="valid is no padding"),
        pytest.param({"padding": [0, 1]}, [10, 21, 32, 43, 54, 65, 6], id="a zero on both sides"),
        pytest.param({"padding": "same"}, [21, 32, 43, 54, 65, 6], id="same: an odd zero behind"),
        pytest.param({"stride": [1, 2]}, [21, 43, 65], id="every other place"),
        pytest.param({"stride": [1, 3]}, [21, 54], id="a remainder that no window reaches"),
        pytest.param({"dilation": [1, 3]}, [41, 52, 63], id="x[j] + 10 * x[j + 3]"),
        pytest.param({"dilation": [1, 5]}, [61], id="a single place"),
        pytest.param(
            {"padding": "same", "dilation": [1, 3]},
            [30, 41, 52, 63, 4, 5],
            id="one before, two behind",
        ),
        pytest.param(
            {"padding": [0, 1], "dilation": [1, 3], "stride": [1, 2]},
            [30, 52, 4],
            id="padding, dilation and stride",
        ),
    ],
)
def test_a_kernel_of_two_on_a_row(attributes: dict[str, Any], expected: list[float]) -> None:
    """1 and 10 over 1 2 3 4 5 6: the digits say which numbers were met."""
    run = Loops().run(conv(row(1, 2, 3, 4, 5, 6), row(1, 10), **attributes))
    np.testing.assert_array_equal(run.output[0, 0, 0], expected)


@pytest.mark.parametrize(
    ("attributes", "grad_x", "grad_weight"),
    [
        pytest.param({"stride": [1, 3]}, [1, 10, 0, 7, 70, 0], [29, 37], id="stride 3"),
        pytest.param({"dilation": [1, 4]}, [1, 7, 0, 0, 10, 70], [15, 47], id="dilation 4"),
        pytest.param(
            {"padding": [0, 1], "stride": [1, 6]}, [10, 0, 0, 0, 0, 7], [42, 1], id="padding"
        ),
    ],
)
def test_its_gradients_on_a_row(
    attributes: dict[str, Any], grad_x: list[float], grad_weight: list[float]
) -> None:
    """1 comes back from the first place, 7 from the second."""
    run = Loops().run(conv(row(1, 2, 3, 4, 5, 6), row(1, 10), **attributes))
    (actual,), gradients = run.backward(row(1, 7))
    np.testing.assert_array_equal(actual[0, 0, 0], grad_x)
    np.testing.assert_array_equal(gradients["weight"][0, 0, 0], grad_weight)


def test_groups_see_their_own_channels() -> None:
    """Two outputs of the first channel, two of the second, in this order."""
    x = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 2, 1, 2)
    weight = np.array([1.0, 10.0, 100.0, 1000.0]).reshape(4, 1, 1, 1)
    run = Loops().run(conv(x, weight, groups=2))
    expected = [[1, 2], [10, 20], [300, 400], [3000, 4000]]
    np.testing.assert_array_equal(run.output[0, :, 0], expected)
    (grad_x,), gradients = run.backward(np.arange(8.0).reshape(1, 4, 1, 2))
    np.testing.assert_array_equal(grad_x[0, :, 0], [[20, 31], [6400, 7500]])
    np.testing.assert_array_equal(gradients["weight"].ravel(), [2, 8, 32, 46])


def test_infinity_stays_where_it_is_seen() -> None:
    """No zeros are multiplied in between the elements of a dilated kernel."""
    run = Loops().run(conv(row(1, 2, np.inf, 4, 5, 6), row(1, 10), dilation=[1, 3]))
    np.testing.assert_array_equal(run.output[0, 0, 0], [41, 52, np.inf])
    (grad_x,), gradients = run.backward(row(1, 1, 0.5))
    np.testing.assert_array_equal(grad_x[0, 0, 0], [1, 1, 0.5, 10, 10, 5])
    np.testing.assert_array_equal(gradients["weight"][0, 0, 0], [np.inf, 12])


def test_a_complex_kernel_is_not_conjugated() -> None:
    """(1 + 2i) * i = i - 2."""
    x, weight = row(1, 0) + 2j * row(1, 0), 1j * row(1, 0)
    plain = conv(row(0, 0), row(0, 0))
    output = Loops().run(plain.on([x], {"weight": weight})).output
    np.testing.assert_array_equal(output[0, 0, 0], [-2 + 1j])


def test_a_row_times_a_matrix() -> None:
    """1*1 + 2*10 + 100 = 121 and 1*2 + 2*20 + 200 = 242."""
    run = Loops().run(
        call(
            "Linear",
            [[1, 2]],
            parameters={"weight": [[1, 10], [2, 20], [3, 30]], "bias": [100, 200, 300]},
            in_features=2,
            out_features=3,
        )
    )
    np.testing.assert_array_equal(run.output, [[121, 242, 363]])
    (grad_x,), gradients = run.backward(np.array([[1.0, 0.0, 2.0]]))
    np.testing.assert_array_equal(grad_x, [[7, 70]])
    np.testing.assert_array_equal(gradients["weight"], [[1, 2], [0, 0], [2, 4]])
    np.testing.assert_array_equal(gradients["bias"], [1, 0, 2])


def test_axes_between_are_samples_of_their_own() -> None:
    """Gradients of weight and bias add up over all axes but the last."""
    run = Loops().run(
        call(
            "Linear",
            [[[1], [2], [3]]],
            parameters={"weight": [[5]], "bias": [1]},
            in_features=1,
            out_features=1,
        )
    )
    np.testing.assert_array_equal(run.output, [[[6], [11], [16]]])
    (grad_x,), gradients = run.backward(np.array([[[1.0], [10.0], [100.0]]]))
    np.testing.assert_array_equal(grad_x, [[[5], [50], [500]]])
    np.testing.assert_array_equal(gradients["weight"], [[321]])
    np.testing.assert_array_equal(gradients["bias"], [111])
