"""What can be wrong with how an implementation is plugged in."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray


class ImplementationError(ValueError):
    """An implementation cannot be found, loaded or called as declared. The message is for the
    person who wrote it: what was found, what is expected, where."""


class WrongShape(ImplementationError):
    """An array has another shape than its place; `array` is it, in PyTorch's layout where it has as
    many axes as that, since its numbers may tell why."""

    def __init__(self, message: str, array: NDArray[Any]) -> None:
        super().__init__(message)
        self.array = array


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'weight'?`, or nothing where no known name is close."""
    known = list(known)
    by_lower = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""
