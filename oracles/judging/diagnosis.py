"""What a diagnosis says, as data: which known mistakes explain what is wrong with a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Certainty = Literal["certain", "likely", "possible"]

Sort = Literal["mistake", "convention", "not-a-bug"]
"""A mistake is to be mended, a convention to be declared; some differences are neither."""

Variant = Literal["", "forward only", "backward only"]
"""Which half of a pair the mistake is in, where the other half is right."""


@dataclass(frozen=True)
class Tie:
    """Another cause that predicts the same numbers here.

    split_by   a case on which the two predict different numbers, "" if none is known
    """

    cause: str
    title: str
    split_by: str = ""


@dataclass(frozen=True)
class Cause:
    """A known mistake that reproduces numbers of the implementation.

    cause            stable dotted name; its page is docs/causes/<name>.md
    title            what is wrong, as a clause
    claim            the sentence that was tested
    layers           names of the layers it is in; empty for a loss, an optimizer, data
    operation        type of the layer, loss or optimizer
    entry            the first entry that it explains
    explains         entries that it reproduces within what rounding can explain
    contradicts      entries that are right, and would not be if this were all there is to it
    residual_ratio   largest |actual - predicted| / bound over `explains`
    error_ratio      largest |actual - oracle| / bound there
    residual         largest |actual - predicted| over `explains`
    why_unseen       why the usual tests pass
    fix              the formula or line that mends it
    declaration      for a convention: the line that makes the harness accept it
    evidence         where it has been seen
    ties             other causes that cannot be told apart from it here
    confirmed_by     the case that was run to tell it from others that explain as much here
    known_from       the case in which it was searched and found, where it was only confirmed here
    """

    cause: str
    title: str
    sort: Sort
    certainty: Certainty
    variant: Variant
    claim: str
    layers: tuple[str, ...]
    operation: str
    entry: str
    explains: tuple[str, ...]
    contradicts: tuple[str, ...]
    residual_ratio: float
    error_ratio: float
    residual: float
    why_unseen: str
    fix: str
    declaration: str = ""
    evidence: tuple[str, ...] = ()
    ties: tuple[Tie, ...] = ()
    confirmed_by: str = ""
    known_from: str = ""


@dataclass(frozen=True)
class RuledOut:
    """A known mistake that comes close and is not it.

    why   what speaks against it, as a clause
    """

    cause: str
    title: str
    why: str


@dataclass(frozen=True)
class Description:
    """A difference that no known mistake explains, in words."""

    entry: str
    text: str


@dataclass(frozen=True)
class HypothesisFault:
    """A hypothesis that raised: a fault of the harness, not of the implementation.

    cause   its name, "" where the search itself raised
    """

    cause: str
    message: str


@dataclass(frozen=True)
class Diagnosis:
    """Everything that can be said about why a run is wrong.

    causes         several where there are several faults, the one that explains most first
    unexplained    entries that are wrong and that none of the causes reproduces
    descriptions   of these
    ruled_out      near misses
    tried          hypotheses that were tried, and
    untried        those left out for want of time
    skipped        why nothing was searched at all, "" where it was
    """

    causes: tuple[Cause, ...] = ()
    unexplained: tuple[str, ...] = ()
    descriptions: tuple[Description, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    tried: int = 0
    untried: int = 0
    faults: tuple[HypothesisFault, ...] = ()
    seconds: float = 0.0
    skipped: str = ""
