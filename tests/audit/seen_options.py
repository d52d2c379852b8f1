"""Which options random cases make use of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from oracles.audit.cases.case import random_case

CASES = range(1500)


@cache
def used() -> frozenset[str]:
    """Everything that one of the cases gives: `Conv2d.stride`, `SGD.lr.StepLR`, `input.memory`."""
    return frozenset(name for number in CASES for name in _of(random_case(0, number)))


def _of(document: Mapping[str, Any]) -> Iterator[str]:
    for layer in document["layers"]:
        yield from _keys(layer["type"], layer)
    for name in ("loss", "optimizer"):
        if name in document:
            yield from _keys(document[name]["type"], document[name])
    for step in document.get("steps", ()):
        yield from _keys("step", step)
    for step in document.get("preparation", ()):
        yield from _keys("preparation", step)
    yield from _keys("training", document.get("training", {}))
    yield from _keys("input", document["input"])
    yield from (key for key in ("upstream", "loss") if key in document)


def _keys(prefix: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield prefix
    for key, value in table.items():
        yield f"{prefix}.{key}"
        if isinstance(value, str | bool):
            yield f"{prefix}.{key}={value}"
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                kind = inner.get("scheduler") or inner.get("type") or inner.get("fill")
                yield from _keys(f"{prefix}.{key}{f'.{kind}' if kind else ''}", inner)
