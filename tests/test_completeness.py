"""Every operation of the contract has all that an operation needs; what is missing is named.

That every option of an operation stands in a case is the business of tests/cases.
"""

from __future__ import annotations

import pytest
import torch

from oracles.contract.losses import LOSSES
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS
from oracles.judging.magnitudes.losses import FAMILIES
from oracles.judging.rules import LAYER_RULES, OPTIMIZER_RULES
from refcnn import implementation

NOT_MODULES = ("Add", "Cat")
"""Operations that torch has as functions; references/pytorch.py writes them out."""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation(operation: str) -> None:
    """A row of the contract comes with a layer, an oracle and a magnitude rule."""
    assert operation in implementation.LAYERS
    assert operation in NOT_MODULES or hasattr(torch.nn, operation)
    assert operation in LAYER_RULES


@pytest.mark.parametrize("loss", LOSSES)
def test_loss(loss: str) -> None:
    """A loss of the contract comes with refcnn's, an oracle and a magnitude rule."""
    assert loss in implementation.LOSSES
    assert hasattr(torch.nn, loss)
    assert loss in FAMILIES


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizer(optimizer: str) -> None:
    """An optimizer of the contract comes with refcnn's, an oracle and a magnitude rule."""
    assert optimizer in implementation.OPTIMIZERS
    assert hasattr(torch.optim, optimizer)
    assert optimizer in OPTIMIZER_RULES


def test_nothing_is_left_over() -> None:
    """A rule for what the contract does not know is a rule that nothing tests."""
    assert set(LAYER_RULES) == set(OPERATIONS) == set(implementation.LAYERS)
    assert set(FAMILIES) == set(LOSSES) == set(implementation.LOSSES)
    assert set(OPTIMIZER_RULES) == set(OPTIMIZERS) == set(implementation.OPTIMIZERS)
