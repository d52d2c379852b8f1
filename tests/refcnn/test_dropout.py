import numpy as np
import pytest

import refcnn
from tests.refcnn.closeness import assert_all_close, assert_close
from tests.refcnn.torch_twin import drawn


def test_mask_keeps_and_scales() -> None:
    """y = x * mask / (1 - p), and the gradient alike."""
    x, grad_output = drawn((3, 4)), drawn((3, 4), 1)
    mask = np.arange(12).reshape(3, 4) % 3 > 0
    layer = refcnn.Dropout(0.25, mask=mask)
    assert_close(layer.forward(x), x * mask / 0.75)
    assert_close(layer.backward(grad_output), grad_output * mask / 0.75)


def test_mask_may_change_between_passes() -> None:
    """`mask` is read at each forward pass."""
    x, layer = np.ones((1, 2)), refcnn.Dropout(0.5, mask=[[1, 0]])
    first = layer.forward(x)
    layer.mask = np.array([[0, 1]])
    assert_all_close(
        {"first": first, "second": layer.forward(x)},
        {"first": np.array([[2.0, 0.0]]), "second": np.array([[0.0, 2.0]])},
    )


def test_drawn_mask_is_kept_for_backward() -> None:
    """`last_mask` is what both passes used."""
    x = np.ones((50, 40))
    layer = refcnn.Dropout(0.3, generator=np.random.default_rng(0))
    y = layer.forward(x)
    assert layer.last_mask is not None
    assert_close(y, layer.last_mask / 0.7)
    assert_close(layer.backward(x), y)


def test_drawn_masks_differ_and_keep_one_minus_p() -> None:
    """Each training pass draws anew, at the right rate."""
    layer = refcnn.Dropout(0.3, generator=np.random.default_rng(0))
    first, second = layer.forward(np.ones((100, 100))), layer.forward(np.ones((100, 100)))
    assert (first != second).any()
    assert np.mean(first > 0) == pytest.approx(0.7, abs=0.02)


def test_a_generator_makes_masks_repeatable() -> None:
    """Two layers with generators of one seed drop the same."""
    one, two = (refcnn.Dropout(0.5, generator=np.random.default_rng(3)) for _ in range(2))
    assert_close(one.forward(np.ones((5, 5))), two.forward(np.ones((5, 5))))


def test_evaluation_is_the_identity() -> None:
    """The mask is not even looked at."""
    x, grad_output = drawn((3, 4)), drawn((3, 4), 1)
    layer = refcnn.Dropout(0.5, mask=np.zeros((1, 1))).eval()
    assert_close(layer.forward(x), x)
    assert_close(layer.backward(grad_output), grad_output)


@pytest.mark.parametrize(("p", "scale"), [(0.0, 1.0), (1.0, 0.0)], ids=["p is 0", "p is 1"])
def test_limits_of_p(p: float, scale: float) -> None:
    """p = 0 keeps everything, p = 1 nothing."""
    x = drawn((3, 4))
    assert_close(refcnn.Dropout(p).forward(x), x * scale)
