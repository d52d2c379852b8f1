"""What the harness computes from an implementation's own arrays where the implementation has none:
loss, penalties, clipping, optimizer.

Every function computes in float64 by the rules of the PyTorch oracle and rounds to the case's
dtype. PyTorch is imported at the first call, so that a plugged-in network with everything of its
own needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.reference import Parameters, Reference, Slots


def loss(case: Case, step: Step, prediction: Array) -> Array:
    """The loss without penalties, not rounded."""
    return _oracle().loss(case, step, _wide(prediction))


def loss_gradient(case: Case, step: Step, prediction: Array) -> Array:
    """Its gradient with respect to the prediction."""
    return _oracle().loss_gradient(case, step, _wide(prediction)).astype(case.dtype)


def penalty(case: Case, step: Step, parameters: Parameters) -> Array:
    """What the penalties add to the loss, not rounded."""
    return np.asarray(_oracle().penalty(case, step, _all_wide(parameters)))


def penalty_gradients(case: Case, step: Step, parameters: Parameters) -> Parameters:
    """What they add to the gradients, for the parameters they concern, not rounded."""
    return _oracle().penalty_gradients(case, step, _all_wide(parameters))


def clip(case: Case, gradients: Parameters) -> Parameters:
    """The gradients as the optimizer uses them."""
    return _rounded(case, _oracle().clip(case, _all_wide(gradients)))


def update(
    case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
) -> tuple[Parameters, Slots]:
    """Parameters and slots after the step."""
    wide = {name: _all_wide(arrays) for name, arrays in slots.items()}
    updated, after = _oracle().update(case, step, _all_wide(parameters), _all_wide(gradients), wide)
    return _rounded(case, updated), {name: _rounded(case, s) for name, s in after.items()}


@cache
def _oracle() -> Reference:
    from oracles.references.pytorch import PyTorch

    return PyTorch()


def _wide(array: Array) -> Array:
    return np.asarray(array, dtype=np.float64)


def _all_wide(arrays: Mapping[str, Array]) -> Parameters:
    return {name: _wide(array) for name, array in arrays.items()}


def _rounded(case: Case, arrays: Mapping[str, Array]) -> Parameters:
    return {name: array.astype(case.dtype) for name, array in arrays.items()}
