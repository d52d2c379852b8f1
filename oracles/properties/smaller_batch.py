"""Batches of two sizes, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.contract.case import Case, Step
from oracles.properties.agreement import apart, pairs
from oracles.properties.breach import Breach, ended, numbers
from oracles.properties.rounding import Rounding
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
    """A smaller batch gives the same whichever batch comes before it, and leaves no trace in the
    larger one after it."""
    if len(subject.case().steps[0].samples) < 2:
        return
    after = subject.run(lambda: _larger_first(subject.case()), "a smaller batch after a larger one")
    claim = "A smaller batch after a larger one ends with an error"
    if breach := ended(NAME, claim, subject, after, _ADVICE):
        yield breach
        return
    before = subject.run(lambda: _smaller_first(subject.case()), "a smaller batch first")
    rounding, case = Rounding(before), after.make()
    claim = "A smaller batch gives other numbers where a larger one comes before it"
    if found := apart(pairs(after, before, {1: 0}, _HISTORY), rounding):
        where = numbers(found, case, now="after a larger batch", before="as the first batch")
        yield Breach(NAME, claim, where, _ADVICE)
    elif found := apart(pairs(after, before, {1: 2}, _HISTORY), rounding):
        where = numbers(found, case, now="after one batch", before="after another one")
        yield Breach(NAME, claim, where, _ADVICE)
    elif found := apart(pairs(after, after, {2: 0}, _HISTORY), Rounding(after)):
        claim = "A batch gives other numbers where a smaller one comes before it"
        where = numbers(found, case, now="after a smaller batch", before="as the first batch")
        yield Breach(NAME, claim, where, _ADVICE)


def _larger_first(case: Case) -> Case:
    """The batch, the last samples of it, the batch again."""
    whole, smaller, _ = _batches(case)
    steps = (whole, smaller, fresh(whole))
    return without_updates(with_steps(case, steps, "smaller-between"))


def _smaller_first(case: Case) -> Case:
    """The last samples, the batch in another order, the last samples again."""
    _, smaller, turned = _batches(case)
    steps = (smaller, turned, fresh(smaller))
    return without_updates(with_steps(case, steps, "larger-between"))


def _batches(case: Case) -> tuple[Step, Step, Step]:
    """The first batch, all but its first sample, and the batch backwards."""
    whole = case.steps[0]
    places = range(len(whole.samples))
    return fresh(whole), of_samples(whole, places[1:]), of_samples(whole, places[::-1])
