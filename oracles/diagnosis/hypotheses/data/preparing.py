"""The preparation of a case, with something else in the place of one of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from oracles.contract.case import Array
from oracles.contract.preparation import prepare
from oracles.diagnosis.site import Inapplicable, Site

Preparation = Sequence[Mapping[str, Any]]
Change = Callable[[Array], Array]
Rule = Callable[[Array, Any], Array]

BY_CHANNEL = ("divide", "subtract")
"""Steps that may have one number for each channel."""


def prepared(site: Site, preparation: Preparation, raw: Array | None = None) -> Array:
    """The batch after this preparation."""
    return prepare(site.step.raw if raw is None else raw, preparation)


def key_of(step: Mapping[str, Any]) -> str:
    """What a step of a preparation does."""
    return next(iter(step))


def scaling(site: Site) -> tuple[int, ...]:
    """The divisions that bring the pixels into range: those before anything is subtracted."""
    keys = [key_of(step) for step in site.case.preparation]
    until = keys.index("subtract") if "subtract" in keys else len(keys)
    return _some(i for i, key in enumerate(keys[:until]) if key == "divide")


def by_deviation(site: Site) -> tuple[int, ...]:
    """The divisions by standard deviations: those after something was subtracted."""
    keys = [key_of(step) for step in site.case.preparation]
    return _some(i for i, key in enumerate(keys) if key == "divide" and "subtract" in keys[:i])


def of_kind(site: Site, kind: str) -> tuple[int, ...]:
    """The steps of one kind."""
    steps = site.case.preparation
    return _some(i for i, step in enumerate(steps) if key_of(step) == kind)


def without(site: Site, steps: Sequence[int]) -> Array:
    """The batch after all steps but these."""
    return prepared(site, [s for i, s in enumerate(site.case.preparation) if i not in steps])


def reshaped(site: Site, change: Change) -> Array:
    """The batch if `change` makes the images of it, where the case reshapes; at the end if it does
    not."""
    steps = site.case.preparation
    keys = [key_of(step) for step in steps]
    at = keys.index("reshape") if "reshape" in keys else len(keys)
    images = change(prepared(site, steps[:at]))
    return prepared(site, [step for step in steps[at:] if key_of(step) != "reshape"], images)


def image_shape(site: Site) -> tuple[int, ...]:
    """Shape of a sample as the first layer sees it."""
    return site.step.input.shape[1:]


def step_by_step(site: Site, rules: Mapping[str, Rule]) -> Array:
    """The batch if steps of these kinds are done by these rules: (batch, option) -> batch."""
    x = np.asarray(site.step.raw, dtype=np.float64)
    for step in site.case.preparation:
        key = key_of(step)
        x = rules[key](x, step[key]) if key in rules else prepare(x, [step])
    return x


def per_channel(value: Any, x: Array) -> Array:
    """A number, or one for each channel, so that it goes with a batch."""
    return np.asarray(value, dtype=np.float64).reshape((-1,) + (1,) * (x.ndim - 2))


def _some(found: Iterable[int]) -> tuple[int, ...]:
    chosen = tuple(found)
    if not chosen:
        raise Inapplicable
    return chosen
