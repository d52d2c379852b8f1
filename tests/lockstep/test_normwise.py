"""Who declares a fast algorithm is held to what rounding does there by norms."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import oracles
from oracles.contract.case import Layer
from oracles.judging.lockstep import Lockstep
from tests.lockstep.small_case import small_case
from tests.lockstep.torch_by_hand import TorchByHand


class _Declaring(TorchByHand):
    """As it is, with an algorithm."""

    algorithm = "normwise"


class _DeclaringAnother(TorchByHand):
    """One that nobody knows."""

    algorithm = "fast"


def _transformed(layer: Layer, y: Tensor) -> Tensor:
    """What a transform does to every number, also to the small ones."""
    if layer.type != "Conv2d":
        return y
    return y + 2.0**-19 * (1 - 2 * (torch.arange(y.numel()) % 2)).reshape(y.shape)


def _trained(folder: Path, kind: type[TorchByHand]) -> Lockstep:
    return oracles.lockstep(kind(rounded=_transformed), small_case(folder), "float32", 3)


@pytest.mark.parametrize(
    ("kind", "outcome", "wrong"),
    [
        pytest.param(_Declaring, "inside", None, id="declared"),
        pytest.param(TorchByHand, "outside", "step0.forward.conv", id="not declared"),
    ],
)
def test_sums_of_products_are_held_to_norms_where_that_is_declared(
    tmp_path: Path, kind: type[TorchByHand], outcome: str, wrong: str | None
) -> None:
    """In the tube, and in each step by itself."""
    result = _trained(tmp_path, kind)
    first = result.first_wrong
    assert (result.outcome, first and first.entry) == (outcome, wrong)


def test_an_algorithm_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    """As the judge has it."""
    result = _trained(tmp_path, _DeclaringAnother)
    assert result.outcome == "error"
    assert '"normwise"' in result.message
