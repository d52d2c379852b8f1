"""An answer for programs: format 1, a promise (docs/learning.md, "As data").

Keys are added and never taken away. Numbers that are not finite are the strings "nan", "inf",
"-inf".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles.learning.answer import Answer, Examined, Tried
from oracles.learning.baseline import LEARNS
from oracles.learning.course import Course, Look
from oracles.learning.situation import SettingsFinding
from oracles.learning.telling.headline import headline, next_steps
from oracles.reporting.json_numbers import number_as_json
from oracles.reporting.json_report import as_json

FORMAT = 1


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """An answer as JSON-able data."""
    return {
        "format": FORMAT,
        "case": answer.case,
        "dtype": answer.dtype,
        "implementation": answer.implementation,
        "verdict": answer.verdict,
        "answer": headline(answer),
        "next_steps": next_steps(answer),
        "data": answer.data,
        "samples": answer.samples,
        "batch_size": answer.batch_size,
        "epoch": answer.epoch,
        "baseline": {
            "prediction": _numbers(answer.baseline.prediction),
            "loss": number_as_json(answer.baseline.loss),
            "most_often": number_as_json(answer.baseline.most_often),
        },
        "learns_from": LEARNS,
        "learned": number_as_json(answer.learned),
        "theirs_learned": number_as_json(answer.theirs_learned),
        "learned_as_asked": number_as_json(answer.learned_as_asked),
        "oracle": _course(answer.oracle),
        "theirs": None if answer.theirs is None else _course(answer.theirs),
        "code_is_wrong": answer.code_is_wrong,
        "causes": list(answer.causes),
        "lr_factor": number_as_json(answer.lr_factor),
        "parted_at": answer.parted_at,
        "examined": [_examined(one) for one in answer.examined],
        "findings": [_finding(one) for one in answer.findings],
        "tried": [_tried(one) for one in answer.tried],
        "seconds": number_as_json(answer.seconds),
    }


def answer_report(answer: Answer, versions: Mapping[str, str]) -> str:
    """The same as the text of a file, with the versions of everything that took part."""
    data = {**answer_as_json(answer), "versions": dict(versions)}
    return json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _course(course: Course) -> dict[str, Any]:
    return {
        "who": course.who,
        "steps": course.steps,
        "loss": _numbers(course.loss),
        "accuracy": _numbers(course.accuracy),
        "windows": [int(step) for step in course.windows],
        "spread": _curves(course.spread),
        "gradients": _curves(course.gradients),
        "parameters": _curves(course.parameters),
        "trained_on": None if course.trained_on is None else _look(course.trained_on),
        "held_out": None if course.held_out is None else _look(course.held_out),
        "not_finite": course.not_finite,
        "message": course.message,
    }


def _look(look: Look) -> dict[str, Any]:
    """Without the outputs of the layers: their spread and size is what they are kept for."""
    return {
        "samples": look.samples,
        "loss": number_as_json(look.loss),
        "accuracy": number_as_json(look.accuracy),
        "most_often": number_as_json(look.most_often),
        "spread": {layer: number_as_json(value) for layer, value in look.spread.items()},
        "size": {layer: number_as_json(value) for layer, value in look.size.items()},
        "predictions": _numbers(look.predictions),
    }


def _examined(one: Examined) -> dict[str, Any]:
    steps = [int(step) for step in one.steps]
    return {"steps": steps, "why": one.why, "judgement": as_json(one.judgement)}


def _finding(finding: SettingsFinding) -> dict[str, Any]:
    return {
        "finding": finding.finding,
        "title": finding.title,
        "numbers": list(finding.numbers),
        "change": finding.change,
        "prevents": finding.prevents,
        "symptom": finding.symptom,
        "figures": {name: number_as_json(value) for name, value in finding.figures.items()},
        "remedy": None if finding.remedy is None else finding.remedy.text,
    }


def _tried(one: Tried) -> dict[str, Any]:
    return {
        "text": one.text,
        "learned": number_as_json(one.learned),
        "loss": number_as_json(one.loss),
        "learns": bool(one.learns),
    }


def _curves(curves: Mapping[str, NDArray[np.float64]]) -> dict[str, list[Any]]:
    return {name: _numbers(curve) for name, curve in curves.items()}


def _numbers(array: NDArray[Any]) -> list[Any]:
    """Lists of numbers, as deep as the array has axes."""
    if array.ndim > 1:
        return [_numbers(row) for row in array]
    return [number_as_json(float(value)) for value in array]
