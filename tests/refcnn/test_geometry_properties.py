"""Convolution and pooling over drawn geometries: what torch computes, or both refuse."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.refcnn.closeness import assert_all_close
from tests.refcnn.torch_twin import (
    Results,
    drawn,
    output_shape,
    run_ours,
    run_torch,
    torch_module,
    twin_of,
)

REFUSED: Results = {}

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
paddings = st.tuples(st.integers(0, 2), st.integers(0, 2))
sizes = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))


def unless_refused(run: Callable[[], Results], refusal: type[Exception]) -> Results:
    """What `run` finds, or REFUSED."""
    try:
        return run()
    except refusal:
        return REFUSED


def outcomes(kind: str, shape: tuple[int, ...], **options: Any) -> tuple[Results, Results]:
    """What refcnn and torch make of it."""
    x = drawn(shape, 1)

    def theirs() -> Results:
        module = torch_module(kind, **options)
        return run_torch(module, x, drawn(output_shape(module, x), 2))

    def ours() -> Results:
        layer = twin_of(kind, **options)
        y = layer.forward(x)
        return run_ours(layer, x, drawn(y.shape, 2))

    return unless_refused(ours, ValueError), unless_refused(theirs, RuntimeError)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(sizes, pairs, pairs, paddings, pairs, st.integers(1, 2))
def test_convolution_is_torchs(
    shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> None:
    """Over shapes, kernels, strides, paddings, dilations and groups."""
    channels = shape[1] * groups
    ours, theirs = outcomes(
        "Conv2d",
        (shape[0], channels, *shape[2:]),
        in_channels=channels,
        out_channels=2 * groups,
        kernel_size=kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    assert_all_close(ours, theirs)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(sizes, pairs, pairs, paddings, st.booleans())
def test_max_pooling_is_torchs(
    shape: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool
) -> None:
    """Over shapes, kernels, strides, paddings, both roundings."""
    ours, theirs = outcomes(
        "MaxPool2d",
        shape,
        kernel_size=kernel,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
    )
    assert_all_close(ours, theirs)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(sizes, pairs, pairs, paddings, st.booleans(), st.booleans())
def test_average_pooling_is_torchs(
    shape: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, count_include_pad: bool
) -> None:
    """Over shapes, kernels, strides, paddings, both roundings and divisors."""
    ours, theirs = outcomes(
        "AvgPool2d",
        shape,
        kernel_size=kernel,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
    )
    assert_all_close(ours, theirs)


def test_outcomes_are_not_all_refusals() -> None:
    """The properties above compare something."""
    ours, _ = outcomes("AvgPool2d", (1, 1, 4, 4), kernel_size=(2, 2))
    assert ours != REFUSED
