"""The same case twice."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.properties.agreement import Apart, apart, pairs, unequal
from oracles.properties.breach import Breach, ended, numbers
from oracles.properties.rounding import Rounding
from oracles.properties.subject import Subject

NAME = "state.not_repeatable"

_ADVICE = (
    "Usually random numbers come from a global generator, or something is kept from the run "
    "before: momentum, running statistics, gradients that are added to. Make the network anew in "
    "run(), and draw from a generator with a fixed seed."
)
_LAST_DIGITS = (
    "Usually sums are added up in an order that changes, by several threads or over a set. It is "
    "no mistake, but nobody can compare two runs of yours number by number."
)


def repeatable(subject: Subject) -> Iterator[Breach]:
    """The same case run twice gives the same result."""
    first, second = subject.first, subject.second
    claim = "The same case, run twice, ends in two ways"
    if breach := ended(NAME, claim, subject, second, _ADVICE):
        yield breach
    found, rounding = tuple(pairs(second, first)), Rounding(first)
    if beyond := apart(found, rounding):
        claim = "The same case, run twice, gives two results"
        yield Breach(NAME, claim, _where(subject, beyond), _ADVICE)
    elif different := unequal(found, rounding):
        claim = "The same case, run twice, differs in the last digits"
        yield Breach(NAME, claim, _where(subject, different), _LAST_DIGITS, fails=False)


def _where(subject: Subject, found: Apart) -> str:
    return numbers(found, subject.case(), now="the second time", before="the first time")
