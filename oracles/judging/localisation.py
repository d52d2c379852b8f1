"""Which entries are wrong, and which are wrong only because something before them is.

Every entry is judged locally: the oracle computes it from the implementation's own values of the
entries it depends on, where these are exposed. So a layer that does the right thing with wrong
numbers is right. Where an entry before it is not exposed, the oracle's value stands in for it, and
what rounding there can do is carried along (`noise.py`).

Once something is wrong, a free run of the oracle tells what is merely inherited: right locally, but
away from where a right implementation would be.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.entries import Entry
from oracles.contract.reference import Reference
from oracles.contract.trace import Trace
from oracles.contract.training import walk
from oracles.judging.bounds import Arithmetic, arithmetic, widest
from oracles.judging.comparison import Compared, compare
from oracles.judging.constants import FAVOURS, NOISE_RUNS, PUSH, PUSHED_RUNS, ROUGH_RUNS
from oracles.judging.judgement import Divergence, JudgedEntry
from oracles.judging.measured import Measured, Size, widened
from oracles.judging.noise import Sample, Tube, generator_of, noisy
from oracles.judging.remembered import excused
from oracles.judging.rules import MeasuredRules
from oracles.judging.spoilt import spoilt_entries


@dataclass(frozen=True)
class Judged:
    """What one walk of the oracle says about all entries: values, sizes, and how far they carry.

    own   the implementation's values that the walk went on with
    """

    case: Case
    tube: Tube
    sizes: dict[str, Size]
    own: Mapping[str, Array]

    def allowed(self, name: str) -> tuple[Array, Array | None]:
        """What rounding can have moved an entry by, at most, and the elements that cannot be told
        because they hang on a choice; None if there are none."""
        local = widest(self.sizes[name], self.tube.arithmetic)
        shape = self.tube.base.values[name].shape
        if not self.tube.samples:
            return np.broadcast_to(local, shape), None
        carried = self.tube.carried(name, local)
        bound = np.broadcast_to(local if carried is None else local + carried, shape)
        return bound, self.tube.undecided(name, bound)

    @cached_property
    def spoilt(self) -> frozenset[str]:
        """The entries that are computed from what is not finite any more."""
        values = {**self.tube.base.values, **self.own}
        return spoilt_entries(self.case, values, self.tube.arithmetic)

    def compare(self, case: Case, name: str, actual: Array, oracle: str) -> Compared:
        """Compare one entry of an implementation with this walk."""
        value, size = self.tube.base.values[name], self.sizes[name]
        if not self.tube.samples and _same_numbers(actual, value):
            return Compared("exact", 0.0)
        carried = undecided = None
        if self.tube.samples:
            local = widest(size, self.tube.arithmetic)
            carried = self.tube.carried(name, local)
            bound = local if carried is None else local + carried
            undecided = self.tube.undecided(name, np.broadcast_to(bound, value.shape))
        finite = np.isfinite(actual) & np.isfinite(value)
        return compare(
            name,
            actual,
            value,
            size,
            self.tube.arithmetic,
            drawn=case.drawn,
            oracle=oracle,
            carried=carried,
            undecided=undecided,
            spoilt=not np.all(finite) and name in self.spoilt,
        )


def _same_numbers(actual: Array, value: Array) -> bool:
    """Whether there is nothing to weigh: numbers, and every one equal."""
    return value.size > 0 and np.array_equal(actual, value) and bool(np.isfinite(value).all())


def judge_entries(
    case: Case, trace: Trace, reference: Reference, *, normwise: bool = False
) -> tuple[JudgedEntry, ...]:
    """The verdict on every entry of the case, in order of evaluation.

    normwise   sums of products are by a fast algorithm, and judged by norms

    Masks that were not recorded are left out: the case's own were used.
    """
    return judged_with_walk(case, trace, reference, normwise=normwise)[0]


def judged_with_walk(
    case: Case, trace: Trace, reference: Reference, *, normwise: bool = False
) -> tuple[tuple[JudgedEntry, ...], Judged]:
    """The verdicts of `judge_entries`, and the walk from the implementation's own values that they
    rest on."""
    local = from_own_values(case, trace, reference, normwise=normwise)
    judged = [
        _judged_entry(case, trace, local, entry, reference.name)
        for entry in trace.entries.values()
        if entry.kind != "mask" or entry.name in trace
    ]
    judged = excused(case, trace, local.tube.base.values, judged)
    first = next((i for i, entry in enumerate(judged) if entry.verdict == "different"), None)
    if first is not None:
        free = _rough_free_run(case, trace, reference, normwise=normwise)
        judged[first:] = [
            _inherited(case, trace, free, entry, reference.name) for entry in judged[first:]
        ]
    return tuple(judged), local


def from_own_values(
    case: Case, trace: Trace, reference: Reference, *, normwise: bool = False
) -> Judged:
    """Every entry as the oracle has it, computed from the implementation's own entries."""
    own = {name: trace[name] for name in trace}
    rules = MeasuredRules(reference, normwise=normwise)
    return _judged(case, rules, own, observed=own.keys(), names=trace.entries.keys())


