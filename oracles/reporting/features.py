"""What a case is made of, in a few words each, so that two cases can be told apart in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oracles.contract.definition import Definition

_SIZES = ("channels", "features")
"""Attributes that count something: whether it is one of them matters, how many does not."""

_PLAIN = (bool, int, float, str, tuple, type(None))
_BETWEEN = " = "


def features(definition: Definition) -> tuple[str, ...]:
    """`Conv2d stride = (2, 2)`, `steps = 3`, `SGD momentum = 0.9`; each once, sorted."""
    return tuple(sorted(set(_features(definition))))


def _features(definition: Definition) -> Iterator[str]:
    plan = definition.plan
    for layer in plan.layers:
        yield from _options(layer.operation.type, layer.operation.attributes())
        shapes = (shape for shape in layer.input_shapes if shape is not None and len(shape) == 3)
        yield from (f"images of {layer.operation.type}{_BETWEEN}{_form(shape)}" for shape in shapes)
    objective = plan.objective
    if objective.loss is not None:
        weights = dict.fromkeys(objective.weights, True)
        yield from _options(objective.loss.type, {**objective.loss.options(), **weights})
    if plan.updates is not None:
        optimizer = plan.updates.optimizer
        rate = "constant" if isinstance(optimizer.lr, float) else "varies"
        yield from _options(optimizer.type, {**optimizer.options(), "lr": rate})
    yield from (f"penalty{_BETWEEN}{penalty.type}" for penalty in plan.penalties)
    yield from (f"preparation{_BETWEEN}{next(iter(step))}" for step in plan.preparation)
    yield f"steps{_BETWEEN}{len(plan.steps)}"
    yield from (f"mode{_BETWEEN}{step.mode}" for step in plan.steps)
    yield f"samples{_BETWEEN}{_how_many(plan.samples)}"
    yield f"layers{_BETWEEN}{_how_many(len(plan.layers))}"
    yield f"numbers{_BETWEEN}{'drawn' if plan.input.drawn else 'written out'}"


def _options(name: str, options: Mapping[str, Any]) -> Iterator[str]:
    for key, value in options.items():
        if key.endswith(_SIZES) and isinstance(value, int):
            yield f"{name} {key}{_BETWEEN}{_how_many(value)}"
        elif key != "type" and isinstance(value, _PLAIN):
            yield f"{name} {key}{_BETWEEN}{value}"


def _form(shape: tuple[int, ...]) -> str:
    return "square" if shape[1] == shape[2] else "oblong"


def _how_many(number: int) -> str:
    return "one" if number == 1 else "several"


def differences(here: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    """What is there in place of what is here: `Conv2d stride = (1, 1) instead of (2, 2)`."""
    mine, theirs = _by_name(set(here) - set(there)), _by_name(set(there) - set(here))
    said = []
    for name in sorted({*mine, *theirs}):
        if name in mine and name in theirs:
            said.append(f"{_joined(name, theirs[name])} instead of {' and '.join(mine[name])}")
        elif name in theirs:
            said.append(f"with {_joined(name, theirs[name])}")
        else:
            said.append(f"without {_joined(name, mine[name])}")
    return tuple(said)


def _joined(name: str, values: Sequence[str]) -> str:
    return f"{name}{_BETWEEN}{' and '.join(values)}" if any(values) else name


def _by_name(found: set[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for one in sorted(found):
        name, _, value = one.partition(_BETWEEN)
        named.setdefault(name, []).append(value)
    return named
