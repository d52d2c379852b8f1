"""The smallest bundled case on which a known mistake shows, and what it looks like there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.definition import Definition
from oracles.contract.entries import entries
from oracles.contract.errors import Unsupported
from oracles.contract.training import walk
from oracles.diagnosis.concerning import concerns, layers_of
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.known import Known
from oracles.diagnosis.rules import walk_altered
from oracles.diagnosis.site import Inapplicable

LARGEST = 4000
"""Numbers in all entries of a case; nobody learns from more."""

ROWS, COLUMNS = 4, 6
"""How much of an array is shown."""

DIGITS = 4
NOTHING = 1e-9
"""A number that is so much smaller than the largest one of its array is shown as 0."""


@dataclass(frozen=True)
class Example:
    """A part of the first entry that comes out otherwise.

    place   leading indices of the part, and where it begins: "[0, 1, 2:, 0:]"
    right   rows of numbers as PyTorch has them, and
    wrong   as they are with the mistake; of another shape if the mistake changes that
    shapes  of the whole entry: right, wrong
    """

    case: str
    title: str
    dtype: str
    entry: str
    place: str
    right: tuple[tuple[str, ...], ...]
    wrong: tuple[tuple[str, ...], ...]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]


class Showcase:
    """The bundled cases from the smallest to the largest, each evaluated once."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        drawn = [_Drawn(one) for one in definitions if one.raises is None]
        small = [one for one in drawn if one.size <= LARGEST]
        self._cases = sorted(small, key=lambda one: (one.size, one.definition.id))

    def example(self, hypothesis: Hypothesis) -> Example | None:
        """The mistake on the smallest case on which it can be seen, in more than one number if
        there is such a case; None if there is none."""
        single = None
        for dtype in ("float64", "float32"):
            for one in self._cases:
                if dtype not in one.definition.dtypes or not concerns(
                    hypothesis.altered, one.case(dtype)
                ):
                    continue
                found = one.shown(hypothesis, dtype)
                if found is not None and len(found.right) * len(found.right[0]) > 1:
                    return found
                single = single or found
        return single


class _Drawn:
    """A case with what PyTorch makes of it."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._cases: dict[str, Case] = {}
        self._known: dict[str, tuple[Known, dict[str, Array]] | None] = {}

    @cached_property
    def size(self) -> int:
        case = self.case(self.definition.dtypes[0])
        return sum(int(np.prod(entry.shape)) for entry in entries(case))

    def case(self, dtype: str) -> Case:
        if dtype not in self._cases:
            self._cases[dtype] = self.definition.draw(dtype)
        return self._cases[dtype]

    def shown(self, hypothesis: Hypothesis, dtype: str) -> Example | None:
        """The first entry that the mistake changes so that it can be seen."""
        base = self._base(dtype)
        if base is None:
            return None
        case, (known, values) = self.case(dtype), base
        altered = hypothesis.altered

        def visit(name: str, value: Array) -> Array:
            if value is not values[name]:
                found = _seen(case, name, values[name], np.asarray(value, dtype=np.float64))
                if found is not None:
                    raise _Seen(found)
            return value

        try:
            walk_altered(known, case, altered, layers_of(altered, case), visit)
        except _Seen as seen:
            return seen.example
        except (Inapplicable, Unsupported):
            return None
        except Exception as error:
            raise RuntimeError(f"{hypothesis.name} raised on {case.id}: {error}") from error
        return None

    def _base(self, dtype: str) -> tuple[Known, dict[str, Array]] | None:
        if dtype not in self._known:
            known, values = Known(), dict[str, Array]()

            def keep(name: str, value: Array) -> Array:
                values[name] = value
                return value

            try:
                with np.errstate(all="ignore"):
                    walk(self.case(dtype), known, keep)
                self._known[dtype] = known, values
            except Unsupported:
                self._known[dtype] = None
            known.recording = False
        return self._known[dtype]


class _Seen(Exception):
    """What was looked for."""

    def __init__(self, example: Example) -> None:
        super().__init__()
        self.example = example


def _seen(case: Case, entry: str, right: Array, wrong: Array) -> Example | None:
    """The part around the first number that differs, None if it looks the same."""
    if right.size == 0:
        return None
    first = (0,) * right.ndim
    if right.shape == wrong.shape:
        with np.errstate(all="ignore"):
            apart = ~(np.abs(right - wrong) <= 1e-3 * np.max(np.abs(right), initial=0.0))
        apart &= ~(np.isnan(right) & np.isnan(wrong))
        if not apart.any():
            return None
        first = tuple(int(i) for i in np.argwhere(apart)[0])
    here = _numbers(right, _part(right.shape, first))
    there = _numbers(wrong, _part(wrong.shape, first if wrong.ndim == right.ndim else None))
    if here == there:
        return None
    return Example(
        case=case.id,
        title=case.title,
        dtype=case.dtype.name,
        entry=entry,
        place=_place(right.shape, first),
        right=here,
        wrong=there,
        shapes=(right.shape, wrong.shape),
    )


def _part(shape: tuple[int, ...], first: tuple[int, ...] | None) -> tuple[slice | int, ...]:
    """Leading indices, and a window of the last two axes that contains the number."""
    at = first or (0,) * len(shape)
    leading = tuple(min(i, max(size - 1, 0)) for i, size in zip(at[:-2], shape[:-2], strict=True))
    sizes = (ROWS, COLUMNS)[-min(2, len(shape)) :] if shape else ()
    window = tuple(
        slice(start := max(0, min(i, size - most)), min(start + most, size))
        for i, size, most in zip(at[-2:], shape[-2:], sizes, strict=True)
    )
    return (*leading, *window)


def _place(shape: tuple[int, ...], first: tuple[int, ...]) -> str:
    if not shape:
        return ""
    part = _part(shape, first)
    texts = [f"{one.start}:{one.stop}" if isinstance(one, slice) else str(one) for one in part]
    return f"[{', '.join(texts)}]"


def _numbers(array: Array, part: tuple[slice | int, ...]) -> tuple[tuple[str, ...], ...]:
    if array.size == 0:
        return (("no numbers",),)
    rows = np.atleast_2d(array[part])
    finite = array[np.isfinite(array)]
    least = NOTHING * float(np.max(np.abs(finite), initial=0.0))
    return tuple(tuple(_number(float(value), least) for value in row) for row in rows)


def _number(value: float, least: float) -> str:
    return "0" if abs(value) <= least else f"{value:.{DIGITS}g}"
