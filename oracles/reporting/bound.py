"""The bound of a divergence, derived in words.

A formula is printed only where it gives the bound that was used: a report never shows an equation
that does not hold.
"""

from __future__ import annotations

import math

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
    if d.rule in {"expected", "guaranteed"}:
        return _summed(d)
    if d.rule == "rms":
        return (
            "Over the whole entry, errors of rounding are both positive and negative: the root "
            f"mean square of error / (u * sqrt(n) * M) stays below 1, with {_quantities(d)}. "
            "Each single error is within its bound, together they are not: a small systematic "
            "error."
        )
    if d.rule == "lattice":
        return (
            "Every term and every partial sum is a whole number times the same power of two and "
            f"fits into {_dtype(d)}: every order of summation is exact, so the numbers are equal "
            "or one of them is wrong."
        )
    return {
        "published": f"The case file gives this number, and allows {short(d.bound)}.",
        "finite": "A number that is not finite is no rounding: NaN is never right, and infinities "
        "must agree in sign.",
        "direction": "Along a random direction in the entry, this is the derivative that it claims "
        "and the one that differences of the function itself find, as far apart as rounding in "
        f"{d.n:g} elements and the error of the difference cannot put them.",
        "range": f"The number is outside of what {_dtype(d)} or the operation can give.",
    }.get(d.rule, "")


def _summed(d: Divergence) -> str:
    if d.bound == 0:
        return "There is nothing to round here: the numbers are equal or one of them is wrong."
    text = f"Rounding can explain at most {short(d.bound)} here"
    formula, value = _formula(d)
    if not math.isclose(value + d.carried, d.bound, rel_tol=0.01):
        return f"{text}, with {_quantities(d)}."
    if d.carried > 0:
        formula += f", plus {short(d.carried)} from entries before it that are not exposed"
    return f"{text}: {formula}, with {_quantities(d)}."


def _formula(d: Divergence) -> tuple[str, float]:
    sides = 2.0 if _dtype(d) == "float64" else 1.0
    twice = "2 * " if sides > 1 else ""
    if d.rule == "expected":
        value = d.unit * min(d.n + 2, 4 + 4 * math.sqrt(max(d.n, 0.0))) * d.magnitude
        return f"{twice}u * min(n + 2, 4 + 4*sqrt(n)) * M", sides * value
    part = min((d.n + 2) * d.unit, 0.5)
    return f"{twice}k*u / (1 - k*u) * M with k = n + 2", sides * part / (1 - part) * d.magnitude


def _quantities(d: Divergence) -> str:
    sides = ", twice because the oracle rounds as well" if _dtype(d) == "float64" else ""
    terms = "1 term" if d.n == 1 else f"{d.n:g} terms"
    return (
        f"u = {power_of_two(d.unit)} ({_dtype(d)}{sides}), n = {terms}, and "
        f"M = {short(d.magnitude)} (the same sum with absolute values)"
    )


def _dtype(d: Divergence) -> str:
    return "float32" if d.unit > 2.0**-30 else "float64"
