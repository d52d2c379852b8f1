"""Dense layers that hand back a wrong gradient to what is in front of them."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _weight_not_transposed(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """grad_input is grad_output @ W.T in place of grad_output @ W, for a square weight: the product
    of the forward pass once more."""
    weight = run.parameters["weight"]
    needs(weight.shape[0] == weight.shape[1] > 1)
    return {"input": grad_output @ weight.T}


def _sign(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """grad_input has the other sign: -grad_output @ W."""
    return {"input": -(grad_output @ run.parameters["weight"])}


def _zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """grad_input is zero: nothing flows through the layer."""
    return {"input": torch.zeros_like(run.inputs[0])}


def _mean_over_batch(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """grad_input is divided by the number of samples: grad_output @ W / N."""
    return {"input": grad_output @ run.parameters["weight"] / len(grad_output)}


_FIRST = "Where this is the first layer nothing reads it. "

HYPOTHESES = (
    Hypothesis(
        name="linear.grad_input.weight_not_transposed",
        title="grad_input of a dense layer goes through the transposed weight",
        altered=Backward("Linear", _weight_not_transposed),
        why_unseen=(
            f"{_FIRST}With as many outputs as inputs no shape shows it, and the layers in front "
            "learn from a wrong direction, which often still lowers the loss."
        ),
        fix="grad_input = grad_output @ weight, with weight of shape (out_features, in_features)",
    ),
    Hypothesis(
        name="linear.grad_input.sign",
        title="grad_input of a dense layer has the wrong sign",
        altered=Backward("Linear", _sign),
        why_unseen=(
            f"{_FIRST}The layers in front climb, and those behind learn all the same on what comes "
            "out of them."
        ),
        fix="grad_input = grad_output @ weight",
    ),
    Hypothesis(
        name="linear.grad_input.zero",
        title="grad_input of a dense layer is zero",
        altered=Backward("Linear", _zero),
        why_unseen=f"{_FIRST}The layers behind learn on random features.",
        fix="grad_input = grad_output @ weight, and return it",
    ),
    Hypothesis(
        name="linear.grad_input.mean_over_batch",
        title="grad_input of a dense layer is divided by the samples",
        altered=Backward("Linear", _mean_over_batch),
        why_unseen=(
            f"{_FIRST}With one sample it is right, and otherwise the layers in front learn at a "
            "smaller rate."
        ),
        fix="grad_input = grad_output @ weight; each row belongs to one sample and is not averaged",
    ),
)
