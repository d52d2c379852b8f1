from typing import Any

import numpy as np
import pytest
import torch

import refcnn
from tests.refcnn.closeness import assert_all_close, assert_close
from tests.refcnn.torch_twin import drawn

GENERATOR = np.random.default_rng
IMAGES = (2, 3, 4, 5)


def probabilities(shape: tuple[int, ...], seed: int) -> Any:
    """Numbers inside (0, 1)."""
    return GENERATOR(seed).uniform(0.05, 0.95, shape)


def shares(shape: tuple[int, ...], seed: int) -> Any:
    """Probabilities that sum to one over the classes."""
    values = probabilities(shape, seed)
    return values / values.sum(axis=1, keepdims=True)


def classes(shape: tuple[int, ...], count: int) -> Any:
    """Class indices."""
    return GENERATOR(3).integers(0, count, shape)


WEIGHT = np.array([0.5, 2.0, 1.25])
SOME_IGNORED = np.array([0, 1, 2, 1, 0, 1])

LOSSES: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    "mse": ("MSELoss", {}, drawn((4, 3)), drawn((4, 3), 1)),
    "mse of images": ("MSELoss", {}, drawn(IMAGES), drawn(IMAGES, 1)),
    "mse of nothing": ("MSELoss", {}, np.zeros((0, 3)), np.zeros((0, 3))),
    "bce": ("BCELoss", {}, probabilities((4, 3), 0), probabilities((4, 3), 1)),
    "bce with weights": (
        "BCELoss", {"weight": WEIGHT}, probabilities((4, 3), 0), probabilities((4, 3), 1),
    ),
    "bce of saturated probabilities": (
        "BCELoss", {}, np.array([[0.0, 1.0, 0.0, 1.0]]), np.array([[0.0, 0.0, 1.0, 1.0]]),
    ),
    "bce of nearly saturated probabilities": (
        "BCELoss", {}, np.array([[1e-15, 1 - 1e-15, 1e-300]]), np.array([[0.5, 0.25, 1.0]]),
    ),
    "bce of logits": ("BCEWithLogitsLoss", {}, drawn((4, 3)), probabilities((4, 3), 1)),
    "bce of large logits": (
        "BCEWithLogitsLoss", {}, np.array([[800.0, -800.0, 40.0]]), np.array([[0.0, 1.0, 0.5]]),
    ),
    "bce of logits with weights": (
        "BCEWithLogitsLoss", {"weight": WEIGHT, "pos_weight": WEIGHT[::-1].copy()},
        drawn((4, 3)), probabilities((4, 3), 1),
    ),
    "cross-entropy of classes": ("CrossEntropyLoss", {}, drawn((6, 3)), classes((6,), 3)),
    "cross-entropy of one class": ("CrossEntropyLoss", {}, drawn((6, 1)), classes((6,), 1)),
    "cross-entropy of pixels": (
        "CrossEntropyLoss", {"weight": WEIGHT}, drawn(IMAGES), classes((2, 4, 5), 3),
    ),
    "cross-entropy of large logits": (
        "CrossEntropyLoss", {}, 800 * drawn((6, 3)), classes((6,), 3),
    ),
    "cross-entropy of impossible classes": (
        "CrossEntropyLoss", {}, np.array([[-np.inf, 1.0, 2.0], [0.0, 1.0, -np.inf]]),
        np.array([1, 0]),
    ),
    "cross-entropy of a lost class": (
        "CrossEntropyLoss", {}, np.array([[-np.inf, 1.0, 2.0]]), np.array([0]),
    ),
    "cross-entropy with weights": (
        "CrossEntropyLoss", {"weight": WEIGHT}, drawn((6, 3)), classes((6,), 3),
    ),
    "cross-entropy with ignored samples": (
        "CrossEntropyLoss", {"ignore_index": 1}, drawn((6, 3)), SOME_IGNORED,
    ),
    "cross-entropy with an ignored index outside": (
        "CrossEntropyLoss", {"weight": WEIGHT}, drawn((6, 3)), np.where(SOME_IGNORED == 1, -100, 0),
    ),
    "cross-entropy with every sample ignored": (
        "CrossEntropyLoss", {"ignore_index": 1}, drawn((6, 3)), np.ones(6, dtype=np.int64),
    ),
    "cross-entropy with smoothed labels": (
        "CrossEntropyLoss", {"label_smoothing": 0.2}, drawn((6, 3)), classes((6,), 3),
    ),
    "cross-entropy with everything": (
        "CrossEntropyLoss", {"weight": WEIGHT, "ignore_index": 1, "label_smoothing": 0.2},
        drawn((6, 3)), SOME_IGNORED,
    ),
    "cross-entropy with everything on pixels": (
        "CrossEntropyLoss", {"weight": WEIGHT, "ignore_index": 2, "label_smoothing": 0.2},
        drawn(IMAGES), classes((2, 4, 5), 3),
    ),
    "cross-entropy of probabilities": ("CrossEntropyLoss", {}, drawn((6, 3)), shares((6, 3), 1)),
    "cross-entropy of probabilities that do not sum to one": (
        "CrossEntropyLoss", {}, drawn((6, 3)), probabilities((6, 3), 1),
    ),
    "cross-entropy of weighted and smoothed probabilities": (
        "CrossEntropyLoss", {"weight": WEIGHT, "label_smoothing": 0.3},
        drawn(IMAGES), shares(IMAGES, 1),
    ),
    "cross-entropy of nothing": (
        "CrossEntropyLoss", {}, np.zeros((0, 3)), np.zeros(0, dtype=np.int64),
    ),
}  # fmt: skip
ROWS = pytest.mark.parametrize(
    ("kind", "options", "prediction", "target"), LOSSES.values(), ids=LOSSES.keys()
)


