"""The same numbers in another order in memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from oracles.contract.case import Case
from oracles.properties.agreement import apart, pairs
from oracles.properties.breach import Breach, ended, numbers
from oracles.properties.rounding import Rounding
from oracles.properties.subject import Subject
from oracles.properties.variants import in_memory

NAME = "layout.needs_contiguous"

_MEMORIES = {
    "reversed": "that runs backwards through memory",
    "strided": "that is every second number of a longer row",
    "NHWC": "with its channels next to each other in memory",
}

_ADVICE = (
    "Usually the code reads memory and not the array: .strides or as_strided with strides worked "
    "out from the shape, ravel(order='K'), tobytes, a pointer handed to C, x.shape = ... in place. "
    "Call np.ascontiguousarray(x) first."
)


def any_memory(subject: Subject) -> Iterator[Breach]:
    """An input that is not contiguous in memory gives the same as one that is."""
    rounding = Rounding(subject.second)
    for memory, words in _MEMORIES.items():
        if memory == "NHWC" and subject.case().steps[0].input.ndim != 4:
            continue
        recorded = subject.run(partial(_case, subject, memory), f"an input {words}")
        claim = f"An input {words} ends with an error"
        if breach := ended(NAME, claim, subject, recorded, _ADVICE):
            yield breach
            return
        if found := apart(pairs(recorded, subject.second), rounding):
            where = numbers(found, subject.case(), now="then", before="where it is contiguous")
            yield Breach(NAME, f"An input {words} gives other numbers", where, _ADVICE)
            return


def _case(subject: Subject, memory: str) -> Case:
    return in_memory(subject.case(), memory)
