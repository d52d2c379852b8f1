"""Prints a case and the numbers that are right, for people without any adapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles.case_paths import CommandError, case_file
from oracles.contract.case import Case
from oracles.contract.definition import Definition, Published
from oracles.contract.errors import InvalidCase, Unsupported
from oracles.contract.reading import read_case
from oracles.reporting.listing import case_lines, value_lines


def show(name: str, dtype: str | None, *, values: bool) -> Iterator[str]:
    """Network, operands, steps, and every entry as PyTorch has it, line by line."""
    definition, case = _drawn(case_file(name), dtype)
    yield from case_lines(case, values=values)
    if case.refused:
        yield "An implementation is to refuse this case: there are no numbers."
        return
    from oracles.references.pytorch import evaluate

    yield f"Entries, as PyTorch computes them in float64 from operands in {case.dtype}"
    try:
        entries = evaluate(case)
    except Unsupported as why:
        yield f"  PyTorch does not do this: {why}"
        return
    for entry, array in entries.items():
        yield from value_lines(entry, array, values=values)
    yield from _beside("Published numbers, beside PyTorch's", definition.published, entries)
    yield from _beside("Observed numbers, beside PyTorch's", definition.observed, entries)


def _beside(
    head: str, given: Sequence[Published], entries: Mapping[str, NDArray[Any]]
) -> Iterator[str]:
    """Where numbers of the case file are furthest from the oracle's."""
    if given:
        yield ""
        yield head
    for one in given:
        difference = np.abs(one.values - entries[one.entry])
        furthest = np.argmax(np.nan_to_num(difference, nan=np.inf))
        worst = tuple(int(i) for i in np.unravel_index(furthest, difference.shape))
        if difference[worst] == 0:
            yield f"  {one.entry}: equal"
            continue
        at = f" at {list(worst)}" if worst else ""
        yield (
            f"  {one.entry}: up to {difference[worst]:.3g} away,{at} "
            f"{one.values[worst]:.9g} for {entries[one.entry][worst]:.9g}"
        )


def _drawn(path: Path, dtype: str | None) -> tuple[Definition, Case]:
    try:
        definition = read_case(path)
    except InvalidCase as error:
        raise CommandError(f"this file cannot be used\n{error}") from None
    if dtype is not None and dtype not in definition.dtypes:
        raise CommandError(f"{path} is a case in {' and '.join(definition.dtypes)}, not in {dtype}")
    return definition, definition.draw(dtype or definition.dtypes[0])
