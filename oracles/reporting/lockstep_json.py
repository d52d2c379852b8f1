"""A lockstep for programs: format 1, a promise (docs/numerics.md, "Lockstep").

Keys are added and never taken away. Numbers that are not finite are the strings "nan", "inf",
"-inf".
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from oracles.judging.lockstep import Departure, Distance, Lockstep, LockstepStep
from oracles.reporting.json_numbers import number_as_json
from oracles.reporting.json_report import divergence_as_json

FORMAT = 1


def lockstep_as_json(result: Lockstep) -> dict[str, Any]:
    """A lockstep as JSON-able data."""
    first = result.first_wrong
    return {
        "format": FORMAT,
        "case": result.case,
        "dtype": result.dtype,
        "implementation": result.implementation,
        "oracle": result.oracle,
        "outcome": result.outcome,
        "message": result.message,
        "asked": result.asked,
        "kinds": list(result.kinds),
        "departure": None if result.departure is None else _departure(result.departure),
        "overflow": result.overflow,
        "blind_from": result.blind_from,
        "first_wrong": None if first is None else divergence_as_json(first),
        "judged_steps": result.judged_steps,
        "judged": result.judged,
        "to_judge": result.to_judge,
        "steps": [_step(step) for step in result.steps],
        "seconds": result.seconds,
    }


def lockstep_report(result: Lockstep, versions: Mapping[str, str]) -> str:
    """The same as the text of a file, with the versions of everything that took part."""
    data = {**lockstep_as_json(result), "versions": dict(versions)}
    return json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _departure(departure: Departure) -> dict[str, Any]:
    return {
        "step": departure.step,
        "layer": departure.layer,
        "operation": departure.operation,
        "index": list(departure.index),
        "actual": number_as_json(departure.actual),
        "expected": number_as_json(departure.expected),
        "wrong": departure.wrong,
        **_distance(departure.distance),
    }


def _step(step: LockstepStep) -> dict[str, Any]:
    return {
        "step": step.step,
        "loss": number_as_json(step.loss),
        "oracle_loss": number_as_json(step.oracle_loss),
        "distances": [_distance(one) for one in step.distances],
    }


def _distance(distance: Distance) -> dict[str, Any]:
    data = {**dataclasses.asdict(distance), "ratio": distance.ratio}
    return {key: number_as_json(value) for key, value in data.items()}
