"""How far samples are from each other, and which of them are neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from oracles.contract.case import Array

Distances = NDArray[np.float64]
Indices = NDArray[np.intp]

NEIGHBOURS = 5
"""Nearest samples that are asked for their target."""


def standardised(samples: Array) -> Distances:
    """As rows (samples, numbers): every number less its mean over the samples, divided by its
    standard deviation; those that are the same in all samples are left out."""
    rows = np.asarray(samples, dtype=np.float64).reshape(len(samples), -1)
    deviations = rows.std(axis=0)
    vary = deviations > 0
    return np.asarray((rows[:, vary] - rows[:, vary].mean(axis=0)) / deviations[vary])


def distances(rows: Distances) -> Distances:
    """Euclidean, of each row from each: (samples, samples)."""
    return np.asarray(cdist(rows, rows))


def nearest(apart: Distances, count: int = NEIGHBOURS) -> Indices:
    """The `count` nearest samples of each, itself left out: (samples, count)."""
    others = apart.copy()
    np.fill_diagonal(others, np.inf)
    return np.asarray(np.argsort(others, axis=1, kind="stable")[:, :count])


def agreement(neighbours: Indices, labels: Array) -> float:
    """Share of neighbours that have the label of the sample they are neighbours of."""
    return float(np.mean(labels[neighbours] == labels[:, None]))


def chance_of_agreement(labels: Array) -> float:
    """... that is to be expected if labels and samples had nothing to do with each other: the
    share of pairs of two different samples that have one label."""
    counts = np.unique(labels, return_counts=True)[1]
    return float(np.sum(counts * (counts - 1)) / (len(labels) * (len(labels) - 1)))


def as_labels(targets: Array) -> Array | None:
    """One integer for each sample, from labels or from rows of zeros and a one; None where the
    targets are neither."""
    if targets.ndim == 1 and targets.dtype.kind in "iu":
        return targets
    rows = targets.ndim == 2 and targets.shape[1] > 1
    if rows and np.all((targets == 0) | (targets == 1)) and np.all(targets.sum(axis=1) == 1):
        return np.asarray(targets.argmax(axis=1))
    return None
