"""Names of layers, losses and optimizers that an adapter is given something for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from oracles.contract.losses import LOSSES
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS
from oracles.implementations.errors import ImplementationError

NEARLY = 0.92
"""Likeness of names from which one is a misspelling: more than BatchNorm1d has with BatchNorm2d."""


def refuse_misspelt(
    layers: Iterable[str], losses: Iterable[str], optimizers: Iterable[str]
) -> None:
    """Raise ImplementationError for a name that is nearly one of PyTorch's.

    Whatever is plugged in under a misspelt name would never be run, and nobody would be told. A
    name that is like none of them stays: it may be of an operation that no case has yet.
    """
    for what, names, known in (
        ("type of layer", layers, OPERATIONS),
        ("loss", losses, LOSSES),
        ("optimizer", optimizers, OPTIMIZERS),
    ):
        for name in names:
            _refuse(what, name, known)


def _refuse(what: str, name: str, known: Iterable[str]) -> None:
    by_lower = {other.lower(): other for other in known}
    plain = str(name).lower().replace("_", "")
    close = [other for other in by_lower if other in (plain, f"{plain}loss")]
    close += difflib.get_close_matches(plain, by_lower, n=1, cutoff=NEARLY)
    if close and by_lower[close[0]] != name:
        raise ImplementationError(
            f"there is no {what} {name!r}; did you mean {by_lower[close[0]]!r}?"
        )
