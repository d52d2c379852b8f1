"""The oracles judge each other: PyTorch decides, but never alone.

On the cases of this project they do so in its tests. On a case of somebody else they do it once:
what came out is kept by the content of the case, for the process and, in a folder that the caller
names, for later ones.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib.metadata
import itertools
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from oracles.contract.case import Case, Layer
from oracles.contract.conventions import concerned, convention_of
from oracles.contract.definition import Definition
from oracles.contract.evaluation import evaluate
from oracles.contract.fingerprint import fingerprint
from oracles.contract.reference import Reference
from oracles.contract.trace import Trace
from oracles.judging.deputy import WithDeputy
from oracles.judging.directions import judge_gradients, judged_entry
from oracles.judging.judgement import JUDGED, Divergence, JudgedEntry, Split
from oracles.judging.localisation import free_run, from_own_values, judge_entries, operation
from oracles.judging.published import Publication
from oracles.judging.votes import split
from oracles.references.differences import Differences
from oracles.references.dot2.reference import DoubleDouble
from oracles.references.loops.reference import Loops
from oracles.references.pytorch import PyTorch

OTHERS = ("loops", "differences", "dot2")
"""The oracles beside PyTorch and published numbers."""

Voter = Callable[[Case, Trace], Mapping[str, JudgedEntry]]
"""What an oracle says about the entries of a trace that it has an opinion on, by their names."""

STEPS = 5
"""So many steps are enough for every rule to have been applied, and for what remembers to remember;
a training of hundreds of steps would keep its owner waiting for minutes."""

WORK = 5 * 10**6
"""Products of the forward passes of these steps. A million of them takes the others about a second,
together."""

_KEPT = 256
_PACKAGES = ("refcnn", "torch", "numpy", "scipy")


@dataclass(frozen=True)
class Verdicts:
    """What the other oracles say about PyTorch on one case.

    splits     entries on which they disagree, in order of evaluation
    failed     {oracle: what went wrong}: an oracle that raised has no vote, and is not hidden
    too_large  the others were not asked: it would take them too long
    """

    splits: tuple[Split, ...] = ()
    failed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    too_large: bool = False


def verdicts(definition: Definition, memory: Path | None = None) -> Verdicts:
    """What the other oracles say about PyTorch on this case: computed once for its content.

    memory   folder in which it is kept for later processes; None keeps it for this one
    """
    case = _beginning(definition.draw("float64"))
    if not case.steps:
        return Verdicts(too_large=True)
    key = fingerprint(case, definition.published, definition.conventions, _installed())
    if key not in _remembered:
        kept = _read(memory / f"{key}.json") if memory is not None else None
        if kept is None:
            kept = hold_council(definition, case, {name: partial(opinion, name) for name in OTHERS})
            if memory is not None and not kept.failed:
                _write(memory / f"{key}.json", kept)
        while len(_remembered) >= _KEPT:
            _remembered.pop(next(iter(_remembered)))
        _remembered[key] = kept
    return _remembered[key]


_remembered: dict[str, Verdicts] = {}


def _beginning(case: Case) -> Case:
    """The first steps, as many as do not take too long."""
    each = [_products(case, len(step.samples)) for step in case.steps[:STEPS]]
    kept = sum(total <= WORK for total in itertools.accumulate(each))
    return dataclasses.replace(case, steps=case.steps[:kept])


def _products(case: Case, samples: int) -> int:
    """About how many products a forward pass takes."""
    return sum(
        samples * math.prod(layer.output_shape) * math.prod(_summed(layer)) for layer in case.layers
    )


def _summed(layer: Layer) -> tuple[int, ...]:
    weight = layer.parameters.get("weight")
    return () if weight is None else weight.shape[1:]


def opinion(
    oracle: str, case: Case, trace: Trace, *, normwise: bool = False
) -> dict[str, JudgedEntry]:
    """What one of the others says about the entries of a trace that it has an opinion on."""
    if oracle == "loops":
        return values_opinion(case, trace, Loops(), normwise=normwise)
    if oracle == "dot2":
        return values_opinion(case, trace, DoubleDouble(), normwise=normwise)
    return _gradients_opinion(case, trace, normwise=normwise)


def hold_council(definition: Definition, case: Case, voters: Mapping[str, Voter]) -> Verdicts:
    """Hold PyTorch's free run to other oracles, and to what is published."""
    with np.errstate(all="ignore"):  # what overflows is compared as what it is
        return _council(definition, case, voters)


