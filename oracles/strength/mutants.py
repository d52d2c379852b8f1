"""Mutants, as this command sees them: implementations that are wrong on purpose."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from oracles.case_paths import CommandError
from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.trace import Trace
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.splitting import bundled, numbers

DEFAULT = "tests.mutants.table"
"""The mutants of this project, in a checkout of it."""

EVERYTHING = ("*",)

LARGEST = 4_000
"""Numbers in the inputs and parameters of all steps of a case that mutants are run on."""


class Mutant(Protocol):
    """One mistake, and what has to be said about it (tests/mutants/mutant.py)."""

    @property
    def switch(self) -> str: ...
    @property
    def cause(self) -> str: ...
    @property
    def alike(self) -> tuple[str, ...]: ...
    @property
    def area(self) -> str: ...


class Implementation(Protocol):
    """The mutable implementation with some switches on."""

    name: str
    on: Any

    def run(self, case: Case, trace: Trace) -> None: ...


@dataclass(frozen=True)
class Catalogue:
    """A module of mutants.

    mutable   (*switches, exposes=patterns) -> an implementation
    """

    mutants: tuple[Mutant, ...]
    mutable: Callable[..., Implementation]

    def mutant(self, switch: str) -> Mutant:
        """The mutant with this switch."""
        return next(one for one in self.mutants if one.switch == switch)


@lru_cache(maxsize=4)
def catalogue(spec: str) -> Catalogue:
    """The mutants of a module that has `MUTANTS` and `Mutable`.

    Raises CommandError where there is no such module.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(spec)
        return Catalogue(tuple(module.MUTANTS), module.Mutable)
    except ModuleNotFoundError as error:
        raise CommandError(
            f"there is no module {spec} ({error}). The mutants are part of the project's tests: "
            "run this in a checkout, or name your own with --mutants package.module"
        ) from error
    except AttributeError as error:
        raise CommandError(f"{spec} must have MUTANTS and Mutable: {error}") from error


def runnable() -> tuple[Definition, ...]:
    """The bundled cases that mutants are run on, the smallest first. What takes seconds to judge is
    left out: hundreds of mutants are run on each."""
    return tuple(one for one in bundled() if one.raises is None and numbers(one) <= LARGEST)


def traced(
    spec: str,
    switches: Iterable[str],
    definition: Definition,
    dtype: str,
    exposes: Sequence[str] = EVERYTHING,
) -> tuple[Trace, str]:
    """What the mutable implementation records with some switches on, and how it ended if that was
    an exception."""
    used = definition.draw(dtype)
    trace = Trace(used)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            catalogue(spec).mutable(*switches, exposes=exposes).run(used, trace)
    except Exception as error:  # noqa: BLE001  a mutant may end in any way
        return trace, f"{type(error).__name__}: {error}"
    return trace, ""


def evidence_of(trace: Trace, definition: Definition, dtype: str) -> Evidence:
    """The trace as a diagnosis sees it."""
    return Evidence.judged(definition.draw(dtype), trace)
