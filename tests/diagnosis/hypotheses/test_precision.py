"""Too few digits on the way are told apart from a wrong rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import oracles
from oracles.contract.case import Array, Case
from oracles.contract.trace import Trace
from oracles.references.pytorch import evaluate
from oracles.trial import judge
from tests.diagnosis.self_made import definition

Compute = Callable[[Array, Array, Array], Array]


def with_linear(compute: Compute) -> Any:
    """A dense layer with this forward pass, and the right backward pass."""

    def forward(x: Array, layer: Any) -> tuple[Array, Any]:
        weight, bias = layer.parameters["weight"], layer.parameters["bias"]
        return compute(x, weight, bias), (x, weight)

    def backward(grad_output: Array, cache: Any) -> tuple[Array, dict[str, Array]]:
        x, weight = cache
        gradients = {"weight": grad_output.T @ x, "bias": grad_output.sum(axis=0)}
        return grad_output @ weight, gradients

    return oracles.from_functions({"Linear": (forward, backward)})


def in_float32(x: Array, weight: Array, bias: Array) -> Array:
    """The product in float32, the result in the dtype of the input."""
    return (x.astype(np.float32) @ weight.T.astype(np.float32) + bias.astype(np.float32)).astype(
        x.dtype
    )


def in_float16(x: Array, weight: Array, bias: Array) -> Array:
    """The same in float16."""
    y = x.astype(np.float16) @ weight.T.astype(np.float16) + bias.astype(np.float16)
    return y.astype(x.dtype)


def in_integers(x: Array, weight: Array, bias: Array) -> Array:
    """Written into an integer array."""
    y = np.zeros((len(x), len(weight)), dtype=int)
    y[...] = x @ weight.T + bias
    return y.astype(x.dtype)


ROWS = [
    ("dtype.float32_inside", in_float32, "float64"),
    ("dtype.float16_inside", in_float16, "float64"),
    ("dtype.float16_inside", in_float16, "float32"),
    ("dtype.integers_truncated", in_integers, "float32"),
]


@pytest.mark.parametrize(("name", "compute", "dtype"), ROWS, ids=[f"{r[0]}, {r[2]}" for r in ROWS])
def test_too_few_digits_are_named(name: str, compute: Compute, dtype: str) -> None:
    """The answer is the dtype, not an altered rule."""
    case = definition("linear/generic")
    judgement = judge(with_linear(compute), case, dtype)
    assert judgement.diagnosis is not None
    assert [cause.cause for cause in judgement.diagnosis.causes] == [name]


class ByFft:
    """Convolutions by FFT, everything else as PyTorch has it."""

    name = "by FFT"

    def run(self, case: Case, trace: Trace) -> None:
        """The output of the convolution is off as an FFT's is."""
        for name, value in evaluate(case).items():
            array = np.asarray(value)
            if ".forward." in name:
                noise = np.random.default_rng(5).normal(size=array.shape)
                array = array + 1e-6 * noise * np.abs(array).max()
            trace[name] = array.astype(case.dtype)


def test_a_fast_algorithm_is_not_a_mistake() -> None:
    """What is accurate against the whole array is told with the line that declares it."""
    judgement = judge(ByFft(), definition("conv2d/scales_apart"), "float32")
    assert judgement.diagnosis is not None
    causes = [(cause.cause, cause.sort) for cause in judgement.diagnosis.causes]
    assert causes == [("numerics.fast_algorithm", "not-a-bug")]
