"""Squared error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array
from tests.mutants.losses.elements import Elements
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def elements(
    on: Switches, options: Mapping[str, Any], prediction: Array, target: Array
) -> Elements:
    """(prediction - target)**2."""
    difference = prediction - target
    return Elements(difference**2, difference.size, lambda scale: 2 * scale * difference)


MUTANTS: tuple[Mutant, ...] = ()
