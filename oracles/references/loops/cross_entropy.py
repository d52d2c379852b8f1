"""CrossEntropyLoss.

Shapes:
    z        (N, C, ...)
    target   (N, ...) labels, or (N, C, ...) probabilities
    loss     (N, ...)

Formula, for each row of C classes, q being the target as probabilities (1 at the label), w the
weight of a class and e the label smoothing:
    t[c] = w[c] * ((1 - e) * q[c] + e / C), all 0 where the label is ignore_index
    l = -sum over c of t[c] * log_softmax(z)[c]
    dl/dz[c] = softmax(z)[c] * sum(t) - t[c]
    "mean" divides by the sum of w[label] over labels that count; with probabilities by the rows
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.references.loops.exponentials import log_softmax, softmax
from oracles.references.loops.losses import Loss, Options


def values(options: Options, target: Array, z: Array) -> Array:
    """One for each row."""
    total: Array = -np.sum(_weighted(options, target, z) * log_softmax(z, axis=1), axis=1)
    return total


def slopes(options: Options, target: Array, z: Array) -> Array:
    """One for each class of each row."""
    t = _weighted(options, target, z)
    expected: Array = softmax(z, axis=1) * np.sum(t, axis=1, keepdims=True)
    return expected - t


def divisor(options: Options, target: Array, z: Array) -> float:
    """The weights of the labels that count, or the number of rows."""
    if not _is_labels(target):
        return float(z.size // z.shape[1])
    labels = target[target != options["ignore_index"]]
    return float(np.sum(_class_weights(options, z)[labels]))


def _weighted(options: Options, target: Array, z: Array) -> Array:
    """t of the formula, shaped like z."""
    classes, smoothing = z.shape[1], options["label_smoothing"]
    columns = []
    for c, weight in enumerate(_class_weights(options, z)):
        q = target == c if _is_labels(target) else target[:, c]
        column = weight * ((1.0 - smoothing) * q + smoothing / classes)
        if _is_labels(target):
            column = np.where(target == options["ignore_index"], 0.0, column)
        columns.append(column)
    return np.stack(columns, axis=1)


def _class_weights(options: Options, z: Array) -> Array:
    weight = options["weight"]
    return np.ones(z.shape[1]) if weight is None else np.asarray(weight, dtype=np.float64)


def _is_labels(target: Array) -> bool:
    return target.dtype.kind in "iu"


CROSS_ENTROPY = Loss(values, slopes, divisor)
