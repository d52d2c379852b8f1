"""What can be wrong with how an implementation is plugged in."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ImplementationError(ValueError):
    """An implementation cannot be found, loaded or called as declared. The message is for the
    person who wrote it: what was found, what is expected, where."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'weight'?`, or nothing where no known name is close."""
    known = list(known)
    by_lower = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""
