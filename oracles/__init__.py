"""Who knows the right answer, and says what is wrong with yours.

    judge(implementation, case)      hold an implementation to the oracles on one case
    judge_properties(...)            what it must keep to whatever its numbers are
    lockstep(implementation, case)   train it beside PyTorch, and hold the drift to rounding
    learn(case, implementation)      your code, your settings, or both learn
    read_case(path)                  read a case file
    from_functions, from_layers      plug functions or layer objects in
    Unsupported                      what an implementation raises for what it does not do

Names are loaded when they are first used: importing this package needs the standard library alone.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oracles.contract.errors import InvalidCase, Unsupported
    from oracles.contract.reading import read_case
    from oracles.implementations.from_functions import from_functions
    from oracles.implementations.from_layers import from_layers
    from oracles.judging.judgement import Judgement
    from oracles.judging.lockstep import Lockstep
    from oracles.learning.answer import Answer
    from oracles.learning.learn import learn
    from oracles.long_training import lockstep
    from oracles.properties.trial import judge_properties
    from oracles.trial import judge

__all__ = [
    "Answer",
    "InvalidCase",
    "Judgement",
    "Lockstep",
    "Unsupported",
    "from_functions",
    "from_layers",
    "judge",
    "judge_properties",
    "learn",
    "lockstep",
    "read_case",
]

_HOMES = {
    "Answer": "oracles.learning.answer",
    "InvalidCase": "oracles.contract.errors",
    "Judgement": "oracles.judging.judgement",
    "Lockstep": "oracles.judging.lockstep",
    "Unsupported": "oracles.contract.errors",
    "from_functions": "oracles.implementations.from_functions",
    "from_layers": "oracles.implementations.from_layers",
    "judge": "oracles.trial",
    "judge_properties": "oracles.properties.trial",
    "learn": "oracles.learning.learn",
    "lockstep": "oracles.long_training",
    "read_case": "oracles.contract.reading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
