"""A property that does not hold, in words."""

from __future__ import annotations

from dataclasses import dataclass

from oracles.contract.case import Case
from oracles.judging.bounds import arithmetic
from oracles.judging.judgement import Finding
from oracles.judging.localisation import operation
from oracles.properties.agreement import Apart
from oracles.properties.subject import Recorded, Subject
from oracles.reporting.wording import count, exact_number, place, quantity, short

NOT_JUDGED = "properties.not_judged"
"""A run that a property needs was refused as unsupported."""


@dataclass(frozen=True)
class Breach:
    """What is wrong, where it shows, and what to do about it.

    name     of the finding, stable
    claim    what is wrong, in words that do not depend on the case
    where    entry, index and numbers, or what was raised
    advice   what usually causes it, and how to mend it
    fails    False: a remark
    """

    name: str
    claim: str
    where: str
    advice: str = ""
    fails: bool = True

    @property
    def finding(self) -> Finding:
        """As a judgement has it."""
        text = f"{self.claim}. {self.where}. {self.advice}"
        return Finding(self.name, text.rstrip(), self.fails)


def numbers(found: Apart, case: Case, *, now: str, before: str, sample: int | None = None) -> str:
    """Where two runs differ: the entry, both numbers and the bound.

    now, before   which run is which: "is 0.5 alone, and 0.7 in the batch"
    sample        the place in the batch, where the arrays are about that sample alone
    """
    index = found.index if sample is None else (sample, *found.index)
    of = operation(case, found.entry)
    at = place(index, found.entry.kind, of)
    unit = arithmetic(case.dtype).unit
    others, bound = "", "nothing is rounded here, so that they should be equal"
    if found.allowed > 0:
        bound = f"rounding can put the two at most {short(found.allowed)} apart"
    if found.others:
        others = f"; {count(found.others, 'entry after it differs', 'entries after it differ')} too"
    return (
        f"{found.entry.name} ({quantity(found.entry.kind, of)}){' at ' + at if at else ''} is "
        f"{exact_number(found.actual, unit)} {now}, and {exact_number(found.expected, unit)} "
        f"{before}; {bound}{others}"
    )


def ended(
    name: str, claim: str, subject: Subject, recorded: Recorded, advice: str
) -> Breach | None:
    """What there is to say of a run that did not come to its end, while the case as it stands does:
    an error is told under the property's name; what is not supported is a remark."""
    if recorded.finished or not subject.first.finished:
        return None
    if recorded.ending.how == "unsupported":
        where = f"It said, where {name} was to be looked for: {recorded.said}"
        return Breach(NOT_JUDGED, "A property could not be judged", where, fails=False)
    where = f"The case as it stands runs through; this raised {recorded.said}"
    return Breach(name, claim, where, advice)
