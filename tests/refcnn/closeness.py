"""How close two results of this folder's tests must be."""

from collections.abc import Mapping
from typing import Any

import numpy as np

RELATIVE = 1e-12
"""Of the largest expected value: float64 sums of a few thousand terms in any order."""


def assert_close(actual: Any, expected: Any, what: str = "array") -> None:
    """Same shape, same dtype, NaN in the same places, and equal up to float64 rounding."""
    a, e = np.asarray(actual), np.asarray(expected)
    assert a.shape == e.shape, f"{what}: shape {a.shape}, expected {e.shape}"
    assert a.dtype == e.dtype, f"{what}: dtype {a.dtype}, expected {e.dtype}"
    finite = np.isfinite(e)
    np.testing.assert_array_equal(a[~finite], e[~finite], err_msg=what)
    scale = np.abs(e[finite]).max(initial=1e-3)
    error = np.abs(a[finite] - e[finite]).max(initial=0.0)
    assert error <= RELATIVE * scale, f"{what}: off by {error}, largest value {scale}"


def assert_all_close(actual: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """The same names, and each array close."""
    assert set(actual) == set(expected)
    for name, array in expected.items():
        assert_close(actual[name], array, name)
