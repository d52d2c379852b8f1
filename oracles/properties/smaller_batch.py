"""Batches of two sizes, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.contract.case import Case, Step
from oracles.properties.agreement import apart, pairs
from oracles.properties.breach import Breach, ended, numbers
from oracles.properties.rounding import Rounding
from oracles.properties.sense import reference_values
from oracles.properties.subject import Subject
from oracles.properties.variants import fresh, of_samples, with_steps, without_updates

NAME = "batch.remembers_larger_batch"

_HISTORY = frozenset({"state"})
"""Running statistics do depend on the batches before."""

_ADVICE = (
    "Usually a buffer has the size of the first or the largest batch, and sums or means run over "
    "all of it; or a number of samples is worked out once. The last batch of an epoch is often "
    "smaller: take the size from x.shape[0] at every step, and make buffers anew or cut them."
)


def remembers_larger_batch(subject: Subject) -> Iterator[Breach]:
    """A smaller batch gives what it gives as the first one, also where a larger one comes before
    it; and so does a larger one after a smaller one."""
    several = len(subject.case().steps[0].samples) > 1
    if not several or reference_values(_smaller_first(subject.case())) is None:
        return
    one = subject.run(lambda: _larger_first(subject.case()), "a smaller batch after a larger one")
    other = subject.run(
        lambda: _smaller_first(subject.case()), "a larger batch after a smaller one"
    )
    for recorded in (one, other):
        claim = "Batches of different sizes in one run end with an error"
        if breach := ended(NAME, claim, subject, recorded, _ADVICE):
            yield breach
            return
    rounding, case = Rounding(one), one.make()
    if found := apart(pairs(one, other, {1: 0}, _HISTORY), Rounding(other)):
        claim = "A smaller batch gives other numbers where a larger one comes before it"
        where = numbers(found, case, now="after a larger batch", before="as the first batch")
        yield Breach(NAME, claim, where, _ADVICE)
        return
    found = apart(pairs(one, one, {2: 0}, _HISTORY), rounding)
    if found := found or apart(pairs(other, one, {1: 0}, _HISTORY), rounding):
        claim = "A batch gives other numbers where a smaller one comes before it"
        where = numbers(found, case, now="after a smaller batch", before="as the first batch")
        yield Breach(NAME, claim, where, _ADVICE)


def _larger_first(case: Case) -> Case:
    """The batch, the last samples of it, the batch again."""
    whole, smaller = _batches(case)
    return without_updates(with_steps(case, (whole, smaller, fresh(whole)), "larger-first"))


def _smaller_first(case: Case) -> Case:
    """The last samples, and then the batch."""
    whole, smaller = _batches(case)
    return without_updates(with_steps(case, (smaller, whole), "smaller-first"))


def _batches(case: Case) -> tuple[Step, Step]:
    """The first batch, and all of it but the first sample."""
    whole = case.steps[0]
    return whole, of_samples(whole, range(1, len(whole.samples)))
