"""What identifies a case by its content: two files that ask for the same have the same."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Case

_NAMES = frozenset({"id", "title", "why"})


def fingerprint(case: Case, *more: Any) -> str:
    """A hash of everything a case asks for, and of `more`; not of its name and its texts."""
    digest = hashlib.sha256()
    for part in _parts((case, more)):
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, np.ndarray):
        yield f"array {value.dtype} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in _NAMES:
                yield field.name.encode()
                yield from _parts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield f"mapping {len(value)}".encode()
        for key in sorted(value, key=str):
            yield from _parts((key, value[key]))
    elif isinstance(value, list | tuple):
        yield f"sequence {len(value)}".encode()
        for element in value:
            yield from _parts(element)
    else:
        yield f"{type(value).__name__} {value!r}".encode()
