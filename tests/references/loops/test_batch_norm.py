"""BatchNorm2d of two numbers, worked out by hand: mean 2, variance 1, and eps = 3 makes s = 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracles.references.loops.reference import Loops
from tests.references.loops.calls import norm

X = np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
RUNNING: dict[str, Any] = {"running_mean": [4.0], "running_var": [6.0]}


def run(**options: Any) -> Any:
    """With weight 4 and bias 10."""
    return Loops().run(norm(X, [4.0], [10.0], **{"buffers": RUNNING, "eps": 3.0, **options}))


def test_train_mode() -> None:
    """xhat = -1/2 and 1/2."""
    np.testing.assert_array_equal(run().output.ravel(), [8, 12])


def test_its_gradients() -> None:
    """grad = 1, 0: mean 1/2, mean of grad * xhat -1/4, so inside 1 - 1/2 - 1/8 = 3/8 and
    -1/2 + 1/8 = -3/8, times weight / s = 2."""
    (grad_x,), gradients = run().backward(np.array([1.0, 0.0]).reshape(2, 1, 1, 1))
    np.testing.assert_array_equal(grad_x.ravel(), [0.75, -0.75])
    np.testing.assert_array_equal(gradients["weight"], [-0.5])
    np.testing.assert_array_equal(gradients["bias"], [1])


def test_eval_mode() -> None:
    """s = sqrt(6 + 3) = 3, xhat = (1 - 4) / 3 and (3 - 4) / 3; the gradient is grad * 4 / 3."""
    frozen = run(mode="eval")
    np.testing.assert_allclose(frozen.output.ravel(), [6, 10 - 4 / 3], rtol=1e-15)
    (grad_x,), gradients = frozen.backward(np.array([3.0, 0.0]).reshape(2, 1, 1, 1))
    np.testing.assert_array_equal(grad_x.ravel(), [4, 0])
    np.testing.assert_array_equal(gradients["weight"], [-3])
    np.testing.assert_array_equal(gradients["bias"], [3])


@pytest.mark.parametrize(
    ("options", "mean", "variance"),
    [
        pytest.param({"momentum": 0.25}, 3.5, 5.0, id="3/4 old, 1/4 new; variance 2, unbiased"),
        pytest.param({"momentum": "none"}, 2.0, 2.0, id="mean over batches: the first one alone"),
        pytest.param(
            {"momentum": "none", "batches": 3}, 3.5, 5.0, id="the fourth counts a quarter"
        ),
        pytest.param({"momentum": 0.0}, 4.0, 6.0, id="nothing moves"),
        pytest.param({"mode": "eval"}, 4.0, 6.0, id="nor in eval mode"),
    ],
)
def test_running_statistics(options: dict[str, Any], mean: float, variance: float) -> None:
    """After the forward pass, from 4 and 6."""
    buffers = run(**options).buffers
    np.testing.assert_array_equal(buffers["running_mean"], [mean])
    np.testing.assert_array_equal(buffers["running_var"], [variance])


def test_without_running_statistics() -> None:
    """Eval mode takes those of the batch, and there is nothing to remember."""
    fresh = run(mode="eval", buffers={})
    np.testing.assert_array_equal(fresh.output.ravel(), [8, 12])
    assert fresh.buffers == {}


def test_not_affine() -> None:
    """No weight, no bias, and no gradients of them."""
    plain = Loops().run(norm(X, buffers=RUNNING, eps=3.0))
    np.testing.assert_array_equal(plain.output.ravel(), [-0.5, 0.5])
    (grad_x,), gradients = plain.backward(np.array([8.0, 0.0]).reshape(2, 1, 1, 1))
    np.testing.assert_array_equal(grad_x.ravel(), [1.5, -1.5])
    assert gradients == {}
