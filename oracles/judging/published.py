"""Published numbers as an oracle of their own: the values under `[expect]` of a case file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.definition import Published
from oracles.contract.trace import Trace
from oracles.judging.bounds import FLOAT32, expected, guaranteed
from oracles.judging.comparison import Compared, compare
from oracles.judging.judgement import Divergence, Finding, JudgedEntry
from oracles.judging.localisation import Judged
from oracles.judging.measured import Size


def judge_published(
    case: Case,
    trace: Trace,
    free: Judged,
    published: Sequence[Published],
    judged: Sequence[JudgedEntry],
) -> tuple[JudgedEntry, ...]:
    """The verdicts with those on published numbers added: an entry that the first oracle has no
    objection to is still different if it is not what was published."""
    numbers = {one.entry: one for one in published}
    return tuple(
        _with_published(case, trace, free, numbers[entry.entry], entry)
        if entry.entry in numbers and entry.entry in trace
        else entry
        for entry in judged
    )


def splits(case: Case, free: Judged, published: Sequence[Published], oracle: str) -> list[Finding]:
    """Published numbers that the first oracle itself does not reproduce."""
    findings = []
    for one in published:
        compared = _compared(case, free, one, free.tube.base.values[one.entry])
        if compared.divergence is not None:
            findings.append(Finding("oracles.split", _split(compared.divergence, oracle)))
    return findings


def _with_published(
    case: Case, trace: Trace, free: Judged, one: Published, entry: JudgedEntry
) -> JudgedEntry:
    if entry.verdict in ("different", "supplied"):
        return entry
    compared = _compared(case, free, one, trace[one.entry])
    if compared.verdict != "different":
        return entry
    return replace(
        entry,
        verdict="different",
        max_ratio=compared.max_ratio,
        divergence=compared.divergence,
    )


def _compared(case: Case, free: Judged, one: Published, actual: Array) -> Compared:
    """Within the bound of rounding, or within `atol` and `rtol` where the case gives them, plus the
    bound in float32."""
    size, carried = free.sizes[one.entry], free.tube.carried(one.entry)
    arithmetic = free.tube.arithmetic
    if one.atol is not None or one.rtol is not None:
        rounding = (expected if case.drawn else guaranteed)(size, FLOAT32)
        stated = (one.atol or 0.0) + (one.rtol or 0.0) * np.abs(one.values)
        carried = stated + (rounding if arithmetic is FLOAT32 else 0.0)
        size = Size(np.zeros(one.values.shape), 0.0)
    compared = compare(
        one.entry,
        actual,
        one.values,
        size,
        arithmetic,
        drawn=case.drawn,
        oracle="published",
        carried=carried,
    )
    if compared.divergence is None:
        return compared
    return replace(compared, divergence=replace(compared.divergence, rule="published"))


def _split(divergence: Divergence, oracle: str) -> str:
    return (
        f"the oracles disagree on {divergence.entry}{list(divergence.index)}: published is "
        f"{divergence.expected!r}, {oracle} has {divergence.actual!r}, apart by "
        f"{divergence.error:.3g} where {divergence.bound:.3g} is allowed; "
        "no implementation can agree with both"
    )
