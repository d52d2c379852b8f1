"""Every check there is, in the order in which findings are told."""

from oracles.learning.checks.decay_factor import decay_factor
from oracles.learning.situation import Check

CHECKS: tuple[Check, ...] = (decay_factor,)
