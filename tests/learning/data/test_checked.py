"""Samples and targets from two files are looked at together."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.learning.data.dataset import DataError, checked

SAMPLES = np.zeros((4, 3))

REFUSED = {
    "labels too large for any integer": (
        SAMPLES,
        np.full(4, 2**64 - 100, dtype=np.uint64),
        "labels holds 18446744073709551516: expected labels 0, 1",
    ),
    "one number for all samples": (np.array(1.0), np.array(1.0), "expected an axis of samples"),
    "no samples": (np.zeros((0, 3)), np.zeros(0), "has no samples"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_go_together_is_refused(name: str) -> None:
    """In words, whatever the shapes are."""
    x: Array
    x, target, message = REFUSED[name]
    with pytest.raises(DataError, match=message):
        checked(x, target, "samples", "labels")
