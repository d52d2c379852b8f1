"""`[expect]` and `[observed]`: values of entries, checked against the entries of the case."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from oracles.contract.case import Case
from oracles.contract.definition import Published
from oracles.contract.entries import Entry, entries
from oracles.contract.findings import Findings
from oracles.contract.operands import Resolver
from oracles.contract.tables import KeyPath, did_you_mean, found


def check_tolerances(table: str, given: Mapping[str, Any], findings: Findings) -> None:
    """Whether the tolerances make sense."""
    for name, form in given.items():
        for key in ("atol", "rtol"):
            tolerance = getattr(form, key)
            if tolerance is not None and not 0 <= tolerance < float("inf"):
                findings.add((table, name, key), f"must be at least 0, got {found(tolerance)}")
        if form.rtol is not None and form.atol is None:
            findings.add((table, name, "rtol"), "holds beside atol: give atol as well, or 0")


def published(
    table: str, given: Mapping[str, Any], case: Case, folder: Path, findings: Findings
) -> tuple[Published, ...]:
    """Values in the shapes of their entries."""
    known = {entry.name: entry for entry in entries(case)} if given else {}
    resolver = Resolver(folder, findings)
    values = []
    for name, form in given.items():
        if name not in known:
            close = did_you_mean(name, known)
            findings.add((table, name), f"this case has no entry of this name{close}")
            continue
        value = _value((table, name), form, known[name], resolver)
        if value is not None:
            values.append(value)
    return tuple(values)


def _value(key: KeyPath, form: Any, entry: Entry, resolver: Resolver) -> Published | None:
    operand = resolver.operand(key, entry.name, form, entry.shape)
    if operand is None:
        return None
    numbers = operand.given()
    if key[0] == "expect" and np.isnan(numbers).any():
        text = "NaN equals nothing, so that no implementation could pass"
        resolver.findings.add(key, text)
    derived = getattr(form, "derived", None)
    return Published(entry.name, numbers, form.atol, form.rtol, form.why, derived)
