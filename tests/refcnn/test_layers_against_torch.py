from typing import Any

import numpy as np
import pytest
import torch

import refcnn
from tests.refcnn.closeness import assert_all_close, assert_close
from tests.refcnn.torch_twin import drawn, output_shape, pair_of, run_ours, run_torch

# torch says that it makes a padded copy for even kernels.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")

IMAGES = (2, 4, 9, 7)
CONV = {"in_channels": 4, "out_channels": 6}

LAYERS: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "conv of an odd kernel": ("Conv2d", {**CONV, "kernel_size": 3}, IMAGES),
    "conv of a kernel per axis": ("Conv2d", {**CONV, "kernel_size": (4, 2)}, IMAGES),
    "conv as large as the image": ("Conv2d", {**CONV, "kernel_size": (9, 7)}, IMAGES),
    "conv of one pixel": ("Conv2d", {**CONV, "kernel_size": 1}, IMAGES),
    "conv with a stride that leaves a rest": (
        "Conv2d",
        {**CONV, "kernel_size": 3, "stride": (4, 3)},
        IMAGES,
    ),
    "conv with a stride larger than the kernel": (
        "Conv2d",
        {**CONV, "kernel_size": 2, "stride": (3, 4)},
        IMAGES,
    ),
    "conv with padding per axis": (
        "Conv2d",
        {**CONV, "kernel_size": (3, 2), "padding": (2, 1)},
        IMAGES,
    ),
    "conv with more padding than kernel": (
        "Conv2d",
        {**CONV, "kernel_size": 2, "padding": (3, 4)},
        IMAGES,
    ),
    "conv with dilation per axis": (
        "Conv2d",
        {**CONV, "kernel_size": (3, 2), "dilation": (2, 3)},
        IMAGES,
    ),
    "conv with everything": (
        "Conv2d",
        {
            **CONV,
            "kernel_size": (3, 2),
            "stride": (2, 3),
            "padding": (1, 2),
            "dilation": (2, 1),
            "groups": 2,
        },
        IMAGES,
    ),
    "conv in groups": ("Conv2d", {**CONV, "kernel_size": (3, 2), "groups": 2}, IMAGES),
    "conv depthwise with a multiplier": (
        "Conv2d",
        {"in_channels": 3, "out_channels": 6, "kernel_size": 3, "groups": 3},
        (2, 3, 8, 6),
    ),
    "conv without bias": ("Conv2d", {**CONV, "kernel_size": 3, "bias": False}, IMAGES),
    "conv with padding same": (
        "Conv2d",
        {**CONV, "kernel_size": (4, 3), "padding": "same", "dilation": (1, 2)},
        IMAGES,
    ),
    "conv with padding valid": (
        "Conv2d",
        {**CONV, "kernel_size": (4, 3), "padding": "valid", "stride": 2},
        IMAGES,
    ),
    "conv of no samples": ("Conv2d", {**CONV, "kernel_size": 3}, (0, 4, 9, 7)),
    "conv where all sizes coincide": (
        "Conv2d",
        {"in_channels": 3, "out_channels": 3, "kernel_size": 3},
        (3, 3, 3, 3),
    ),
    "max pool": ("MaxPool2d", {"kernel_size": 2}, IMAGES),
    "max pool of overlapping windows": (
        "MaxPool2d",
        {"kernel_size": (3, 2), "stride": (2, 1)},
        IMAGES,
    ),
    "max pool with padding": (
        "MaxPool2d",
        {"kernel_size": (4, 2), "stride": (3, 2), "padding": (2, 1)},
        IMAGES,
    ),
    "max pool with dilation": (
        "MaxPool2d",
        {"kernel_size": (3, 2), "dilation": (2, 3), "stride": 1, "padding": 1},
        IMAGES,
    ),
    "max pool in ceil mode": (
        "MaxPool2d",
        {"kernel_size": (2, 3), "stride": (2, 3), "ceil_mode": True},
        IMAGES,
    ),
    "max pool in ceil mode whose last window would start in the padding": (
        "MaxPool2d",
        {"kernel_size": 2, "stride": 2, "padding": 1, "ceil_mode": True},
        (2, 3, 5, 7),
    ),
    "max pool of no samples": ("MaxPool2d", {"kernel_size": 2}, (0, 4, 9, 7)),
    "average pool": ("AvgPool2d", {"kernel_size": (2, 3)}, IMAGES),
    "average pool of overlapping windows": (
        "AvgPool2d",
        {"kernel_size": (3, 2), "stride": (2, 1)},
        IMAGES,
    ),
    "average pool that counts padding": (
        "AvgPool2d",
        {"kernel_size": (4, 2), "stride": (3, 2), "padding": (2, 1)},
        IMAGES,
    ),
    "average pool that does not count padding": (
        "AvgPool2d",
        {"kernel_size": (4, 2), "stride": (3, 2), "padding": (2, 1), "count_include_pad": False},
        IMAGES,
    ),
    "average pool in ceil mode": (
        "AvgPool2d",
        {"kernel_size": (2, 3), "stride": (2, 3), "ceil_mode": True},
        IMAGES,
    ),
    "average pool in ceil mode with padding": (
        "AvgPool2d",
        {"kernel_size": 4, "stride": 3, "padding": (1, 2), "ceil_mode": True},
        (2, 3, 9, 8),
    ),
    "average pool in ceil mode that does not count padding": (
        "AvgPool2d",
        {
            "kernel_size": 4,
            "stride": 3,
            "padding": (1, 2),
            "ceil_mode": True,
            "count_include_pad": False,
        },
        (2, 3, 9, 8),
    ),
    "average pool with a divisor of its own": (
        "AvgPool2d",
        {"kernel_size": (2, 3), "padding": 1, "divisor_override": 5},
        IMAGES,
    ),
    "average pool of no samples": ("AvgPool2d", {"kernel_size": 2}, (0, 4, 9, 7)),
    "linear": ("Linear", {"in_features": 5, "out_features": 3}, (4, 5)),
    "linear without bias": ("Linear", {"in_features": 5, "out_features": 3, "bias": False}, (4, 5)),
    "linear on the last of four axes": (
        "Linear",
        {"in_features": 5, "out_features": 3},
        (2, 3, 4, 5),
    ),
    "linear of one vector": ("Linear", {"in_features": 5, "out_features": 3}, (5,)),
    "linear of no samples": ("Linear", {"in_features": 5, "out_features": 3}, (0, 5)),
    "flatten": ("Flatten", {}, IMAGES),
    "flatten of some axes": ("Flatten", {"start_dim": 1, "end_dim": 2}, IMAGES),
    "flatten of all axes": ("Flatten", {"start_dim": 0}, IMAGES),
    "flatten of no samples": ("Flatten", {}, (0, 4, 9, 7)),
    "relu": ("ReLU", {}, IMAGES),
    "sigmoid": ("Sigmoid", {}, IMAGES),
    "tanh": ("Tanh", {}, IMAGES),
    "softmax over features": ("Softmax", {"dim": 1}, (4, 5)),
    "softmax over channels": ("Softmax", {"dim": 1}, IMAGES),
    "softmax over the last axis": ("Softmax", {"dim": -1}, IMAGES),
    "softmax of no samples": ("Softmax", {"dim": 1}, (0, 5)),
    "zero padding": ("ZeroPad2d", {"padding": 2}, IMAGES),
    "zero padding per side": ("ZeroPad2d", {"padding": (1, 2, 3, 4)}, IMAGES),
    "identity": ("Identity", {}, IMAGES),
    "batch norm": ("BatchNorm2d", {"num_features": 4}, IMAGES),
    "batch norm with another eps and momentum": (
        "BatchNorm2d",
        {"num_features": 4, "eps": 0.5, "momentum": 0.3},
        IMAGES,
    ),
    "batch norm of one sample": ("BatchNorm2d", {"num_features": 4}, (1, 4, 9, 7)),
    "batch norm without parameters": ("BatchNorm2d", {"num_features": 4, "affine": False}, IMAGES),
    "batch norm without running statistics": (
        "BatchNorm2d",
        {"num_features": 4, "track_running_stats": False},
        IMAGES,
    ),
    "batch norm with a cumulative average": (
        "BatchNorm2d",
        {"num_features": 4, "momentum": None},
        IMAGES,
    ),
    "batch norm of no samples": ("BatchNorm2d", {"num_features": 4}, (0, 4, 9, 7)),
}


