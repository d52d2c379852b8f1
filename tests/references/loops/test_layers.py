"""What holds for every layer of loops, whatever it computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from oracles.contract.operations.table import OPERATIONS
from oracles.contract.reference import Call
from oracles.references.loops.reference import Loops
from oracles.references.pytorch import PyTorch
from tests.references.loops.calls import CALLS, Array

STEP = 1e-30
"""Imaginary part of a complex step: its square is nothing beside 1."""

each_call = pytest.mark.parametrize("call", [pytest.param(c, id=id_) for id_, c in CALLS.items()])


def _direction(like: Sequence[Array], seed: int) -> list[Array]:
    generator = np.random.default_rng(seed)
    return [generator.standard_normal(array.shape) for array in like]


@each_call
def test_gradients_are_those_of_the_complex_step(call: Call) -> None:
    """The backward formulas against the forward ones, along one direction in all operands."""
    run = Loops().run(call)
    names = list(call.parameters)
    operands = [*call.inputs, *call.parameters.values()]
    directions = _direction(operands, seed=1)
    (grad_output,) = _direction([run.output], seed=2)
    moved = [x + 1j * STEP * d for x, d in zip(operands, directions, strict=True)]
    inputs, parameters = moved[: len(call.inputs)], moved[len(call.inputs) :]
    there = call.on(inputs, dict(zip(names, parameters, strict=True)), call.mask)
    along = np.sum(Loops().run(there).output.imag / STEP * grad_output)
    grad_inputs, gradients = run.backward(grad_output)
    everything = [*grad_inputs, *(gradients[name] for name in names)]
    products = [np.sum(g * d) for g, d in zip(everything, directions, strict=True)]
    size = sum(np.sum(np.abs(g * d)) for g, d in zip(everything, directions, strict=True))
    assert abs(along - sum(products)) <= 1e-13 * size


@each_call
def test_a_complex_step_of_nothing_changes_nothing(call: Call) -> None:
    """The real part of the continued formula is the formula."""
    real = Loops().run(call).output
    inputs = [x.astype(np.complex128) for x in call.inputs]
    parameters = {p: array.astype(np.complex128) for p, array in call.parameters.items()}
    continued = Loops().run(call.on(inputs, parameters, call.mask)).output
    np.testing.assert_allclose(continued.real, real, rtol=1e-13, atol=1e-15)
    assert real.dtype == np.float64


@each_call
def test_output_buffers_and_gradients_are_those_of_pytorch(call: Call) -> None:
    """With options that no case of the project has in this combination."""
    run, other = Loops().run(call), PyTorch().run(call)
    (grad_output,) = _direction([run.output], seed=3)
    grad_inputs, gradients = run.backward(grad_output)
    expected_inputs, expected = other.backward(grad_output)
    _assert_close({"output": run.output}, {"output": other.output})
    _assert_close(run.buffers, other.buffers)
    _assert_close(dict(enumerate(grad_inputs)), dict(enumerate(expected_inputs)))
    _assert_close(gradients, expected)


def _assert_close(actual: Mapping[Any, Array], expected: Mapping[Any, Array]) -> None:
    assert actual.keys() == expected.keys()
    for name, array in actual.items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-11, atol=1e-13, err_msg=str(name))


@each_call
def test_nothing_is_shared_with_the_caller(call: Call) -> None:
    """Operands stay as they are, and what comes out is no view of them."""
    before = [x.copy() for x in call.inputs]
    run = Loops().run(call)
    grad_output = np.ones_like(run.output)
    grad_inputs, _ = run.backward(grad_output)
    outcome = [run.output, *run.buffers.values(), *grad_inputs]
    memory = [*call.inputs, *call.buffers.values(), grad_output]
    assert not any(np.shares_memory(one, other) for one in outcome for other in memory)
    run.output.fill(np.nan)
    assert all(np.array_equal(x, y) for x, y in zip(call.inputs, before, strict=True))
    np.testing.assert_array_equal(run.backward(grad_output)[0][0], grad_inputs[0])


@each_call
def test_float32_operands_are_computed_in_float64(call: Call) -> None:
    """Nothing is rounded again on the way."""
    inputs = [x.astype(np.float32) for x in call.inputs]
    parameters = {p: array.astype(np.float32) for p, array in call.parameters.items()}
    narrow = Loops().run(call.on(inputs, parameters, call.mask))
    widened = {p: array.astype(np.float64) for p, array in parameters.items()}
    wide = Loops().run(call.on([x.astype(np.float64) for x in inputs], widened, call.mask))
    assert narrow.output.dtype == np.float64
    np.testing.assert_array_equal(narrow.output, wide.output)


@each_call
def test_nan_goes_through(call: Call) -> None:
    """A number that is lost stays lost in the output."""
    lost = tuple(np.full_like(x, np.nan) for x in call.inputs)
    output = Loops().run(replace(call, inputs=lost)).output
    assert np.any(np.isnan(output))


def test_every_type_of_layer_is_called() -> None:
    """No operation of the contract is without a row above."""
    assert {call.layer.type for call in CALLS.values()} == set(OPERATIONS)
