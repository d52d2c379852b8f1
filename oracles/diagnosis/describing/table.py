"""Every way to describe a difference, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from oracles.diagnosis.describing.difference import Difference, difference
from oracles.diagnosis.describing.masks import another_mask
from oracles.diagnosis.describing.moving import (
    another_entry,
    another_order,
    exchanged_axes,
    repeated_slice,
    reversed_axes,
    shifted,
)
from oracles.diagnosis.describing.places import from_which_step, not_finite, only_zeros, where
from oracles.diagnosis.describing.scaling import (
    all_zero,
    constant_factor,
    constant_offset,
    constant_step,
)
from oracles.diagnosis.evidence import Evidence
from oracles.judging.diagnosis import Description

_MOST = 8
"""Entries that are described; who has more of them wrong reads these first."""

WHAT: tuple[Callable[[Difference], str | None], ...] = (
    not_finite,
    all_zero,
    another_mask,
    constant_factor,
    constant_step,
    reversed_axes,
    exchanged_axes,
    shifted,
    repeated_slice,
    constant_offset,
    another_entry,
    another_order,
)
"""What the array is instead. The first that fits is said."""

WHERE: tuple[Callable[[Difference], str | None], ...] = (only_zeros, where, from_which_step)
"""Where it is wrong, and since when. All that fit are said."""


def described(evidence: Evidence, entries: Sequence[str]) -> tuple[Description, ...]:
    """What can be said about entries that are wrong and unexplained."""
    with np.errstate(all="ignore"):
        found = [(name, _sentence(difference(evidence, name))) for name in entries[:_MOST]]
    return tuple(Description(name, text) for name, text in found if text)


def _sentence(d: Difference | None) -> str:
    if d is None:
        return ""
    what = next((text for relation in WHAT if (text := relation(d))), None)
    known = (from_which_step,) if what else WHERE  # a relation holds everywhere
    places = [text for place in known if (text := place(d))]
    return "; ".join(([what] if what else []) + places)
