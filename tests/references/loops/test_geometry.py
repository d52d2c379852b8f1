"""Windows of any size, step and padding, against PyTorch: on small integers every sum is exact, so
the two have to be equal."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from oracles.contract.operations.operation import ShapeError
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.reference import Call
from oracles.references.loops.reference import Loops
from oracles.references.pytorch import PyTorch
from tests.references.loops.calls import call

PAIR = st.tuples(st.integers(1, 4), st.integers(1, 4)).map(list)
PADDING = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(list)


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, Any]:
    """Attributes of a Conv2d."""
    groups = draw(st.integers(1, 3))
    padding = draw(st.one_of(PADDING, st.just("valid"), st.just("same")))
    return {
        "type": "Conv2d",
        "in_channels": groups * draw(st.integers(1, 2)),
        "out_channels": groups * draw(st.integers(1, 2)),
        "kernel_size": draw(PAIR),
        "stride": [1, 1] if padding == "same" else draw(PAIR),
        "padding": padding,
        "dilation": draw(PAIR),
        "groups": groups,
        "bias": draw(st.booleans()),
    }


POOLS = st.fixed_dictionaries(
    {
        "type": st.just("MaxPool2d"),
        "kernel_size": PAIR,
        "stride": PAIR,
        "padding": PADDING,
        "dilation": PAIR,
        "ceil_mode": st.booleans(),
    }
)
AVERAGES = st.fixed_dictionaries(
    {
        "type": st.just("AvgPool2d"),
        "kernel_size": PAIR,
        "stride": PAIR,
        "padding": PADDING,
        "ceil_mode": st.booleans(),
        "count_include_pad": st.booleans(),
    },
    optional={"divisor_override": st.sampled_from([-2, 1, 3])},
)


@given(
    attributes=st.one_of(convolutions(), POOLS, AVERAGES),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_windows_are_those_of_pytorch(
    attributes: dict[str, Any], height: int, width: int, seed: int
) -> None:
    """Output shape, output and all gradients, for whatever the contract accepts."""
    made, shape = _made(attributes, height, width, np.random.default_rng(seed))
    run, other = Loops().run(made), PyTorch().run(made)
    assert run.output.shape[1:] == shape
    np.testing.assert_array_equal(run.output, other.output)
    assume(np.all(np.isfinite(run.output)))
    generator = np.random.default_rng(seed + 1)
    grad_output = 12.0 * generator.integers(-3, 4, run.output.shape)
    (grad_x,), gradients = run.backward(grad_output)
    (expected_x,), expected = other.backward(grad_output)
    np.testing.assert_allclose(grad_x, expected_x, rtol=1e-14, atol=1e-13)
    assert gradients.keys() == expected.keys()
    assert all(np.array_equal(gradients[name], expected[name]) for name in gradients)


def _made(
    attributes: dict[str, Any], height: int, width: int, generator: np.random.Generator
) -> tuple[Call, tuple[int, ...]]:
    """The call, and the shape of a sample of its output by the contract."""
    channels = attributes.get("in_channels", 2)
    try:
        operation = OPERATIONS[attributes["type"]].model_validate(attributes)
        assume(not list(operation.check()))
        shape = operation.output_shape(((channels, height, width),))
    except (ShapeError, ValidationError):
        assume(False)
        raise
    parameters = {
        declared.name: generator.integers(-4, 5, declared.shape)
        for declared in operation.declared()
    }
    x = generator.integers(-4, 5, (2, channels, height, width))
    arguments = {key: value for key, value in attributes.items() if key != "type"}
    return call(attributes["type"], x, parameters=parameters, **arguments), shape
