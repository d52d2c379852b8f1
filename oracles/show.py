"""Prints a case and the numbers that are right, for people without any adapter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from oracles.case_paths import CommandError, case_file
from oracles.contract.case import Case
from oracles.contract.errors import InvalidCase, Unsupported
from oracles.contract.reading import read_case
from oracles.reporting.listing import case_lines, value_lines


def show(name: str, dtype: str | None, *, values: bool) -> Iterator[str]:
    """Network, operands, steps, and every entry as PyTorch has it, line by line."""
    case = _drawn(case_file(name), dtype)
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


def _drawn(path: Path, dtype: str | None) -> Case:
    try:
        definition = read_case(path)
    except InvalidCase as error:
        raise CommandError(f"this file cannot be used\n{error}") from None
    if dtype is not None and dtype not in definition.dtypes:
        raise CommandError(f"{path} is a case in {' and '.join(definition.dtypes)}, not in {dtype}")
    return definition.draw(dtype or definition.dtypes[0])
