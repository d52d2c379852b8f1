"""Pooling of a row, worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracles.references.loops.reference import Loops
from tests.references.loops.calls import call, row

ROW = row(3, 1, 4, 1, 5)


def pooled(type_: str, x: Any, kernel: int, stride: int, **attributes: Any) -> Any:
    """Windows of one row; padding, where there is any, is 1."""
    return Loops().run(call(type_, x, kernel_size=[1, kernel], stride=[1, stride], **attributes))


@pytest.mark.parametrize(
    ("x", "kernel", "stride", "attributes", "expected"),
    [
        pytest.param(ROW, 2, 2, {}, [3, 4], id="the 5 is left over"),
        pytest.param(ROW, 2, 2, {"ceil_mode": True}, [3, 4, 5], id="ceil_mode takes it"),
        pytest.param(ROW, 2, 2, {"padding": [0, 1]}, [3, 4, 5], id="padding shifts the windows"),
        pytest.param(-ROW, 2, 2, {"padding": [0, 1]}, [-3, -1, -1], id="padding never wins"),
        pytest.param(ROW, 3, 1, {}, [4, 4, 5], id="overlap"),
        pytest.param(ROW, 2, 1, {"dilation": [1, 3]}, [3, 5], id="dilation: 3 1, 1 5"),
        pytest.param(
            ROW, 2, 3, {"padding": [0, 1], "ceil_mode": True}, [3, 4], id="no window in the padding"
        ),
        pytest.param(ROW, 2, 4, {"ceil_mode": True}, [3, 5], id="a window that starts inside"),
        pytest.param(
            row(1, 2), 2, 1, {"padding": [0, 1], "dilation": [1, 3]}, [-np.inf], id="sees nothing"
        ),
    ],
)
def test_maximum(
    x: Any, kernel: int, stride: int, attributes: dict[str, Any], expected: list[float]
) -> None:
    """Over the numbers of the image that a window has."""
    run = pooled("MaxPool2d", x, kernel, stride, **attributes)
    np.testing.assert_array_equal(run.output[0, 0, 0], expected)


@pytest.mark.parametrize(
    ("x", "grad_x"),
    [
        pytest.param(row(2, 2, 2, 1), [1, 10, 0, 0], id="the first of equal ones"),
        pytest.param(row(1, 2, 2, 1), [0, 11, 0, 0], id="one winner of two windows gets both"),
        pytest.param(row(-1, -2, -3, 0), [1, 0, 0, 10], id="negative numbers"),
    ],
)
def test_gradient_of_a_maximum(x: Any, grad_x: list[float]) -> None:
    """1 from the first window of three, 10 from the second."""
    (actual,), _ = pooled("MaxPool2d", x, 3, 1).backward(row(1, 10))
    np.testing.assert_array_equal(actual[0, 0, 0], grad_x)


def test_a_window_of_two_rows_is_read_row_by_row() -> None:
    """Of equal numbers at (0, 1) and (1, 0) the upper one is first, in every sample and channel."""
    x = np.array([[0.0, 1.0], [1.0, 0.0]])
    run = Loops().run(call("MaxPool2d", np.tile(x, (2, 3, 1, 1)), kernel_size=2))
    (grad_x,), _ = run.backward(np.arange(6.0).reshape(2, 3, 1, 1))
    np.testing.assert_array_equal(grad_x[:, :, 0, 1], [[0, 1, 2], [3, 4, 5]])
    assert np.count_nonzero(grad_x) == 5


def test_a_complex_maximum_goes_by_its_real_part() -> None:
    """And hands the number on whole; of equal real parts the first."""
    x = np.array([1 + 9j, 2 + 1j, 2 + 5j, 0 + 0j]).reshape(1, 1, 1, 4)
    plain = call("MaxPool2d", row(0, 0, 0, 0), kernel_size=[1, 4])
    assert Loops().run(plain.on([x], {})).output.item() == 2 + 1j


@pytest.mark.parametrize(
    ("kernel", "stride", "attributes", "expected"),
    [
        pytest.param(2, 2, {}, [2, 2.5], id="the 5 is left over"),
        pytest.param(2, 2, {"ceil_mode": True}, [2, 2.5, 5], id="the overhang is not counted"),
        pytest.param(2, 2, {"padding": [0, 1]}, [1.5, 2.5, 3], id="padding is counted"),
        pytest.param(
            2, 2, {"padding": [0, 1], "count_include_pad": False}, [3, 2.5, 3], id="or is not"
        ),
        pytest.param(2, 2, {"divisor_override": 4}, [1, 1.25], id="a divisor that is given"),
        pytest.param(
            4, 4, {"padding": [0, 1], "ceil_mode": True}, [2, 2], id="4 + 1 of 3: padding counted"
        ),
        pytest.param(
            4,
            4,
            {"padding": [0, 1], "ceil_mode": True, "count_include_pad": False},
            [8 / 3, 3],
            id="4 + 1 of 2: the image alone",
        ),
        pytest.param(
            4,
            4,
            {"padding": [0, 1], "ceil_mode": True, "divisor_override": 3},
            [8 / 3, 2],
            id="a divisor that is given, for windows cut short too",
        ),
    ],
)
def test_mean(kernel: int, stride: int, attributes: dict[str, Any], expected: list[float]) -> None:
    """Sum of 3 1 4 1 5 over the windows, and what it is divided by."""
    run = pooled("AvgPool2d", ROW, kernel, stride, **attributes)
    np.testing.assert_array_equal(run.output[0, 0, 0], expected)


def test_gradient_of_a_mean() -> None:
    """Shares of 6 / 3 and 30 / 3 where windows overlap; the window in the padding divides by 3
    as well."""
    run = pooled("AvgPool2d", row(0, 0, 0, 0), 3, 2, padding=[0, 1])
    (grad_x,), _ = run.backward(row(6, 30))
    np.testing.assert_array_equal(grad_x[0, 0, 0], [2, 12, 10, 10])


def test_gradient_of_a_square_window() -> None:
    """Each of the four numbers gets a quarter, and each window its own."""
    run = Loops().run(call("AvgPool2d", np.zeros((1, 1, 4, 2)), kernel_size=2))
    (grad_x,), _ = run.backward(np.array([4.0, 8.0]).reshape(1, 1, 2, 1))
    np.testing.assert_array_equal(grad_x[0, 0], [[1, 1], [1, 1], [2, 2], [2, 2]])
