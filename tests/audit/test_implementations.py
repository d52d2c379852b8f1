"""The correct implementations of the audit are what they claim to be."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.audit.alarms import Task, carry_out
from oracles.audit.cases.case import random_case
from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.layers import LAYERS
from oracles.audit.implementations.losses import LOSSES
from oracles.audit.implementations.program import Hidden
from oracles.audit.implementations.sums import SUMS
from oracles.audit.implementations.table import IMPLEMENTATIONS
from oracles.contract import losses
from oracles.contract.operations.table import OPERATIONS

WITH_CONVOLUTIONS = [
    number
    for number in range(200)
    if any(layer["type"] == "Conv2d" for layer in random_case(0, number)["layers"])
    and len(random_case(0, number)["layers"]) < 4
][:3]


def test_no_operation_is_missing() -> None:
    """A new operation or loss needs formulas here as well."""
    assert set(OPERATIONS) - {*LAYERS, "Conv2d"} == set()
    assert set(losses.LOSSES) - set(LOSSES) == set()


@pytest.mark.parametrize("number", WITH_CONVOLUTIONS)
@pytest.mark.parametrize("name", [one.name for one in IMPLEMENTATIONS])
def test_correct_implementation_is_right(name: str, number: int) -> None:
    """Nothing of it is called wrong, in both dtypes, exposed and partly hidden."""
    found = carry_out(Task(0, number, name))
    assert found.alarms == []
    assert found.arrays > 0


@pytest.mark.parametrize("how", SUMS)
def test_orders_of_summation(how: str) -> None:
    """Each adds up the axes it is asked to."""
    array = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(SUMS[how](array, (0, 2)), array.sum(axis=(0, 2)))


def test_choices_are_remembered_and_repeatable() -> None:
    """The same answer to the same question, also when other questions come before."""
    options = {str(i): i for i in range(50)}
    first, second = Choices(5), Choices(5)
    second.one_of("another", options)
    assert first.one_of("question", options) == second.one_of("question", options)
    assert list(first.made) == ["question"]
    assert len({Choices(seed).one_of("question", options) for seed in range(30)}) > 10


def test_hidden_share() -> None:
    """About as many entries are hidden as was asked for."""
    hidden = sum(Hidden(0.3, 1)(f"step0.forward.l{i}") for i in range(1000))
    assert 250 < hidden < 350
