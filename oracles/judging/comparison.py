"""One array against one oracle: is every element within what rounding can explain?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from oracles.contract.case import Array
from oracles.judging.bounds import (
    Arithmetic,
    expected,
    guaranteed,
    is_exact,
    normwise,
    root_mean_square,
)
from oracles.judging.judgement import Divergence, EntryVerdict, Rule
from oracles.judging.measured import Size


@dataclass(frozen=True)
class Compared:
    """How an entry compares with one oracle.

    verdict      "exact", "same", "different", "undecided", "inherited"
    max_ratio    largest error / bound over the elements that could be compared
    divergence   the worst element, where the verdict is "different"
    remark       a finding that this result earns although it is the same
    """

    verdict: EntryVerdict
    max_ratio: float | None
    divergence: Divergence | None = None
    remark: str = ""


def compare(
    entry: str,
    actual: Array,
    value: Array,
    size: Size,
    arithmetic: Arithmetic,
    *,
    drawn: bool,
    oracle: str,
    carried: Array | None = None,
    undecided: Array | None = None,
    spoilt: bool = False,
) -> Compared:
    """Compare an entry with the oracle's `value`.

    drawn       every operand of the case is a random fill
    carried     what rounding in entries before it, which are not exposed, can have moved it by
    undecided   elements that hang on a choice which rounding in unexposed entries can turn
    spoilt      it is computed from numbers that are not finite: what is not finite here either is
                inherited

    Raises ValueError where there is nothing to compare.
    """
    if not np.size(value):
        raise ValueError(f"{entry} has no elements to compare")
    actual = np.asarray(actual, dtype=np.float64)
    value = np.asarray(value, dtype=np.float64)
    open_ = np.isnan(value) | _overflown(actual, size, arithmetic)
    if spoilt:
        open_ = open_ | ~(np.isfinite(actual) & np.isfinite(value))
    if undecided is not None:
        open_ = open_ | undecided
    allowance = _allowance(
        actual, value, size, arithmetic, drawn=drawn, carried=carried, closed=~open_
    )
    ratio = np.where(open_, 0.0, allowance.ratio)
    wrong = ~(ratio <= 1.0)
    if np.any(wrong) or not allowance.rms_ratio <= 1.0:
        if size.lenient is not None:
            again = compare(
                entry,
                actual,
                value,
                size.lenient.size(),
                arithmetic,
                drawn=drawn,
                oracle=oracle,
                carried=carried,
                undecided=undecided,
                spoilt=spoilt,
            )
            right = again.verdict != "different"
            return replace(again, remark=size.lenient.remark) if right else again
        divergence = _divergence(entry, actual, value, size, arithmetic, allowance, wrong, oracle)
        return Compared("different", divergence.ratio, divergence)
    if np.any(open_):
        worst = None if np.all(open_) else float(np.max(ratio))
        inherited = spoilt or np.any(np.isnan(value))
        return Compared("inherited" if inherited else "undecided", worst)
    worst = float(np.max(ratio))
    return Compared("exact" if np.array_equal(actual, value) else "same", worst)


@dataclass(frozen=True)
class _Allowance:
    """ratio: error / bound for each element; inf where no difference is allowed, NaN for NaN."""

    difference: Array
    bound: Array
    ratio: Array
    carried: Array
    rule: Rule
    rms_ratio: float


def _allowance(
    actual: Array,
    value: Array,
    size: Size,
    arithmetic: Arithmetic,
    *,
    drawn: bool,
    carried: Array | None,
    closed: Array,
) -> _Allowance:
    extra = np.zeros(value.shape) if carried is None else np.broadcast_to(carried, value.shape)
    rule = _rule(size, arithmetic, drawn=drawn, carried=carried)
    bound = np.broadcast_to(_bound(rule, size, arithmetic, drawn=drawn) + extra, value.shape)
    difference = _difference(actual, value, bound, arithmetic)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(difference == 0.0, 0.0, difference / bound)
    rms = None
    if rule == "expected" and not np.any(extra):
        rms = root_mean_square(np.where(closed, difference, np.nan), size, arithmetic)
    return _Allowance(difference, bound, ratio, extra, rule, 0.0 if rms is None else rms)


def _rule(size: Size, arithmetic: Arithmetic, *, drawn: bool, carried: Array | None) -> Rule:
    if size.norms is not None:
        return "normwise"
    if carried is None and is_exact(size, arithmetic):
        return "lattice"
    return "expected" if drawn else "guaranteed"


def _bound(rule: Rule, size: Size, arithmetic: Arithmetic, *, drawn: bool) -> Array:
    if rule == "lattice":
        return np.zeros(())
    if rule == "normwise":
        return normwise(size, arithmetic, drawn=drawn)
    return (expected if drawn else guaranteed)(size, arithmetic)


def _difference(actual: Array, value: Array, bound: Array, arithmetic: Arithmetic) -> Array:
    """|actual - value|, where equal infinities are equal, and an overflow is one that the dtype
    could not avoid."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(actual - value)
    equal = actual == value
    overflown = np.isinf(actual) & (np.sign(actual) == np.sign(value))
    unavoidable = overflown & (np.abs(value) + bound >= arithmetic.largest)
    return np.where(equal | unavoidable, 0.0, difference)


def _overflown(actual: Array, size: Size, arithmetic: Arithmetic) -> Array:
    """Where sums of this size leave the dtype on the way: what comes out then is an accident."""
    lost: Array = ~np.isfinite(actual) & ~(size.magnitude < arithmetic.largest)
    lost = lost | (size.peak > arithmetic.largest)
    return lost


def _divergence(
    entry: str,
    actual: Array,
    value: Array,
    size: Size,
    arithmetic: Arithmetic,
    allowance: _Allowance,
    wrong: Array,
    oracle: str,
) -> Divergence:
    by_rms = not np.any(wrong)
    severity = np.where(np.isnan(allowance.ratio), np.inf, allowance.ratio)
    severity = np.where(wrong | by_rms, severity, -1.0)
    tied = np.where(severity == np.max(severity), allowance.difference, -1.0)
    tied = np.where(np.isnan(tied), np.inf, tied)
    index = np.unravel_index(int(np.argmax(tied)), value.shape)
    parts = (size.terms, size.magnitude if size.norms is None else size.norms, size.inner)
    terms, magnitude, inner = (
        np.broadcast_to(np.asarray(part, dtype=np.float64), value.shape) for part in parts
    )
    ratio = allowance.rms_ratio if by_rms else float(severity[index])
    rule: Rule = "rms" if by_rms else allowance.rule
    if not np.isfinite(actual[index]):
        rule = "finite"
    return Divergence(
        entry=entry,
        index=tuple(int(i) for i in index),
        actual=float(actual[index]),
        expected=float(value[index]),
        error=float(allowance.difference[index]),
        bound=float(allowance.bound[index]),
        ratio=ratio,
        rule=rule,
        n=float(terms[index]),
        magnitude=float(magnitude[index]),
        unit=arithmetic.unit,
        carried=float(allowance.carried[index]),
        wrong=value.size if by_rms else int(np.count_nonzero(wrong)),
        total=value.size,
        oracle=oracle,
        repeated=size.repeated,
        inner=float(inner[index]),
    )