def torch_loss(kind: str, options: dict[str, Any], reduction: str) -> Any:
    """The torch module with its arrays as tensors."""
    tensors = {
        name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        for name, value in options.items()
    }
    return getattr(torch.nn, kind)(**tensors, reduction=reduction)


def torch_results(loss: Any, prediction: Any, target: Any, upstream: Any) -> dict[str, Any]:
    """Value and gradient by autograd."""
    tensor = torch.from_numpy(prediction).requires_grad_()
    value = loss(tensor, torch.from_numpy(target))
    value.backward(None if upstream is None else torch.from_numpy(np.asarray(upstream)))
    assert tensor.grad is not None
    return {"value": value.detach().numpy(), "gradient": tensor.grad.numpy()}


def our_results(loss: refcnn.Loss, prediction: Any, target: Any, upstream: Any) -> dict[str, Any]:
    """Value and gradient."""
    value = loss.forward(prediction, target)
    return {"value": value, "gradient": loss.backward(upstream)}


@ROWS
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_reduced_loss_is_torchs(
    kind: str, options: dict[str, Any], prediction: Any, target: Any, reduction: str
) -> None:
    """Value and gradient, reductions "mean" and "sum"."""
    ours = getattr(refcnn, kind)(**options, reduction=reduction)
    theirs = torch_loss(kind, options, reduction)
    assert_all_close(
        our_results(ours, prediction, target, None), torch_results(theirs, prediction, target, None)
    )


@ROWS
def test_loss_per_element_is_torchs(
    kind: str, options: dict[str, Any], prediction: Any, target: Any
) -> None:
    """Reduction "none", with a drawn upstream gradient."""
    ours, theirs = (
        getattr(refcnn, kind)(**options, reduction="none"),
        torch_loss(kind, options, "none"),
    )
    upstream = drawn(ours.forward(prediction, target).shape, 7)
    assert_all_close(
        our_results(ours, prediction, target, upstream),
        torch_results(theirs, prediction, target, upstream),
    )


@ROWS
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_batchmean_is_the_sum_over_the_samples(
    kind: str, options: dict[str, Any], prediction: Any, target: Any
) -> None:
    """Whatever the shape of the elements: divided by N."""
    whole = our_results(getattr(refcnn, kind)(**options, reduction="sum"), prediction, target, None)
    expected = {name: value / np.float64(len(prediction)) for name, value in whole.items()}
    ours = getattr(refcnn, kind)(**options, reduction="batchmean")
    assert_all_close(our_results(ours, prediction, target, None), expected)


@pytest.mark.parametrize("reduction", ["mean", "sum", "batchmean"])
def test_factor_and_upstream_multiply(reduction: str) -> None:
    """factor * upstream times the gradient; factor times the value."""
    prediction, target = drawn((4, 3)), drawn((4, 3), 1)
    plain = our_results(refcnn.MSELoss(reduction), prediction, target, None)
    scaled = our_results(refcnn.MSELoss(reduction, factor=0.5), prediction, target, 3.0)
    assert_close(scaled["value"], 0.5 * plain["value"])
    assert_close(scaled["gradient"], 1.5 * plain["gradient"])


def test_half_the_sum_of_squares_has_the_difference_as_gradient() -> None:
    """The loss of most hand-written networks."""
    prediction, target = drawn((4, 3)), drawn((4, 3), 1)
    loss = refcnn.MSELoss("sum", factor=0.5)
    assert_close(loss.forward(prediction, target), 0.5 * ((prediction - target) ** 2).sum())
    assert_close(loss.backward(), prediction - target)


@ROWS
def test_float32_stays_float32(
    kind: str, options: dict[str, Any], prediction: Any, target: Any
) -> None:
    """Value and gradient, although weights and target options may be float64."""
    narrow = target.astype(np.float32) if target.dtype.kind == "f" else target
    loss = getattr(refcnn, kind)(**options)
    results = our_results(loss, prediction.astype(np.float32), narrow, None)
    assert {name: value.dtype for name, value in results.items()} == {
        "value": np.float32,
        "gradient": np.float32,
    }


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.int64])
def test_class_indices_may_be_any_integers(kind: Any) -> None:
    """Signed or not, of any width."""
    loss, prediction = refcnn.CrossEntropyLoss(), drawn((6, 3))
    assert_close(
        loss.forward(prediction, SOME_IGNORED.astype(kind)), loss.forward(prediction, SOME_IGNORED)
    )


@pytest.mark.parametrize(
    ("penalty", "value", "gradient"),
    [
        (refcnn.L2Penalty, 0.5 * (4 + 9) / 4, [0.5 * 4 / 4, 0.5 * -6 / 4, 0.0]),
        (refcnn.L1Penalty, 0.5 * (2 + 3) / 4, [0.5 / 4, -0.5 / 4, 0.0]),
    ],
    ids=["L2", "L1"],
)
def test_penalty_adds_to_loss_and_gradient(
    penalty: type[refcnn.Penalty], value: float, gradient: list[float]
) -> None:
    """Divided by 4 samples; the gradient of |p| at 0 is 0."""
    parameter = refcnn.Parameter(np.array([2.0, -3.0, 0.0]))
    parameter.grad = np.array([1.0, 1.0, 1.0])
    added = penalty({"weight": parameter}, factor=0.5, divisor=4)
    added.add_gradients()
    assert added.value() == value
    assert_close(parameter.grad, 1.0 + np.array(gradient))
