"""Whether a data set goes with the network of a case, and how."""

from __future__ import annotations

import math

import numpy as np

from oracles.contract.drawing import Numbers
from oracles.contract.losses import CrossEntropyLoss
from oracles.contract.objective import one_hot
from oracles.contract.plan import Plan
from oracles.learning.data.dataset import Array, DataError, Dataset

_AT_ONCE = 1000
"""Samples whose numbers are looked at together."""

Shape = tuple[int, ...]


def own_data(plan: Plan, numbers: Numbers) -> Dataset:
    """The samples that the case itself has.

    Raises DataError where it has no loss: there is nothing to learn then.
    """
    if plan.objective.loss is None or numbers.target is None:
        raise DataError("the case has no [loss]: there is nothing to learn")
    labels = plan.objective.kind == "labels"
    target = numbers.target.astype(np.int64) if labels else numbers.target
    return Dataset("the samples of the case", numbers.whole(plan.input), target)


def fitted(data: Dataset, plan: Plan) -> Dataset:
    """The data set in the shapes of the case: samples as its `[input]` has them, in row-major
    order; targets as its loss reads them, labels as integers and all else as floats. Samples are
    not copied.

    Raises DataError where they do not fit, in words.
    """
    if plan.objective.loss is None:
        raise DataError("the case has no [loss]: there is nothing to learn")
    return Dataset(
        data.name,
        _samples(data.name, data.x, plan),
        _targets(data.name, data.target, plan),
        None if data.held_out_x is None else _samples(data.name, data.held_out_x, plan),
        None if data.held_out_target is None else _targets(data.name, data.held_out_target, plan),
    )


def _samples(name: str, x: Array, plan: Plan) -> Array:
    own, wanted = x.shape[1:], plan.input.shape[1:]
    if math.prod(own) != math.prod(wanted):
        raise DataError(
            f"{name} does not fit the network: a sample has shape {own}, which is "
            f"{math.prod(own)} numbers, and the case wants {wanted}, which is "
            f"{math.prod(wanted)}{_padding(own, wanted)}"
        )
    sizes = [tuple(size for size in shape if size > 1) for shape in (own, wanted)]
    if sizes[0] != sizes[1] and min(map(len, sizes)) > 1:
        raise DataError(
            f"{name} does not fit the network: a sample has shape {own}, and the case wants "
            f"{wanted}; the axes have to be brought into this order, which a reshape does not do"
        )
    if plan.document.input.dtype == "uint8" and x.dtype != np.uint8:
        _check_bytes(name, x)
    return x.reshape(len(x), *wanted)


def _padding(own: Shape, wanted: Shape) -> str:
    """A hint, where the same border on both sides of an image would do."""
    if len(own) < 2 or len(wanted) < 2 or math.prod(own[:-2]) != math.prod(wanted[:-2]):
        return ""
    missing = [there - here for here, there in zip(own[-2:], wanted[-2:], strict=True)]
    small = all(2 * size <= here for size, here in zip(missing, own[-2:], strict=True))
    if not small or any(size < 0 or size % 2 for size in missing):
        return ""
    height, width = (size // 2 for size in missing)
    padding = f"{height}" if height == width else f"[{width}, {width}, {height}, {height}]"
    shape = ", ".join(map(str, (*wanted[:-2], *own[-2:])))
    return (
        f". With a border it would fit: [input] shape = [..., {shape}], and a first layer "
        f"ZeroPad2d with padding = {padding}"
    )


def _check_bytes(name: str, x: Array) -> None:
    """Whether all numbers are bytes: a cast would change others silently."""
    for start in range(0, len(x), _AT_ONCE):
        part = x[start : start + _AT_ONCE]
        wrong = (part < 0) | (part > 255) | (part != np.floor(part))
        if wrong.any():
            raise DataError(
                f"{name} does not fit the case, whose raw numbers are uint8, whole and from 0 to "
                f"255: sample {start + int(np.argwhere(wrong)[0][0])} holds {part[wrong][0]}"
            )


def _targets(name: str, target: Array, plan: Plan) -> Array:
    loss, output = plan.objective.loss, plan.layers[-1].output_shape or ()
    assert loss is not None
    own = target.shape[1:]
    if own == () and output == (1,) and not loss.reads_labels:
        return np.asarray(target.reshape(-1, 1), dtype=np.float64)
    if target.dtype.kind in "iu" and output and own == output[1:]:
        _check_labels(name, target, plan, output[0])
        labels = target.astype(np.int64)
        return labels if loss.reads_labels else one_hot(labels.astype(np.float64), output[0])
    if own != output:
        found = f"a target has shape {own}" if own else f"a target is one {target.dtype}"
        other = f", or integers, labels from 0 to {output[0] - 1}" if output else ""
        raise DataError(
            f"{name} does not fit the network: {found}; expected numbers in the shape of its "
            f"output, {output}{other}"
        )
    return target if target.dtype.kind == "f" else target.astype(np.float64)


def _check_labels(name: str, labels: Array, plan: Plan, classes: int) -> None:
    loss = plan.objective.loss
    wrong = (labels < 0) | (labels >= classes)
    if isinstance(loss, CrossEntropyLoss):
        wrong &= labels != loss.ignore_index
    if wrong.any():
        index = tuple(map(int, np.argwhere(wrong)[0]))
        outputs = "one output" if classes == 1 else f"{classes} outputs"
        raise DataError(
            f"{name} does not fit the network: sample {index[0]} has the label {labels[index]}, "
            f"and the network has {outputs}, for labels from 0 to {classes - 1}"
        )