def free_run(case: Case, trace: Trace, reference: Reference, *, normwise: bool = False) -> Judged:
    """Every entry as the oracle has it, computed from the operands alone (and recorded masks)."""
    names = trace.entries.keys()
    masks = {name: trace[name] for name in trace if trace.entries[name].kind == "mask"}
    rules = MeasuredRules(reference, normwise=normwise)
    return _judged(case, rules, masks, observed=names, names=names)


def _rough_free_run(case: Case, trace: Trace, reference: Reference, *, normwise: bool) -> Judged:
    """A free run that is good enough to tell what is inherited: behind a fault, the distance to
    where a right implementation would be is far from any bound."""
    masks = {name: trace[name] for name in trace if trace.entries[name].kind == "mask"}
    rules = MeasuredRules(reference, normwise=normwise)
    a = arithmetic(case.dtype)
    sizes: dict[str, Size] = {}
    base = _walk(case, rules, masks, a, None, False, sizes, trace.entries.keys())
    samples = [
        _walk(case, rules, masks, a, generator_of(case, run), False, {})
        for run in range(ROUGH_RUNS)
    ]
    return Judged(case, Tube(base, tuple(samples), a), sizes, masks)


def operation(case: Case, entry: Entry) -> str:
    """What an entry is a result of: type of the layer, of the loss, of the optimizer."""
    if entry.kind in ("loss", "loss_gradient"):
        return str(case.loss["type"]) if case.loss is not None else ""
    if entry.kind in ("clipped", "optimizer", "update"):
        return str(case.optimizer["type"]) if case.optimizer is not None else ""
    return case.layer(entry.layer).type if entry.layer else "input"


def _judged(
    case: Case, rules: MeasuredRules, own: dict[str, Array], observed: Set[str], names: Set[str]
) -> Judged:
    """Walk with `own` values in the place of the oracle's, and again with noise if some of `names`
    are missing there and this can be seen in one of `observed`."""
    a = arithmetic(case.dtype)
    gaps = any(".mask." not in name for name in names - own.keys())
    sizes: dict[str, Size] = {}
    base = _walk(case, rules, own, a, None, gaps, sizes, observed)
    samples: list[Sample] = []
    moved: list[dict[str, Size]] = []
    for run in range(NOISE_RUNS if gaps else 0):
        moved.append({})
        generator = generator_of(case, run)
        samples.append(_walk(case, rules, own, a, generator, gaps, moved[-1], observed))
        if len(samples) == 2 and all(_agree(base, sample, observed) for sample in samples):
            samples.clear()
            moved.clear()
            break
    sizes = {name: widened(size, [one[name] for one in moved]) for name, size in sizes.items()}
    pushed = [
        _walk(case, rules, own, a, generator_of(case, NOISE_RUNS + run), gaps, {}, push=PUSH)
        for run in range(PUSHED_RUNS if samples and base.branches else 0)
    ]
    if any(sample.chose_otherwise(base) for sample in (*samples, *pushed)):
        pushed += [
            _walk(case, rules, own, a, generator_of(case, 100 + j), gaps, {}, favoured=j)
            for j in range(FAVOURS)
        ]
    return Judged(case, Tube(base, tuple(samples), a, tuple(pushed)), sizes, own)


