"""Losses of the user's own, and graphs of which the harness does the structural layers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles import judge
from oracles.implementations.from_layers import from_layers
from tests.implementations.networks import definition

_Array = NDArray[Any]

_IMAGES = """
format = 1
title = "a ReLU on images, and a loss of images"
why = "the target is laid out like the prediction"

[input]
shape = [2, 3, 4, 5]
fill = "uniform"

[[layers]]
type = "ReLU"
name = "relu"

[loss]
type = "MSELoss"
target = { fill = "uniform", seed = 3 }

[[steps]]

[[steps]]
mode = "eval"
"""

_MAPS = _IMAGES.replace("MSELoss", "CrossEntropyLoss").replace(
    '{ fill = "uniform", seed = 3 }', '{ fill = "classes", seed = 3 }'
)

_EACH = _IMAGES.replace(
    'type = "MSELoss"', 'type = "MSELoss"\nreduction = "none"\nupstream = { fill = "uniform" }'
)

_EACH_PIXEL = _MAPS.replace('Loss"', 'Loss"\nreduction = "none"\nupstream = { fill = "uniform" }')

_FEATURES = """
format = 1
title = "two flattened images side by side"
why = "each keeps its order of features, one behind the other"

[input]
shape = [2, 3, 4, 5]
fill = "uniform"

[[layers]]
type = "ReLU"
name = "relu"

[[layers]]
type = "Cat"
name = "channels"
inputs = ["relu", "input"]

[[layers]]
type = "Flatten"
name = "first"

[[layers]]
type = "Flatten"
name = "second"
inputs = ["relu"]

[[layers]]
type = "Cat"
name = "features"
inputs = ["first", "second"]

[[layers]]
type = "Linear"
name = "dense"
in_features = 180
out_features = 7

[upstream]
fill = "uniform"
"""


class _ReLU:
    def forward(self, x: _Array) -> _Array:
        self.mask = x > 0
        return x * self.mask

    def backward(self, g: _Array) -> _Array:
        return g * self.mask


class _Dense:
    """Parameters and gradients in lists, columns of features."""

    def __init__(self) -> None:
        self.params, self.grads = [np.zeros(0), np.zeros(0)], [np.zeros(0), np.zeros(0)]

    def forward(self, x: _Array) -> _Array:
        self.x = x
        return self.params[0] @ x + self.params[1][:, None]

    def backward(self, g: _Array) -> _Array:
        self.grads = [g @ self.x.T, g.sum(1)]
        return self.params[0].T @ g


def _mse(prediction: _Array, target: _Array, loss: Mapping[str, Any]) -> tuple[Any, _Array]:
    difference = prediction - target
    if loss["reduction"] == "none":
        return difference**2, 2 * difference * loss["upstream"]
    return np.mean(difference**2), 2 * difference / difference.size


def _cross_entropy(
    prediction: _Array, target: _Array, loss: Mapping[str, Any]
) -> tuple[Any, _Array]:
    shifted = prediction - prediction.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    one_hot = target[..., None] == np.arange(prediction.shape[-1])
    if loss["reduction"] == "none":
        each = -(logs * one_hot).sum(-1)
        return each, (np.exp(logs) - one_hot) * loss["upstream"][..., None]
    return -logs[one_hot].mean(), (np.exp(logs) - one_hot) / target.size


@pytest.mark.parametrize("batched", [True, False], ids=["whole batches", "one sample at a time"])
@pytest.mark.parametrize(
    "text", [_IMAGES, _MAPS, _EACH, _EACH_PIXEL], ids=["images", "maps", "each", "each pixel"]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_loss_gets_all_samples_in_the_declared_layout(
    dtype: str, text: str, batched: bool, tmp_path: Path
) -> None:
    """Prediction, target and gradient; also where the layers get one sample at a time."""
    implementation = from_layers(
        {"ReLU": lambda layer: _ReLU()},
        layout="NHWC" if batched else "HWC",
        batched=batched,
        loss={"MSELoss": _mse, "CrossEntropyLoss": _cross_entropy},
    )
    judgement = judge(implementation, definition(tmp_path, text), dtype)
    verdicts = {entry.entry: entry.verdict for entry in judgement.entries}
    own = ("step0.loss", "step0.backward.loss", "step0.backward.relu", "step1.loss")
    assert judgement.outcome == "passed"
    assert {verdicts[entry] for entry in own} <= {"exact", "same"}


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "HWCN", "WHCN", "CNHW"])
@pytest.mark.parametrize("flatten", ["C", "F"])
def test_features_put_side_by_side_keep_their_orders(
    flatten: str, layout: str, tmp_path: Path
) -> None:
    """Cat and Flatten by the harness, in front of a dense layer that is the user's."""
    implementation = from_layers(
        {"ReLU": lambda layer: _ReLU(), "Linear": lambda layer: _Dense()},
        parameters={"weight": "params.0", "bias": "params.1"},
        gradients={"weight": "grads.0", "bias": "grads.1"},
        layout=f"{layout} FN",
        flatten=flatten,
    )
    judgement = judge(implementation, definition(tmp_path, _FEATURES))
    verdicts = {entry.entry: entry.verdict for entry in judgement.entries}
    assert judgement.outcome == "passed"
    assert verdicts["step0.forward.features"] == "supplied"
    assert verdicts["step0.gradient.dense.weight"] in ("exact", "same")
    assert verdicts["step0.backward.relu"] in ("exact", "same")
