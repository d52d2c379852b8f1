"""What loops has formulas for, and what it declines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from oracles.contract.errors import Unsupported
from oracles.contract.losses import LOSSES, PenaltyTable
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS
from oracles.contract.reference import Call
from oracles.references.loops import table
from oracles.references.loops.reference import Loops
from tests.judging.building import layer, loss_case
from tests.references.loops.calls import call, conv

PENALTIES = get_args(PenaltyTable.model_fields["type"].annotation)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_its_formulas(operation: str) -> None:
    """A row of the contract without one is named here."""
    assert operation in table.OPERATIONS


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_has_its_formulas(loss: str) -> None:
    """A loss without one is named here."""
    assert loss in table.LOSSES


@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_penalty_has_its_formulas(penalty: str) -> None:
    """A penalty without one is named here."""
    assert penalty in table.PENALTIES


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_has_its_formulas(optimizer: str) -> None:
    """An optimizer without one is named here."""
    assert optimizer in table.OPTIMIZERS


def test_nothing_is_left_over() -> None:
    """A formula for what the contract does not know is one that nobody can ask for."""
    assert set(table.OPERATIONS) == set(OPERATIONS)
    assert set(table.LOSSES) == set(LOSSES)
    assert set(table.PENALTIES) == set(PENALTIES)
    assert set(table.OPTIMIZERS) == set(OPTIMIZERS)


def _zeros(*shape: int) -> Any:
    """Zeros that take no memory."""
    return np.broadcast_to(np.zeros(()), shape)


@pytest.mark.parametrize(
    ("too_large", "products"),
    [
        pytest.param(
            lambda: conv(_zeros(2, 3, 101, 102), _zeros(5, 3, 2, 3)),
            "1,800,000",
            id="Conv2d: N * O * C * KH * KW at 100 x 100 places",
        ),
        pytest.param(
            lambda: conv(_zeros(1, 6, 201, 201), _zeros(20, 3, 3, 3), groups=2, stride=2),
            "21,384,540",
            id="Conv2d: C of a group, and every place though only every other one is kept",
        ),
        pytest.param(
            lambda: call(
                "Linear",
                _zeros(7, 1000),
                parameters={"weight": _zeros(150, 1000), "bias": _zeros(150)},
                in_features=1000,
                out_features=150,
            ),
            "1,050,000",
            id="Linear: N * F * O",
        ),
        pytest.param(
            lambda: call("MaxPool2d", _zeros(1, 2, 300, 300), kernel_size=[3, 2], stride=1),
            "1,069,224",
            id="MaxPool2d: N * C * OH * OW * KH * KW",
        ),
        pytest.param(
            lambda: call("AvgPool2d", _zeros(1, 11, 302, 302), kernel_size=2),
            "1,003,244",
            id="AvgPool2d: N * C * OH * OW * KH * KW",
        ),
        pytest.param(
            lambda: call("ReLU", _zeros(10**6, 10**7)), "10,000,000,000,000", id="ReLU: numbers"
        ),
        pytest.param(
            lambda: call("Cat", _zeros(1, 10**6), _zeros(1, 1)), "1,000,001", id="Cat: all inputs"
        ),
        pytest.param(
            lambda: call("ZeroPad2d", _zeros(1, 1, 1, 1), padding=[999, 0, 1000, 0]),
            "1,001,000",
            id="ZeroPad2d: numbers that come out",
        ),
    ],
)
def test_what_takes_too_long_is_declined(too_large: Any, products: str) -> None:
    """With the number of products, and before memory is taken for any."""
    with pytest.raises(Unsupported, match=f"layer .* would take {products} products in loops"):
        Loops().run(too_large())


def test_the_limit_itself_is_done() -> None:
    """10 ** 6, and the message names it for one more."""
    assert Loops().run(call("Identity", _zeros(1000, 1000))).output.size == 10**6
    with pytest.raises(Unsupported, match=r"which does at most 1,000,000$"):
        Loops().run(call("Identity", _zeros(1, 10**6 + 1)))


def test_what_has_no_formula_is_declined() -> None:
    """By name: a layer, a loss, an optimizer."""
    with pytest.raises(Unsupported, match="loops has no formula for Fold"):
        Loops().run(Call(layer("Fold"), (np.zeros(1),), {}, {}, "train"))
    case = loss_case("MSELoss", np.zeros((2, 3)))
    huber = replace(case, loss={**(case.loss or {}), "type": "HuberLoss"})
    with pytest.raises(Unsupported, match="loops has no formula for HuberLoss"):
        Loops().loss(huber, huber.steps[0], np.zeros((2, 3)))
    adam = replace(case, optimizer={"type": "Adam", "parameters": {}})
    with pytest.raises(Unsupported, match="loops has no formula for Adam"):
        Loops().update(adam, adam.steps[0], {}, {}, {})
