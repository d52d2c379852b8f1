"""The report for programs: format 1, a promise (docs, "Report in JSON").

Keys are added and never taken away. JSON has no NaN and no infinities: they are the strings "nan",
"inf", "-inf".

An element of "results" is about the numbers of a case in a dtype ("about": "values"), or about what
any implementation must keep to whatever its numbers are ("about": "properties"): that one has
findings and no entries. In a report without the key all of them are about values.
"splits" has the entries on which the oracles do not agree (`Split` in judging/judgement.py),
"conventions" what the case names of choices on which frameworks differ. "diagnoses" are the causes
of what is wrong, "diagnosis" what else is known of them (`diagnosis_json.py`), "features" what the
case is made of; in the summary, "causes" are joined over all results, "cases" are the ids of those
they are found in, and "differs" is by what the nearest case that passes differs from the smallest.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from oracles.judging.judgement import Divergence, Finding, JudgedEntry, Judgement, Split
from oracles.reporting.causes import joined
from oracles.reporting.diagnosis_json import (
    causes_as_json,
    joint_as_json,
    read_diagnosis,
    rest_as_json,
)
from oracles.reporting.json_numbers import number_as_json
from oracles.reporting.result import Result, Run

FORMAT = 1


def as_json(
    judgement: Judgement, *, title: str = "", command: str = "", features: Sequence[str] = ()
) -> dict[str, Any]:
    """A judgement as JSON-able data: one element of "results"."""
    first = judgement.first_divergence
    return {
        "case": judgement.case,
        "title": title,
        "dtype": judgement.dtype,
        "about": judgement.about,
        "implementation": judgement.implementation,
        "outcome": judgement.outcome,
        "message": judgement.message,
        "oracles": list(judgement.oracles),
        "conventions": list(judgement.conventions),
        "first_divergence": None if first is None else divergence_as_json(first),
        "entries": [_entry(entry) for entry in judgement.entries],
        "findings": [dataclasses.asdict(finding) for finding in judgement.findings],
        "splits": [_split(split) for split in judgement.splits],
        "diagnoses": causes_as_json(judgement.diagnosis),
        "diagnosis": rest_as_json(judgement.diagnosis),
        "seconds": number_as_json(judgement.seconds),
        "command": command,
        "features": list(features),
    }


def from_json(data: Mapping[str, Any]) -> Result:
    """The inverse of `as_json`: what a worker sent, or a report has."""
    first = data["first_divergence"]
    judgement = Judgement(
        case=data["case"],
        dtype=data["dtype"],
        implementation=data["implementation"],
        outcome=data["outcome"],
        message=data["message"],
        oracles=tuple(data["oracles"]),
        first_divergence=None if first is None else _read_divergence(first),
        entries=tuple(_read_entry(entry) for entry in data["entries"]),
        findings=tuple(Finding(**finding) for finding in data["findings"]),
        splits=tuple(_read_split(split) for split in data.get("splits", ())),
        seconds=float(data["seconds"]),
        conventions=tuple(data["conventions"]),
        about=data.get("about", "values"),
        diagnosis=read_diagnosis(data["diagnoses"], data.get("diagnosis")),
    )
    return Result(judgement, data["title"], data["command"], tuple(data.get("features", ())))


def json_report(run: Run) -> str:
    """The whole report as text."""
    judgements = [result.judgement for result in run.results]
    report = {
        "format": FORMAT,
        "implementations": [
            {"label": label, "spec": spec} for label, spec in run.implementations.items()
        ],
        "versions": dict(run.versions),
        "summary": {
            "counts": run.counts(),
            "entries_judged": sum(judgement.judged for judgement in judgements),
            "entries_total": sum(len(judgement.entries) for judgement in judgements),
            "causes": [joint_as_json(joint) for joint in joined(run.results)],
        },
        "results": [
            as_json(
                result.judgement,
                title=result.title,
                command=result.command,
                features=result.features,
            )
            for result in run.results
        ],
    }
    return json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def divergence_as_json(divergence: Divergence) -> dict[str, Any]:
    """The worst element of an entry."""
    data = {key: number_as_json(value) for key, value in dataclasses.asdict(divergence).items()}
    return {**data, "index": [int(i) for i in divergence.index]}


def _read_divergence(data: Mapping[str, Any]) -> Divergence:
    numbers = {key: float(data[key]) for key in _FLOATS}
    return Divergence(**{**data, **numbers, "index": tuple(data["index"])})


_FLOATS = tuple(field.name for field in dataclasses.fields(Divergence) if field.type == "float")


def _split(split: Split) -> dict[str, Any]:
    return {
        **dataclasses.asdict(split),
        "index": [int(i) for i in split.index],
        "numbers": {oracle: number_as_json(number) for oracle, number in split.numbers.items()},
        "apart": number_as_json(split.apart),
        "bound": number_as_json(split.bound),
    }


def _read_split(data: Mapping[str, Any]) -> Split:
    return Split(
        **{
            **data,
            "index": tuple(data["index"]),
            "maybe": tuple(data["maybe"]),
            "numbers": {oracle: float(number) for oracle, number in data["numbers"].items()},
            "camps": tuple(tuple(camp) for camp in data["camps"]),
            "apart": float(data["apart"]),
            "bound": float(data["bound"]),
        }
    )


def _entry(entry: JudgedEntry) -> dict[str, Any]:
    return {
        "entry": entry.entry,
        "verdict": entry.verdict,
        "max_ratio": number_as_json(entry.max_ratio),
        "kind": entry.kind,
        "layer": entry.layer,
        "operation": entry.operation,
        "divergence": None if entry.divergence is None else divergence_as_json(entry.divergence),
    }


def _read_entry(data: Mapping[str, Any]) -> JudgedEntry:
    ratio, divergence = data["max_ratio"], data["divergence"]
    return JudgedEntry(
        **{
            **data,
            "max_ratio": None if ratio is None else float(ratio),
            "divergence": None if divergence is None else _read_divergence(divergence),
        }
    )
