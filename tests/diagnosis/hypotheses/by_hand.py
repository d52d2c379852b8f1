"""Runs that are right but for a few entries, which a test computes itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from oracles.contract.case import Array, Case
from oracles.contract.entries import entries
from oracles.contract.errors import TraceError
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import evidence


def run(case: Case, changed: Mapping[str, Array], hidden: Collection[str] = ()) -> Evidence:
    """Every entry as PyTorch has it but for `changed`; kinds or names in `hidden` are not
    exposed."""
    kinds = {entry.name: entry.kind for entry in entries(case)}
    right = {
        name: value
        for name, value in evaluate(case).items()
        if not {name, kinds[name]} & set(hidden)
    }
    return shown(case, {**right, **changed})


def shown(case: Case, recorded: Mapping[str, Array]) -> Evidence:
    """A run that records these entries and no others, or tries to, where a shape is wrong."""
    trace = Trace(case)
    for name, value in recorded.items():
        with suppress(TraceError):
            trace[name] = value.astype(case.dtype)
    return evidence(case, trace)


def named(found: Evidence, hypotheses: Iterable[Hypothesis]) -> list[set[str]]:
    """Each cause that is found, together with those it cannot be told apart from; and what is left
    unexplained, if anything is."""
    said = diagnose(found, hypotheses)
    causes = [{cause.cause, *(tie.cause for tie in cause.ties)} for cause in said.causes]
    return [*causes, set(said.unexplained)] if said.unexplained else causes
