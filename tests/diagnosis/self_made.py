"""Traces that an altered rule makes itself, to see what it predicts and whether it finds itself.

They prove that a rule runs on every option and that nothing else explains its numbers. That it is
what people really do is for the mutants to prove (`tests/mutants`), which are written apart.
"""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.contract.trace import Trace
from oracles.diagnosis.concerning import layers_of
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.known import Known
from oracles.diagnosis.rules import walk_altered
from oracles.judging.diagnosis import Variant

CASES = Path(__file__).parents[2] / "cases"


@cache
def definition(case: str) -> Definition:
    """A bundled case by its id."""
    return read_case(CASES / f"{case}.case.toml")


class _ShapeChanged(Exception):
    """The rule gives an output of another shape: a program ends there as well."""


def made(
    case: Case, hypothesis: Hypothesis, variant: Variant = "", layers: Set[str] | None = None
) -> Trace:
    """What a program records that makes this mistake, in these layers or in every layer of its
    type, each value rounded to the dtype of the case."""
    altered = hypothesis.altered
    where = layers_of(altered, case) if layers is None else layers
    trace = Trace(case)

    def visit(name: str, value: Array) -> Array:
        rounded = np.asarray(value).astype(case.dtype)
        if rounded.shape != trace.entries[name].shape:
            trace.refused[name] = rounded
            raise _ShapeChanged
        trace[name] = rounded
        return rounded.astype(np.float64)

    with suppress(_ShapeChanged):
        walk_altered(Known(), case, altered, where, visit, variant)
    return trace


def evidence(case: Case, trace: Trace) -> Evidence:
    """The trace as a diagnosis sees it."""
    return Evidence.judged(case, trace)
