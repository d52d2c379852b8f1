"""Traces that an altered rule makes itself, to see what it predicts and whether it finds itself.

They prove that a rule runs on every option and that nothing else explains its numbers. That it is
what people really do is for the mutants to prove (`tests/mutants`), which are written apart.
"""

from __future__ import annotations

from collections.abc import Set
from functools import cache
from pathlib import Path

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.contract.trace import Trace
from oracles.contract.training import Walk
from oracles.diagnosis.altered import Backward, Course, Forward, State
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.known import Known
from oracles.diagnosis.rules import AlteredRules
from oracles.judging.diagnosis import Variant
from oracles.judging.localisation import judged_with_walk
from oracles.references.pytorch import PyTorch

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
    every = (
        {layer.name for layer in case.layers if layer.type == altered.operation}
        if isinstance(altered, Forward | Backward | State)
        else set()
    )
    trace = Trace(case)

    def visit(name: str, value: Array) -> Array:
        rounded = np.asarray(value).astype(case.dtype)
        if rounded.shape != trace.entries[name].shape:
            trace.refused[name] = rounded
            raise _ShapeChanged
        trace[name] = rounded
        return rounded.astype(np.float64)

    rules = AlteredRules(Known(), case, altered, variant, every if layers is None else layers)
    walk = altered.rule if isinstance(altered, Course) else Walk[Array]
    try:
        with np.errstate(all="ignore"):
            state = walk(case, rules, visit)
            for step in case.steps:
                state.step(step)
    except _ShapeChanged:
        pass
    return trace


def evidence(case: Case, trace: Trace) -> Evidence:
    """The trace as a diagnosis sees it."""
    entries, local = judged_with_walk(case, trace, PyTorch())
    return Evidence(case, trace, entries, local)
