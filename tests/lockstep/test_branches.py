"""Where rounding decides on a branch, a right program may take either."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor

import oracles
from oracles.contract.case import Layer
from oracles.judging.lockstep import Lockstep
from tests.lockstep.small_case import small_case
from tests.lockstep.torch_by_hand import Gradients, Moment, TorchByHand

ON_THE_EDGE = """
format = 1
title = "a unit that is on by less than rounding"
why = "two right programs disagree on the gradient of its weights"
dtypes = ["float32"]

[input]
values = [[0.5, 0.25, -0.75]]

[[layers]]
type = "Linear"
name = "first"
in_features = 3
out_features = 2
weight = [[1, 1, 1], [0.5, -1, 1]]
bias = [2.98023223876953125e-08, 1]         # 2^-25

[[layers]]
type = "ReLU"
name = "relu"

[[layers]]
type = "Linear"
name = "second"
in_features = 2
out_features = 3

[loss]
type = "CrossEntropyLoss"
target = { classes = [2] }

[optimizer]
type = "SGD"
lr = 0.125
momentum = 0.5

[training]
steps = 4
"""


def down(layer: Layer, y: Tensor) -> Tensor:
    """The output of the first layer, 2^-24 smaller: half a unit in the last place of its terms."""
    return y - 2.0**-24 if layer.name == "first" else y


def further_down(layer: Layer, y: Tensor) -> Tensor:
    """Smaller by a thousand times what rounding does."""
    return y - 2.0**-14 if layer.name == "first" else y


def trained(folder: Path, implementation: TorchByHand) -> Lockstep:
    """On the unit that is nearly off."""
    return oracles.lockstep(implementation, small_case(folder, ON_THE_EDGE), judge=False)


@pytest.mark.parametrize(
    "exposed",
    [
        pytest.param("", id="everything exposed"),
        pytest.param(".update.", id="only parameters"),
        pytest.param(".loss", id="only losses"),
        pytest.param(".gradient.", id="only gradients"),
    ],
)
def test_the_other_branch_is_as_right(tmp_path: Path, exposed: str) -> None:
    """The gradient of a row of weights is zero instead of what it is, and that is no mistake."""
    mine = TorchByHand(rounded=down, exposes=lambda entry: exposed in entry)
    result = trained(tmp_path, mine)
    assert (result.outcome, len(result.steps)) == ("inside", 4)


@pytest.mark.parametrize("exposed", ["", ".update."])
def test_out_of_reach_it_is_a_mistake(tmp_path: Path, exposed: str) -> None:
    """More than rounding turns no branch."""
    mine = TorchByHand(rounded=further_down, exposes=lambda entry: exposed in entry)
    assert trained(tmp_path, mine).outcome == "outside"


def test_who_takes_the_branch_of_the_oracle_is_held_to_it(tmp_path: Path) -> None:
    """With everything exposed it is known, and a thousandth of the gradient behind it is seen."""
    departure = trained(tmp_path, TorchByHand(gradients=_a_thousandth_more)).departure
    assert departure is not None
    assert departure.distance.entry == "step0.gradient.first.weight"


def _a_thousandth_more(moment: Moment) -> Gradients:
    """In the row of the unit on the edge alone."""
    weight = moment.gradients["first.weight"].clone()
    weight[0] *= 1.001
    return {**moment.gradients, "first.weight": weight}
