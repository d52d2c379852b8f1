"""Targets that do not depend on the inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from oracles.learning.distances import (
    NEIGHBOURS,
    Distances,
    Indices,
    agreement,
    as_labels,
    chance_of_agreement,
    distances,
    nearest,
    standardised,
)
from oracles.learning.situation import SettingsFinding, Situation

_LEAST = 30
"""Samples from which on neighbours tell something. With 20 images of handwritten digits of ten
classes, one time in seven they do not."""

_MOST = 300
"""Samples that are looked at."""

_SHUFFLES = 299
_CHANCE = 0.025
"""Of each of the two tests: targets that are drawn look related by chance in one of twenty."""


@dataclass(frozen=True)
class _Test:
    """How near targets are to each other where inputs are, and how often as near or nearer when
    the targets are shuffled.

    value     mean over the neighbours: share of equal labels, or squared distance of targets
    random    the same over random pairs
    p         of the neighbours, and
    p_all     of the correlation of all distances
    """

    labels: bool
    value: float
    random: float
    p: float
    p_all: float


def targets_independent(situation: Situation) -> SettingsFinding | None:
    """Samples that are alike have targets that are no more alike than those of any two samples;
    and over all pairs of samples, distances of targets and of inputs are not correlated. Both are
    held against shuffled targets. A relation that neither sees can be there all the same: the more
    numbers an input has and the fewer samples there are, the stronger it would have to be."""
    inputs, targets = (array[:_MOST] for array in situation.seen)
    rows = standardised(inputs)
    if len(rows) < _LEAST or not rows.shape[1] or len(np.unique(targets, axis=0)) < 2:
        return None
    test = _tested(rows, targets)
    if test is None or test.p <= _CHANCE or test.p_all <= _CHANCE:
        return None
    memory = (
        "What the network learned all the same, it knows by heart."
        if situation.learns
        else "There may be nothing to learn; a network can only learn them by heart."
    )
    return SettingsFinding(
        finding="settings.targets_independent",
        title="nothing in the neighbours of the samples shows that the targets depend on the "
        "inputs",
        numbers=(
            _measured(test),
            f"Shuffled targets are as near in {test.p:.0%} of {_SHUFFLES} shuffles, and as much "
            f"correlated with the inputs over all pairs in {test.p_all:.0%}; below {_CHANCE:.1%} "
            "would show a relation.",
            f"That is from {len(rows)} samples of {rows.shape[1]} numbers that vary: a weak "
            "relation is not visible there.",
        ),
        change=f"{memory} See that each target belongs to its input, and that both are what they "
        "should be; with random targets the best constant prediction is the right answer.",
        prevents=not situation.learns,
        figures={
            "samples": float(len(rows)),
            "neighbours": test.value,
            "random_pairs": test.random,
            "p_neighbours": test.p,
            "p_all_pairs": test.p_all,
        },
    )


def _measured(test: _Test) -> str:
    if test.labels:
        return (
            f"Of the {NEIGHBOURS} nearest neighbours of a sample {test.value:.0%} have its label; "
            f"of any samples {test.random:.0%} have."
        )
    return (
        f"The targets of a sample and of its {NEIGHBOURS} nearest neighbours are {test.value:.3g} "
        f"apart (squared distance, standardised, mean); those of any two {test.random:.3g}."
    )


def _tested(rows: Distances, targets: Array) -> _Test | None:
    """None where too few labels are the same to tell."""
    apart, labels = distances(rows), as_labels(targets)
    neighbours = nearest(apart)
    if labels is None:
        wanted = distances(standardised(targets))
        value = _over(neighbours, wanted**2)
        random = float((wanted**2).sum() / (len(rows) * (len(rows) - 1)))
    else:
        wanted = (labels[:, None] != labels).astype(np.float64)
        value, random = agreement(neighbours, labels), chance_of_agreement(labels)
        if random * neighbours.size < NEIGHBOURS:
            return None
    centred = _centred(apart)
    return _Test(
        labels=labels is not None,
        value=value,
        random=random,
        p=_p(wanted**2, lambda shuffled: -_over(neighbours, shuffled)),
        p_all=_p(wanted, lambda shuffled: float(np.vdot(centred, shuffled))),
    )


def _over(neighbours: Indices, far: Distances) -> float:
    """Mean distance of a target from those of the neighbours."""
    return float(np.mean(np.take_along_axis(far, neighbours, axis=1)))


def _centred(apart: Distances) -> Distances:
    """Distances less their means over rows and columns, as distance correlation has them."""
    across = apart.mean(axis=0)
    return np.asarray(apart - across - across[:, None] + apart.mean())


def _p(wanted: Distances, measure: Callable[[Distances], float]) -> float:
    """Share of shuffles with a measure as large as that of the targets as they are."""
    draw = np.random.default_rng(0)
    orders = (draw.permutation(len(wanted)) for _ in range(_SHUFFLES))
    actual = measure(wanted)
    slack = 1e-12 * abs(actual)
    larger = sum(measure(wanted[np.ix_(order, order)]) >= actual - slack for order in orders)
    return (1 + larger) / (1 + _SHUFFLES)
