"""Sums, products and quotients together with what rounding took from them.

A number is a pair (high, low) whose sum is meant: high is the rounded result, low what it lacks.

TwoSum (Knuth)        high + low = a + b exactly
TwoProduct (Dekker)   high + low = a * b exactly, if neither overflows nor goes below the smallest
                      normal number; factors are split in halves of 26 bits (Veltkamp)
Quotient              high + low = a / b up to 2**-106 of it
Sum                   Dot2 of Ogita, Rump and Oishi: the highs are added by TwoSum, the lows with
                      the errors of these sums in plain floating point. With M the sum of the
                      absolute values of n terms, |result - exact| <= u * |exact| + gamma(n)**2 * M,
                      gamma(n) = n * u / (1 - n * u). Terms are added in pairs, then pairs in pairs,
                      so that a whole array of sums takes log2(n) operations on arrays.

Source: T. Ogita, S. Rump, S. Oishi, Accurate sum and dot product, SIAM J. Sci. Comput. 26 (2005).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from oracles.contract.case import Array

_SPLITTER = 2.0**27 + 1.0
_LARGE = 2.0**995
"""A larger number times the splitter overflows: it is split at a smaller scale."""
_SCALE = 2.0**28


class Pair(NamedTuple):
    """Unevaluated sums high + low, one in each element."""

    high: Array
    low: Array

    def rounded(self) -> Array:
        """The nearest float64, or an infinity or NaN as plain arithmetic has it."""
        rounded: Array = self.high + self.low
        return rounded


def two_sum(a: Array, b: Array) -> Pair:
    """a + b."""
    with np.errstate(all="ignore"):
        total = a + b
        b_part = total - a
        rest = (a - (total - b_part)) + (b - b_part)
    return _pair(total, rest)


def two_product(a: Array, b: Array) -> Pair:
    """a * b."""
    with np.errstate(all="ignore"):
        product = a * b
        a_high, a_low = _split(a)
        b_high, b_low = _split(b)
        rest = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return _pair(product, rest)


def quotient(a: Pair, b: Array) -> Pair:
    """(a.high + a.low) / b."""
    with np.errstate(all="ignore"):
        high = a.high / b
        back = two_product(high, b)
        rest = (((a.high - back.high) - back.low) + a.low) / b
    return _pair(high, rest)


def sums(terms: Pair, group: Array, groups: int) -> Pair:
    """The sum of the terms of each group; `group` is the number of the group of each term. A group
    without terms is 0."""
    order = np.argsort(group, kind="stable")
    group, high, low = group[order], terms.high[order], terms.low[order]
    while True:
        same = group[1:] == group[:-1]
        if not np.any(same):
            break
        starts = np.flatnonzero(np.concatenate([[True], ~same]))
        lengths = np.diff(np.append(starts, group.size))
        rank = np.arange(group.size) - np.repeat(starts, lengths)
        second = rank % 2 == 1
        first = np.flatnonzero(second) - 1
        pair = two_sum(high[first], high[second])
        low[first] = low[first] + low[second] + pair.low
        high[first] = pair.high
        group, high, low = group[~second], high[~second], low[~second]
    total = Pair(np.zeros(groups), np.zeros(groups))
    total.high[group], total.low[group] = high, low
    return total


def _split(a: Array) -> tuple[Array, Array]:
    """a = high + low, each of at most 26 bits."""
    scale = np.where(np.abs(a) > _LARGE, _SCALE, 1.0)
    small = a / scale
    moved = _SPLITTER * small
    high = (moved - (moved - small)) * scale
    return high, a - high


def _pair(high: Array, low: Array) -> Pair:
    """Where the result itself is infinite or NaN, or the parts of it overflow, nothing is known of
    what rounding took."""
    return Pair(high, np.where(np.isfinite(high) & np.isfinite(low), low, 0.0))