@pytest.mark.parametrize(("kind", "options", "shape"), LAYERS.values(), ids=LAYERS.keys())
def test_layer_computes_what_torch_computes(
    kind: str, options: dict[str, Any], shape: tuple[int, ...]
) -> None:
    """Output, every gradient and every buffer of one training pass."""
    ours, theirs = pair_of(kind, **options)
    x = drawn(shape, seed=1)
    grad_output = drawn(output_shape(theirs, x), seed=2)
    assert_all_close(run_ours(ours, x, grad_output), run_torch(theirs, x, grad_output))


BATCH_NORMS = {name: row for name, row in LAYERS.items() if row[0] == "BatchNorm2d"}


@pytest.mark.parametrize(("kind", "options", "shape"), BATCH_NORMS.values(), ids=BATCH_NORMS.keys())
def test_batch_norm_follows_torch_over_two_batches_and_into_evaluation(
    kind: str, options: dict[str, Any], shape: tuple[int, ...]
) -> None:
    """Running statistics after two different batches, then a pass with backward in evaluation."""
    ours, theirs = pair_of(kind, **options)
    x, other, grad_output = drawn(shape, 1), 3 * drawn(shape, 2) + 1, drawn(shape, 3)
    assert_all_close(run_ours(ours, x, grad_output), run_torch(theirs, x, grad_output))
    assert_all_close(run_ours(ours, other, grad_output), run_torch(theirs, other, grad_output))
    ours.eval()
    theirs.eval()
    assert_all_close(run_ours(ours, x, grad_output), run_torch(theirs, x, grad_output))


SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 800.0, -800.0, 1e-320, 1.0]


@pytest.mark.parametrize("kind", ["ReLU", "Sigmoid", "Tanh"])
def test_activation_treats_special_values_as_torch_does(kind: str) -> None:
    """NaN, infinities, zeros, values whose exponential overflows."""
    ours, theirs = pair_of(kind)
    x, grad_output = np.array(SPECIAL), drawn((len(SPECIAL),))
    assert_all_close(run_ours(ours, x, grad_output), run_torch(theirs, x, grad_output))


def test_relu_stops_infinite_gradients() -> None:
    """The gradient of a value that was cut is 0, not infinity times 0."""
    ours, theirs = pair_of("ReLU")
    x, grad_output = np.array([-1.0, 0.0, 2.0]), np.full(3, np.inf)
    assert_all_close(run_ours(ours, x, grad_output), run_torch(theirs, x, grad_output))


@pytest.mark.parametrize(
    "row",
    [[800.0, 0.0, -800.0], [1e308, 1e308, -1e308], [-np.inf, 0.0, 1.0], [-np.inf] * 3],
    ids=["large", "largest", "one -inf", "only -inf"],
)
def test_softmax_treats_extreme_values_as_torch_does(row: list[float]) -> None:
    """Differences that overflow, classes that are impossible, NaN where all are."""
    ours, theirs = pair_of("Softmax", dim=1)
    x, grad_output = np.array([row]), drawn((1, 3))
    assert_all_close(run_ours(ours, x, grad_output), run_torch(theirs, x, grad_output))


def test_add_sums_its_inputs() -> None:
    """And hands each of them the whole gradient."""
    a, b, c, grad_output = (drawn((2, 3), seed) for seed in range(4))
    layer = refcnn.Add()
    assert_close(layer.forward(a, b, c), a + b + c)
    assert_all_close(
        dict(zip("abc", layer.backward(grad_output), strict=True)),
        dict.fromkeys("abc", grad_output),
    )


@pytest.mark.parametrize("dim", [0, 1, 3, -2], ids=lambda dim: f"along axis {dim}")
def test_cat_joins_and_splits_as_torch_does(dim: int) -> None:
    """Inputs of different length along the axis."""
    shapes = [(2, 3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 5)]
    shapes[1] = tuple(n + (i == dim % 4) for i, n in enumerate(shapes[1]))  # type: ignore[assignment]
    arrays = [drawn(shape, seed) for seed, shape in enumerate(shapes)]
    tensors = [torch.from_numpy(array).requires_grad_() for array in arrays]
    joined = torch.cat(tensors, dim)
    grad_output = drawn(tuple(joined.shape), 9)
    joined.backward(torch.from_numpy(grad_output))

    layer = refcnn.Cat(dim)
    assert_close(layer.forward(*arrays), joined.detach().numpy())
    assert_all_close(
        dict(zip("abc", layer.backward(grad_output), strict=True)),
        dict(zip("abc", [tensor.grad for tensor in tensors], strict=True)),
    )
