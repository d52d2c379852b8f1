"""Whether what two runs recorded is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from oracles.contract.entries import Entry
from oracles.properties.rounding import Allowance
from oracles.properties.subject import Recorded


@dataclass(frozen=True)
class Pair:
    """An array that one run recorded, and what it should be by another run.

    entry       of the first run
    bounded_by  the entry of the other run whose rounding both have
    sample      the place in the batch of the other run, if it is about that sample alone
    scale       what `expected` was multiplied by to be comparable
    """

    entry: Entry
    actual: Array
    expected: Array
    bounded_by: str
    sample: int | None = None
    scale: float = 1.0

    @property
    def equal(self) -> bool:
        """Bit for bit, but for the sign of a zero."""
        return np.array_equal(self.actual, self.expected, equal_nan=True)


@dataclass(frozen=True)
class Apart:
    """The worst element of the first entry that is not the same.

    allowed   how far apart rounding can put the two
    scale     what `expected` was multiplied by to be comparable
    others    how many further entries are not the same
    """

    entry: Entry
    index: tuple[int, ...]
    actual: float
    expected: float
    allowed: float
    others: int
    scale: float = 1.0


def pairs(
    actual: Recorded,
    expected: Recorded,
    steps: Mapping[int, int] | None = None,
    left_out: frozenset[str] = frozenset(),
) -> Iterator[Pair]:
    """What both runs recorded, in order of evaluation.

    steps      {step of the one: step of the other}; all of them, as they are, if left out
    left_out   kinds of entries that may differ

    What the harness computed itself is left out. With dropout masks that an implementation draws
    itself, and draws differently, the rest cannot be compared.
    """
    for entry in actual.trace.entries.values():
        step = entry.step if steps is None else steps.get(entry.step)
        if step is None or entry.kind in left_out:
            continue
        other = f"step{step}.{entry.name.partition('.')[2]}"
        if not (_own(actual, entry.name) and _own(expected, other)):
            continue
        pair = Pair(entry, actual.trace[entry.name], expected.trace[other], other)
        if entry.kind == "mask" and not pair.equal:
            return
        yield pair


def apart(found: Iterable[Pair], allowance: Allowance) -> Apart | None:
    """The first pair that is farther apart than rounding can explain; None if there is none."""
    beyond = [pair for pair in found if _beyond(pair, allowance)]
    return _worst(beyond[0], allowance, len(beyond) - 1) if beyond else None


def unequal(found: Iterable[Pair], allowance: Allowance) -> Apart | None:
    """The first pair that is not the same bit for bit; None if there is none."""
    different = [pair for pair in found if not pair.equal]
    return _worst(different[0], allowance, len(different) - 1) if different else None


def _own(recorded: Recorded, name: str) -> bool:
    return name in recorded.trace and name not in recorded.trace.supplied


def _beyond(pair: Pair, allowance: Allowance) -> bool:
    if pair.equal:
        return False
    return bool(np.any(~(_difference(pair) <= _allowed(pair, allowance))))


def _difference(pair: Pair) -> Array:
    one, other = (np.asarray(array, dtype=np.float64) for array in (pair.actual, pair.expected))
    with np.errstate(invalid="ignore"):
        difference = np.abs(one - other)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    found: Array = np.where(same, 0.0, np.where(np.isnan(difference), np.inf, difference))
    return found


def _allowed(pair: Pair, allowance: Allowance) -> Array:
    allowed = allowance.allowed(pair.bounded_by)
    allowed = allowed if pair.sample is None else allowed[pair.sample]
    scaled: Array = np.broadcast_to(allowed, pair.expected.shape) * pair.scale
    return scaled


def _worst(pair: Pair, allowance: Allowance, others: int) -> Apart:
    difference, allowed = _difference(pair), _allowed(pair, allowance)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(difference == 0.0, 0.0, difference / allowed)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    largest = np.where(ratio == np.max(ratio), difference, -1.0)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(largest)), difference.shape))
    return Apart(
        entry=pair.entry,
        index=index,
        actual=float(pair.actual[index]),
        expected=float(pair.expected[index]),
        allowed=float(allowed[index]),
        others=others,
        scale=pair.scale,
    )
