"""From PyTorch's layout to that of the question and back: what an implementation declares.

    PyTorch                  question
    x      (N, 1, H, W)      (H, W, 1, N)
    conv   (1, 1, kh, kw)    w (kh, kw)
    fc1    (J, H * W)        theta1 (J, H * W), its columns in another order: image[h, w] is number
                             h * W + w of a row in PyTorch and number h + H * w of MATLAB's column
    fc2    (O, J)            theta2 (O, J)
    biases (J,)              beta (J, 1)
    rows are samples         columns are samples

PyTorch's gradients are those of the mean over the samples: sums are divided by N on the way out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from examples.posts.post_002 import descent, network
from examples.posts.post_002.matconvnet import Array, windows
from examples.posts.post_002.network import HiddenBackward, Parameters, Values

NETWORK = ("Conv2d", "Flatten", "Linear", "Sigmoid", "Linear")

NAMES = {
    "w": "conv.weight",
    "b": "conv.bias",
    "theta1": "fc1.weight",
    "beta1": "fc1.bias",
    "theta2": "fc2.weight",
    "beta2": "fc2.bias",
}


class Plugged:
    """The network of the question with one of two backward passes, as the harness takes it."""

    def __init__(self, name: str, hidden: HiddenBackward) -> None:
        self.name, self.hidden = name, hidden

    def run(self, case: Any, trace: Any) -> None:
        if tuple(layer.type for layer in case.layers) != NETWORK:
            raise case.unsupported("this is one network: " + ", ".join(NETWORK))
        size = case.layers[0].input_shapes[0][1:]
        p = question_parameters(case, size)
        moving = {name: np.zeros_like(array) for name, array in p.items()}
        for step in case.steps:
            values, dzdx5 = self._forward(step, p, trace)
            if not step.backward:
                continue
            went = self._backward(step, p, values, dzdx5, trace)
            if step.update:
                settings = _settings(case, step)
                p, moving = descent.step(p, moving, went, len(step.input), settings)
                for ours, theirs in NAMES.items():
                    trace[f"step{step.index}.update.{theirs}"] = to_pytorch(ours, p[ours], size)

    def _forward(self, step: Any, p: Parameters, trace: Any) -> tuple[Values, Array]:
        x = step.input.transpose(2, 3, 1, 0)
        values = network.forward(windows(x, p["w"].shape), p)
        dzdx5 = values.x5 - step.target.T
        head = f"step{step.index}"
        trace[f"{head}.input"] = step.input
        trace[f"{head}.forward.conv"] = _rows_of_images(values.x2)
        trace[f"{head}.forward.flat"] = _rows_of_images(values.x2).reshape(len(step.input), -1)
        trace[f"{head}.forward.sigmoid"] = values.x4.T
        trace[f"{head}.forward.fc2"] = values.x5.T
        trace[f"{head}.loss"] = network.error(dzdx5)
        return values, dzdx5

    def _backward(
        self, step: Any, p: Parameters, values: Values, dzdx5: Array, trace: Any
    ) -> Parameters:
        went = network.backward(p, values, dzdx5, self.hidden)
        head, n = f"step{step.index}", len(step.input)
        trace[f"{head}.backward.loss"] = dzdx5.T / n
        trace[f"{head}.backward.fc2"] = went.dzdx4.T / n
        trace[f"{head}.backward.fc1"] = _rows_of_images(went.behind_theta1).reshape(n, -1) / n
        trace[f"{head}.backward.flat"] = _rows_of_images(went.dzdx2) / n
        for ours, theirs in NAMES.items():
            gradient = to_pytorch(ours, went.gradients[ours] / n, values.x2.shape[:2])
            trace[f"{head}.gradient.{theirs}"] = gradient
        return went.gradients


def question_parameters(case: Any, size: tuple[int, int]) -> Parameters:
    """Those of the case, as the question has them."""
    given = case.parameters()
    return {ours: to_question(ours, given[theirs], size) for ours, theirs in NAMES.items()}


def to_question(name: str, array: Array, size: tuple[int, int]) -> Array:
    """A parameter of PyTorch as the question has it, the images being of this (H, W)."""
    if name in ("w", "b"):
        return np.asarray(array[0, 0] if name == "w" else array[0])
    if name == "theta1":
        return array.reshape(-1, *size).reshape(len(array), -1, order="F")
    return array[:, None] if array.ndim == 1 else array


def to_pytorch(name: str, array: Array, size: tuple[int, int]) -> Array:
    """The way back."""
    if name == "w":
        return array[None, None]
    if name == "b":
        return np.reshape(array, 1)
    if name == "theta1":
        return array.reshape(-1, *size, order="F").reshape(len(array), -1)
    return array[:, 0] if name.startswith("beta") else array


def _rows_of_images(array: Array) -> Array:
    """(H, W, 1, N) -> (N, 1, H, W)."""
    return array.transpose(3, 2, 0, 1)


def _settings(case: Any, step: Any) -> descent.Settings:
    """What the weights are updated with, if the biases are as the question has them."""
    if case.optimizer["type"] != "SGD":
        raise case.unsupported("the optimizer is SGD")
    options = {name: case.optimizer["parameters"][theirs] for name, theirs in NAMES.items()}
    own = options["w"]
    rate = step.learning_rates[NAMES["w"]]
    settings = descent.Settings(rate, own["weight_decay"], own["momentum"])
    for name, one in options.items():
        weight = name in descent.WEIGHTS
        expected = (rate if weight else rate / 10, settings.shrink if weight else 0.0)
        found = (step.learning_rates[NAMES[name]], one["weight_decay"])
        if not np.allclose(found, expected) or one["momentum"] != settings.momentum:
            raise case.unsupported("all weights alike, biases at a tenth of the rate, no decay")
    return settings
