"""What a judgement says, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from oracles.judging.diagnosis import Diagnosis

Outcome = Literal[
    "passed",
    "diverged",
    "incomplete",
    "error",
    "timeout",
    "unsupported",
    "expected-failure",
    "invalid-case",
    "harness-error",
]
"""How an item ended. An expected failure that did not happen is an `error` that says so."""

About = Literal["values", "properties"]
"""What was judged: the numbers, or what any implementation must keep to whatever its numbers are
(`oracles/properties`)."""

EntryVerdict = Literal[
    "exact",
    "same",
    "different",
    "inherited",
    "undecided",
    "supplied",
    "taken-over",
    "not-exposed",
]

Rule = Literal[
    "expected",
    "guaranteed",
    "rms",
    "lattice",
    "normwise",
    "published",
    "finite",
    "range",
    "direction",
]
"""Which part of the bound decided (docs/numerics.md)."""

JUDGED = frozenset({"exact", "same", "different", "inherited"})
"""Verdicts that rest on a comparison."""


NO_OPINION = "oracles.no_opinion"
"""The remark on an undecided entry on which none of the oracles asked has anything to say."""

DECISIVE = ("oracles.split", "dtype.narrower")
"""Findings that explain a divergence rather than accompany it."""


@dataclass(frozen=True)
class Divergence:
    """The worst element of one entry that rounding cannot explain.

    index       of the element
    actual      the implementation's number
    expected    the oracle's
    error       |actual - expected|
    bound       how far rounding can put two right answers apart, here
    ratio       error / bound; inf where no difference is allowed at all
    n           number of terms summed into this element
    magnitude   M, the same sum with absolute values; for rule "normwise" the product of the norms
    unit        u, the unit roundoff of the dtype the implementation was asked for
    carried     the part of the bound that comes from entries before it that are not exposed
    wrong       how many elements of the entry are outside their bound
    total       how many it has
    oracle      whose number `expected` is
    repeated    r, how likely two terms are equal
    inner       what roundings inside of the terms can do, in units of u
    """

    entry: str
    index: tuple[int, ...]
    actual: float
    expected: float
    error: float
    bound: float
    ratio: float
    rule: Rule
    n: float
    magnitude: float
    unit: float
    carried: float
    wrong: int
    total: int
    oracle: str
    repeated: float = 0.0
    inner: float = 0.0


@dataclass(frozen=True)
class Split:
    """One entry on which the oracles do not agree.

    index        the element that is furthest apart; empty where only derivatives were compared
    numbers      {oracle: its number there}
    camps        who agrees with whom, the largest camp first
    alone        the one oracle that nobody agrees with, while others agree; "" if nobody can tell
    apart        how far the furthest numbers are apart, and
    bound        how far they may be: by rounding, or by what the case states (`rule` "published")
    convention   the choice on which frameworks differ that it is about, "" if the case names none
    maybe        choices that it may be about, where the case names none
    """

    entry: str
    index: tuple[int, ...]
    numbers: Mapping[str, float]
    camps: tuple[tuple[str, ...], ...]
    alone: str
    apart: float
    bound: float
    rule: Rule
    convention: str = ""
    maybe: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The split in words."""
        where = self.entry + (str(list(self.index)) if self.index else "")
        sides = ", ".join(self._side(camp) for camp in self.camps)
        allowed = "the case allows" if self.rule == "published" else "rounding can explain"
        text = (
            f"the oracles disagree on {where}: {sides}; apart by {self.apart:.3g} where {allowed} "
            f"{self.bound:.3g}. "
        )
        text += f"{self.alone} stands alone" if self.alone else "Nobody stands alone"
        if self.convention:
            return f"{text}, on {self.convention}"
        maybe = _listed(self.maybe, "or") if self.maybe else ""
        return text + (f". Frameworks differ here on {maybe}" if maybe else "")

    def _side(self, camp: Sequence[str]) -> str:
        number = next((self.numbers[name] for name in camp if name in self.numbers), None)
        says = "finds another derivative" if number is None else f"has {number!r}"
        if number is not None and len(camp) > 1:
            says = says.replace("has", "have", 1)
        return f"{_listed(camp)} {says}"


@dataclass(frozen=True)
class JudgedEntry:
    """The verdict on one entry.

    kind        see contract/entries.py
    operation   type of the layer it belongs to, or of the loss or optimizer
    max_ratio   largest error / bound of its elements, None where nothing was compared
    terms       largest number of terms summed into one of its elements
    remark      name of a finding that the result earns although it is right
    """

    entry: str
    kind: str
    layer: str
    operation: str
    verdict: EntryVerdict
    max_ratio: float | None
    divergence: Divergence | None = None
    terms: float = 0.0
    remark: str = ""


@dataclass(frozen=True)
class Finding:
    """Something said about a run beside its numbers: `state.input_modified`, `dtype.wider`."""

    finding: str
    message: str
    fails: bool = True


@dataclass(frozen=True)
class Judgement:
    """The judgement of one implementation on one case in one dtype.

    conventions   what the case names of choices on which frameworks differ
    about   "properties": how it behaves from run to run, told in `findings` alone
    diagnosis   why it is wrong, where that was asked
    """

    case: str
    dtype: str
    implementation: str
    outcome: Outcome
    message: str
    oracles: tuple[str, ...] = ()
    first_divergence: Divergence | None = None
    entries: tuple[JudgedEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    splits: tuple[Split, ...] = ()
    seconds: float = 0.0
    conventions: tuple[str, ...] = ()
    about: About = "values"
    diagnosis: Diagnosis | None = None

    @property
    def divergences(self) -> tuple[Divergence, ...]:
        """The faults of their own (not the inherited ones), in order of evaluation."""
        return tuple(
            entry.divergence
            for entry in self.entries
            if entry.verdict == "different" and entry.divergence is not None
        )

    @property
    def judged(self) -> int:
        """How many entries were compared with an oracle."""
        return sum(entry.verdict in JUDGED for entry in self.entries)


def _listed(names: Sequence[str], last: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
