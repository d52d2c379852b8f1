"""A diagnosis as JSON-able data, and back.

"diagnoses" of a result are its causes, with the keys that are promised. "diagnosis" is what else
there is to say, or null where nobody asked for one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from oracles.judging.diagnosis import (
    Cause,
    Description,
    Diagnosis,
    HypothesisFault,
    RuledOut,
    Tie,
)
from oracles.reporting.causes import Joint
from oracles.reporting.json_numbers import number_as_json

_RATIOS = ("residual_ratio", "error_ratio", "residual")
_LISTS = ("layers", "explains", "contradicts", "evidence")


def causes_as_json(diagnosis: Diagnosis | None) -> list[dict[str, Any]]:
    """The causes. "layer" is the first of "layers", "" for what is not about a layer."""
    if diagnosis is None:
        return []
    return [_cause(cause) for cause in diagnosis.causes]


def rest_as_json(diagnosis: Diagnosis | None) -> dict[str, Any] | None:
    """Everything else of a diagnosis."""
    if diagnosis is None:
        return None
    data = dataclasses.asdict(diagnosis)
    del data["causes"]
    return {**data, "seconds": number_as_json(diagnosis.seconds)}


def read_diagnosis(
    causes: Sequence[Mapping[str, Any]], rest: Mapping[str, Any] | None
) -> Diagnosis | None:
    """The inverse of both."""
    if rest is None:
        return None
    return Diagnosis(
        causes=tuple(map(_read_cause, causes)),
        unexplained=tuple(rest["unexplained"]),
        descriptions=tuple(Description(**one) for one in rest["descriptions"]),
        ruled_out=tuple(RuledOut(**one) for one in rest["ruled_out"]),
        tried=rest["tried"],
        untried=rest["untried"],
        faults=tuple(HypothesisFault(**one) for one in rest["faults"]),
        seconds=float(rest["seconds"]),
        skipped=rest["skipped"],
    )


def joint_as_json(joint: Joint) -> dict[str, Any]:
    """An element of "causes" in the summary."""
    neighbour = joint.neighbour
    return {
        "cause": joint.cause,
        "title": joint.title,
        "sort": joint.sort,
        "certainty": joint.certainty,
        "implementation": joint.smallest.judgement.implementation,
        "cases": joint.cases,
        "smallest_case": joint.smallest.judgement.case,
        "nearest_pass": None if neighbour is None else neighbour.judgement.case,
        "differs": list(joint.differs),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    data = dataclasses.asdict(cause)
    ratios = {key: number_as_json(data[key]) for key in _RATIOS}
    return {**data, **ratios, "layer": cause.layers[0] if cause.layers else ""}


def _read_cause(data: Mapping[str, Any]) -> Cause:
    plain = {key: value for key, value in data.items() if key != "layer"}
    lists = {key: tuple(data[key]) for key in _LISTS}
    ratios = {key: float(data[key]) for key in _RATIOS}
    return Cause(**{**plain, **lists, **ratios, "ties": tuple(Tie(**one) for one in data["ties"])})
