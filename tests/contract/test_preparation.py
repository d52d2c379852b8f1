"""Preparation of samples: in order, in float64, rounded at the end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oracles.contract.definition import Definition
from oracles.contract.preparation import prepare
from tests.contract.snippets import HEAD, RELU, UPSTREAM

Read = Callable[[str], Definition]


def test_all_steps_in_order(read: Read) -> None:
    """raw as the file has it, input as the first layer sees it."""
    text = (
        HEAD + "preparation = [{ reshape = [2, 1, 2] }, { divide = 2 }, { subtract = [1, 0] }]\n"
        '[input]\ndtype = "uint8"\nvalues = [[0, 255, 2, 4]]\n' + RELU + UPSTREAM
    )
    step = read(text).draw("float32").steps[0]
    assert (step.raw.dtype.name, step.raw.tolist()) == ("uint8", [[0, 255, 2, 4]])
    assert (step.input.dtype.name, step.input.tolist()) == ("float32", [[[[-1, 126.5]], [[1, 2]]]])


def test_rounding_happens_once(read: Read) -> None:
    """1 / 255 - 0.13 in float64, then rounded to float32."""
    text = HEAD + "preparation = [{ divide = 255 }, { subtract = 0.13 }]\n"
    text += "[input]\nvalues = [[1, 7]]\n" + RELU + UPSTREAM
    expected = np.array([[1 / 255 - 0.13, 7 / 255 - 0.13]]).astype(np.float32)
    assert np.array_equal(read(text).draw("float32").steps[0].input, expected)


def test_minmax_is_of_each_sample() -> None:
    """The least number of each sample becomes low, the largest high."""
    samples = np.array([[[1.0, 2.0], [3.0, 5.0]], [[0.0, 0.0], [0.0, 8.0]]])
    prepared = prepare(samples, [{"minmax": (-1.0, 1.0)}])
    assert prepared.tolist() == [[[-1, -0.5], [0, 1]], [[-1, -1], [-1, 1]]]


def test_samples_are_reshaped_in_row_major_order() -> None:
    """Each sample by itself."""
    samples = np.arange(8.0).reshape(2, 4)
    assert prepare(samples, [{"reshape": (2, 2)}])[1].tolist() == [[4, 5], [6, 7]]


def test_a_channel_is_axis_0_of_the_sample() -> None:
    """A mean for each channel, whatever axes follow."""
    prepared = prepare(np.zeros((1, 2, 1, 3)), [{"subtract": (1.0, 2.0)}])
    assert prepared.tolist() == [[[[-1, -1, -1]], [[-2, -2, -2]]]]
