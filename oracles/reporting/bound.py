"""The bound of a divergence, derived in words.

A formula is printed only where it gives the bound that was used: a report never shows an equation
that does not hold.
"""

from __future__ import annotations

import math

from oracles.judging.bounds import FLOAT32, FLOAT64, Arithmetic
from oracles.judging.constants import FLAT, MORE_TERMS, NORMWISE, ROOT
from oracles.judging.judgement import Divergence
from oracles.reporting.wording import power_of_two, short, times


def how_far(divergence: Divergence) -> str:
    """How many times over, or why no number of times makes sense."""
    if math.isnan(divergence.ratio):
        return "The difference is not a number."
    if divergence.rule == "rms":
        return f"The root mean square is {times(divergence.ratio)} its limit."
    if math.isinf(divergence.ratio):
        return "No difference is allowed here."
    return f"The error is {times(divergence.ratio)} the bound."


def derivation(divergence: Divergence) -> str:
    """Why rounding cannot explain more than the bound."""
    d = divergence
    if d.rule == "finite":
        return _not_finite(d)
    if math.isinf(d.expected):
        return "The right result is infinite here, which no finite number is close to."
    if d.rule in {"expected", "guaranteed"}:
        return _summed(d)
    if d.rule == "normwise":
        return _by_norms(d)
    return {
        "rms": _everywhere(d),
        "lattice": "Every term and every partial sum is a whole number times the same power of two "
        f"and fits into {_dtype(d)}. So nothing is rounded, every order of summation is exact, and "
        "the numbers are equal or one of them is wrong.",
        "published": f"The case file gives this number, and allows {short(d.bound)}.",
        "direction": "Along a random direction in the entry, this is the derivative that it claims "
        "and the one that differences of the function itself find, as far apart as rounding in "
        f"{d.n:g} elements and the error of the difference cannot put them.",
        "range": f"The number is outside of what {_dtype(d)} or the operation can give.",
    }.get(d.rule, "")


def _not_finite(d: Divergence) -> str:
    if math.isnan(d.actual):
        return (
            "NaN is never right: it comes from 0 / 0, 0 * infinity, infinity - infinity, or a "
            "logarithm or a root of a negative number. What this was computed from is finite."
        )
    if math.isinf(d.expected):
        return "Infinities must agree in sign."
    return (
        f"The right number is finite and {_dtype(d)} can hold it: something overflowed on the way, "
        "or was divided by zero."
    )


def _summed(d: Divergence) -> str:
    if d.bound == 0:
        return (
            "There is nothing to round here, because all terms are zero (M = 0): the numbers are "
            "equal or one of them is wrong."
        )
    text = f"Rounding can explain at most {short(d.bound)} here"
    formula, value, quantities = _formula(d)
    if not math.isclose(value + d.carried, d.bound, rel_tol=0.01):
        return f"{text}, with {_quantities(d)}{_not_exposed(d, ', and ')}."
    return f"{text}: {formula}{_not_exposed(d)}, with {_quantities(d)}{quantities}."


def _not_exposed(d: Divergence, joint: str = ", plus ") -> str:
    if d.carried <= 0:
        return ""
    return f"{joint}{short(d.carried)} from entries before it that are not exposed"


def _formula(d: Divergence) -> tuple[str, float, str]:
    """The formula of the bound, what it gives, and those quantities that are not always in it."""
    n = max(d.n, 0.0)
    quantities = ""
    if d.rule == "expected":
        shown = " + r * n^2" if d.repeated * n > 0.02 else ""
        formula = f"u * min(n + 2, 4 + 4*sqrt(n{shown})) * M"
        if shown:
            quantities += (
                f", and r = {short(d.repeated)} (how likely two terms are equal: equal terms are "
                "rounded alike)"
            )
        root = math.sqrt(n + d.repeated * n * n)
        value = d.unit * min(n + MORE_TERMS, FLAT + ROOT * root) * d.magnitude
    else:
        part = min((n + MORE_TERMS) * d.unit, 0.5)
        formula = "k*u / (1 - k*u) * M"
        quantities += ", k = n + 2"
        value = part / (1 - part) * d.magnitude
    if d.unit * d.inner > 0.01 * value:
        formula += " + u * R"
        quantities += f", and R = {short(d.inner)} (what roundings inside of the terms can do)"
    value += d.unit * d.inner
    lost = (n + MORE_TERMS) * _arithmetic(d).smallest
    if lost > 0.01 * value:
        formula += f" + (n + 2) * {short(_arithmetic(d).smallest)}"
        quantities += ". Numbers below the last one may become zero"
    value += lost
    sides = _arithmetic(d).sides
    if sides > 1:
        formula = f"2 * ({formula})" if " + u" in formula else f"2 * {formula}"
    return formula, sides * value, quantities


def _by_norms(d: Divergence) -> str:
    sides = _arithmetic(d).sides
    twice = "2 * " if sides > 1 else ""
    norms = f"|x| * |w| + |b| = {short(d.magnitude)}"
    value = sides * NORMWISE * d.unit * d.magnitude
    text = (
        "A fast algorithm is declared, whose error is small against everything that is combined in "
        "this sum, not against each of its terms. Rounding can explain at most "
        f"{short(d.bound)} here"
    )
    if not math.isclose(value + d.carried, d.bound, rel_tol=0.01):
        return (
            f"{text}: what a plain sum of {d.n:g} terms may lose, which is more than "
            f"{twice}64 * u * (|x| * |w| + |b|){_not_exposed(d)}, with {_unit(d)} and {norms}."
        )
    return (
        f"{text}: {twice}64 * u * (|x| * |w| + |b|){_not_exposed(d)}, with {_unit(d)} and {norms} "
        "(Euclidean norms: the root of the sum of squares)."
    )


def _everywhere(d: Divergence) -> str:
    scale = "u * sqrt(n) * M" if not d.inner else "u * (sqrt(n) * M + R / 2)"
    twice = "2 * " if _arithmetic(d).sides > 1 else ""
    inner = f", and R = {short(d.inner)} (what roundings inside of the terms can do)"
    return (
        "Over the whole entry, errors of rounding are both positive and negative: the root mean "
        f"square of error / ({twice}{scale}) stays below 1. At the element shown, "
        f"{_quantities(d)}{inner if d.inner else ''}. Each single error is within its bound, "
        "together they are not: a small systematic error."
    )


def _quantities(d: Divergence) -> str:
    terms = "1 term" if d.n == 1 else f"{d.n:g} terms"
    return (
        f"{_unit(d)}, n = {terms}, and M = {short(d.magnitude)} (the same sum with absolute values)"
    )


def _unit(d: Divergence) -> str:
    sides = ", twice because the oracle rounds as well" if _arithmetic(d).sides > 1 else ""
    return f"u = {power_of_two(d.unit)} ({_dtype(d)}{sides})"


def _dtype(d: Divergence) -> str:
    return _arithmetic(d).name


def _arithmetic(d: Divergence) -> Arithmetic:
    return FLOAT32 if d.unit == FLOAT32.unit else FLOAT64
