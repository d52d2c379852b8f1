"""Whether a data set goes with the network of a case, and how."""

from __future__ import annotations

import math

import numpy as np

from oracles.contract.drawing import Numbers
from oracles.contract.objective import one_hot
from oracles.contract.plan import Plan
from oracles.learning.data.dataset import Array, DataError, Dataset


def own_data(plan: Plan, numbers: Numbers) -> Dataset:
    """The samples that the case itself has.

    Raises DataError where it has no loss: there is nothing to learn then.
    """
    if plan.objective.loss is None or numbers.target is None:
        raise DataError("the case has no [loss]: there is nothing to learn")
    return Dataset("the samples of the case", numbers.whole(plan.input), numbers.target)


def fitted(data: Dataset, plan: Plan) -> Dataset:
    """The data set in the shapes of the case: samples as its `[input]` has them, in row-major
    order; targets as its loss reads them.

    Raises DataError where they do not fit, in words.
    """
    if plan.objective.loss is None:
        raise DataError("the case has no [loss]: there is nothing to learn")
    sample, output = plan.input.shape[1:], plan.layers[-1].output_shape or ()

    def samples(x: Array) -> Array:
        if math.prod(x.shape[1:]) != math.prod(sample):
            raise DataError(
                f"{data.name} does not fit the network: a sample has shape {x.shape[1:]}, which is "
                f"{math.prod(x.shape[1:])} numbers, and the case wants {sample}, which is "
                f"{math.prod(sample)}"
            )
        return x.reshape(len(x), *sample)

    def targets(target: Array) -> Array:
        return _targets(data, target, plan, output)

    return Dataset(
        data.name,
        samples(data.x),
        targets(data.target),
        None if data.held_out_x is None else samples(data.held_out_x),
        None if data.held_out_target is None else targets(data.held_out_target),
    )


def _targets(data: Dataset, target: Array, plan: Plan, output: tuple[int, ...]) -> Array:
    if not data.labelled:
        if target.shape[1:] != output:
            raise DataError(
                f"{data.name} does not fit the network: a target has shape {target.shape[1:]}, and "
                f"the output of the network {output}"
            )
        return target
    classes = output[0] if output else 0
    if target.min() < 0 or target.max() >= classes:
        raise DataError(
            f"{data.name} does not fit the network: labels go from {target.min()} to "
            f"{target.max()}, and the network has {classes} outputs, for 0 to {classes - 1}"
        )
    assert plan.objective.loss is not None
    if plan.objective.loss.reads_labels:
        return target
    return one_hot(target.astype(np.float64), classes)
