"""Names of entries in a judgement of some steps of a training: their numbers in the training."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from oracles.judging.judgement import Judgement

_STEP = re.compile(r"\b(?P<before>step ?)(?P<number>\d+)\b")


def numbered(judgement: Judgement, steps: Sequence[int]) -> Judgement:
    """The judgement with step 0 as the first of `steps`, and so on, wherever a step is named."""
    return cast(Judgement, _renamed(judgement, steps))


def _renamed(value: Any, steps: Sequence[int]) -> Any:
    if isinstance(value, str):
        return _STEP.sub(lambda match: f"{match['before']}{_number(match, steps)}", value)
    if isinstance(value, tuple):
        return tuple(_renamed(one, steps) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        own = {item.name: getattr(value, item.name) for item in fields(value) if item.init}
        return replace(value, **{name: _renamed(one, steps) for name, one in own.items()})
    return value


def _number(match: re.Match[str], steps: Sequence[int]) -> int:
    position = int(match["number"])
    return steps[position] if position < len(steps) else position
