"""Attributes of a user's object by name: "W", "params.W" (a dict), "params.0" (a list)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oracles.implementations.errors import ImplementationError, did_you_mean


def read(owner: Any, path: str, what: str) -> Any:
    """The value at a path. `what` says in a message what it was wanted for."""
    for part in path.split("."):
        owner = _child(owner, part, path, what)
    return owner


def write(owner: Any, path: str, value: Any, what: str) -> None:
    """Put a value at a path that exists: a name that is not there is a mistake in the declaration,
    and the layer would go on with what its author initialised."""
    *way, last = path.split(".")
    for part in way:
        owner = _child(owner, part, path, what)
    _child(owner, last, path, what)
    if isinstance(owner, Mapping):
        owner[last] = value  # type: ignore[index]  # a dict, or it raises at the user's own class
    elif isinstance(owner, list):
        owner[int(last)] = value
    else:
        setattr(owner, last, value)


def _child(owner: Any, part: str, path: str, what: str) -> Any:
    if isinstance(owner, Mapping):
        if part in owner:
            return owner[part]
        raise _missing("key", part, path, what, owner, (str(key) for key in owner))
    if isinstance(owner, list | tuple):
        if part.isdigit() and int(part) < len(owner):
            return owner[int(part)]
        raise _missing("element", part, path, what, owner, map(str, range(len(owner))))
    if hasattr(owner, part):
        return getattr(owner, part)
    raise _missing("attribute", part, path, what, owner, _names(owner))


def _names(owner: Any) -> list[str]:
    return [name for name in dir(owner) if not name.startswith("__")]


def _missing(
    noun: str, part: str, path: str, what: str, owner: Any, known: Iterable[str]
) -> ImplementationError:
    names = list(known)
    whole = f" (of {path!r})" if path != part else ""
    listed = ", ".join(names[:12]) or "nothing"
    return ImplementationError(
        f"{what}: the {type(owner).__name__} object has no {noun} {part!r}{whole}"
        f"{did_you_mean(part, names)}; it has {listed}"
    )
