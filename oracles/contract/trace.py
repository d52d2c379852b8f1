"""What an implementation writes its arrays into."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.entries import Entry, entries
from oracles.contract.errors import TraceError


class Trace:
    """Named arrays of one run of one case, in the order in which they were recorded.

    `trace["step0.forward.conv1"] = y` copies at once, so that arrays updated in place later are
    safe, and raises `TraceError` there, at the line that recorded it, for a name the case does not
    have, for a wrong shape, and for a second write.

    refused   {entry: an array of a wrong shape that was to be recorded}: it may still tell why
    """

    def __init__(self, case: Case) -> None:
        self.entries: dict[str, Entry] = {entry.name: entry for entry in entries(case)}
        self.supplied: set[str] = set()
        self.refused: dict[str, Array] = {}
        self.python_numbers: set[str] = set()
        self._arrays: dict[str, Array] = {}

    def __setitem__(self, name: str, value: Any) -> None:
        entry = self._known(name)
        if name in self._arrays:
            raise TraceError(f"{name} was recorded before: an entry is written once")
        array = _copied(name, value)
        if array.shape != entry.shape:
            self.refused[name] = array
            raise TraceError(f"{name} has shape {array.shape}, expected {entry.shape}")
        if isinstance(value, (int, float)):
            self.python_numbers.add(name)
        self._arrays[name] = array

    def supply(self, name: str, value: Any) -> None:
        """Record what the harness computed itself from the implementation's own arrays. Such an
        entry is shown and never counts as passed."""
        self[name] = value
        self.supplied.add(name)

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def __contains__(self, name: object) -> bool:
        return name in self._arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def get(self, name: str) -> Array | None:
        """The array recorded under this name, or None."""
        return self._arrays.get(name)

    def _known(self, name: str) -> Entry:
        if not isinstance(name, str):
            raise TraceError(f"an entry is named by a string, got {name!r}")
        if name in self.entries:
            return self.entries[name]
        close = difflib.get_close_matches(name, self.entries, n=1, cutoff=0.0)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise TraceError(f"this case has no entry {name!r}{hint}")


def _copied(name: str, value: Any) -> Array:
    try:
        array = np.array(value, copy=True)
    except Exception as error:
        raise TraceError(
            f"{name} cannot be made a NumPy array: {type(value).__name__}: {error}"
        ) from error
    if array.dtype.kind not in "fiub":
        raise TraceError(
            f"{name} must be an array of numbers, got {type(value).__name__} of dtype {array.dtype}"
        )
    return array
