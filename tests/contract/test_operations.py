"""Shapes and refusals of the operations, against torch.nn."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.contract.operations.operation import Operation, ShapeError, default_weight
from oracles.contract.operations.table import OPERATIONS

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(1, 12))
PAIRS = st.lists(st.integers(1, 4), min_size=2, max_size=2)
PADDINGS = st.lists(st.integers(0, 3), min_size=2, max_size=2)


def ours(kind: str, keys: dict[str, Any], *shapes: tuple[int, ...]) -> tuple[int, ...] | None:
    """Output shape for inputs of these shapes, None where the contract refuses."""
    operation = OPERATIONS[kind].model_validate({"type": kind, **keys})
    if list(operation.check()):
        return None
    try:
        return operation.output_shape(shapes)
    except ShapeError:
        return None


def torchs(kind: str, keys: dict[str, Any], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The same of torch, for one sample."""
    arguments = {key: tuple(v) if isinstance(v, list) else v for key, v in keys.items()}
    try:
        with torch.no_grad():
            return tuple(getattr(torch.nn, kind)(**arguments)(torch.zeros(2, *shape)).shape[1:])
    except (RuntimeError, ValueError, IndexError):
        return None


@given(
    shape=SIZES,
    out=st.integers(1, 4),
    kernel_size=PAIRS,
    stride=PAIRS,
    padding=PADDINGS | st.sampled_from(["same", "valid"]),
    dilation=PAIRS,
    groups=st.integers(1, 3),
)
@settings(max_examples=300, deadline=None)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_conv2d(shape: tuple[int, int, int], out: int, groups: int, **keys: Any) -> None:
    """Same shape, or refused by both."""
    keys |= {"in_channels": shape[0], "out_channels": out, "groups": groups}
    assert ours("Conv2d", keys, shape) == torchs("Conv2d", keys, shape)


