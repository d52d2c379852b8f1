"""Break one line of refcnn, and the first wrong quantity is named.

Each mistake is put into the place of one method or function of refcnn; the case is one that is
meant for it. The same case passes when nothing is broken: that is `make validate`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import refcnn
from oracles.contract.reading import read_case
from oracles.trial import judge
from refcnn import layers, losses, optim
from refcnn.windows import Windows

CASES = Path(__file__).parents[1] / "cases"

Method = Callable[..., Any]


@dataclass(frozen=True)
class Mistake:
    """One broken line.

    owner, method   what is replaced
    instead         gets the original method and its arguments
    case            a case that sees it
    entry           the first wrong entry
    alone           whether it is the only wrong one
    """

    what: str
    owner: Any
    method: str
    instead: Method
    case: str
    entry: str


def after(change: Callable[[Any, Any], Any]) -> Method:
    """The original, and then `change(self, result)`."""

    def instead(original: Method, self: Any, *arguments: Any, **options: Any) -> Any:
        return change(self, original(self, *arguments, **options))

    return instead


def gradient_of(parameter: str, change: Callable[[Any], Any]) -> Method:
    """The original backward pass, and then one parameter's gradient changed."""

    def altered(layer: Any, grad_input: Any) -> Any:
        held = layer.parameters[parameter]
        held.grad = np.ascontiguousarray(change(held.grad))
        return grad_input

    return after(altered)


def overwriting(original: Method, self: Windows, columns: Any) -> Any:
    """`=` where windows overlap and `+=` is needed."""
    padded = np.zeros((*columns.shape[:2], *self._padded()), dtype=columns.dtype)
    for u, v in self.positions():
        self.at(padded, u, v)[...] = columns[:, :, u, v]
    return self._image_of(padded)


def padded_with_zeros(original: Method, self: Windows, x: Any, value: float) -> Any:
    """Zero is larger than every negative number."""
    return original(self, x, 0.0)


def biased_running_variance(original: Method, self: Any, name: str, statistic: Any) -> None:
    """The variance of m values (60 in this case), not of m - 1."""
    original(self, name, statistic * (59 / 60) if name == "running_var" else statistic)


def through_at_zero(original: Method, self: Any, x: Any) -> Any:
    """x < 0 where x <= 0 belongs."""
    y = original(self, x)
    self._off = x < 0, x.dtype
    return y


def pixels_mixed(original: Method, raw: Any, *arguments: Any) -> Any:
    """Rows of pixels read as if samples were the last axis: every image gets pixels of all."""
    return original(raw.reshape(-1, len(raw)).T, *arguments)


def gradients_added_up(original: Method, self: Any, *arguments: Any) -> Any:
    """Gradients that are never set to zero."""
    before = {name: p.grad for name, p in self.parameters.items()}
    result = original(self, *arguments)
    for name, parameter in self.parameters.items():
        if before[name] is not None:
            parameter.grad = parameter.grad + before[name]
    return result


def momentum_forgotten(original: Method, self: Any, *arguments: Any) -> Any:
    """A buffer made anew at every step."""
    self.state.clear()
    return original(self, *arguments)


def no_decay(original: Method, self: Any, *arguments: Any) -> Any:
    """Weight decay left out."""
    for group in self.param_groups:
        group["weight_decay"] = 0.0
    return original(self, *arguments)


MISTAKES = [
    Mistake(
        "the gradient of a kernel turned by 180 degrees",
        layers.Conv2d,
        "backward",
        gradient_of("weight", lambda g: g[:, :, ::-1, ::-1]),
        "conv2d/all_sizes_differ",
        "step0.gradient.conv.weight",
    ),
    Mistake(
        "the gradient of a bias averaged over the batch",
        layers.Conv2d,
        "backward",
        gradient_of("bias", lambda g: g / 2),
        "conv2d/all_sizes_differ",
        "step0.gradient.conv.bias",
    ),
    Mistake(
        "overlapping windows overwrite each other",
        Windows,
        "scatter",
        overwriting,
        "conv2d/all_sizes_differ",
        "step0.backward.conv",
    ),
    Mistake(
        "max pooling pads with zeros",
        Windows,
        "pad",
        padded_with_zeros,
        "max_pool2d/padding_negative",
        "step0.forward.pool",
    ),
    Mistake(
        "the derivative of the sigmoid left out",
        layers.Sigmoid,
        "backward",
        lambda original, self, grad_output: grad_output.copy(),
        "activations/sigmoid",
        "step0.backward.sigmoid",
    ),
    Mistake(
        "the running variance of a biased batch",
        layers.BatchNorm2d,
        "_follow",
        biased_running_variance,
        "batch_norm2d/train",
        "step0.state.norm.running_var",
    ),
    Mistake(
        "ReLU lets the gradient through at zero",
        layers.ReLU,
        "forward",
        through_at_zero,
        "activations/relu_zeros",
        "step0.backward.relu",
    ),
    Mistake(
        "dropout does not scale the gradient",
        layers.Dropout,
        "backward",
        lambda original, self, grad_output: grad_output * self.last_mask,
        "dropout/keeps_three_of_four",
        "step0.backward.drop",
    ),
    Mistake(
        "the mean of all elements for the mean of the batch",
        losses.CrossEntropyLoss,
        "backward",
        after(lambda loss, gradient: gradient / gradient.shape[1]),
        "losses/cross_entropy/mean",
        "step0.backward.loss",
    ),
    Mistake(
        "pixels reshaped across images",
        refcnn.implementation,
        "prepare",
        pixels_mixed,
        "preparation/rows_of_pixels",
        "step0.input",
    ),
    Mistake(
        "gradients never set to zero",
        layers.Linear,
        "backward",
        gradients_added_up,
        "training/gradients_start_anew",
        "step1.gradient.fc.weight",
    ),
    Mistake(
        "momentum forgotten between steps",
        optim.SGD,
        "step",
        momentum_forgotten,
        "sgd/momentum",
        "step1.optimizer.fc.weight.momentum_buffer",
    ),
    Mistake(
        "weight decay left out",
        optim.SGD,
        "step",
        no_decay,
        "sgd/decay",
        "step0.update.fc.weight",
    ),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_first_wrong_quantity(
    mistake: Mistake, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first divergence is what the mistake is about."""
    original = getattr(mistake.owner, mistake.method)
    broken = mistake.instead

    def instead(*arguments: Any, **options: Any) -> Any:
        return broken(original, *arguments, **options)

    monkeypatch.setattr(mistake.owner, mistake.method, instead)
    judgement = judge(refcnn.implementation, read_case(CASES / f"{mistake.case}.case.toml"), dtype)
    assert judgement.outcome == "diverged", judgement.message
    assert judgement.first_divergence is not None
    assert judgement.first_divergence.entry == mistake.entry
