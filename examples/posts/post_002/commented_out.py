"""The structure that stands commented out in the question: x2 - ReLU - maxima of 3 x 3 - x3 - ReLU
in front of the dense layers, with the masks of its backward pass in three ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_002 import adapter, network
from examples.posts.post_002.four import best_scalar
from examples.posts.post_002.matconvnet import (
    Array,
    columns,
    convolution_gradients,
    convolved,
    images,
    windows,
)
from examples.posts.post_002.mended import hidden_backward
from oracles import judge, read_case
from oracles.contract.trace import Trace
from oracles.references.pytorch import evaluate

CASE = Path(__file__).parent / "with_pooling.case.toml"


class WithPooling:
    """As an implementation.

    second_mask   "x2": the ReLU behind the maxima is masked by what goes into them; "x3": by what
                  comes out of them
    first_mask    whether the ReLU in front of the maxima is masked at all
    """

    def __init__(self, name: str, second_mask: str, first_mask: bool) -> None:
        self.name, self.second_mask, self.first_mask = name, second_mask, first_mask

    def run(self, case: Any, trace: Any) -> None:
        (step,) = case.steps
        size = step.input.shape[2:]
        p = adapter.question_parameters(case, size)
        seen = windows(step.input.transpose(2, 3, 1, 0), p["w"].shape)
        x2 = convolved(seen, p["w"], p["b"])
        positive = np.maximum(x2, 0)
        x3, chosen = maxima(positive)
        x4 = network.sigmoid(p["theta1"] @ columns(x3) + p["beta1"])
        x5 = p["theta2"] @ x4 + p["beta2"]
        forward = {"conv": x2, "relu1": positive, "pool": x3, "relu2": x3}
        for name, array in forward.items():
            trace[f"step0.forward.{name}"] = array.transpose(3, 2, 0, 1)
        trace["step0.forward.fc2"] = x5.T
        dzdx5, n = x5 - step.target.T, len(step.input)
        values = network.Values(seen, x3, x4, x5)
        own, _, vectors = hidden_backward(p, values, p["theta2"].T @ dzdx5)
        dzdx3 = images(vectors, x3.shape)
        masked = dzdx3 * ((x2 if self.second_mask == "x2" else x3) > 0)
        routed = maxima_gradient(masked, chosen)
        dzdx2 = routed * (x2 > 0) if self.first_mask else routed
        backward = {"flat": dzdx3, "relu2": masked, "pool": routed, "relu1": dzdx2}
        for name, array in backward.items():
            trace[f"step0.backward.{name}"] = array.transpose(3, 2, 0, 1) / n
        dzdw, dzdb = convolution_gradients(seen, p["w"], dzdx2)
        own |= {"w": dzdw, "b": dzdb, "theta2": dzdx5 @ x4.T}
        own |= {"beta2": dzdx5.sum(axis=1, keepdims=True)}
        for ours, theirs in adapter.NAMES.items():
            gradient = adapter.to_pytorch(ours, own[ours] / n, size)
            trace[f"step0.gradient.{theirs}"] = gradient


def maxima(x: Array) -> tuple[Array, Array]:
    """The largest number of each window of 3 x 3, x >= 0 being (H, W, 1, N), and its place in the
    window. Outside of the image are zeros, which are never larger."""
    seen = windows(x, (3, 3))
    return seen.max(axis=0)[:, :, None], seen.argmax(axis=0)


def maxima_gradient(dzdy: Array, chosen: Array) -> Array:
    """Each gradient goes to the place that was the largest."""
    h, w = chosen.shape[:2]
    padded = np.zeros((h + 2, w + 2, chosen.shape[2]), dzdy.dtype)
    for place in range(9):
        u, v = place % 3, place // 3
        padded[u : u + h, v : v + w] += dzdy[:, :, 0] * (chosen == place)
    return padded[1:-1, 1:-1, None]


IMPLEMENTATIONS = (
    WithPooling("as asked: mask of x2", "x2", first_mask=False),
    WithPooling("mask of x3", "x3", first_mask=False),
    WithPooling("mask of x3, and one in front", "x3", first_mask=True),
)


def commented_out() -> Shown:
    """Each of the three, judged, and its gradient of the kernel beside PyTorch's."""
    definition = read_case(CASE)
    lines, figures = [], dict[str, float | str]()
    for one in IMPLEMENTATIONS:
        judgement = judge(one, definition, "float64", council=False, diagnose=None)
        first = judgement.first_divergence
        case = definition.draw("float64")
        trace, entry = Trace(case), "step0.gradient.conv.weight"
        one.run(case, trace)
        scalar = best_scalar(trace[entry], evaluate(case)[entry])
        where = "" if first is None else f", first wrong: {first.entry}"
        lines.append(f"{one.name}: {judgement.outcome}{where}")
        lines.append(f"    kernel's gradient: cosine with PyTorch's {scalar.cosine:.6f}")
        figures |= {one.name: judgement.outcome, f"{one.name}, cosine": scalar.cosine}
    return Shown(tuple(lines), figures)
