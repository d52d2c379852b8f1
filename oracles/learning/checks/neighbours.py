"""Inputs that do not belong to their labels."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.contract.case import Array
from oracles.learning.distances import (
    NEIGHBOURS,
    Distances,
    agreement,
    as_labels,
    chance_of_agreement,
    distances,
    nearest,
    standardised,
)
from oracles.learning.situation import SettingsFinding, Situation

_FARTHEST = 8
"""Labels that are tried in the place of the own one, on each side. The header of a file of labels
in idx format, read as labels, is eight bytes."""

_LEAST = 30


def labels_shifted(situation: Situation) -> SettingsFinding | None:
    """Samples that are alike mostly have one label. Where they do so only if sample i is given
    label i + s, or the labels are taken in reverse order, the labels are those of other samples.
    It is said where this removes at least half of the disagreement of neighbours."""
    inputs, targets = situation.seen
    labels = as_labels(targets)
    if labels is None or len(labels) < _LEAST:
        return None
    rows = standardised(inputs)
    if not rows.shape[1]:
        return None
    apart = distances(rows)
    own = agreement(nearest(apart), labels)
    best, where, shift = max(_others(apart, labels), key=lambda one: one[0])
    if not 1.0 - best <= 0.5 * (1.0 - own) or best <= own:
        return None
    return SettingsFinding(
        finding="settings.labels_shifted",
        title=f"the labels are those of other samples: they fit {where}",
        numbers=(
            f"Of the {NEIGHBOURS} nearest neighbours of a sample {own:.0%} have its label as the "
            f"data are, {best:.0%} {where}; {chance_of_agreement(labels):.0%} would by chance.",
            f"That is from the first {len(labels)} samples.",
        ),
        change="Give each input its own label: is a header read as the first sample or the first "
        "label, is one of the two files sorted or reversed, are both shuffled in the same order?",
        prevents=not situation.learns,
        figures={
            "agreement": own,
            "agreement_shifted": best,
            "chance": chance_of_agreement(labels),
            "shift": float(shift) if shift else "reversed",
        },
    )


def _others(apart: Distances, labels: Array) -> Iterator[tuple[float, str, int]]:
    """Agreement of neighbours with the labels of other samples, how those come about, and the
    shift, 0 for reversed."""
    yield agreement(nearest(apart), labels[::-1]), "in reverse order", 0
    for shift in range(1, _FARTHEST + 1):
        yield (
            agreement(nearest(apart[:-shift, :-shift]), labels[shift:]),
            f"when sample i gets label i + {shift}",
            shift,
        )
        yield (
            agreement(nearest(apart[shift:, shift:]), labels[:-shift]),
            f"when sample i gets label i - {shift}",
            -shift,
        )
