"""Activations, and layers that move numbers, at values where the answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special

from oracles.references.loops import exponentials
from oracles.references.loops.reference import Loops
from tests.references.loops.calls import Array, call

FAR = np.array([-1e4, -750.0, -40.0, -1.5, -1e-9, 0.0, 1e-9, 0.25, 3.0, 40.0, 750.0, 1e4])
NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("type_", "x", "output", "grad_x"),
    [
        pytest.param("ReLU", [-1, 0, 2], [0, 0, 2], [0, 0, 10], id="ReLU: 0 at 0"),
        pytest.param("ReLU", [NAN, -INF, INF], [NAN, 0, INF], [10, 0, 10], id="ReLU: NaN goes on"),
        pytest.param("Sigmoid", [0, np.log(3)], [0.5, 0.75], [2.5, 1.875], id="Sigmoid"),
        pytest.param("Sigmoid", [-1e4, 1e4], [0, 1], [0, 0], id="Sigmoid, far out"),
        pytest.param("Tanh", [0, np.log(3)], [0, 0.8], [10, 3.6], id="Tanh"),
        pytest.param("Tanh", [-1e4, 1e4], [-1, 1], [0, 0], id="Tanh, far out"),
    ],
)
def test_activation(type_: str, x: Any, output: Any, grad_x: Any) -> None:
    """With 10 coming back from everywhere. sigmoid(log 3) = 3/4, tanh(log 3) = 4/5."""
    run = Loops().run(call(type_, [x]))
    (actual,), _ = run.backward(np.full((1, len(x)), 10.0))
    np.testing.assert_allclose(run.output[0], output, rtol=1e-15)
    np.testing.assert_allclose(actual[0], grad_x, rtol=1e-15)


def test_softmax() -> None:
    """Of 0 and log 3: 1/4 and 3/4. With 8 and 0 coming back the mean is 2, so 1/4 * 6, 3/4 * -2."""
    run = Loops().run(call("Softmax", [[0, np.log(3)]]))
    np.testing.assert_allclose(run.output, [[0.25, 0.75]], rtol=1e-15)
    (grad_x,), _ = run.backward(np.array([[8.0, 0.0]]))
    np.testing.assert_allclose(grad_x, [[1.5, -1.5]], rtol=1e-14)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        pytest.param(exponentials.sigmoid, scipy.special.expit, id="sigmoid"),
        pytest.param(exponentials.softplus, lambda x: -scipy.special.log_expit(-x), id="softplus"),
        pytest.param(
            lambda x: exponentials.softmax(x, 0),
            lambda x: scipy.special.softmax(x, 0),
            id="softmax",
        ),
        pytest.param(
            lambda x: exponentials.log_softmax(x, 0),
            lambda x: scipy.special.log_softmax(x, 0),
            id="log_softmax",
        ),
        pytest.param(exponentials.absolute, np.abs, id="absolute"),
    ],
)
def test_exponentials(actual: Any, expected: Any) -> None:
    """Those of SciPy, near and far; a complex argument without an imaginary part gives the same,
    and nothing overflows on the way."""
    np.testing.assert_allclose(actual(FAR), expected(FAR), rtol=1e-14)
    continued: Array = actual(FAR + 0j)
    np.testing.assert_allclose(continued.real, expected(FAR), rtol=1e-14)
    assert np.all(np.isfinite(continued))


def test_flatten() -> None:
    """The two axes of the middle become one, row by row; back they are two again."""
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    run = Loops().run(call("Flatten", x, start_dim=1, end_dim=2))
    assert run.output.shape == (1, 6, 4)
    np.testing.assert_array_equal(run.output[0, 4], x[0, 1, 1])
    np.testing.assert_array_equal(run.backward(run.output)[0][0], x)


def test_zero_pad() -> None:
    """One to the left, two to the right, none above, one below."""
    run = Loops().run(call("ZeroPad2d", [[[[5, 6]]]], padding=[1, 2, 0, 1]))
    np.testing.assert_array_equal(run.output[0, 0], [[0, 5, 6, 0, 0], [0, 0, 0, 0, 0]])
    (grad_x,), _ = run.backward(np.arange(10.0).reshape(1, 1, 2, 5))
    np.testing.assert_array_equal(grad_x, [[[[1, 2]]]])


def test_cat_and_add() -> None:
    """Cat cuts the gradient where the inputs met, Add gives all of it to each."""
    cat = Loops().run(call("Cat", [[1]], [[2, 3]], [[4]]))
    np.testing.assert_array_equal(cat.output, [[1, 2, 3, 4]])
    parts, _ = cat.backward(np.array([[5.0, 6.0, 7.0, 8.0]]))
    assert [part.tolist() for part in parts] == [[[5]], [[6, 7]], [[8]]]
    add = Loops().run(call("Add", [[1]], [[10]], [[100]]))
    assert add.output.item() == 111
    assert [grad.item() for grad in add.backward(np.array([[7.0]]))[0]] == [7, 7, 7]


def test_dropout() -> None:
    """Kept with 3/4: what is kept is divided by it, forward and backward; in eval mode it stays."""
    run = Loops().run(call("Dropout", [[3, 6]], mask=[[0, 1]], p=0.25))
    np.testing.assert_array_equal(run.output, [[0, 8]])
    np.testing.assert_array_equal(run.backward(np.array([[3.0, 6.0]]))[0][0], [[0, 8]])
    still = Loops().run(call("Dropout", [[3, 6]], mode="eval", p=0.25))
    np.testing.assert_array_equal(still.output, [[3, 6]])
    np.testing.assert_array_equal(still.backward(np.array([[1.0, 2.0]]))[0][0], [[1, 2]])
