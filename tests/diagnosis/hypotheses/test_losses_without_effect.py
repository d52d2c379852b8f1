"""A mistake that cannot show in a case leaves all of its numbers right: every option that it is not
about is honoured."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.diagnosis.hypotheses.losses import (
    bce_log,
    bce_with_logits,
    cross_entropy_labels,
    cross_entropy_overflow,
    loss_reduction,
    loss_target,
)
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, made

BY_NAME = {
    one.name: one
    for module in (
        bce_log,
        bce_with_logits,
        cross_entropy_labels,
        cross_entropy_overflow,
        loss_reduction,
        loss_target,
    )
    for one in module.HYPOTHESES
}

CROSS_ENTROPY = (
    "batchmean_of_maps",
    "class_weights",
    "class_weights_sum",
    "factor",
    "ignored_class_with_weights",
    "ignored_label",
    "label_smoothing",
    "label_smoothing_weights_ignored",
    "maps",
    "mean",
    "none",
    "one_sample_two_classes",
    "probabilities",
    "probabilities_weights",
    "sum",
)
NO_OVERFLOW = (
    "cross_entropy.softmax.overflow",
    "cross_entropy.softmax.max_over_batch",
    "cross_entropy.log.underflow",
)


ROWS = (
    *((name, f"cross_entropy/{case}") for case in CROSS_ENTROPY for name in NO_OVERFLOW),
    *(
        ("bce.log.unclamped", f"bce/{case}")
        for case in ("batchmean", "mean", "near_the_ends", "none", "sum", "weight")
    ),
    *(
        ("bce_with_logits.overflow", f"bce_with_logits/{case}")
        for case in ("batchmean", "mean", "none", "sum", "weights")
    ),
    *(
        (f"cross_entropy.ignore_index.{name}", f"cross_entropy/{case}")
        for name in ("counted_in_divisor", "gradient_kept")
        for case in ("maps", "mean", "factor", "label_smoothing")
    ),
    *(
        (f"loss.target.{name}", "cross_entropy/one_sample_two_classes")
        for name in ("reversed_samples", "rolled", "rolled_back")
    ),
    ("loss.reduction.mean_twice", "cross_entropy/one_sample_two_classes"),
    ("loss.reduction.mean_over_batch", "mse/column"),
)


@pytest.mark.parametrize(("name", "case"), ROWS, ids=str)
def test_what_has_no_effect_changes_no_number(name: str, case: str) -> None:
    """Reduction, factor, weights, ignored labels, smoothing and maps are those of the case."""
    drawn = definition(f"losses/{case}").draw("float64")
    right, altered = evaluate(drawn), made(drawn, BY_NAME[name])
    assert set(altered) == set(right)
    for entry, expected in right.items():
        np.testing.assert_allclose(altered[entry], expected, rtol=1e-10, atol=1e-13)
