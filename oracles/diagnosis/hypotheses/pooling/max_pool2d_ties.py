"""Max pooling that decides otherwise which of several equal maxima gets the gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.pooling.shares import added, at_taps, beside, positions
from oracles.diagnosis.hypotheses.pooling.windows import largest, read, windows_of
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _ties_all(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Every one of several equal maxima gets the whole gradient."""
    equal = _equal(site, run.inputs[0])
    return _of_taps(site, run, equal * grad_output[..., None, None])


def _ties_shared(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Several equal maxima share the gradient."""
    equal = _equal(site, run.inputs[0])
    share = grad_output / equal.sum((-2, -1))
    return _of_taps(site, run, equal * share[..., None, None])


def _ties_last(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The last of several equal maxima gets the gradient, in row-major order."""
    x = run.inputs[0]
    equal = _equal(site, x).flatten(-2)
    tap = equal.shape[-1] - 1 - equal.flip(-1).int().argmax(-1)
    return {"input": added(x, grad_output, *at_taps(site, x, tap))}


def _ties_columns_first(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The first of several equal maxima gets the gradient in column-major order, down the columns
    of the window."""
    x, height = run.inputs[0], windows_of(site).kernel[0]
    tap = _equal(site, x).transpose(-2, -1).flatten(-2).int().argmax(-1)
    return {"input": added(x, grad_output, *beside(site, x, tap % height, tap // height))}


def _equal(site: Site, x: Tensor) -> Tensor:
    """Which taps of each window are its maximum."""
    taps = read(x, windows_of(site), -torch.inf)
    return taps == largest(taps)[..., None, None]


def _of_taps(site: Site, run: TorchRun, values: Tensor) -> dict[str, Tensor]:
    x = run.inputs[0]
    return {"input": added(x, values, *positions(x, windows_of(site)))}


_UNSEEN = "Random numbers are never equal, and a gradient check cannot judge a maximum that two "
_UNSEEN += "numbers share. The zeros behind a ReLU and the black of an image are equal everywhere."
_FIX = "the first maximum in row-major order: np.argmax over the window, flattened"

HYPOTHESES = (
    Hypothesis(
        name="max_pool2d.grad_input.ties_all",
        title="all of several equal maxima get the whole gradient",
        altered=Backward("MaxPool2d", _ties_all),
        why_unseen=_UNSEEN,
        fix=f"{_FIX}; a mask x == max has several ones, and makes gradient out of nothing",
        evidence=("Theano/Theano#5248", "tensorflow/tensorflow#4886", "apache/mxnet#18563"),
    ),
    Hypothesis(
        name="max_pool2d.grad_input.ties_last",
        title="the last of several equal maxima gets the gradient",
        altered=Backward("MaxPool2d", _ties_last),
        why_unseen=_UNSEEN,
        fix=f"{_FIX}; > in place of >=",
        evidence=("tensorflow/tensorflow#51682",),
        sort="convention",
        declaration='follows = ("max_pool2d.grad_input.ties_last",)',
        convention="max_pool.ties",
    ),
    Hypothesis(
        name="max_pool2d.grad_input.ties_shared",
        title="several equal maxima share the gradient",
        altered=Backward("MaxPool2d", _ties_shared),
        why_unseen=_UNSEEN,
        fix=_FIX,
        evidence=("tensorflow/tensorflow#51682", "Theano/Theano#5404"),
        sort="convention",
        declaration='follows = ("max_pool2d.grad_input.ties_shared",)',
        convention="max_pool.ties",
    ),
    Hypothesis(
        name="max_pool2d.grad_input.ties_columns_first",
        title="the first of several equal maxima is looked for down the columns, not along the "
        "rows",
        altered=Backward("MaxPool2d", _ties_columns_first),
        why_unseen=_UNSEEN,
        fix=_FIX,
        sort="convention",
        declaration='follows = ("max_pool2d.grad_input.ties_columns_first",)',
        convention="max_pool.ties",
    ),
)