def _walk(
    case: Case,
    rules: MeasuredRules,
    own: dict[str, Array],
    a: Arithmetic,
    generator: np.random.Generator | None,
    branches: bool,
    sizes: dict[str, Size],
    observed: Set[str] = frozenset(),
    *,
    push: float = 1.0,
    favoured: int | None = None,
) -> Sample:
    """One walk; the sizes of what is `observed` are put into `sizes`."""
    sample = Sample()

    def visit(name: str, measured: Measured) -> Array:
        sample.keep(name, measured, branches=branches)
        if name in observed:
            size = measured.size
            sizes[name] = size if rules.exact else replace(size, grid=None)
        if name in own:
            return np.asarray(own[name], dtype=np.float64)
        if generator is None:
            return measured.value
        return noisy(measured, a, generator, drawn=case.drawn, push=push, favoured=favoured)

    with np.errstate(all="ignore"):
        walk(case, rules, visit)
    return sample


def _agree(base: Sample, sample: Sample, observed: Set[str]) -> bool:
    """Whether noise in what is not exposed reaches nothing that is looked at."""
    return all(
        np.array_equal(base.values[name], sample.values[name], equal_nan=True)
        for name in observed
        if name in base.values
    )


def _judged_entry(
    case: Case, trace: Trace, local: Judged, entry: Entry, oracle: str
) -> JudgedEntry:
    judged = partial(
        JudgedEntry,
        entry=entry.name,
        kind=entry.kind,
        layer=entry.layer,
        operation=operation(case, entry),
    )
    actual = trace.get(entry.name)
    if actual is None:
        return judged(verdict="not-exposed", max_ratio=None)
    if entry.kind == "mask":
        taken_over = judged(verdict="taken-over", max_ratio=None)
        return _taken_over(taken_over, actual, local.tube.arithmetic)
    if entry.name in trace.supplied:
        return judged(verdict="supplied", max_ratio=None)
    compared = local.compare(case, entry.name, actual, oracle)
    return judged(
        verdict=compared.verdict,
        remark=compared.remark,
        max_ratio=compared.max_ratio,
        divergence=compared.divergence,
        terms=float(np.max(local.sizes[entry.name].terms, initial=0.0)),
    )


def _taken_over(judged: JudgedEntry, mask: Array, a: Arithmetic) -> JudgedEntry:
    """A mask of one's own is taken over if it is one: kept is 1, dropped is 0, without a scale."""
    wrong = ~((mask == 0) | (mask == 1))
    if not np.any(wrong):
        return judged
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), mask.shape))
    divergence = Divergence(
        entry=judged.entry,
        index=index,
        actual=float(mask[index]),
        expected=1.0,
        error=abs(float(mask[index]) - 1.0),
        bound=0.0,
        ratio=float("inf"),
        rule="range",
        n=0.0,
        magnitude=0.0,
        unit=a.unit,
        carried=0.0,
        wrong=int(np.count_nonzero(wrong)),
        total=mask.size,
        oracle="definition",
    )
    return replace(judged, verdict="different", divergence=divergence, max_ratio=float("inf"))


def _inherited(
    case: Case, trace: Trace, free: Judged, judged: JudgedEntry, oracle: str
) -> JudgedEntry:
    """Right where it stands, but not where a right implementation would be."""
    if judged.verdict not in ("exact", "same"):
        return judged
    compared = free.compare(case, judged.entry, trace[judged.entry], oracle)
    return replace(judged, verdict="inherited") if compared.verdict == "different" else judged