def _council(definition: Definition, case: Case, voters: Mapping[str, Voter]) -> Verdicts:
    pytorch = PyTorch()
    trace = Trace(case)
    for name, value in evaluate(case, pytorch).items():
        trace[name] = value
    opinions: dict[str, Mapping[str, JudgedEntry]] = {}
    failed: dict[str, str] = {}
    for name, voter in voters.items():
        try:
            opinions[name] = voter(case, trace)
        except Exception as error:  # noqa: BLE001  no oracle may end somebody's run; it is shown
            failed[name] = f"{type(error).__name__}: {error}"
    opinions["published"] = _published(definition, case, trace, pytorch)
    return Verdicts(tuple(_splits(definition, trace, opinions)), failed)


def values_opinion(
    case: Case, trace: Trace, reference: Reference, *, normwise: bool = False
) -> dict[str, JudgedEntry]:
    """The verdicts of an oracle that computes values; PyTorch stands in for what it declines."""
    whole = WithDeputy(reference, PyTorch())
    judged = judge_entries(case, trace, whole, normwise=normwise)
    return {
        one.entry: one
        for one in judged
        if one.kind not in ("input", "mask") and whole.speaks_on(trace.entries[one.entry], case)
    }


def _gradients_opinion(case: Case, trace: Trace, *, normwise: bool) -> dict[str, JudgedEntry]:
    """The verdicts of differences, where a direction met no kink and was certain enough."""
    pytorch = PyTorch()
    local = from_own_values(case, trace, pytorch, normwise=normwise)
    judged = judge_gradients(case, trace, Differences(), pytorch, Loops(), local)
    return {
        one.entry: judged_entry(case, trace.entries[one.entry], one)
        for one in judged
        if one.verdict != "undecided"
    }


def _published(
    definition: Definition, case: Case, trace: Trace, pytorch: Reference
) -> dict[str, JudgedEntry]:
    if not definition.published:
        return {}
    free = free_run(case, trace, pytorch)
    numbers = [one for one in definition.published if one.entry in trace.entries]
    publication = Publication(case, numbers, free, {n: trace[n] for n in trace})
    judged = {}
    for one in numbers:
        compared = publication.compare(one, trace[one.entry])
        judged[one.entry] = JudgedEntry(
            entry=one.entry,
            kind=trace.entries[one.entry].kind,
            layer=trace.entries[one.entry].layer,
            operation=operation(case, trace.entries[one.entry]),
            verdict=compared.verdict,
            max_ratio=compared.max_ratio,
            divergence=compared.divergence,
        )
    return judged


def _splits(
    definition: Definition, trace: Trace, opinions: Mapping[str, Mapping[str, JudgedEntry]]
) -> Iterator[Split]:
    for name in trace.entries:
        held = {oracle: judged[name] for oracle, judged in opinions.items() if name in judged}
        objections: dict[str, Divergence] = {}
        for oracle, judged in held.items():
            if judged.verdict == "different" and judged.divergence is not None:
                objections[oracle] = judged.divergence
        if objections:
            agreeing = {o for o, j in held.items() if o not in objections and j.verdict in JUDGED}
            about = convention_of(next(iter(held.values())), definition.conventions) or ""
            maybe = () if about else concerned(next(iter(held.values())))
            yield split(PyTorch.name, objections, agreeing, about, maybe)


@functools.cache
def _installed() -> tuple[str, ...]:
    """What a verdict depends on beside the case."""
    return tuple(f"{name} {_version(name)}" for name in _PACKAGES)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _read(path: Path) -> Verdicts | None:
    """What was kept; None if there is nothing, or nothing that makes sense."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Verdicts(tuple(_as_split(one) for one in data["splits"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, kept: Verdicts) -> None:
    """Keep it; where that is not possible, the next process asks again."""
    data = {"splits": [dataclasses.asdict(one) for one in kept.splits]}
    unfinished = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        try:
            unfinished.write_text(json.dumps(data), encoding="utf-8")
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)


def _as_split(data: dict[str, Any]) -> Split:
    data["maybe"] = tuple(data["maybe"])
    data["index"] = tuple(data["index"])
    data["camps"] = tuple(tuple(camp) for camp in data["camps"])
    return Split(**data)
