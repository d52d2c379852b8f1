"""A pytest plugin: a judge that believes what the implementation says about itself, and a search
for causes that counts how often it is asked.

The plugin is what is tested, and the real ones import torch, two seconds in each process.
`implementation.run(case, dtype)` returns the outcome, or raises, or ends the process.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import oracles
from oracles.judging.diagnosis import Diagnosis
from oracles.judging.judgement import Judgement, Outcome
from tests.reporting.examples import DIVERGED, PASSED

ORACLES = ("pytorch", "published")
_patch = pytest.MonkeyPatch()


def pytest_configure() -> None:
    """Put the stand-in in the judge's place."""
    trial = ModuleType("oracles.trial")
    vars(trial).update(judge=_judge, DECIDING=ORACLES)
    _patch.setitem(sys.modules, "oracles.trial", trial)
    _patch.setattr(oracles, "trial", trial, raising=False)
    remembering = ModuleType("oracles.diagnosis.remembering")
    vars(remembering).update(Remembering=_Remembering, Allowance=object)
    _patch.setitem(sys.modules, "oracles.diagnosis.remembering", remembering)


def pytest_unconfigure() -> None:
    """Put the judge back."""
    _patch.undo()


class _Remembering:
    """Says how often it was asked (`tried`), and how many it was to search (`untried`)."""

    def __init__(self, allowance: object, most: int | None) -> None:
        self._asked = 0
        self._most = -1 if most is None else most

    def __call__(self, evidence: object) -> Diagnosis:
        self._asked += 1
        return Diagnosis(tried=self._asked, untried=self._most)


def _judge(
    implementation: Any,
    case: Any,
    dtype: str | None = None,
    *,
    oracles: Sequence[str] = ORACLES,
    timeout: float | None = None,
    memory: Path | None = None,
    diagnose: Any = None,
) -> Judgement:
    assert dtype is not None
    assert timeout is not None
    outcome: Outcome = implementation.run(case, dtype) or "passed"
    judgement = DIVERGED if outcome == "diverged" else PASSED
    if outcome == "diverged" and diagnose is not None:
        judgement = replace(judgement, diagnosis=diagnose(case))
    message = "" if outcome in {"passed", "diverged"} else f"the reason it is {outcome}"
    return replace(
        judgement,
        case=case.id,
        dtype=dtype,
        implementation=implementation.name,
        outcome=outcome,
        message=message,
        oracles=tuple(oracles),
    )