@given(
    shape=SIZES,
    kernel_size=PAIRS,
    stride=PAIRS,
    padding=PADDINGS,
    dilation=PAIRS,
    ceil=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_max_pool2d(shape: tuple[int, int, int], ceil: bool, **keys: Any) -> None:
    """Same shape, or refused by both; with ceil_mode the last window may be left out."""
    keys |= {"ceil_mode": ceil}
    assert ours("MaxPool2d", keys, shape) == torchs("MaxPool2d", keys, shape)


@given(shape=SIZES, kernel_size=PAIRS, stride=PAIRS, padding=PADDINGS, ceil=st.booleans())
@settings(max_examples=300, deadline=None)
def test_avg_pool2d(shape: tuple[int, int, int], ceil: bool, **keys: Any) -> None:
    """Same shape, or refused by both."""
    keys |= {"ceil_mode": ceil}
    assert ours("AvgPool2d", keys, shape) == torchs("AvgPool2d", keys, shape)


@pytest.mark.parametrize(
    ("kind", "keys", "shape"),
    [
        ("Linear", {"in_features": 5, "out_features": 2}, (5,)),
        ("Linear", {"in_features": 5, "out_features": 2}, (3, 5)),
        ("Linear", {"in_features": 5, "out_features": 2}, (5, 3)),
        ("Flatten", {}, (2, 3, 4)),
        ("Flatten", {"start_dim": 2}, (2, 3, 4)),
        ("Flatten", {"end_dim": 2}, (2, 3, 4)),
        ("Flatten", {"end_dim": -2}, (2, 3, 4)),
        ("Flatten", {"start_dim": 3, "end_dim": -2}, (2, 3, 4)),
        ("Flatten", {"end_dim": 4}, (2, 3, 4)),
        ("ReLU", {}, (2, 3)),
        ("Sigmoid", {}, (2, 3)),
        ("Tanh", {}, (2, 3)),
        ("Identity", {}, (2, 3)),
        ("Dropout", {}, (2, 3)),
        ("Softmax", {"dim": 1}, (2, 3)),
        ("Softmax", {"dim": -2}, (2, 3)),
        ("Softmax", {"dim": 3}, (2, 3)),
        ("ZeroPad2d", {"padding": 2}, (2, 3, 4)),
        ("ZeroPad2d", {"padding": [1, 2, 3, 4]}, (2, 3, 4)),
        ("BatchNorm2d", {"num_features": 2}, (2, 3, 4)),
        ("BatchNorm2d", {"num_features": 3}, (2, 3, 4)),
        ("BatchNorm2d", {"num_features": 2}, (2, 3)),
    ],
)
def test_other_operations(kind: str, keys: dict[str, Any], shape: tuple[int, ...]) -> None:
    """Same shape, or refused by both."""
    assert ours(kind, keys, shape) == torchs(kind, keys, shape)


@pytest.mark.parametrize(
    ("kind", "keys", "shapes", "expected"),
    [
        ("Add", {}, ((2, 3), (2, 3)), (2, 3)),
        ("Cat", {}, ((2, 3), (4, 3)), (6, 3)),
        ("Cat", {"dim": 2}, ((2, 3), (2, 1), (2, 1)), (2, 5)),
        ("Cat", {"dim": 3}, ((2, 3), (2, 3)), None),
        ("Cat", {"dim": 0}, ((2, 3), (2, 3)), None),
    ],
)
def test_operations_of_several_inputs(
    kind: str,
    keys: dict[str, Any],
    shapes: tuple[tuple[int, ...], ...],
    expected: tuple[int, ...] | None,
) -> None:
    """Shapes without the batch axis, dim with it."""
    assert ours(kind, keys, *shapes) == expected


REQUIRED: dict[str, dict[str, Any]] = {
    "Conv2d": {"in_channels": 4, "out_channels": 6, "kernel_size": (2, 3), "groups": 2},
    "MaxPool2d": {"kernel_size": (2, 3)},
    "AvgPool2d": {"kernel_size": (2, 3)},
    "Linear": {"in_features": 4, "out_features": 2},
    "BatchNorm2d": {"num_features": 4},
    "ZeroPad2d": {"padding": (1, 2, 3, 4)},
    "Softmax": {"dim": 1},
}
SAME_IN_TORCH = [kind for kind in OPERATIONS if hasattr(torch.nn, kind)]


def operation(kind: str) -> Operation:
    """An operation with nothing but what it has to have."""
    keys = {k: list(v) if isinstance(v, tuple) else v for k, v in REQUIRED.get(kind, {}).items()}
    return OPERATIONS[kind].model_validate({"type": kind, **keys})


@pytest.mark.parametrize("kind", SAME_IN_TORCH)
def test_defaults_are_torchs(kind: str) -> None:
    """Every attribute that torch's module has as well; pairs where torch has one number."""
    module = getattr(torch.nn, kind)(**REQUIRED.get(kind, {}))
    attributes = {k: v for k, v in operation(kind).attributes().items() if k != "bias"}
    expected = {key: getattr(module, key) for key in attributes}
    as_pairs = {
        key: (value, value) if isinstance(attributes[key], tuple) and type(value) is int else value
        for key, value in expected.items()
    }
    assert attributes == as_pairs


@pytest.mark.parametrize("kind", SAME_IN_TORCH)
def test_parameters_and_buffers_are_torchs(kind: str) -> None:
    """Names, order and shapes."""
    module = getattr(torch.nn, kind)(**REQUIRED.get(kind, {}))
    declared = operation(kind).declared()
    parameters = {array.name: array.shape for array in declared if not array.buffer}
    buffers = {array.name: array.shape for array in declared if array.buffer}
    own = {name: tuple(p.shape) for name, p in module.named_parameters()}
    held = {name: tuple(b.shape) for name, b in module.named_buffers() if b.ndim}
    assert (list(parameters.items()), buffers) == (list(own.items()), held)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["Conv2d", "Linear"])
def test_bias_is_true_or_false_in_the_attributes(kind: str, bias: bool) -> None:
    """And without one there is no parameter of this name."""
    keys = {k: list(v) if isinstance(v, tuple) else v for k, v in REQUIRED[kind].items()}
    layer = OPERATIONS[kind].model_validate({"type": kind, **keys, "bias": bias})
    assert layer.attributes()["bias"] is bias
    assert ("bias" in [array.name for array in layer.declared()]) is bias


@given(st.integers(1, 10**7))
def test_default_weights_are_near_the_standard_scale(fan_in: int) -> None:
    """No other power of two is nearer to sqrt(3 / fan_in)."""
    limit, exact = default_weight(fan_in).high, (3 / fan_in) ** 0.5
    assert abs(limit - exact) <= min(abs(limit / 2 - exact), abs(limit * 2 - exact))
