"""The right rule with other rounding: too few digits on the way, or another algorithm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.altered import Precision
from oracles.diagnosis.evidence import Evidence, Likeness
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.judging.bounds import FLOAT32, FLOAT64, Arithmetic
from oracles.judging.localisation import from_own_values

_HALF = Arithmetic("float16", 2.0**-11, 11, -14, 2.0**-14, 65504.0, 1.0)

_SCALE = 1e-3
"""Share of the coarser bound that a difference has at least, if it comes from that rounding: what
is much smaller comes from something else."""


def _float32_inside(evidence: Evidence, entries: Sequence[str]) -> dict[str, Likeness]:
    """Float64 was asked for, and the numbers are float32's: an array on the way has that dtype."""
    if evidence.local.tube.arithmetic is not FLOAT64:
        return {}
    return _stored_in(FLOAT32, np.dtype(np.float32), evidence, entries)


def _float16_inside(evidence: Evidence, entries: Sequence[str]) -> dict[str, Likeness]:
    """The numbers are float16's: an array on the way has that dtype."""
    return _stored_in(_HALF, np.dtype(np.float16), evidence, entries)


def _integers(evidence: Evidence, entries: Sequence[str]) -> dict[str, Likeness]:
    """The numbers are integers, cut off from the right ones: an array on the way has an integer
    dtype, and what is written into it loses its fraction."""
    found = {}
    for name, actual, base in _pairs(evidence, entries):
        whole = np.array_equal(actual, np.trunc(base))
        if whole and not np.array_equal(base, np.trunc(base)) and np.any(actual):
            found[name] = Likeness(0.0, 0.0)
    return found


def _fast_algorithm(evidence: Evidence, entries: Sequence[str]) -> dict[str, Likeness]:
    """The error is small against the whole array and not against each element, as it is with FFT,
    Winograd or kernels made of them."""
    sums = [
        one.entry
        for one in evidence.entries
        if one.entry in entries
        and one.operation in ("Conv2d", "Linear")
        and one.kind in ("forward", "backward", "gradient")
        and one.entry in evidence.own
    ]
    if not sums or set(sums) != set(evidence.failing):
        return {}
    case, trace = evidence.case, evidence.trace
    local = from_own_values(case, trace, evidence.reference, normwise=True)
    found = {}
    for name in sums:
        compared = local.compare(case, name, trace[name], "pytorch")
        if compared.verdict == "same" and compared.max_ratio is not None:
            residual = float(np.max(np.abs(evidence.own[name] - evidence.base[name])))
            found[name] = Likeness(compared.max_ratio, residual)
    return found if len(found) == len(sums) else {}


def _stored_in(
    a: Arithmetic, dtype: np.dtype[np.floating], evidence: Evidence, entries: Sequence[str]
) -> dict[str, Likeness]:
    """The entries that hold numbers of this dtype alone, as far from the oracle's as rounding in it
    puts them."""
    found = {}
    for name, actual, base in _pairs(evidence, entries):
        with np.errstate(over="ignore"):
            representable = np.array_equal(actual.astype(dtype).astype(np.float64), actual)
        bound = evidence.rounding(name) * (a.unit / evidence.local.tube.arithmetic.unit)
        difference = np.abs(actual - base)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(difference == 0, 0.0, difference / bound)
        ratio = float(np.max(ratios, initial=0.0))
        if representable and _SCALE <= ratio <= 1.0:
            found[name] = Likeness(ratio, float(np.max(difference)))
    return found


def _pairs(evidence: Evidence, entries: Sequence[str]) -> list[tuple[str, Array, Array]]:
    """(name, actual, oracle's) of arrays with several numbers, all of them finite."""
    pairs = [(name, evidence.own.get(name), evidence.base[name]) for name in entries]
    return [
        (name, actual, base)
        for name, actual, base in pairs
        if actual is not None and actual.size > 1 and np.all(np.isfinite(actual))
    ]


HYPOTHESES = (
    Hypothesis(
        name="dtype.float32_inside",
        title="float64 was asked for, and an array on the way is float32",
        altered=Precision(_float32_inside),
        why_unseen=(
            "In float32 everything is right, and most tests run in float32 or with a tolerance of "
            "1e-5, which is wider than its rounding."
        ),
        fix="make new arrays in the dtype of the input: np.zeros(shape, dtype=x.dtype), "
        "np.empty_like(x), no .astype(np.float32) on the way",
        evidence=("docs/numerics.md",),
    ),
    Hypothesis(
        name="dtype.float16_inside",
        title="an array on the way is float16",
        altered=Precision(_float16_inside),
        why_unseen="Three digits are enough for a loss to fall.",
        fix="make new arrays in the dtype of the input: np.zeros(shape, dtype=x.dtype)",
    ),
    Hypothesis(
        name="dtype.integers_truncated",
        title="an array on the way has an integer dtype and cuts off the fractions",
        altered=Precision(_integers),
        why_unseen=(
            "np.zeros_like of integer images, or integer weights, are integer arrays: assigning "
            "floats to them drops the fraction without a warning. Tests with whole numbers pass."
        ),
        fix="x = x.astype(np.float32) where data come in; np.zeros(shape, dtype=float)",
        evidence=("exchangetuts 1641618543718257", "discuss.dizzycoding.com numpy int->float"),
    ),
    Hypothesis(
        name="numerics.fast_algorithm",
        title="a fast algorithm (FFT, Winograd): accurate against the whole, not in each element",
        altered=Precision(_fast_algorithm),
        why_unseen="Nothing is wrong: tolerances relative to the largest element let it pass.",
        fix="nothing, if the convolution is one by FFT or Winograd",
        sort="not-a-bug",
        declaration='algorithm = "normwise"',
        evidence=("docs/numerics.md",),
    ),
)
